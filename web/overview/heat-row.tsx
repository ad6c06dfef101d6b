import { memo } from 'preact/compat'
import type { FleetHead, OverviewRow } from '../../src/api/contract.ts'
import { formatRoute } from '../route.ts'
import { formatNumber } from '../words/figures.ts'
import { cellClass, cellFigure, describeCell, worstClass } from './cell-words.ts'

export interface HeatRowProps {
  readonly row: OverviewRow | undefined
  readonly index: number
  readonly topPx: number
  readonly fleets: readonly FleetHead[]
  /** Letters alone: there are many fleets. */
  readonly dense: boolean
  /** Column of the cell that the keys stand on: 0 the name; undefined in all other rows. */
  readonly at: number | undefined
}

/**
 * Drawn again only where it changed: thousands of cells come and go while one scrolls. A cell is one element; its sign and
 * its figure are drawn by the styles, and its label says all of it.
 */
export const HeatRow = memo(function HeatRow({ row, index, topPx, fleets, dense, at }: HeatRowProps) {
  const style = { transform: `translateY(${topPx}px)` }
  if (row === undefined) {
    return (
      <div class="row" role="row" aria-rowindex={index + 2} tabIndex={-1} style={style}>
        <div class="row-name" role="rowheader" id={`c${index}-0`} tabIndex={-1}>
          <span class="bone" />
        </div>
      </div>
    )
  }
  return (
    <div class="row" role="row" aria-rowindex={index + 2} tabIndex={-1} style={style}>
      <div
        class={`row-name ${worstClass(row.cells)} ${at === 0 ? 'is-at' : ''}`}
        role="rowheader"
        id={`c${index}-0`}
        data-at={`${index} 0`}
        tabIndex={-1}
      >
        <a href={formatRoute(['endpoints', row.id])} tabIndex={-1} title={`${row.name}\n${row.target}`}>
          {row.name}
        </a>
        <LeafDays days={row.leafDays} />
      </div>
      {fleets.map((fleet, column) => {
        const cell = row.cells[column] ?? null
        return (
          <div
            key={fleet.id}
            class={at === column + 1 ? `${cellClass(cell)} is-at` : cellClass(cell)}
            role="gridcell"
            id={`c${index}-${column + 1}`}
            data-at={`${index} ${column + 1}`}
            aria-label={describeCell(row, fleet, cell)}
            data-figure={dense || cell === null ? undefined : cellFigure(cell)}
            tabIndex={-1}
          />
        )
      })}
    </div>
  )
})

/** Only where it is near: the heat map is of limits. */
function LeafDays({ days }: { readonly days: number | undefined }) {
  if (days === undefined || days > nearDays) return null
  return (
    <span class={days < 0 ? 'leaf over' : 'leaf'} title="Days until the leaf certificate ends">
      {formatNumber(days)}
      {' d'}
    </span>
  )
}

const nearDays = 30
