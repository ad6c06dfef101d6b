import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { FleetHead, OverviewRow } from '../../src/api/contract.ts'
import { go } from '../route.ts'
import { formatNumber } from '../words/figures.ts'
import { scrollTo, windowOf } from '../words/window.ts'
import { describeCell } from './cell-words.ts'
import { HeatRow } from './heat-row.tsx'
import { type Place, stepTo } from './keys.ts'

export interface HeatMapProps {
  readonly fleets: readonly FleetHead[]
  readonly total: number
  readonly row: (index: number) => OverviewRow | undefined
  readonly show: (first: number, end: number) => void
}

const rowPx = 30
/** From so many fleets on, a cell shows its sign alone. */
const denseFrom = 13

/**
 * Endpoints down, fleets across: a grid of which only the rows in sight exist. The focus stays on the grid, and names
 * the cell that the keys stand on; so no key is lost when a row goes out of sight.
 */
export function HeatMap({ fleets, total, row, show }: HeatMapProps) {
  const box = useRef<HTMLDivElement>(null)
  const head = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ scroll: 0, height: 900 })
  const [at, setAt] = useState<Place>({ row: 0, column: 0 })
  const [focused, setFocused] = useState(false)
  const [pointed, setPointed] = useState<Place>()
  const dense = fleets.length >= denseFrom
  const { first, end } = windowOf(view.scroll, view.height, rowPx, total)

  const look = useCallback(() => {
    const element = box.current
    if (element === null) return
    const next = { scroll: element.scrollTop, height: element.clientHeight }
    // A step of one row is the least that is drawn anew.
    setView((last) =>
      Math.floor(last.scroll / rowPx) === Math.floor(next.scroll / rowPx) && last.height === next.height
        ? last
        : next,
    )
  }, [])
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(look)
    if (box.current !== null) watcher.observe(box.current)
    look()
    return () => watcher.disconnect()
  }, [look])
  useEffect(() => show(first, end), [show, first, end])
  useEffect(() => {
    setAt((last) => ({
      row: Math.max(0, Math.min(last.row, total - 1)),
      column: Math.min(last.column, fleets.length),
    }))
  }, [total, fleets.length])

  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      open(at)
      return
    }
    const pageRows = Math.max(1, Math.floor(bodyPx() / rowPx) - 1)
    const next = stepTo(at, event.key, event.ctrlKey || event.metaKey, {
      rows: total,
      columns: fleets.length + 1,
      pageRows,
    })
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
    reveal(next)
  }
  const open = (place: Place) => {
    const chosen = row(place.row)
    if (chosen === undefined) return
    const fleet = place.column === 0 ? undefined : fleets[place.column - 1]?.id
    go(['endpoints', chosen.id], { fleet })
  }
  /** What is left below the names of the fleets, which come later than the grid. */
  const bodyPx = () => (box.current?.clientHeight ?? 0) - (head.current?.offsetHeight ?? 0)
  const reveal = (place: Place) => {
    const element = box.current
    if (element === null) return
    const top = scrollTo(place.row, rowPx, element.scrollTop, bodyPx())
    if (top !== undefined) element.scrollTop = top
    if (place.column === 0) return
    const cell = head.current?.children[place.column] as HTMLElement | undefined
    const name = head.current?.children[0] as HTMLElement | undefined
    if (cell === undefined || name === undefined) return
    const left = cell.offsetLeft - name.offsetWidth
    if (left < element.scrollLeft) element.scrollLeft = left
    else if (cell.offsetLeft + cell.offsetWidth > element.scrollLeft + element.clientWidth)
      element.scrollLeft = cell.offsetLeft + cell.offsetWidth - element.clientWidth
  }

  const told = pointed ?? (focused ? at : undefined)
  const rows = []
  for (let index = first; index < end; index += 1) {
    rows.push(
      <HeatRow
        key={index}
        {...{ index, fleets, dense }}
        row={row(index)}
        topPx={index * rowPx}
        at={focused && at.row === index ? at.column : undefined}
      />,
    )
  }
  return (
    <>
      <div
        class={dense ? 'heat is-dense' : 'heat'}
        role="grid"
        aria-label="Endpoints by fleets, nearest limit first"
        aria-rowcount={total + 1}
        aria-colcount={fleets.length + 1}
        aria-activedescendant={total === 0 ? undefined : `c${at.row}-${at.column}`}
        aria-describedby="heat-keys"
        tabIndex={0}
        ref={box}
        onScroll={look}
        onKeyDown={press}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onPointerOver={(event) => setPointed(placeOf(event.target))}
        onPointerLeave={() => setPointed(undefined)}
        onClick={(event) => {
          const place = placeOf(event.target)
          if (place === undefined || event.target instanceof HTMLAnchorElement) return
          setAt(place)
          open(place)
        }}
        style={{ '--fleets': String(fleets.length) }}
      >
        <HeadRow {...{ fleets }} place={head} at={told?.column} />
        <div class="rows" role="rowgroup" tabIndex={-1} style={{ height: `${total * rowPx}px` }}>
          {rows}
        </div>
      </div>
      <p class="heat-line" id="heat-keys">
        {told === undefined ? (
          <>
            <span class="for-keys">Arrow keys move, Enter opens. </span>In a cell: what is left to the nearest
            limit.
          </>
        ) : (
          tell(told, row, fleets)
        )}
      </p>
    </>
  )
}

function HeadRow(props: {
  readonly fleets: readonly FleetHead[]
  readonly place: preact.RefObject<HTMLDivElement | null>
  readonly at: number | undefined
}) {
  return (
    <div class="heat-head" role="row" aria-rowindex={1} tabIndex={-1} ref={props.place}>
      <div class="corner" role="columnheader" tabIndex={-1}>
        Endpoint
      </div>
      {props.fleets.map((fleet, column) => (
        <div
          key={fleet.id}
          class={props.at === column + 1 ? 'fleet is-at' : 'fleet'}
          role="columnheader"
          tabIndex={-1}
          title={`${fleet.name}\n${fleet.device}`}
        >
          <span class="fleet-name">{fleet.name}</span>
          <span class="figure dim">{formatNumber(fleet.count)}</span>
        </div>
      ))}
    </div>
  )
}

function tell(place: Place, row: HeatMapProps['row'], fleets: readonly FleetHead[]): string {
  const chosen = row(place.row)
  const fleet = fleets[place.column - 1]
  if (chosen === undefined) return 'Loading'
  if (fleet === undefined) return `${chosen.name}: ${chosen.target}`
  return describeCell(chosen, fleet, chosen.cells[place.column - 1] ?? null)
}

function placeOf(target: EventTarget | null): Place | undefined {
  const held = target instanceof Element ? target.closest('[data-at]')?.getAttribute('data-at') : undefined
  const [row, column] = (held ?? '').split(' ').map(Number)
  return row === undefined || column === undefined ? undefined : { row, column }
}
