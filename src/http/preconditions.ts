import { listField, onlyField, type RequestHead } from './request-head.ts'

/** What tells one version of a representation from another. */
export interface Validators {
  /** A strong entity tag with its quotes; undefined: none is known, and no tag names this version. */
  readonly etag: string | undefined
  /** Undefined where unknown. Only whole seconds count. */
  readonly lastModified: Date | undefined
  /**
   * Whether `lastModified` is a strong validator: no second version can bear the same second, because it had passed
   * when the version was read, RFC 9110 §8.8.2.2.
   */
  readonly lastModifiedIsStrong: boolean
}

/** 304, 412, or to go on; in that order of RFC 9110 §13.2.2. For GET and HEAD. */
export function evaluatePreconditions(head: RequestHead, validators: Validators): 'go-on' | 304 | 412 {
  if (!head.fields.some(([name]) => name.startsWith('if-'))) return 'go-on'
  const ifMatch = listField(head, 'if-match')
  const seconds = secondsOf(validators.lastModified)
  if (ifMatch !== undefined) {
    if (!listsTag(ifMatch, validators.etag, 'strong')) return 412
  } else {
    const since = parseHttpDate(onlyField(head, 'if-unmodified-since'))
    if (since !== undefined && seconds !== undefined && seconds > secondsOf(since)!) return 412
  }
  const ifNoneMatch = listField(head, 'if-none-match')
  if (ifNoneMatch !== undefined) return listsTag(ifNoneMatch, validators.etag, 'weak') ? 304 : 'go-on'
  const since = parseHttpDate(onlyField(head, 'if-modified-since'))
  return since !== undefined && seconds !== undefined && seconds <= secondsOf(since)! ? 304 : 'go-on'
}

/**
 * Whether Range may be honoured, RFC 9110 §13.1.5: without If-Range, or where it names this very version. A field that
 * is there twice, or that is neither tag nor date, names no version.
 */
export function ifRangeHolds(head: RequestHead, validators: Validators): boolean {
  if (!head.fields.some(([name]) => name === 'if-range')) return true
  const value = onlyField(head, 'if-range')
  if (value === undefined) return false
  if (value.startsWith('"')) return value === validators.etag
  const date = parseHttpDate(value)
  return (
    date !== undefined &&
    validators.lastModifiedIsStrong &&
    secondsOf(date) === secondsOf(validators.lastModified)
  )
}

/** IMF-fixdate only, RFC 9110 §5.6.7: what we send is what comes back. Undefined for anything else. */
export function parseHttpDate(value: string | undefined): Date | undefined {
  if (value === undefined || !/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(value)) {
    return undefined
  }
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** Whether the answer hangs on a tag: not to know the tag would refuse, or resend, what may be right. */
export function hangsOnTag(head: RequestHead): boolean {
  return head.fields.some(
    ([name, value]) =>
      (name === 'if-match' && value.trim() !== '*') || (name === 'if-range' && value.startsWith('"')),
  )
}

export function formatHttpDate(date: Date): string {
  return date.toUTCString()
}

function listsTag(list: string, etag: string | undefined, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  for (const [, weak, tag] of list.matchAll(/(?:^|,)[ \t]*(W\/)?("[!#-~\x80-\xff]*")[ \t]*(?=,|$)/g)) {
    if (tag === etag && (comparison === 'weak' || weak === undefined)) return true
  }
  return false
}

function secondsOf(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1_000)
}
