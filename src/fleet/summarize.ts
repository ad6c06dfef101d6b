import type { Finding } from '../finding/finding.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import { uniteMargins } from '../judge/margins.ts'
import type { Margin, Verdict } from '../judge/verdict.ts'
import type { Observation } from '../observe/observation.ts'
import { counts } from '../plan/finding-record.ts'
import { marginKey } from '../plan/run-record.ts'
import { wasReached, worstFirst } from '../plan/run-recorder.ts'
import { digestOf } from './chain-digest.ts'
import { groupOfLimit, groupOfStage } from './trouble-group.ts'
import type { FindingSummary, MarginSummary, VerdictSummary } from './verdict-summary.ts'

/** Words are of `report/`, which comes after this. */
export type SentenceOf = (finding: Finding, source: Observation['source']) => string

const findingsAtMost = 24

/**
 * Of one fleet at one endpoint. Undefined where no address was reached: that says nothing of the endpoint, and what was
 * known before stays.
 */
export function summarize(all: readonly Verdict[], sentenceOf: SentenceOf): VerdictSummary | undefined {
  const verdicts = all.filter(wasReached)
  const state = worstFirst.find((one) => verdicts.some((verdict) => verdict.state === one))
  const worst = verdicts.find((verdict) => verdict.state === state)
  if (state === undefined || worst === undefined) return undefined
  const margins = uniteMargins(verdicts.flatMap((verdict) => verdict.margins)).map(marginSummary)
  margins.sort((a, b) => a.room - b.room)
  const nearest = nearestOf(margins, worst)
  return {
    state,
    leans: worst.leans,
    stage: worst.stage,
    address: worst.observation.connections[0]?.address,
    addresses: verdicts.length,
    nearest,
    room: nearest?.room,
    margins,
    findings: findingsOf(worst, verdicts, sentenceOf),
    missing: missingOf(verdicts),
    chains: [...new Set(verdicts.flatMap(chainsOf))].sort(),
  }
}

/**
 * By turns the endpoint gives a chain that was judged worse, and will again: that stays what is said, or each turn
 * would be a recovery. `turning`: digests of `chainsToCome`. Not for a fleet whose devices or anchors were changed.
 */
export function overTurns(
  before: VerdictSummary | undefined,
  now: VerdictSummary,
  turning: ReadonlySet<string>,
): VerdictSummary {
  if (before === undefined) return now
  const isAway = before.chains.some((chain) => turning.has(chain) && !now.chains.includes(chain))
  if (!isAway) return now
  const isWorse = worstFirst.indexOf(before.state) < worstFirst.indexOf(now.state)
  const base = isWorse ? before : now
  const known = new Map(before.margins.map((margin) => [marginKey(margin), margin]))
  const margins = now.margins.map((margin) => {
    const was = known.get(marginKey(margin))
    return was !== undefined && was.limitValue === margin.limitValue && was.left < margin.left ? was : margin
  })
  margins.sort((a, b) => a.room - b.room)
  const nearest = nearestOf(margins, base)
  const chains = [...new Set([...now.chains, ...before.chains.filter((chain) => turning.has(chain))])].sort()
  return { ...base, margins, nearest, room: nearest?.room, chains, held: true }
}

function marginSummary(margin: Margin): MarginSummary {
  const share = margin.limitValue === 0 ? 0 : margin.left / margin.limitValue
  return { ...margin, room: Math.round(share * 10_000) / 10_000 }
}

/**
 * A part of a limit means something where sizes grow by little: three certificates of three are no alarm. What is over
 * a figure and yet fits is known to pass, and the figure is the cautious one of several. What stops it comes before
 * another limit that may be passed too, and is not what the verdict rests on.
 */
function nearestOf(
  nearestFirst: readonly MarginSummary[],
  { state, stage }: Pick<VerdictSummary, 'state' | 'stage'>,
): MarginSummary | undefined {
  const isGood = state === 'fits' || state === 'at-risk'
  const group = state === 'blocked' && stage !== undefined ? groupOfStage(stage) : undefined
  const stops = nearestFirst.find(({ limit, left }) => left < 0 && groupOfLimit(limit) === group)
  if (stops !== undefined) return stops
  return nearestFirst.find(({ unit, left }) => (left < 0 ? !isGood : unit === 'bytes'))
}

function findingsOf(
  worst: Verdict,
  verdicts: readonly Verdict[],
  sentenceOf: SentenceOf,
): readonly FindingSummary[] {
  const lead = leadFinding(worst)
  const first = lead === undefined ? [] : [summaryOf(lead, worst, sentenceOf)]
  const rest = verdicts.flatMap((verdict) =>
    verdict.findings
      .filter((finding) => counts(finding, verdict))
      .map((finding) => summaryOf(finding, verdict, sentenceOf)),
  )
  const once = new Map(
    [...first, ...rest].map((one) => [`${one.id} ${one.host} ${one.effect} ${one.sentence}`, one]),
  )
  return [...once.values()].slice(0, findingsAtMost)
}

function summaryOf(finding: Finding, { observation }: Verdict, sentenceOf: SentenceOf): FindingSummary {
  const { id, effect, stage, reached, fixes, host, details } = finding
  return {
    ...{ id, effect, stage, reached, host },
    sentence: sentenceOf(finding, observation.source),
    fixes: [...new Set(fixes.map((fix) => fix.id))],
    index: 'index' in details && typeof details.index === 'number' ? details.index : undefined,
  }
}

function missingOf(verdicts: readonly Verdict[]): VerdictSummary['missing'] {
  const all = verdicts.flatMap(({ missing }) => missing.map(({ needs, about }) => ({ needs, about })))
  return [...new Map(all.map((one) => [`${one.needs} ${one.about}`, one])).values()]
}

function chainsOf({ observation }: Verdict): string[] {
  return observation.connections.flatMap(({ role, chain }) =>
    role === 'first' && chain !== undefined && chain.certificates.length > 0 ? [digestOf(chain)] : [],
  )
}
