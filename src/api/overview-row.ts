import type { Stage } from '../finding/stage.ts'
import type { MarginSummary } from '../fleet/verdict-summary.ts'
import type { State } from '../judge/verdict.ts'
import { type OverviewEndpointRow, partMark, recordMark } from '../store/rows/read-overview.ts'
import type { FleetHead, OverviewCell, OverviewRow } from './contract.ts'

/** A row of the heat map, written as far as time does not change it: thousands are put together for each answer. */
export interface WrittenRow {
  readonly id: string
  readonly name: string
  /** What a search looks in. */
  readonly text: string
  readonly room: number | undefined
  readonly worst: State | undefined
  /** Indexes of fleets that are blocked. */
  readonly blocked: readonly number[]
  readonly lastSlotMs: number
  readonly leafEndsMs: number | undefined
  /** JSON of the row without its closing brace. */
  readonly json: string
}

const letters = { fits: 'f', 'at-risk': 'r', blocked: 'b', undecided: 'u' } as const
/** Worst last. */
const rank: { readonly [state in State]: number } = { fits: 0, undecided: 1, 'at-risk': 2, blocked: 3 }
const dayMs = 86_400_000

export function writeRow(row: OverviewEndpointRow, fleets: readonly FleetHead[]): WrittenRow {
  const verdicts = worstByFleet(row.verdicts)
  const uses = row.fleets === null ? undefined : new Set(row.fleets)
  const blocked: number[] = []
  let room: number | undefined
  let worst: State | undefined
  const cells = fleets.map(({ id }, at): OverviewCell | null => {
    const verdict = verdicts.get(id)
    if (verdict === undefined || uses?.has(id) === false) return null
    const { state, cell } = verdict
    if (state === 'blocked') blocked.push(at)
    if (worst === undefined || rank[state] > rank[worst]) worst = state
    if (cell.r !== undefined && (room === undefined || cell.r < room)) room = cell.r
    return cell
  })
  const head: Omit<OverviewRow, 'leafDays'> = {
    id: row.id,
    name: row.name,
    target: row.target,
    room,
    lastProbe: row.last_slot?.toISOString(),
    lastChange: row.last_change?.toISOString(),
    cells,
  }
  const leafEndsMs = row.leaf_not_after === null ? Number.NaN : Date.parse(row.leaf_not_after)
  return {
    id: row.id,
    name: row.name,
    text: `${row.id}\n${row.name}\n${row.target}`.toLowerCase(),
    room,
    worst,
    blocked,
    lastSlotMs: row.last_slot?.getTime() ?? 0,
    leafEndsMs: Number.isNaN(leafEndsMs) ? undefined : leafEndsMs,
    json: JSON.stringify(head).slice(0, -1),
  }
}

/** The row as it is now. */
export function rowJson({ json, leafEndsMs }: WrittenRow, nowMs: number): string {
  return leafEndsMs === undefined
    ? `${json}}`
    : `${json},"leafDays":${Math.floor((leafEndsMs - nowMs) / dayMs)}}`
}

export function stateRank(state: State | undefined): number {
  return state === undefined ? -1 : rank[state]
}

interface FleetVerdict {
  readonly state: State
  readonly cell: OverviewCell
}

/** Of several vantage points the worst counts; of two of the same state, the one with less room. */
function worstByFleet(packed: string | null): Map<string, FleetVerdict> {
  const worst = new Map<string, FleetVerdict>()
  if (packed === null) return worst
  for (const record of packed.split(recordMark)) {
    const [fleet = '', state = '', room = '', left = '', unit = '', stage = ''] = record.split(partMark)
    if (!isState(state)) continue
    const cell: OverviewCell = {
      s: letters[state],
      ...(room !== '' && { r: Number(room) }),
      ...(left !== '' && { l: Number(left) }),
      ...(unit !== '' && unit !== 'bytes' && { n: unit as MarginSummary['unit'] }),
      ...(stage !== '' && { g: stage as Stage }),
    }
    const other = worst.get(fleet)
    if (other === undefined || isWorse({ state, cell }, other)) worst.set(fleet, { state, cell })
  }
  return worst
}

function isWorse(one: FleetVerdict, other: FleetVerdict): boolean {
  if (one.state !== other.state) return rank[one.state] > rank[other.state]
  return (one.cell.r ?? Infinity) < (other.cell.r ?? Infinity)
}

function isState(text: string): text is State {
  return Object.hasOwn(rank, text)
}
