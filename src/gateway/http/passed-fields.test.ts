import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { fieldsToDevice, fieldsUpstream } from './passed-fields.ts'

const answer = {
  rawHeaders: [
    ...['Content-Range', 'bytes 0-9/100', 'Content-Encoding', 'gzip', 'ETag', '"a"', 'X-Cache', 'hit'],
    ...['Content-Type', 'application/octet-stream'],
  ],
} as unknown as IncomingMessage

test.each([
  ['minimal', 206],
  ['minimal', 200],
  ['full', 206],
] as const)('a %s head of %i never hides what the body is coded with', (mode, status) => {
  expect(fieldsToDevice(answer, mode, status, false)).toContainEqual(['Content-Encoding', 'gzip'])
})

test('a minimal head of a part says nothing else but where it lies', () => {
  const names = fieldsToDevice(answer, 'minimal', 206, false).map(([name]) => name)
  expect(names).toEqual(['Content-Range', 'Content-Encoding'])
})

test('upstreams are asked for the file itself, whatever the device says', () => {
  for (const own of [true, false]) {
    expect(fieldsUpstream([['accept-encoding', 'gzip']], own)).toEqual([['Accept-Encoding', 'identity']])
  }
})
