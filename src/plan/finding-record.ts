import type { Effect, Finding } from '../finding/finding.ts'
import type { Verdict } from '../judge/verdict.ts'

/** A finding as a run keeps it: enough to say whether the next run met it again, and in the same size. */
export interface FindingRecord {
  readonly id: string
  /** Where it is about another host than the target's. */
  readonly host: string | undefined
  readonly effect: Effect
  /** Sizes and limits of its details. No days and no times: they change though nothing did. */
  readonly figures: { readonly [name: string]: number }
}

/** What of a verdict counts: what blocks, what risks, and what leaves it undecided. */
export function counts({ effect }: Pick<Finding, 'effect'>, { state }: Pick<Verdict, 'state'>): boolean {
  return effect === 'blocks' || effect === 'risks' || (effect === 'unknown' && state === 'undecided')
}

/** Of one device at one target, all its addresses together; each once, in a fixed order. */
export function findingRecords(verdicts: readonly Verdict[]): FindingRecord[] {
  const all = verdicts.flatMap((verdict) =>
    verdict.findings.filter((finding) => counts(finding, verdict)).map(findingRecord),
  )
  const once = new Map(
    all.map((one) => [JSON.stringify([one.id, one.host ?? '', one.effect, one.figures]), one]),
  )
  return [...once].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, one]) => one)
}

export function findingRecord({ id, host, effect, details }: Finding): FindingRecord {
  const figures = Object.entries(details).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && isSize(entry[0]),
  )
  return { id, host, effect, figures: Object.fromEntries(figures.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function isSize(name: string): boolean {
  return /(Bytes|Bits|Characters|Certificates)$|^(bytes|bits|certificates|value|limitValue|left)$/.test(name)
}

/** SARIF 2.1.0 §3.27.24, of a finding that is met now. */
export type BaselineState = 'new' | 'unchanged' | 'updated'

export function baselineState(now: FindingRecord, before: readonly FindingRecord[]): BaselineState {
  const same = before.filter((one) => isSameFinding(one, now))
  if (same.length === 0) return 'new'
  const said = (one: FindingRecord) => JSON.stringify([one.effect, one.figures])
  return same.some((one) => said(one) === said(now)) ? 'unchanged' : 'updated'
}

export function isSameFinding(a: FindingRecord, b: FindingRecord): boolean {
  return a.id === b.id && a.host === b.host
}
