import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type WrittenFrame, writePcapng } from '../test/support/capture-writer.ts'
import { tcpPackets } from '../test/support/ip-writer.ts'
import { tls12Turns } from '../test/support/tls-turns.ts'

/**
 * `handshakes`: the sessions of a real capture over and over, each time from other addresses. `bulk`: downloads of
 * 8 MB over TLS. `plain`: the same downloads in plain text. `mixed`: the sessions of the real capture, and one download
 * with each round of them.
 */
export type CaptureKind = 'handshakes' | 'bulk' | 'plain' | 'mixed'
export const captureKinds: readonly CaptureKind[] = ['mixed', 'bulk', 'handshakes', 'plain']

const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const ETHERNET_BYTES = 14

/** Writes a pcap of at least `bytes` in pieces, each with addresses of its own. */
export function makeCapture(path: string, kind: CaptureKind, bytes: number): void {
  const folder = process.env.TLSFIT_BENCH ?? import.meta.dirname
  const real = readFileSync(join(folder, '../test/captures/microsoft-it-tls-ca.pcap'))
  const pieces: Record<'handshakes' | 'bulk' | 'plain', Buffer> = {
    handshakes: real.subarray(FILE_HEADER_BYTES),
    bulk: records(tcpPackets(asTurns(tls12Turns(500)))),
    plain: records(tcpPackets([{ from: 'server', data: Buffer.alloc(8_000_000, 'text over HTTP ') }])),
  }
  const file = openSync(path, 'w')
  writeSync(file, real, 0, FILE_HEADER_BYTES)
  let written = 0
  while (written < bytes) {
    const parts = kind === 'mixed' ? [pieces.handshakes, pieces.bulk] : [pieces[kind]]
    for (const part of parts) {
      const copy = Buffer.from(part)
      moveAddresses(copy)
      written += writeSync(file, copy)
    }
  }
  closeSync(file)
}

/** The frames of a pcap that `makeCapture` wrote, as pcapng. */
export function toPcapng(pcap: Buffer): Buffer {
  const frames: WrittenFrame[] = []
  for (let at = FILE_HEADER_BYTES; at < pcap.length; ) {
    const timeMs = pcap.readUInt32LE(at) * 1_000 + pcap.readUInt32LE(at + 4) / 1_000
    const start = at + RECORD_HEADER_BYTES
    at = start + pcap.readUInt32LE(at + 8)
    frames.push({ timeMs, bytes: pcap.subarray(start, at) })
  }
  return writePcapng(frames, { interfaces: [{ linkType: 1 }] })
}

function asTurns(turns: ReturnType<typeof tls12Turns>) {
  return turns.map(({ from, bytes }) => ({ from, data: bytes }))
}

function records(packets: ReturnType<typeof tcpPackets>): Buffer {
  const ethernet = Buffer.from('0200000000010200000000020800', 'hex')
  return Buffer.concat(
    packets.flatMap(({ timeMs, bytes }) => {
      const header = Buffer.alloc(RECORD_HEADER_BYTES)
      header.writeUInt32LE(Math.floor(timeMs / 1_000), 0)
      header.writeUInt32LE((timeMs % 1_000) * 1_000, 4)
      header.writeUInt32LE(ETHERNET_BYTES + bytes.length, 8)
      header.writeUInt32LE(ETHERNET_BYTES + bytes.length, 12)
      return [header, ethernet, bytes]
    }),
  )
}

let moves = 0

/** Other IPv4 addresses for every piece: both ends turned by the same bits stay apart from each other. */
function moveAddresses(piece: Buffer): void {
  const bits = Math.imul(++moves, 0x9e3779b1) >>> 0
  let at = 0
  while (at < piece.length) {
    const captured = piece.readUInt32LE(at + 8)
    const ip = at + RECORD_HEADER_BYTES + ETHERNET_BYTES
    if (piece.readUInt16BE(ip - 2) === 0x0800) {
      for (const address of [ip + 12, ip + 16])
        piece.writeUInt32BE((piece.readUInt32BE(address) ^ bits) >>> 0, address)
    }
    at += RECORD_HEADER_BYTES + captured
  }
}
