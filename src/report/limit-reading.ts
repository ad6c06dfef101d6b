import type { Limit, Readings } from '../device/limit.ts'
import type { Margin, Verdict } from '../judge/verdict.ts'
import { limitOf } from './reading.ts'
import { formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'
import { capital } from './words/words.ts'
import { formatTitle } from './words.ts'

/** Margins, each once, the one with the least room first. */
export function tightestFirst(verdict: Verdict): Margin[] {
  return distinct(verdict.margins).sort((a, b) => a.left / a.limitValue - b.left / b.limitValue)
}

/** Over the figure, yet the field says it passes: the figure is the cautious one of several. */
export function passesNote(verdict: Verdict, margin: Margin): string | undefined {
  const passes = limitOf(verdict, margin.limit)?.passes ?? {}
  const known = Object.hasOwn(passes, margin.counts) ? passes[margin.counts as keyof Readings] : undefined
  return known !== undefined && known >= margin.value ? 'but passes' : undefined
}

/** Sent and path are one row where they are the same. */
function distinct(margins: readonly Margin[]): Margin[] {
  const same = (a: Margin, b: Margin) =>
    a.limit === b.limit && a.value === b.value && a.limitValue === b.limitValue
  return margins
    .filter((margin, index) => margins.findIndex((other) => same(margin, other)) === index)
    .map((margin) => {
      const alone = margins.filter((other) => same(margin, other)).length > 1
      return alone ? { ...margin, counts: 'all' } : margin
    })
}

/** What is known of a limit, as a profile or a finding has it. */
export type LimitKnown = Pick<Limit, 'value' | 'counts' | 'passes' | 'fails' | 'confidence' | 'source'> &
  Partial<Limit>

/** The limits that a verdict rests on, each once: those with a margin, then those that only a finding cites. */
export function citedLimits(verdict: Verdict): { readonly name: string; readonly limit: LimitKnown }[] {
  const keys = [...new Set(verdict.margins.map((margin) => margin.limit))]
  const limits = keys.flatMap((key) => {
    const limit = limitOf(verdict, key)
    return limit === undefined ? [] : [{ name: limitName(key), limit }]
  })
  const rest = verdict.findings.flatMap(({ id, limit }): { name: string; limit: LimitKnown }[] => {
    if (limit === undefined || limits.some((known) => known.limit.source === limit.source)) return []
    const own = Object.entries(verdict.device.limits).find(([, known]) => isSame(known, limit))
    const name = own === undefined ? formatTitle(id) : limitName(own[0])
    return [{ name, limit: own?.[1] ?? limit }]
  })
  const uncovered = rest.filter(
    ({ name, limit }, index) =>
      rest.findIndex((one) => one.name === name && isSame(one.limit, limit)) === index,
  )
  return [...limits, ...uncovered]
}

/** A finding cites a limit without saying which of the device's it is. */
function isSame(a: LimitKnown | undefined, b: LimitKnown): boolean {
  return a !== undefined && a.source === b.source && a.value === b.value && a.counts === b.counts
}

/** The figure, how it counts, what is known to pass and to fail, and how that is known: the source follows. */
export function describeLimit(limit: LimitKnown): string {
  const value =
    limit.value === undefined
      ? 'no number known'
      : typeof limit.value === 'number'
        ? formatNumber(limit.value)
        : limit.value
  const parts = [
    limit.atLeast === undefined || limit.atLeast === limit.value
      ? value
      : `${formatNumber(limit.atLeast)} to ${value}`,
    limit.counts === 'unknown' ? 'how it counts is not documented' : `counts ${countsWords[limit.counts]}`,
    ...readings('known to pass', limit.passes),
    ...readings('known to fail', limit.fails),
    ...(limit.disputed ?? []).map(
      (other) => `another source says ${formatNumber(other.value)} (${other.confidence.replace('-', ' ')})`,
    ),
  ]
  return `${parts.join('; ')}. ${capital(limit.confidence.replace('-', ' '))}:`
}

function readings(label: string, values: Readings): string[] {
  const shown = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined)
  if (shown.length === 0) return []
  return [
    `${label}: ${shown.map(([counts, value]) => `${formatNumber(value)} ${shortCounts(counts)}`).join(', ')}`,
  ]
}

function shortCounts(counts: string): string {
  if (counts === 'path') return 'needed'
  return counts === 'certificate' || counts === 'message' || counts === 'record' ? `a ${counts}` : counts
}

const countsWords: { readonly [C in Limit['counts']]: string } = {
  sent: 'all certificates sent',
  path: 'the certificates needed to reach the anchor',
  message: 'the handshake message with its header',
  certificate: 'each certificate by itself',
  record: 'the plaintext of one record',
  items: 'pieces',
  bits: 'bits',
  stored: 'bytes as stored',
  bundle: 'bytes of the whole bundle as stored',
  text: 'characters',
  heap: 'bytes of heap',
  unknown: 'in an unknown way',
}

export function countsNote(counts: string): string {
  if (counts === 'sent') return ', all sent'
  return counts === 'path' ? ', path needed' : ''
}
