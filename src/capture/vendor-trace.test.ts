import { expect, test } from 'vitest'
import { vendorTrace } from './vendor-trace.ts'

/** CRC-16/X-25 bit by bit over the message, appended, then escaped as RFC 1662 §4.2 and ended with a flag. */
function hdlc(message: Uint8Array): Buffer {
  let crc = 0xffff
  for (const byte of message)
    for (let bit = 0; bit < 8; bit++) {
      const mix = (crc ^ (byte >>> bit)) & 1
      crc = (crc >>> 1) ^ (mix === 1 ? 0x8408 : 0)
    }
  crc ^= 0xffff
  const bytes = [...message, crc & 0xff, crc >>> 8]
  const escaped = bytes.flatMap((byte) => (byte === 0x7e || byte === 0x7d ? [0x7d, byte ^ 0x20] : [byte]))
  return Buffer.from([...escaped, 0x7e])
}

/** A DIAG log packet: command 0x10, lengths, log code 0xb0ec (LTE NAS EMM plain, incoming), time, the message. */
const logPacket = (n: number) =>
  Buffer.from([0x10, 0, 15, 0, 15, 0, 0xec, 0xb0, n, 0x7e, 0x7d, 0, 0, 0, 0, 0, 7, 0x44, 15])

const binary = Buffer.from([1, 0, 2, 0, 3, 0])

test('the check value of CRC-16/X-25 for 123456789 is 0x906e', () => {
  expect(hdlc(Buffer.from('123456789')).subarray(9, 11)).toEqual(Buffer.from([0x6e, 0x90]))
})

test('DIAG frames are told by their checks, whatever the file is called', () => {
  const stream = Buffer.concat([1, 2, 3, 4].map((n) => hdlc(logPacket(n))))
  expect(vendorTrace('-', stream)).toEqual({
    name: 'a raw trace of a Qualcomm modem (DIAG)',
    hint: 'convert it: scat -t qc -d FILE -F OUT.pcap',
  })
  expect(vendorTrace('log.txt', Buffer.concat([Buffer.from('rest of a frame\x7e'), stream]))?.name).toContain(
    'DIAG',
  )
})

test('frames with wrong checks, too few of them, and PPP are no DIAG', () => {
  const broken = Buffer.concat([1, 2, 3, 4].map((n) => hdlc(logPacket(n)).fill(9, 3, 5)))
  expect(vendorTrace('-', broken)).toBeUndefined()
  expect(vendorTrace('-', Buffer.concat([1, 2].map((n) => hdlc(logPacket(n)))))).toBeUndefined()
  const ppp = [1, 2, 3, 4].map((n) => hdlc(Buffer.from([0xff, 3, 0, 0x21, n, 1, 2, 3, 4])))
  expect(vendorTrace('-', Buffer.concat(ppp))).toBeUndefined()
})

test('by its name a binary file is told with the command that converts it', () => {
  expect(vendorTrace('/tmp/Trace-2026.MTRACE', binary)?.hint).toContain('nrfutil trace lte --input-file FILE')
  expect(vendorTrace('modem_trace.bin', binary)?.hint).toContain('nrfutil')
  for (const name of ['a.qmdl', 'a.qmdl2', 'a.dlf', 'a.isf', 'a.sdm'])
    expect(vendorTrace(name, binary)).toBeDefined()
})

test('text is no trace whatever its name, and other binary files are left to who knows them', () => {
  expect(vendorTrace('log.mtrace', Buffer.from('+CEREG: 5\r\n'))).toBeUndefined()
  expect(vendorTrace('~~~ tildes ~~~.log', Buffer.from('~'.repeat(1000)))).toBeUndefined()
  expect(vendorTrace('firmware.bin', binary)).toBeUndefined()
  expect(vendorTrace('', Buffer.alloc(0))).toBeUndefined()
})
