import { parseContentRange } from '../../http/content-range.ts'
import { parseHttpDate } from '../../http/preconditions.ts'
import { type Checksum, wholeChecksum } from './checksum.ts'
import type { PassReason, UpstreamAnswer } from './contract.ts'
import type { VersionSeen } from './version-order.ts'

/** Head of an answer that may be kept. */
export interface Description extends VersionSeen {
  readonly contentType: string | undefined
  /** Of the whole, as the upstream gives it. */
  readonly checksum: Checksum | undefined
}

type Head = Pick<UpstreamAnswer, 'status' | 'field'>

/** What a 200 is a whole of, or why it is not kept. */
export function describeAnswer(answer: Head, maxFileBytes: number): Description | PassReason {
  if (answer.status !== 200) return 'status'
  const control = directives(answer.field('cache-control'))
  if (control.has('no-store') || control.has('private') || answer.field('vary')?.includes('*')) {
    return 'no-store'
  }
  const encoding = answer.field('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return 'encoded'
  const etag = strongTag(answer.field('etag'))
  if (etag === undefined) return 'no-strong-etag'
  const length = lengthOf(answer.field('content-length'))
  if (length === undefined) return 'no-length'
  if (length === 0) return 'empty'
  if (length > maxFileBytes) return 'too-large'
  return {
    etag,
    length,
    lastModified: parseHttpDate(answer.field('last-modified'))?.getTime(),
    contentType: answer.field('content-type'),
    checksum: wholeChecksum(answer),
  }
}

/**
 * Where the bytes of a body begin in the version: 0 for the 200 of it, the first of the range for the 206. Undefined
 * where the answer is not of this version, or not the range that was asked for.
 */
export function bodyStart(answer: Head, version: VersionSeen, first: number): number | undefined {
  if (strongTag(answer.field('etag')) !== version.etag) return undefined
  const encoding = answer.field('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return undefined
  if (answer.status === 200) {
    return lengthOf(answer.field('content-length')) === version.length ? 0 : undefined
  }
  if (answer.status !== 206) return undefined
  const range = parseContentRange(answer.field('content-range') ?? '')
  if (range?.range === undefined || range.total !== version.length) return undefined
  return range.range.first === first ? first : undefined
}

/** An hour of freshness that an upstream grants is cut to this: a withdrawn firmware must not live on for long. */
const LONGEST_FRESH_SECONDS = 300

/** How many seconds the answer may be served without asking again. */
export function freshSeconds(answer: Head, otherwise: number): number {
  const control = directives(answer.field('cache-control'))
  if (control.has('no-cache')) return 0
  const granted = Number(control.get('s-maxage') ?? control.get('max-age') ?? Number.NaN)
  if (!Number.isFinite(granted)) return otherwise
  const age = Number(answer.field('age') ?? 0)
  return Math.max(0, Math.min(granted - (Number.isFinite(age) ? age : 0), LONGEST_FRESH_SECONDS))
}

/** Whether the upstream forbids what is stale, RFC 9111 §4.2.4. */
export function forbidsStale(answer: Head): boolean {
  const control = directives(answer.field('cache-control'))
  return ['must-revalidate', 'proxy-revalidate', 's-maxage', 'no-cache'].some((name) => control.has(name))
}

/** Undefined for a weak one, a malformed one and none. */
export function strongTag(value: string | undefined): string | undefined {
  return value !== undefined && /^"[!#-~\x80-\xff]{0,200}"$/.test(value) ? value : undefined
}

function lengthOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

function directives(value: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of (value ?? '').split(',')) {
    const [name = '', argument = ''] = part.split('=')
    if (name.trim() !== '') found.set(name.trim().toLowerCase(), argument.trim().replace(/^"|"$/g, ''))
  }
  return found
}
