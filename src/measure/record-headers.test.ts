import { expect, test } from 'vitest'
import { RecordHeaders } from './record-headers.ts'

const record = (contentType: number, length: number) =>
  Buffer.concat([Buffer.from([contentType, 3, 3, length >> 8, length & 255]), Buffer.alloc(length, 0xee)])

test('headers of records are found however the stream is cut', () => {
  const lengths = [0, 1, 300, 7, 2048]
  const stream = Buffer.concat(lengths.map((length) => record(23, length)))
  for (let size = 1; size <= stream.length; size++) {
    const headers = new RecordHeaders()
    const found = []
    for (let at = 0; at < stream.length; at += size)
      found.push(...headers.push(stream.subarray(at, at + size)))
    expect(found.map(({ length }) => length)).toEqual(lengths)
  }
})
