import { describe, expect, test } from 'vitest'
import { bodyStart, describeAnswer, forbidsStale, freshSeconds } from './cacheable.ts'

const head = (status: number, fields: Record<string, string>) => ({
  status,
  field: (name: string) => fields[name],
})
const good = { etag: '"a"', 'content-length': '10' }

describe('what is kept', () => {
  test.each([
    [404, good, 'status'],
    [206, good, 'status'],
    [200, { 'content-length': '10' }, 'no-strong-etag'],
    [200, { ...good, etag: 'W/"a"' }, 'no-strong-etag'],
    [200, { ...good, etag: 'a' }, 'no-strong-etag'],
    [200, { ...good, etag: '"a", "b"' }, 'no-strong-etag'],
    [200, { etag: '"a"' }, 'no-length'],
    [200, { ...good, 'content-length': '10, 10' }, 'no-length'],
    [200, { ...good, 'content-length': '0' }, 'empty'],
    [200, { ...good, 'content-length': '101' }, 'too-large'],
    [200, { ...good, 'cache-control': 'max-age=1, no-store' }, 'no-store'],
    [200, { ...good, 'cache-control': 'Private' }, 'no-store'],
    [200, { ...good, vary: '*' }, 'no-store'],
    [200, { ...good, 'content-encoding': 'gzip' }, 'encoded'],
  ])('%i %j is not: %s', (status, fields, why) => {
    expect(describeAnswer(head(status, fields as Record<string, string>), 100)).toBe(why)
  })

  test('a 200 with a strong tag and a length is', () => {
    const md5 = Buffer.alloc(16, 7)
    const fields = {
      ...good,
      'last-modified': 'Sun, 01 Mar 2026 12:00:00 GMT',
      'content-type': 'a/b',
      'content-md5': md5.toString('base64'),
    }
    expect(describeAnswer(head(200, fields), 100)).toEqual({
      etag: '"a"',
      length: 10,
      lastModified: Date.UTC(2026, 2, 1, 12),
      contentType: 'a/b',
      checksum: { algorithm: 'md5', hex: md5.toString('hex'), from: 'content-md5' },
    })
  })

  test.each([
    ['x-amz-checksum-sha256', `${Buffer.alloc(32).toString('base64')}-4`],
    ['content-md5', Buffer.alloc(32).toString('base64')],
    ['x-ms-blob-content-md5', 'no base64'],
  ])('%s: %s is not a checksum of the whole', (name, value) => {
    expect(describeAnswer(head(200, { ...good, [name]: value }), 100)).toMatchObject({ checksum: undefined })
  })
})

describe('a part of a version', () => {
  const version = { etag: '"a"', length: 10, lastModified: undefined }
  test.each([
    ['the range that was asked for', 206, { etag: '"a"', 'content-range': 'bytes 4-9/10' }, 4],
    ['the whole in its place', 200, good, 0],
    ['a whole of another length', 200, { ...good, 'content-length': '11' }, undefined],
    ['another version', 206, { etag: '"b"', 'content-range': 'bytes 4-9/10' }, undefined],
    ['no tag', 206, { 'content-range': 'bytes 4-9/10' }, undefined],
    ['a weak tag', 206, { etag: 'W/"a"', 'content-range': 'bytes 4-9/10' }, undefined],
    ['another range', 206, { etag: '"a"', 'content-range': 'bytes 3-9/10' }, undefined],
    ['another length', 206, { etag: '"a"', 'content-range': 'bytes 4-9/11' }, undefined],
    ['no length', 206, { etag: '"a"', 'content-range': 'bytes 4-9/*' }, undefined],
    [
      'an encoded one',
      206,
      { etag: '"a"', 'content-range': 'bytes 4-9/10', 'content-encoding': 'br' },
      undefined,
    ],
    ['a refusal', 412, good, undefined],
  ])('%s', (_name, status, fields, start) => {
    expect(bodyStart(head(status, fields as Record<string, string>), version, 4)).toBe(start)
  })
})

test.each([
  [{}, 10, false],
  [{ 'cache-control': 'max-age=60' }, 60, false],
  [{ 'cache-control': 'max-age=60', age: '45' }, 15, false],
  [{ 'cache-control': 'max-age=60', age: '90' }, 0, false],
  [{ 'cache-control': 'max-age=9, s-maxage="20"' }, 20, true],
  [{ 'cache-control': 'max-age=31536000' }, 300, false],
  [{ 'cache-control': 'max-age=soon' }, 10, false],
  [{ 'cache-control': 'no-cache' }, 0, true],
  [{ 'cache-control': 'max-age=5, must-revalidate' }, 5, true],
])('%j is fresh for %i s, stale forbidden: %s', (fields, seconds, forbidden) => {
  const answer = head(200, fields as Record<string, string>)
  expect(freshSeconds(answer, 10)).toBe(seconds)
  expect(forbidsStale(answer)).toBe(forbidden)
})
