import { spawn } from 'node:child_process'
import { connect, createServer, type Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { contentTypes } from '../../src/tls/content-types.ts'
import { RecordReader } from '../../src/tls/record-reader.ts'
import { FrontRange } from '../support/front-range.ts'
import { peer } from '../support/peer.ts'

/** All rows together. */
const RECORDS = 1_000_000
/** Nonce and tag of AES-GCM in TLS 1.2; type and tag in TLS 1.3. */
const PROTECTION_BYTES = { tls1_2: 24, tls1_3: 17 } as const
const openssl = peer('openssl')

const rows = [
  { version: 'tls1_2', cap: 512, fragment: undefined },
  { version: 'tls1_3', cap: 512, fragment: undefined },
  { version: 'tls1_2', cap: 1024, fragment: 512 },
  { version: 'tls1_3', cap: 1024, fragment: 512 },
  { version: 'tls1_2', cap: 1024, fragment: undefined },
  { version: 'tls1_3', cap: 1500, fragment: 1024 },
  { version: 'tls1_2', cap: 2303, fragment: 4096 },
  { version: 'tls1_3', cap: 4096, fragment: undefined },
] as const

describe('records on the wire', () => {
  const open: { close(): unknown }[] = []
  afterAll(async () => {
    for (const one of open) await one.close()
  })

  test.skipIf(!openssl).each(rows)(
    '$version, cap $cap, max_fragment_length $fragment: none is larger, whatever is written',
    async ({ version, cap, fragment }) => {
      const wanted = RECORDS / rows.length
      let seen = 0
      const range = await FrontRange.open({ maxRecordBytes: cap }, (socket) =>
        writeAnyhow(socket, cap, () => seen >= wanted),
      )
      open.push(range)
      const sizes = { largest: 0, full: 0 }
      const most = Math.min(cap, fragment ?? cap) + PROTECTION_BYTES[version]
      const relay = await openRelay(range.port, (bytes) => {
        seen++
        sizes.largest = Math.max(sizes.largest, bytes)
        if (bytes === most) sizes.full++
      })
      open.push(relay)
      const fragments = fragment === undefined ? [] : ['-maxfraglen', String(fragment)]
      const to = ['-connect', `127.0.0.1:${relay.port}`, `-${version}`, '-quiet', ...fragments]
      const client = spawn(openssl as string, ['s_client', ...to], { stdio: ['pipe', 'ignore', 'ignore'] })
      await new Promise((ended) => client.once('exit', ended))
      expect(range.secured[0]?.maxFragmentLength).toBe(fragment)
      expect(seen).toBeGreaterThanOrEqual(wanted)
      expect(sizes.largest).toBe(most)
      expect(sizes.full).toBeGreaterThan(seen / 2)
    },
    600_000,
  )
})

/** Writes in sizes from one byte to several hundred kB, one by one, corked together or all at once, until it is enough. */
function writeAnyhow(socket: TLSSocket, cap: number, enough: () => boolean): void {
  const source = Buffer.alloc(400_000, 'x')
  let state = 0x2545f491
  const below = (limit: number): number => {
    // xorshift32: the same pattern in each run.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  const edges = [1, cap - 1, cap, cap + 1, 2 * cap, 16_384, 16_385, source.length]
  const size = (): number => (below(4) === 0 ? edges[below(edges.length)]! : 1 + below(60_000))
  const write = (): boolean => {
    switch (below(3)) {
      case 0:
        return socket.write(source.subarray(0, size()))
      case 1: {
        socket.cork()
        for (let parts = 1 + below(20); parts > 0; parts--) socket.write(source.subarray(0, size()))
        socket.uncork()
        return !socket.writableNeedDrain
      }
      default:
        return socket.write(Buffer.from(source.subarray(0, size())).toString('latin1'), 'latin1')
    }
  }
  const go = (): void => {
    while (!enough() && !socket.destroyed) {
      if (!write()) {
        socket.once('drain', go)
        return
      }
      if (below(8) === 0) {
        setImmediate(go)
        return
      }
    }
    socket.end()
  }
  socket.resume()
  go()
}

/** Passes one connection on and reads the server's records of data as they go by. */
async function openRelay(port: number, onData: (fragmentBytes: number) => void) {
  const relay: Server = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    const reader = new RecordReader()
    // In TLS 1.3 the server's flight looks like data until the client has sent its own.
    let clientSaid = 0
    client.on('data', (data) => {
      clientSaid++
      server.write(data)
    })
    server.on('data', (data) => {
      reader.push(data)
      for (let record = reader.next(); record !== undefined; record = reader.next()) {
        const isData = record.contentType === contentTypes.application_data.code && clientSaid > 1
        if (isData) onData(record.fragment.length)
      }
      if (!client.write(data)) {
        server.pause()
        client.once('drain', () => server.resume())
      }
    })
    server.on('end', () => client.end())
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
  })
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done))
  return { port: (relay.address() as { port: number }).port, close: () => relay.close() }
}
