import { describe, expect, test } from 'vitest'
import { SYN, talk, tcpPacket } from '../../test/support/tcp-packets.ts'
import { tls12Turns } from '../../test/support/tls-turns.ts'
import { addressOf, FlowEntry, FlowList, FlowTable, portOf } from './flow-table.ts'
import type { Packet } from './packet.ts'
import { SessionReader } from './read-sessions.ts'

class Entry extends FlowEntry {
  readonly name: string

  constructor(name: string) {
    super()
    this.name = name
  }
}

describe('conversations by their ends', () => {
  test('both directions find one entry, and the table tells which way the packet goes', () => {
    const table = new FlowTable<Entry>(() => {})
    const list = new FlowList(10)
    for (const bytes of [4, 16] as const) {
      const there = packet(bytes, 1, 40_000, 2, 443)
      expect(table.find(there)).toBeUndefined()
      table.insert(new Entry(`v${bytes}`), list)
      expect(table.find(there)?.name).toBe(`v${bytes}`)
      expect(table.reversed).toBe(false)
      expect(table.find(packet(bytes, 2, 443, 1, 40_000))?.name).toBe(`v${bytes}`)
      expect(table.reversed).toBe(true)
      expect(table.find(packet(bytes, 2, 443, 1, 40_001))).toBeUndefined()
      expect(table.find(packet(bytes, 1, 443, 2, 40_000))).toBeUndefined()
    }
  })

  test('ends on one host are told apart by their ports', () => {
    const table = new FlowTable<Entry>(() => {})
    table.find(packet(4, 7, 50_000, 7, 443))
    const flow = new Entry('loopback')
    table.insert(flow, new FlowList(10))
    expect(table.reversed).toBe(true)
    expect(portOf(flow, 'low')).toBe(443)
    expect(table.find(packet(4, 7, 443, 7, 50_000))).toBe(flow)
    expect(addressOf(flow, 'high')).toEqual(Uint8Array.of(0, 0, 0, 7))
  })

  test('the least recently used gives way', () => {
    const evicted: string[] = []
    const table = new FlowTable<Entry>(({ name }) => evicted.push(name))
    const list = new FlowList(2)
    const flows = ['a', 'b', 'c'].map((name) => new Entry(name))
    for (const [at, flow] of flows.entries()) {
      table.find(packet(4, 1, at, 2, 443))
      table.insert(flow, list)
      table.touch(flows[0]!)
    }
    expect(evicted).toEqual(['b'])
    expect(table.find(packet(4, 1, 1, 2, 443))).toBeUndefined()
    table.remove(flows[0]!)
    expect(table.find(packet(4, 1, 0, 2, 443))).toBeUndefined()
    expect(list.count).toBe(1)
  })
})

test('a SYN flood drives out no session', () => {
  const reader = new SessionReader()
  const segments = talk(tls12Turns())
  const half = Math.floor(segments.length / 2)
  for (const [at, segment] of segments.slice(0, half).entries()) reader.packet(tcpPacket(segment, at + 1))
  const syn = tcpPacket({ from: 'client', seq: 1, flags: SYN }, 100)
  for (let at = 0; at < 100_000; at++) {
    syn.addresses.writeUInt32BE(0x0b00_0000 + at, 0)
    reader.packet(syn)
  }
  for (const [at, segment] of segments.slice(half).entries()) reader.packet(tcpPacket(segment, at + 200))
  const [session, ...others] = reader.finish()
  expect(others).toEqual([])
  expect(session?.applicationDataRecords).toEqual({ c2s: 3, s2c: 3 })
  expect(session?.holeInStreamFrom).toEqual([])
})

function packet(addressBytes: 4 | 16, from: number, fromPort: number, to: number, toPort: number): Packet {
  const addresses = Buffer.alloc(addressBytes * 2)
  addresses[addressBytes - 1] = from
  addresses[addressBytes * 2 - 1] = to
  const bytes = Buffer.alloc(20)
  bytes.writeUInt16BE(fromPort, 0)
  bytes.writeUInt16BE(toPort, 2)
  return {
    ...{ frame: 1, timeMs: 0, protocol: 6, addresses, source: 0, destination: addressBytes, addressBytes },
    ...{ bytes, start: 0, end: 20, wireBytes: 20 },
  }
}
