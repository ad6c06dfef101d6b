import { useId } from 'preact/hooks'
import { formatLeft, formatNumber } from '../words/figures.ts'
import type { LimitRow } from './ladder.ts'

export interface Piece {
  readonly label: string
  readonly bytes: number
  readonly tip: string
}

export interface LimitPictureProps {
  readonly title: string
  readonly description: string
  /** What is there: lanes from above, in each one piece after the other. */
  readonly lanes: readonly (readonly Piece[])[]
  /** Each with a bar of what is counted for it and a line where its limit is. */
  readonly rows: readonly LimitRow[]
  /** Bytes of the full width. */
  readonly scale: number
  readonly step: number
  readonly wordsOf: (row: LimitRow) => string
}

const topPx = 20
const sentPx = 26
const lanePx = 30
const rowPx = 44

/** Across, everything stands in per cent of the width; down and in its letters in CSS pixels: a text keeps its size. */
export function LimitPicture({ title, description, lanes, rows, scale, step, wordsOf }: LimitPictureProps) {
  const id = useId()
  const at = (bytes: number) => `${(100 * bytes) / scale}%`
  const rowsTop = topPx + lanes.length * lanePx + 6
  const height = rowsTop + rows.length * rowPx
  const ticks = Array.from({ length: Math.floor(scale / step) + 1 }, (_, index) => index * step)
  return (
    <svg
      class="limits"
      role="img"
      width="100%"
      height={height}
      aria-labelledby={`${id}t`}
      aria-describedby={`${id}d`}
    >
      <title id={`${id}t`}>{title}</title>
      <desc id={`${id}d`}>{description}</desc>
      {ticks.map((tick) => (
        <g key={tick}>
          <line class="tick" x1={at(tick)} x2={at(tick)} y1={topPx - 4} y2={height} />
          <text class="tick-text" x={at(tick)} y={11} text-anchor={tick === 0 ? 'start' : 'middle'}>
            {formatNumber(tick)}
          </text>
        </g>
      ))}
      {lanes.map((pieces, lane) => (
        <Lane key={pieces[0]?.label ?? lane} top={topPx + lane * lanePx} {...{ pieces, at, scale }} />
      ))}
      {rows.map((row, index) => (
        <LimitLine
          key={`${row.fleetId} ${row.margin.limit} ${row.margin.counts}`}
          {...{ row, at, scale }}
          top={rowsTop + index * rowPx}
          words={wordsOf(row)}
        />
      ))}
    </svg>
  )
}

function Lane(props: {
  readonly pieces: readonly Piece[]
  readonly at: (bytes: number) => string
  readonly scale: number
  readonly top: number
}) {
  const { pieces, at, scale, top } = props
  const starts = pieces.map((_, index) => pieces.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0))
  return (
    <g>
      {pieces.map((piece, index) => {
        const start = starts[index] ?? 0
        const isInside = piece.bytes / scale >= 0.02 + 0.03 * piece.label.length
        // What is too narrow for its name has it behind it, where nothing else stands.
        const isBehind = !isInside && index === pieces.length - 1 && start + piece.bytes < scale * 0.7
        return (
          <g key={piece.label}>
            <rect
              class={`piece piece-${index % 2}`}
              x={at(start)}
              y={top}
              width={at(piece.bytes)}
              height={sentPx}
            >
              <title>{piece.tip}</title>
            </rect>
            {isInside || isBehind ? (
              <text
                class="piece-text"
                x={at(isInside ? start + piece.bytes / 2 : start + piece.bytes)}
                {...(isBehind ? { dx: 6 } : {})}
                y={top + 17}
                text-anchor={isInside ? 'middle' : 'start'}
              >
                {piece.label}
              </text>
            ) : null}
          </g>
        )
      })}
    </g>
  )
}

function LimitLine(props: {
  readonly row: LimitRow
  readonly at: (bytes: number) => string
  readonly scale: number
  readonly top: number
  readonly words: string
}) {
  const { row, at, top } = props
  const { value, limitValue, left } = row.margin
  const barTop = top + 19
  return (
    <g>
      <text class="limit-name" x="0" y={top + 13}>
        {row.fleetName.length > 34 ? `${row.fleetName.slice(0, 33)}…` : row.fleetName}
        <tspan class="limit-words"> {props.words}</tspan>
      </text>
      <text class={left < 0 ? 'limit-left over' : 'limit-left'} x="100%" y={top + 13} text-anchor="end">
        {formatLeft(left)}
      </text>
      <rect class="rail" x="0" y={barTop} width={at(limitValue)} height="12" />
      <rect class="counted" x="0" y={barTop} width={at(Math.min(value, limitValue))} height="12">
        <title>{`${formatNumber(value)} of ${formatNumber(limitValue)}`}</title>
      </rect>
      {left < 0 ? (
        <rect class="over" x={at(limitValue)} y={barTop} width={at(value - limitValue)} height="12" />
      ) : null}
      <line class="limit-line" x1={at(limitValue)} x2={at(limitValue)} y1={barTop - 4} y2={barTop + 16} />
    </g>
  )
}
