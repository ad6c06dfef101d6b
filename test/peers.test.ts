import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Observation } from '../src/observe/observation.ts'
import { type Identity, identity, observe, plainHttp, smallOffer } from './support/dial.ts'
import { peer } from './support/peer.ts'
import { freePort, type PeerProcess, startPeer } from './support/peer-process.ts'

const openssl = peer('openssl')
const nginx = peer('nginx')
const haproxy = peer('haproxy')
const mosquitto = peer('mosquitto')
const gnutls = peer('gnutls-serv')

const FILE_BYTES = 256 * 1024

let folder: string
let own: Identity
const running: PeerProcess[] = []
const origin = createServer((_, response) => response.end(Buffer.alloc(FILE_BYTES, 'x')))
let originPort: number

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-peers-'))
  writeFileSync(at('cert.pem'), own.cert)
  writeFileSync(at('key.pem'), own.key)
  writeFileSync(at('both.pem'), own.cert + own.key)
  writeFileSync(at('file.bin'), Buffer.alloc(FILE_BYTES, 'x'))
  originPort = await new Promise((resolve) => {
    origin.listen(0, '127.0.0.1', () => resolve((origin.address() as { port: number }).port))
  })
})
afterAll(async () => {
  for (const one of running) await one.stop()
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

function at(name: string): string {
  return join(folder, name)
}

async function start(program: string, args: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort()
  running.push(await startPeer(program, args(port), port))
  return port
}

function firstOf(observations: readonly Observation[]): Connection {
  return observations[0]!.connections[0]!
}

describe('real servers', () => {
  test.skipIf(!openssl)('openssl s_server -www: whole exchange, closed by the server', async () => {
    const port = await start(openssl!, (port) => [
      ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', at('cert.pem'), '-cert_chain', at('cert.pem')],
      ...['-key', at('key.pem'), '-www', '-quiet'],
    ])
    const first = firstOf(await observe(`https://localhost:${port}/`, { standardAnchors: () => [own.root] }))
    expect(first.exchanges[0]).toMatchObject({
      error: undefined,
      response: { status: 200, bodyComplete: true },
    })
    expect(first.standardVerification?.ok).toBe(true)
  })

  test.skipIf(!openssl)(
    'openssl s_server -naccept with TLS 1.3 only: the probe names the version',
    async () => {
      const port = await start(openssl!, (port) => [
        ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', at('cert.pem'), '-key', at('key.pem')],
        ...['-tls1_3', '-quiet'],
      ])
      const [observation] = await observe(`https://127.0.0.1:${port}/`)
      expect(firstOf([observation!]).alerts[0]).toMatchObject({ direction: 'received', description: 70 })
      expect(observation!.connections.at(-1)).toMatchObject({
        role: 'probe',
        negotiated: { version: 0x0304 },
      })
    },
  )

  test.skipIf(!openssl)(
    'openssl s_server with max_fragment_length: the answer and the cut Certificate are seen',
    async () => {
      const port = await start(openssl!, (port) => [
        ...[
          's_server',
          '-accept',
          `127.0.0.1:${port}`,
          '-cert',
          at('cert.pem'),
          '-cert_chain',
          at('cert.pem'),
        ],
        ...['-key', at('key.pem'), '-www', '-quiet'],
      ])
      const offer = smallOffer(undefined)
      const small = {
        ...offer,
        extensions: [...offer.extensions, { kind: 'max_fragment_length', bytes: 512 } as const],
      }
      const first = firstOf(await observe(`https://127.0.0.1:${port}/`, { offer: () => small }))
      expect(first.negotiated?.maxFragmentLength).toBe(512)
      expect(first.chain!.records).toBeGreaterThan(1)
      expect(first.chain!.largestRecordBytes).toBeLessThanOrEqual(512)
      expect(Math.max(...first.records.map(({ plaintextBytes }) => plaintextBytes))).toBeLessThanOrEqual(512)
    },
  )

  test.skipIf(!haproxy)(
    'HAProxy with tune.ssl.maxrecord 2000: the growth to 16 kB records, with its offset',
    async () => {
      const port = await freePort()
      writeFileSync(
        at('haproxy.cfg'),
        `global
  tune.ssl.maxrecord 2000
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend tls
  bind 127.0.0.1:${port} ssl crt ${at('both.pem')} ssl-max-ver TLSv1.2
  default_backend origin
backend origin
  server one 127.0.0.1:${originPort}
`,
      )
      running.push(await startPeer(haproxy!, ['-db', '-f', at('haproxy.cfg')], port))
      const first = firstOf(await observe(`https://127.0.0.1:${port}/file.bin`))
      expect(first.exchanges[0]?.response).toMatchObject({ bodyBytes: FILE_BYTES, bodyComplete: true })
      const runs = first.records
      expect(runs[0]!.plaintextBytes).toBeLessThanOrEqual(2000)
      const grown = runs.find(({ plaintextBytes }) => plaintextBytes > 16_000)
      expect(grown).toBeDefined()
      expect(grown!.offset).toBeGreaterThan(2000)
      const before = runs.filter(({ offset }) => offset < grown!.offset)
      expect(before.every(({ plaintextBytes }) => plaintextBytes <= 2000)).toBe(true)
      expect(before.reduce((sum, { plaintextBytes, count }) => sum + plaintextBytes * count, 0)).toBe(
        grown!.offset,
      )
      expect(first.exchanges[0]!.response!.largestRecordBytes).toBe(
        Math.max(...runs.map(({ plaintextBytes }) => plaintextBytes)),
      )
    },
  )

  test.skipIf(!nginx)(
    'nginx with ssl_buffer_size 2k: small records throughout, ranges answered',
    async () => {
      const port = await freePort()
      writeFileSync(
        at('nginx.conf'),
        `daemon off; master_process off; pid ${at('nginx.pid')}; error_log ${at('nginx.log')};
events {}
http {
  access_log off;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')};
  uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('cert.pem')}; ssl_certificate_key ${at('key.pem')};
    ssl_protocols TLSv1.2; ssl_buffer_size 2k;
    root ${folder};
  }
}
`,
      )
      running.push(await startPeer(nginx!, ['-c', at('nginx.conf'), '-e', at('nginx.log')], port))
      const whole = firstOf(await observe(`https://127.0.0.1:${port}/file.bin`))
      expect(whole.exchanges[0]?.response).toMatchObject({
        bodyBytes: FILE_BYTES,
        bodyComplete: true,
        acceptRanges: 'bytes',
      })
      expect(Math.max(...whole.records.map(({ plaintextBytes }) => plaintextBytes))).toBeLessThanOrEqual(2048)
      const http = { ...plainHttp, rangeBytes: 1024 }
      const ranged = firstOf(await observe(`https://127.0.0.1:${port}/file.bin`, { http }))
      expect(ranged.exchanges).toHaveLength(FILE_BYTES / 1024)
      expect(ranged.exchanges.every(({ response }) => response?.status === 206)).toBe(true)
    },
  )

  test.skipIf(!mosquitto)('Mosquitto answers CONNECT', async () => {
    const port = await freePort()
    writeFileSync(
      at('mosquitto.conf'),
      `listener ${port} 127.0.0.1
allow_anonymous true
user root
certfile ${at('cert.pem')}
keyfile ${at('key.pem')}
tls_version tlsv1.2
`,
    )
    running.push(await startPeer(mosquitto!, ['-c', at('mosquitto.conf')], port))
    expect(firstOf(await observe(`mqtts://127.0.0.1:${port}`)).mqtt).toMatchObject({
      connack: { returnCode: 0, sessionPresent: false },
      error: undefined,
    })
  })

  test.skipIf(!gnutls)('gnutls-serv: a GET is answered', async () => {
    const port = await start(gnutls!, (port) => [
      ...['--http', '--port', String(port), '--x509certfile', at('cert.pem'), '--x509keyfile', at('key.pem')],
    ])
    const first = firstOf(await observe(`https://127.0.0.1:${port}/`))
    expect(first.establishedAtMs).toBeDefined()
    expect(first.exchanges[0]?.response?.status).toBe(200)
  })
})
