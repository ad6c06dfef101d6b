import { agreeOnCode, agreeOnStage, agreeOnState, type Outcome } from './outcome.ts'
import type { Game } from './referee.ts'

/** How often the prediction was the truth, for one client. */
export interface Tally {
  readonly name: string
  readonly cases: number
  readonly state: number
  readonly stage: number
  readonly code: number
  readonly undecided: number
  readonly falseFits: number
  readonly falseBlocks: number
}

/** In the order of the names; without those of whom nothing is predicted. */
export function tally(games: readonly Game[], names: readonly string[]): Tally[] {
  return names.map((name) => count(name, games)).filter(({ cases }) => cases > 0)
}

function count(name: string, games: readonly Game[]): Tally {
  const row = { name, cases: 0, state: 0, stage: 0, code: 0, undecided: 0, falseFits: 0, falseBlocks: 0 }
  for (const { player, real, predicted } of games) {
    if (predicted === undefined || player.name !== name) continue
    row.cases++
    if (predicted.state === 'undecided') row.undecided++
    else if (agreeOnState(real, predicted)) row.state++
    else if (predicted.state === 'takes') row.falseFits++
    else row.falseBlocks++
    if (agreeOnStage(real, predicted)) row.stage++
    if (agreeOnCode(real, predicted)) row.code++
  }
  return row
}

/** The worst: check says that it works, and it does not. */
export function isFalseFit({ real, predicted }: Game): boolean {
  return predicted?.state === 'takes' && real.state === 'refuses'
}

/** In state, stage, code or flags. An undecided prediction differs from nothing, and agrees with nothing. */
export function differs({ real, predicted }: Game): boolean {
  if (predicted === undefined || predicted.state === 'undecided') return false
  return !(agreeOnStage(real, predicted) && agreeOnCode(real, predicted))
}

export function isUndecided({ predicted }: Game): boolean {
  return predicted?.state === 'undecided'
}

export function tell(game: Game): string {
  const { player, story, real, predicted } = game
  return `${player.name} | ${story} | ${words(real)} | ${predicted === undefined ? 'nobody says' : words(predicted)}`
}

/** All that the client said. */
export function tellObserved({ player, story, result }: Game): string {
  const { ok, stage, code, flags, alertReceived, alertSent, tlsVersion, suite } = result
  const alerts = `alert ${alertReceived ?? '-'} received ${alertSent ?? '-'} sent`
  return [
    player.name,
    story,
    ok ? 'ok' : stage,
    code,
    flags ?? '-',
    alerts,
    tlsVersion ?? '-',
    suite ?? '-',
  ].join(' | ')
}

function words({ state, stage, code, flags }: Outcome): string {
  return [state, stage, code, flags].filter((word) => word !== undefined).join(' ')
}

const columns = [
  ['client', 'name'],
  ['cases', 'cases'],
  ['state', 'state'],
  ['stage', 'stage'],
  ['code', 'code'],
  ['undecided', 'undecided'],
  ['false fits', 'falseFits'],
  ['false blocks', 'falseBlocks'],
] as const

/** For a person, numbers to the right. */
export function formatTable(rows: readonly Tally[]): string {
  const cells = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, key]) => String(row[key]))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]!.length)))
  return cells
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
    )
    .join('\n')
}
