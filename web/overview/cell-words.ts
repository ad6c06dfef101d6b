import type { FleetHead, OverviewCell, OverviewRow } from '../../src/api/contract.ts'
import { formatCount, formatLeft, formatShare } from '../words/figures.ts'
import { stageWords, stateLooks, statesByLetter } from '../words/states.ts'

/** How near a limit is, as a shade: 0 far, 4 nearest. `none` where no limit is known. */
export function nearness(room: number | undefined): 0 | 1 | 2 | 3 | 4 | 'none' {
  if (room === undefined) return 'none'
  if (room >= 0.5) return 0
  if (room >= 0.25) return 1
  if (room >= 0.1) return 2
  return room >= 0.05 ? 3 : 4
}

export function cellClass(cell: OverviewCell | null): string {
  if (cell === null) return 'cell is-unseen'
  if (cell.s !== 'f') return `cell ${stateLooks[statesByLetter[cell.s]].className}`
  return `cell is-fit near-${nearness(cell.r)}`
}

/** The worst of a row, since its cell may be out of sight; empty where nothing is wrong. */
export function worstClass(cells: OverviewRow['cells']): string {
  const letters = new Set(cells.map((cell) => cell?.s))
  const worst = (['b', 'r', 'u'] as const).find((letter) => letters.has(letter))
  return worst === undefined ? '' : stateLooks[statesByLetter[worst]].className
}

/** `312`, `12k`, `−1 465`: what is left, short. A blocked one is told by its sign, and says how much is over where that is why. */
export function cellFigure({ l }: OverviewCell): string {
  if (l === undefined) return ''
  const size = Math.abs(l)
  const sign = l < 0 ? '\u2212' : ''
  if (size < 10_000)
    return `${sign}${size < 1000 ? size : `${Math.trunc(size / 1000)},${String(size % 1000).padStart(3, '0')}`}`
  return `${sign}${Math.trunc(size / 1000)}k`
}

/** All of it, for who points at it or hears it. */
export function describeCell(row: OverviewRow, fleet: FleetHead, cell: OverviewCell | null): string {
  const head = `${row.name}, ${fleet.name} (${formatCount(fleet.count, 'device')})`
  if (cell === null) return `${head}: not used, or not seen yet`
  const state = stateLooks[statesByLetter[cell.s]].word
  const parts = [
    cell.g === undefined ? state : `${state} at ${stageWords[cell.g] ?? cell.g}`,
    ...(cell.l === undefined ? [] : [formatLeft(cell.l, cell.n)]),
    ...(cell.r === undefined ? [] : [`${formatShare(cell.r)} of the limit`]),
  ]
  return `${head}: ${parts.join(', ')}`
}
