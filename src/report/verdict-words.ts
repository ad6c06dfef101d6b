import type { Finding } from '../finding/finding.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Margin, Verdict } from '../judge/verdict.ts'
import type { Block } from './collapse.ts'
import { escapeText } from './escape.ts'
import { type FixOfFinding, formatFix } from './fixes.ts'
import { causeText, verdictLine } from './headline.ts'
import {
  citedLimits,
  countsNote,
  describeLimit,
  type LimitKnown,
  passesNote,
  tightestFirst,
} from './limit-reading.ts'
import { formatMissing, type MissingInWords } from './missing-words.ts'
import { outlookLines } from './outlook.ts'
import { formatNumber } from './units.ts'
import { unsafeAdvice } from './unsafe-advice.ts'
import { limitName } from './words/chain-words.ts'
import { formatTitle } from './words.ts'

/**
 * A verdict in plain sentences, for the formats that are no terminal. Hostile text is made visible as
 * `escapeText` has it; what a format itself would read as its own marks is still for that format to escape.
 */
export interface VerdictWords {
  /** `nrf9160@1.3.7 cannot reach https://…  (chain)`. */
  readonly headline: string
  /** What the verdict rests on; undefined where all is well, or nothing was seen. */
  readonly lead: Finding | undefined
  /** What happens, with the numbers and the device's own words. */
  readonly cause: string | undefined
  /** The limit that decided, with where it comes from; undefined where none did. */
  readonly limit: string | undefined
  /** Each limit of the verdict with where it comes from. */
  readonly sources: readonly string[]
  /** Of the finding the verdict rests on, best first. */
  readonly fixes: readonly FixOfFinding[]
  /** What forums advise, and why not. */
  readonly unsafe: string | undefined
  /** What would settle what is open. */
  readonly missing: readonly MissingInWords[]
  /** What announced changes will do, one sentence each; empty where no forecast was asked for. */
  readonly outlook: readonly string[]
}

/** Characters of one source: a document and a quotation. */
const sourceChars = 400

export function verdictWords(block: Block): VerdictWords {
  const { verdict } = block
  const { observation, device } = verdict
  const lead = leadFinding(verdict)
  const limits = citedLimits(verdict)
  const decided = limits.find(({ limit }) => limit.source === lead?.limit?.source)
  return {
    headline: verdictLine(block, lead, {}),
    lead,
    cause: lead === undefined ? undefined : causeText(lead, verdict, {}),
    limit:
      lead?.limit === undefined ? undefined : limitWords(decided?.name ?? formatTitle(lead.id), lead.limit),
    sources: limits.map(({ name, limit }) => limitWords(name, limit)),
    fixes:
      lead === undefined ? [] : lead.fixes.map((fix) => formatFix(fix, lead, device, observation.target)),
    unsafe: lead === undefined ? undefined : unsafeAdvice(lead, device),
    missing: verdict.missing.map((missing) => formatMissing(missing, verdict)),
    outlook: outlookLines(verdict),
  }
}

/** `certificate chain, path needed`. */
export function marginName(margin: Margin): string {
  return `${limitName(margin.limit)}${countsNote(margin.counts)}`
}

/** `1,657 over`, `96 left`. */
export function marginLeft(verdict: Verdict, margin: Margin): string {
  if (margin.left >= 0) return `${formatNumber(margin.left)} left`
  const note = passesNote(verdict, margin)
  return `${formatNumber(-margin.left)} over${note === undefined ? '' : `, ${note}`}`
}

/** The limit with the least room left: `certificate chain: 5,753 of 4,096 bytes, 1,657 over`. */
export function tightestRoom(verdict: Verdict): string | undefined {
  const [margin] = tightestFirst(verdict)
  if (margin === undefined) return undefined
  const figures = `${formatNumber(margin.value)} of ${formatNumber(margin.limitValue)} ${margin.unit}`
  return `${marginName(margin)}: ${figures}, ${marginLeft(verdict, margin)}`
}

function limitWords(name: string, limit: LimitKnown): string {
  return `${name}: ${describeLimit(limit)} ${escapeText(limit.source, { maxChars: sourceChars })}`
}
