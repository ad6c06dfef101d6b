import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportedPdu } from '../../test/support/modem-writer.ts'
import { readExportedPdu } from './exported-pdu.ts'

const payload = Buffer.from('AT+CEREG?')
const read = (bytes: Buffer) => readExportedPdu(bytes, 0, bytes.length)

test('the header gives the dissector and where its bytes begin', () => {
  const frame = exportedPdu('at', payload)
  expect(read(frame)).toEqual({ dissector: 'at', by: 'name', start: frame.length - payload.length })
})

test('a name whose length was rounded up to four is read without its zeros', () => {
  expect(read(exportedPdu('lte_rrc.dl_ccch\0', payload))?.dissector).toBe('lte_rrc.dl_ccch')
})

test('addresses and ports before the name are walked over', () => {
  const before = [
    [20, Buffer.from([10, 0, 0, 1])],
    [21, Buffer.from([10, 0, 0, 2])],
    [25, Buffer.from([0, 0, 0x13, 0x88])],
  ] as const
  expect(read(exportedPdu('nas-eps_plain', payload, { before }))?.dissector).toBe('nas-eps_plain')
})

test('a heuristic dissector and a table are told as such', () => {
  expect(read(exportedPdu('x', payload, { tag: 13 }))?.by).toBe('heuristic')
  expect(read(exportedPdu('ip.proto', payload, { tag: 14 }))?.by).toBe('table')
})

test('no name, an odd name, a tag that is longer than the frame, and no end are no header', () => {
  expect(read(Buffer.concat([Buffer.alloc(4), payload]))).toBeUndefined()
  expect(read(exportedPdu('a\u0001b', payload))).toBeUndefined()
  expect(read(exportedPdu('', payload))).toBeUndefined()
  expect(read(exportedPdu('n'.repeat(65), payload))).toBeUndefined()
  expect(read(Buffer.from([0, 12, 0xff, 0xff, 0x61]))).toBeUndefined()
  expect(read(Buffer.from([0, 12, 0, 2, 0x61, 0x74]))).toBeUndefined()
  expect(read(Buffer.concat(Array.from({ length: 65 }, () => Buffer.from([0, 33, 0, 0]))))).toBeUndefined()
})

test('no bytes make it fail or point beyond the frame', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (tail, keep) => {
      const whole = exportedPdu('nas-eps', payload)
      const bytes = Buffer.concat([whole.subarray(0, Math.min(keep, whole.length)), tail])
      const found = read(bytes)
      if (found !== undefined) expect(found.start).toBeLessThanOrEqual(bytes.length)
    }),
    { numRuns: 2000 },
  )
})
