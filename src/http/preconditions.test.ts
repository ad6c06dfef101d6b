import { describe, expect, test } from 'vitest'
import { evaluatePreconditions, ifRangeHolds, parseHttpDate, type Validators } from './preconditions.ts'
import { readRequestHead } from './request-head.ts'

const modified = new Date('2026-03-01T12:00:00.700Z')
const file: Validators = { etag: '"v2"', lastModified: modified, lastModifiedIsStrong: true }
const same = 'Sun, 01 Mar 2026 12:00:00 GMT'
const before = 'Sun, 01 Mar 2026 11:59:59 GMT'

function head(...lines: string[]) {
  const result = readRequestHead(
    Buffer.from(`GET / HTTP/1.1\r\n${['Host: a', ...lines].join('\r\n')}\r\n\r\n`),
  )
  if (result.kind !== 'head') throw new Error('no head')
  return result.head
}

describe('preconditions', () => {
  test.each([
    [[], 'go-on'],
    [['If-Match: "v2"'], 'go-on'],
    [['If-Match: "v1", "v2"'], 'go-on'],
    [['If-Match: *'], 'go-on'],
    [['If-Match: "v1"'], 412],
    [['If-Match: W/"v2"'], 412],
    [['If-None-Match: "v2"'], 304],
    [['If-None-Match: W/"v2"'], 304],
    [['If-None-Match: "v1"', 'If-None-Match: "v2"'], 304],
    [['If-None-Match: *'], 304],
    [['If-None-Match: "v1"'], 'go-on'],
    [[`If-Modified-Since: ${same}`], 304],
    [[`If-Modified-Since: ${before}`], 'go-on'],
    [['If-Modified-Since: yesterday'], 'go-on'],
    [['If-None-Match: "v1"', `If-Modified-Since: ${same}`], 'go-on'],
    [[`If-Unmodified-Since: ${same}`], 'go-on'],
    [[`If-Unmodified-Since: ${before}`], 412],
    [['If-Match: "v2"', `If-Unmodified-Since: ${before}`], 'go-on'],
    [['If-Match: "v1"', 'If-None-Match: "v2"'], 412],
  ])('%j gives %s', (lines, outcome) => {
    expect(evaluatePreconditions(head(...lines), file)).toBe(outcome)
  })
})

describe('If-Range', () => {
  test('holds for this version only, compared strongly', () => {
    expect(ifRangeHolds(head(), file)).toBe(true)
    expect(ifRangeHolds(head('If-Range: "v2"'), file)).toBe(true)
    expect(ifRangeHolds(head('If-Range: "v1"'), file)).toBe(false)
    expect(ifRangeHolds(head('If-Range: W/"v2"'), file)).toBe(false)
    expect(ifRangeHolds(head('If-Range: "v2"', 'If-Range: "v2"'), file)).toBe(false)
    expect(ifRangeHolds(head('If-Range: v2'), file)).toBe(false)
  })

  test('holds for the very date, where the date is a strong validator', () => {
    expect(ifRangeHolds(head(`If-Range: ${same}`), file)).toBe(true)
    expect(ifRangeHolds(head(`If-Range: ${before}`), file)).toBe(false)
    expect(ifRangeHolds(head(`If-Range: ${same}`), { ...file, lastModifiedIsStrong: false })).toBe(false)
    expect(ifRangeHolds(head(`If-Range: ${same}`), { ...file, lastModified: undefined })).toBe(false)
  })
})

test('only the date form of RFC 9110 that we send is a date', () => {
  expect(parseHttpDate(same)?.toISOString()).toBe('2026-03-01T12:00:00.000Z')
  for (const other of ['2026-03-01', 'Sunday, 01-Mar-26 12:00:00 GMT', 'Sun, 99 Mar 2026 12:00:00 GMT', '']) {
    expect(parseHttpDate(other)).toBe(undefined)
  }
})
