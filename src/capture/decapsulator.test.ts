import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { CaptureReader } from './capture-reader.ts'
import { Decapsulator } from './decapsulator.ts'

const folder = resolve(import.meta.dirname, '../../test/captures')

test('a real capture over Ethernet gives its TCP segments without Ethernet padding', () => {
  const { packets } = read('alert-handshake-failure.pcap')
  expect(packets.length).toBe(11)
})

test('frames cut by a snap length say how long the segment was', () => {
  const { packets } = read('snaplen-cut-ipv6.pcap')
  expect(packets.length).toBe(19)
  expect(packets.filter((packet) => packet.wireBytes > packet.bytes).length).toBe(8)
})

function read(name: string) {
  const packets: { bytes: number; wireBytes: number }[] = []
  const notes: string[] = []
  const decapsulator = new Decapsulator(
    (packet) => packets.push({ bytes: packet.end - packet.start, wireBytes: packet.wireBytes }),
    (note) => notes.push(note),
  )
  const reader = new CaptureReader({
    onFrame: decapsulator.frame,
    onSecrets: () => {},
    onNote: (note) => notes.push(note),
  })
  reader.push(readFileSync(join(folder, name)))
  reader.finish()
  decapsulator.finish()
  return { packets, notes }
}
