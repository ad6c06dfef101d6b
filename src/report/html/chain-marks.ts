import type { Counting, Limit } from '../../device/limit.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Chain } from '../../observe/observation.ts'
import type { ChainReading } from '../chain-reading.ts'
import { limitNumber, limitOf, lowestLayer, sum } from '../reading.ts'

/** One way of counting the chain, with what is known of limits that count so. */
export interface ChainRow {
  readonly counts: ChainCounting
  /** What of this chain counts, in bytes. */
  readonly bytes: number
  /** Beyond the lowest figure of these devices' limits; 0 where it is within, known to pass, or there is no figure. */
  readonly overBytes: number
  /** Beyond a figure, yet so much is known to pass. */
  readonly passes: boolean
  readonly marks: readonly LimitMark[]
}

export type ChainCounting = 'sent' | 'path' | 'message' | 'certificate'

/** A number known of a limit. The letter tells it in picture and table; equal numbers of one kind share it. */
export interface LimitMark {
  readonly letter: string
  readonly key: LimitKey
  readonly kind: MarkKind
  readonly bytes: number
  readonly counts: readonly ChainCounting[]
  /** Whether the source says that it counts so. */
  readonly countsKnown: boolean
  /** Devices, by their lowest layer. */
  readonly devices: readonly string[]
}

export type LimitKey = 'chainBytes' | 'certificateBytes' | 'handshakeMessageBytes'
/** `least`: the lowest reading of an ambiguous figure. */
export type MarkKind = 'figure' | 'least' | 'disputed' | 'passes' | 'fails'

const order: readonly ChainCounting[] = ['sent', 'path', 'message', 'certificate']
const keys: readonly LimitKey[] = ['chainBytes', 'certificateBytes', 'handshakeMessageBytes']

/** Bytes of the chain in each way in which a limit of these devices may count them; `sent` always. */
export function readChainRows(verdicts: readonly Verdict[], chain: Chain, reading: ChainReading): ChainRow[] {
  const bytes: { readonly [C in ChainCounting]: number | undefined } = {
    sent: reading.sentBytes,
    path: reading.onPath.size > 0 ? sum(reading.sizes.filter((_, at) => reading.onPath.has(at))) : undefined,
    message: chain.messageBytes,
    certificate: reading.sizes.length > 0 ? Math.max(...reading.sizes) : undefined,
  }
  const marks = lettered(verdicts.flatMap((verdict) => keys.flatMap((key) => marksOf(verdict, key))))
  return order.flatMap((counts) => {
    const value = bytes[counts]
    const own = marks.filter((mark) => mark.counts.includes(counts))
    if (value === undefined || (own.length === 0 && counts !== 'sent' && counts !== 'path')) return []
    const over = verdicts.map((verdict) => overOf(verdict, counts, value)).filter((each) => each.bytes > 0)
    const counted = over.filter(({ passes }) => !passes).map((each) => each.bytes)
    const overBytes = Math.max(0, ...counted)
    return [{ counts, bytes: value, overBytes, passes: over.length > 0 && overBytes === 0, marks: own }]
  })
}

/** By how much it is over the lowest figure of one device, and whether the device is known to take so much all the same. */
function overOf(
  verdict: Verdict,
  counts: ChainCounting,
  value: number,
): { readonly bytes: number; readonly passes: boolean } {
  let bytes = 0
  let passes = true
  for (const key of keys) {
    const limit = limitOf(verdict, key)
    const figure = limitNumber(limit)
    if (limit === undefined || figure === undefined || value <= figure) continue
    if (!waysOf(key, limit).includes(counts)) continue
    bytes = Math.max(bytes, value - figure)
    passes &&= (limit.passes[counts] ?? 0) >= value
  }
  return { bytes, passes }
}

type Known = Omit<LimitMark, 'letter' | 'devices'> & { readonly device: string }

function marksOf(verdict: Verdict, key: LimitKey): Known[] {
  const limit = limitOf(verdict, key)
  if (limit === undefined) return []
  const ways = waysOf(key, limit)
  const base = { key, device: lowestLayer(verdict), countsKnown: limit.counts !== 'unknown' }
  const marks: Known[] = []
  if (typeof limit.value === 'number')
    marks.push({ ...base, kind: 'figure', bytes: limit.value, counts: ways })
  if (limit.atLeast !== undefined && limit.atLeast !== limit.value) {
    marks.push({ ...base, kind: 'least', bytes: limit.atLeast, counts: ways })
  }
  for (const { value } of limit.disputed)
    marks.push({ ...base, kind: 'disputed', bytes: value, counts: ways })
  for (const counts of order) {
    const passes = limit.passes[counts]
    const fails = limit.fails[counts]
    if (passes !== undefined)
      marks.push({ ...base, kind: 'passes', bytes: passes, counts: [counts], countsKnown: true })
    if (fails !== undefined)
      marks.push({ ...base, kind: 'fails', bytes: fails, counts: [counts], countsKnown: true })
  }
  return marks
}

/** In which of the ways drawn here the limit counts, or may count. */
function waysOf(key: LimitKey, limit: Limit): ChainCounting[] {
  if (key === 'handshakeMessageBytes') return ['message']
  if (key === 'certificateBytes') return ['certificate']
  if (limit.counts !== 'unknown') return order.filter((counts) => counts === limit.counts)
  const may: readonly Counting[] =
    limit.candidates.length > 0 ? limit.candidates : ['sent', 'path', 'message']
  return order.filter((counts) => may.includes(counts))
}

/** Joins equal numbers of several devices; in the order of their size, so that the letters run from left to right. */
function lettered(known: readonly Known[]): LimitMark[] {
  const joined = new Map<string, Known & { devices: string[] }>()
  for (const mark of known) {
    const id = [mark.key, mark.kind, mark.bytes, mark.counts.join(), mark.countsKnown].join(' ')
    const same = joined.get(id)
    if (same === undefined) joined.set(id, { ...mark, devices: [mark.device] })
    else if (!same.devices.includes(mark.device)) same.devices.push(mark.device)
  }
  return [...joined.values()]
    .sort((a, b) => a.bytes - b.bytes)
    .map(({ device, ...mark }, at) => ({ ...mark, letter: letterOf(at) }))
}

/** `A` … `Z`, `A2` … */
function letterOf(at: number): string {
  const round = Math.floor(at / 26)
  return String.fromCharCode(65 + (at % 26)) + (round === 0 ? '' : String(round + 1))
}

/** Beside the letter: what is known, not by colour alone. */
export const markGlyphs: { readonly [K in MarkKind]: string } = {
  figure: '',
  least: '',
  disputed: '?',
  passes: '✓',
  fails: '✗',
}

export const countingNames: { readonly [C in ChainCounting]: string } = {
  sent: 'all sent',
  path: 'path needed',
  message: 'message with header',
  certificate: 'largest certificate',
}

export const markNames: { readonly [K in MarkKind]: string } = {
  figure: 'limit',
  least: 'limit, read cautiously',
  disputed: 'limit by another source',
  passes: 'known to pass',
  fails: 'known to fail',
}
