import { expect, test } from 'vitest'
import { formatContentRange } from './byte-range.ts'
import { ResponseHeadParser } from './response-head.ts'
import { formatResponseHead } from './write-head.ts'

const range: [string, string] = ['Content-Range', formatContentRange({ first: 2_048, last: 4_095 }, 262_144)]

test('a minimal 206 takes 85 bytes or less for a file of 256 KiB in 2 kB ranges', () => {
  const head = formatResponseHead({ status: 206, fields: [range], contentLength: 2_048 }, 'minimal')
  expect(head).toBe(
    'HTTP/1.1 206 Partial\r\nContent-Length: 2048\r\nContent-Range: bytes 2048-4095/262144\r\n\r\n',
  )
  expect(head.length).toBe(85)
})

test('a head is read back as it was meant', () => {
  const head = formatResponseHead({
    status: 206,
    fields: [range, ['ETag', '"a"']],
    contentLength: 2_048,
    connection: 'close',
  })
  const read = new ResponseHeadParser().push(Buffer.from(head, 'latin1'))?.head
  expect(read).toMatchObject({ status: 206, reason: 'Partial Content', oddities: [] })
  expect(read?.headers).toEqual([['Content-Length', '2048'], range, ['ETag', '"a"'], ['Connection', 'close']])
})

test('304 and 204 carry no length, and an unknown status has a reason too', () => {
  expect(formatResponseHead({ status: 304, fields: [], contentLength: 0 })).toBe(
    'HTTP/1.1 304 Not Modified\r\n\r\n',
  )
  expect(formatResponseHead({ status: 204, fields: [], contentLength: 0 })).toBe(
    'HTTP/1.1 204 No Content\r\n\r\n',
  )
  expect(formatResponseHead({ status: 299, fields: [], contentLength: undefined })).toBe(
    'HTTP/1.1 299 Status\r\n\r\n',
  )
})

test('a line break cannot enter a head', () => {
  for (const field of [
    ['X', 'a\r\nY: b'],
    ['X\n', 'a'],
    ['X', 'a\0'],
    ['', 'a'],
    ['X', '\u0142'],
  ] as const) {
    expect(() => formatResponseHead({ status: 200, fields: [field], contentLength: 0 })).toThrow(RangeError)
  }
})
