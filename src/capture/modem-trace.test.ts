import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writePcap, writePcapng } from '../../test/support/capture-writer.ts'
import { ipPacket, tcpPackets, udpDatagram } from '../../test/support/ip-writer.ts'
import { exportedPdu, gsmtap, nas } from '../../test/support/modem-writer.ts'
import { CaptureReader } from './capture-reader.ts'
import { Decapsulator } from './decapsulator.ts'
import { type ModemTrace, ModemTraceReader } from './modem-trace.ts'

const UPPER_PDU = 252
const at = (text: string) => exportedPdu('at', Buffer.from(text))

interface ReadTrace {
  readonly trace: ModemTrace | undefined
  readonly notes: readonly string[]
  /** Payloads of TCP and UDP that went on. */
  readonly packets: readonly { readonly frame: number; readonly bytes: Buffer }[]
}

function readFile(file: Uint8Array): ReadTrace {
  const notes: string[] = []
  const packets: { frame: number; bytes: Buffer }[] = []
  const modem = new ModemTraceReader((frame) => decapsulator.frame(frame))
  const decapsulator: Decapsulator = new Decapsulator(
    (packet) => {
      if (modem.datagram(packet)) return
      packets.push({
        frame: packet.frame,
        bytes: Buffer.from(packet.bytes.subarray(packet.start, packet.end)),
      })
    },
    (note) => notes.push(note),
    modem.other,
  )
  const reader = new CaptureReader({
    onFrame: decapsulator.frame,
    onSecrets: () => {},
    onNote: (note) => notes.push(note),
  })
  if (reader.push(Buffer.from(file))) reader.finish()
  decapsulator.finish()
  return { trace: modem.finish(), notes, packets }
}

function read(payloads: readonly Uint8Array[], linkType = UPPER_PDU): ReadTrace {
  const frames = payloads.map((bytes, index) => ({ timeMs: 1_700_000_000_000 + index * 1000, bytes }))
  return readFile(writePcapng(frames, { interfaces: [{ linkType }] }))
}

test('AT commands and answers become lines with frame and time', () => {
  const { trace } = read([at('AT+CEREG?'), at('\r\n+CEREG: 5,0\r\nOK\r\n')])
  expect(trace).toEqual({
    lines: [
      { frame: 1, atMs: 1_700_000_000_000, text: 'AT+CEREG?' },
      { frame: 2, atMs: 1_700_000_001_000, text: '+CEREG: 5,0' },
      { frame: 2, atMs: 1_700_000_001_000, text: 'OK' },
    ],
    rejects: [],
    accepts: [],
    lastCipheredFrame: 0,
    lastIpFrame: 0,
    skipped: [],
    leftOut: 0,
  })
})

test('a PEM block in an AT command is left out whole, one without an end to the end of the frame', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\nabc1\n-----END PRIVATE KEY-----'
  const { trace } = read([at(`AT%CMNG=0,16842753,2,"${key}"\r\n`), at(`AT%CMNG=0,1,2,"${key.slice(0, 40)}`)])
  expect(trace?.lines.map(({ text }) => text)).toEqual([
    'AT%CMNG=0,16842753,2,"[PEM]"',
    'AT%CMNG=0,1,2,"[PEM]',
  ])
})

test("the network's rejects are kept with their frame; what says nothing is counted by kind", () => {
  const { trace } = read([
    exportedPdu('lte_rrc.dl_ccch', Buffer.from([1, 2, 3])),
    exportedPdu('nas-eps_plain', nas.attachReject19Esm27),
    exportedPdu('nas-eps', nas.ciphered),
    exportedPdu('nas-eps', nas.identityRequest),
    exportedPdu('nas-eps', nas.protectedTauReject10),
    exportedPdu('lte_rrc.dl_ccch', Buffer.from([1])),
    exportedPdu('nas-eps_plain', nas.attachAccept),
  ])
  expect(trace?.accepts).toEqual([{ frame: 7, message: 'ATTACH ACCEPT' }])
  expect(trace?.lastCipheredFrame).toBe(3)
  expect(trace?.rejects.map(({ frame, message, cause }) => [frame, message, cause])).toEqual([
    [2, 'ATTACH REJECT', 19],
    [2, 'PDN CONNECTIVITY REJECT', 27],
    [5, 'TRACKING AREA UPDATE REJECT', 10],
  ])
  expect(trace?.skipped).toEqual([
    { what: 'lte_rrc.dl_ccch', frames: 2 },
    { what: 'NAS, ciphered', frames: 1 },
    { what: 'NAS, no answer', frames: 1 },
  ])
})

test('IP packets in a modem trace are read as in any capture', () => {
  const packets = tcpPackets([{ from: 'client', data: Buffer.from('hello') }])
  const direct = readFile(writePcap(packets, { linkType: 101 }))
  const traced = read(packets.map(({ bytes }) => exportedPdu('ip', bytes)))
  expect(traced.packets).toEqual(direct.packets)
  expect(traced.trace).toBeUndefined()
  const v6 = tcpPackets([{ from: 'client', data: Buffer.from('hello') }], {
    client: '2001:db8::1',
    server: '2001:db8::2',
  })
  expect(read(v6.map(({ bytes }) => exportedPdu('ipv6', bytes))).packets).toHaveLength(v6.length)
})

test('GSMTAP in UDP, as scat and QCSuper write it, gives the rejects of plain NAS', () => {
  const datagram = (payload: Buffer) =>
    ipPacket({
      source: '127.0.0.1',
      destination: '127.0.0.1',
      protocol: 17,
      data: udpDatagram({ sourcePort: 50_000, destinationPort: 4729, data: payload }),
    })
  const { trace, packets } = read(
    [
      datagram(gsmtap(0x12, 0, nas.attachReject15)),
      datagram(gsmtap(0x12, 1, nas.protectedTauReject10)),
      datagram(gsmtap(0x0d, 1, Buffer.from([0x20, 0x1c]))),
      datagram(Buffer.from('no GSMTAP, but to its port')),
    ],
    101,
  )
  expect(trace?.rejects.map(({ frame, message, cause }) => [frame, message, cause])).toEqual([
    [1, 'ATTACH REJECT', 15],
    [2, 'TRACKING AREA UPDATE REJECT', 10],
  ])
  expect(trace?.skipped).toEqual([{ what: 'LTE RRC', frames: 1 }])
  expect(packets.map(({ frame }) => frame)).toEqual([4])
})

test('GSMTAP that is a link type of its own is read', () => {
  const { trace, notes } = read([gsmtap(0x12, 0, nas.serviceReject22), Buffer.from('short')], 217)
  expect(trace?.rejects).toMatchObject([{ message: 'SERVICE REJECT', cause: 22, name: 'Congestion' }])
  expect(notes).toEqual(['not read: 1 frame of link type 217'])
})

test('a user link type is read where its frames have the header, and counted as not read where they have none', () => {
  expect(read([at('+CEREG: 2')], 149).trace?.lines).toHaveLength(1)
  const { trace, notes } = read([Buffer.from([0x07, 0x44, 0x0f])], 149)
  expect(trace).toBeUndefined()
  expect(notes).toEqual(['not read: 1 frame of link type 149'])
})

test('what a heuristic or a table names is counted, and what has no readable header too', () => {
  const { trace } = read([
    exportedPdu('at', Buffer.from('+CEREG: 0'), { tag: 13 }),
    exportedPdu('ip.proto', Buffer.from([1]), { tag: 14 }),
    Buffer.from([1, 2, 3]),
  ])
  expect(trace?.lines).toEqual([])
  expect(trace?.skipped).toEqual([
    { what: 'at', frames: 1 },
    { what: 'ip.proto', frames: 1 },
    { what: 'unreadable header', frames: 1 },
  ])
})

test('a long trace keeps the first lines and the last, and says how many went', () => {
  const { trace } = read(Array.from({ length: 300 }, (_, n) => at(`+X: ${n}\n`.repeat(200))))
  expect(trace?.lines).toHaveLength(20_000)
  expect(trace?.leftOut).toBe(40_000)
  expect(trace?.lines.at(-1)?.text).toBe('+X: 299')
})

test('kinds of frames are bounded', () => {
  const { trace } = read(Array.from({ length: 100 }, (_, n) => exportedPdu(`p${n}`, Buffer.alloc(1))))
  expect(trace?.skipped).toHaveLength(33)
  expect(trace?.skipped.at(-1)).toEqual({ what: 'other', frames: 68 })
})

test('a trace cut or changed anywhere gives what is readable and never fails', () => {
  const payloads = [
    at('AT+CEREG?\r\n'),
    exportedPdu('nas-eps', nas.attachReject19Esm27),
    exportedPdu('ip', tcpPackets([{ from: 'client', data: Buffer.from('x') }])[0]!.bytes),
    gsmtap(0x12, 0, nas.attachReject15),
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...payloads),
      fc.constantFrom(UPPER_PDU, 217, 147),
      fc.array(fc.record({ at: fc.nat(80), value: fc.nat(255) }), { maxLength: 6 }),
      fc.nat(80),
      (payload, linkType, changes, keep) => {
        const broken = Buffer.from(payload.subarray(0, keep))
        for (const { at: offset, value } of changes) if (offset < broken.length) broken[offset] = value
        const { trace, packets } = read([broken], linkType)
        const read1 = (trace?.lines.length ?? 0) + (trace?.rejects.length ?? 0) + packets.length
        expect(read1).toBeLessThanOrEqual(80)
      },
    ),
    { numRuns: 2000 },
  )
})
