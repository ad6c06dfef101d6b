import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import { joinPem } from '../../src/lab/chains.ts'
import { fileHost, type Refusal } from '../../src/lab/file-host.ts'
import { refuseBySas, type SasAccount, signSas } from '../../src/lab/sas-double.ts'
import { keyPem } from '../../src/lab/small-chains.ts'
import { buildOf, type ClientArgs, type ClientResult, runClient } from '../clients/clients.ts'
import { type Azurite, azurite, openAzurite } from '../support/azurite.ts'
import { frontName, GatewayPki, GatewayRange, upstreamName } from '../support/gateway-range.ts'
import { peer } from '../support/peer.ts'
import { freePort, type PeerProcess, startPeer } from '../support/peer-process.ts'
import { recordTurns } from '../support/recording-proxy.ts'
import { refuseBySigV4, type S3Account } from '../support/s3-double.ts'
import { serverRecords } from '../support/wire-records.ts'

/** Clients are built when they are first asked for. */
const BUILD_MS = 300_000
const FILE_BYTES = 1024 * 1024
const RANGE_BYTES = 2048
const RECORD_BYTES = 1024
/** What protection adds to a record at most: nonce and tag of TLS 1.2 with GCM or CCM, RFC 5288 §3. */
const PROTECTION_BYTES = 24

interface Device {
  readonly client: string
  /** What it can hold, for whoever reads a failure. */
  readonly holds: string
  readonly args?: Partial<ClientArgs>
  /** Certificate that it is to be shown. */
  readonly gets?: 'rsa'
  /** What max_fragment_length it asks for leaves of a record. */
  readonly fragment?: number
}

const devices: readonly Device[] = [
  { client: 'mbedtls-2.28', holds: '16 kB records' },
  { client: 'mbedtls-2.28-in-4096', holds: '4,096 B records' },
  { client: 'mbedtls-2.28-in-1500', holds: '1,500 B records' },
  {
    client: 'mbedtls-2.28-in-1500',
    holds: '1,500 B, asks for 1,024',
    args: { mfl: 1024 },
    fragment: 1024,
  },
  { client: 'mbedtls-2.28-variable', holds: '16 kB, shrinks its buffers' },
  { client: 'mbedtls-2.28-pool-48000', holds: 'a heap of 48,000 B' },
  { client: 'mbedtls-2.28-no-sha512', holds: 'no SHA-384, SHA-512' },
  { client: 'mbedtls-2.28-p256-only', holds: 'P-256 alone' },
  { client: 'mbedtls-2.28-no-ecdsa', holds: 'no ECDSA', gets: 'rsa' },
  { client: 'mbedtls-2.28-mpi-256', holds: 'numbers of 2,048 bit' },
  { client: 'mbedtls-3.6-in-4096', holds: '4,096 B records' },
  { client: 'mbedtls-3.6-default', holds: '16 kB records' },
  { client: 'bearssl', holds: '837 B: records of 512', args: { buffer: 837 }, fragment: 512 },
  { client: 'bearssl', holds: '1,349 B: records of 1,024', args: { buffer: 1349 }, fragment: 1024 },
  { client: 'bearssl', holds: '4,421 B: records of 4,096', args: { buffer: 4421 } },
  { client: 'wolfssl', holds: '16 kB records' },
  { client: 'wolfssl', holds: 'asks for 512', args: { mfl: 512 }, fragment: 512 },
  { client: 'wolfssl-5.5-small', holds: '16 kB, certificates to 4,096 B' },
  { client: 'openssl', holds: 'TLS 1.3' },
  { client: 'gnutls', holds: 'asks for 512', args: { mfl: 512 }, fragment: 512 },
]

const pki = new GatewayPki()
const file = seededBytes('firmware', FILE_BYTES)
const hosted = { body: file, contentType: 'application/octet-stream', headers: [] }
const sasAccount: SasAccount = { name: 'storage', key: Buffer.alloc(64, 7), publicAccess: 'forbidden' }
const s3Account: S3Account = {
  accessKeyId: 'AKIAEXAMPLE',
  secretKey: 'wJalr/secret+key',
  region: 'eu-west-1',
}
const nginx = peer('nginx')

describe('devices download through the gateway', () => {
  const stops: (() => Promise<void>)[] = []
  let gateway: GatewayRange
  let blob: Azurite | undefined

  beforeAll(async () => {
    const roots = 'protocol: https, ca: roots.pem, timeoutSeconds: 10'
    const sas = await strict((request) => refuseBySas(request, sasAccount, new Date()), '/files/fw.bin')
    const s3 = await strict((request) => refuseBySigV4(request, s3Account, new Date()), '/bucket/fw.bin')
    const until = new Date(Date.now() + 3_600_000).toISOString()
    pki.write('sas.txt', signSas(sasAccount, '/files', { sp: 'r', se: until, sv: '2022-11-02', sr: 'c' }))
    pki.write('s3-id', s3Account.accessKeyId)
    pki.write('s3-key', s3Account.secretKey)
    const upstreams = [
      `  sas: { ${roots}, url: 'https://${upstreamName}/files', connect: 127.0.0.1:${sas}, credentials: { sas: { file: sas.txt } }, readPaths: [/sas/*] }`,
      `  s3: { ${roots}, url: 'https://${upstreamName}/bucket', connect: 127.0.0.1:${s3}, credentials: { sigv4: { region: eu-west-1, accessKeyId: { file: s3-id }, secretAccessKey: { file: s3-key } } }, readPaths: [/s3/*] }`,
    ]
    if (nginx) {
      const port = await openNginx(nginx)
      upstreams.push(`  nginx: { ${roots}, url: 'https://${upstreamName}', connect: 127.0.0.1:${port} }`)
    }
    if (azurite) {
      blob = await openAzurite(azurite, pki, 'fw.bin', file)
      stops.push(blob.stop)
      pki.write('azurite.txt', blob.sas)
      upstreams.push(
        `  azurite: { ${roots}, url: '${blob.container}', connect: 127.0.0.1:${blob.port}, credentials: { sas: { file: azurite.txt } }, readPaths: [/azurite/*] }`,
      )
    }
    const names = upstreams.map((line) => /^ {2}(\w+):/.exec(line)?.[1])
    gateway = await GatewayRange.open({
      pki,
      routes: names.map((name) => `      - { path: /${name}/*, upstream: ${name}, to: / }`).join('\n'),
      upstreams: upstreams.join('\n'),
      maxRecordBytes: RECORD_BYTES,
    })
  }, BUILD_MS)
  afterAll(async () => {
    await gateway?.close()
    for (const stop of stops) await stop()
    pki.remove()
  })

  const upstreamTable = [
    { upstream: 'azurite', there: azurite !== undefined },
    { upstream: 'sas', there: true },
    { upstream: 's3', there: true },
    { upstream: 'nginx', there: nginx !== undefined },
  ]
  describe.each(upstreamTable)('from $upstream', ({ upstream, there }) => {
    test.skipIf(!there)(
      `${upstream}: 1 MiB byte for byte, whole and in ranges of 2 kB, no record above the cap`,
      async () => {
        const rows = []
        for (const [at, device] of devices.entries()) {
          if (buildOf(device.client) === undefined) continue
          rows.push(await download(device, upstream, undefined))
          // Ranges are cut the same way whoever sends them: every device from one upstream, a few from the others.
          if (upstream === 'sas' || at % 6 === 2) rows.push(await download(device, upstream, RANGE_BYTES))
        }
        expect(rows.length).toBeGreaterThan(0)
        expect(rows.filter(({ wrong }) => wrong.length > 0).length, tableOf(rows)).toBe(0)
      },
      BUILD_MS,
    )
  })

  async function download(device: Device, upstream: string, ranges: number | undefined) {
    const save = join(pki.folder, 'saved.bin')
    writeFileSync(save, '')
    const done: { result?: ClientResult } = {}
    const turns = await recordTurns(gateway.port, async (port) => {
      const args = { port, sni: frontName, anchors: pki.rootsFile, request: `GET /${upstream}/fw.bin` }
      done.result = await runClient(device.client, {
        ...args,
        ...device.args,
        save,
        ...(ranges && { ranges }),
      })
    })
    const { result } = done
    const records = serverRecords(turns)
    const saved = readFileSync(save)
    const cap = Math.min(RECORD_BYTES, device.fragment ?? RECORD_BYTES) + PROTECTION_BYTES
    const identity = gateway.last('secured')?.facts?.identity
    const wrong = [
      result?.ok ? undefined : `${result?.stage} ${result?.code}`,
      sha256(saved) === sha256(file) ? undefined : `${saved.length} bytes, not the file`,
      records.largestData <= cap ? undefined : `a record of ${records.largestData}`,
      // What it asked for is known on the wire only when it got there.
      records.dataRecords >= FILE_BYTES / cap ? undefined : `${records.dataRecords} records seen`,
      identity === (device.gets ?? 'ecdsa') ? undefined : `shown ${identity}`,
    ].filter((one) => one !== undefined)
    const how = ranges === undefined ? 'whole' : `${ranges} B`
    return { ...device, how, wrong, largest: records.largestData, peakHeap: result?.peakHeap ?? 0 }
  }

  /** A double that takes only what is signed as the service wants it. Its port. */
  async function strict(refuse: (request: IncomingMessage) => Refusal | undefined, path: string) {
    const serve = fileHost({ files: new Map([[path, hosted]]), headRecord: 'own', refuse })
    const answer: RequestListener = (request, response) => serve(request, response)
    const listening = await pki.openUpstream(answer)
    stops.push(() => listening.close())
    return listening.port
  }

  async function openNginx(program: string): Promise<number> {
    const port = await freePort()
    const at = (name: string) => join(pki.folder, name)
    mkdirSync(at('nginx-files'))
    writeFileSync(at('nginx-files/fw.bin'), file)
    pki.write('up.pem', joinPem(pki.ecdsa.upstream))
    pki.write('up.key', keyPem(pki.ecdsa.upstream[0]!.key))
    pki.write(
      'nginx.conf',
      `events {}
http {
  access_log off;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')};
  uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('up.pem')};
    ssl_certificate_key ${at('up.key')};
    root ${at('nginx-files')};
  }
}
`,
    )
    const switches = `daemon off; user root; pid ${at('nginx.pid')};`
    const args = ['-c', at('nginx.conf'), '-p', pki.folder, '-e', 'stderr', '-g', switches]
    const started: PeerProcess = await startPeer(program, args, port)
    stops.push(started.stop)
    return port
  }
})

interface Row extends Device {
  readonly how: string
  readonly wrong: readonly string[]
  readonly largest: number
  readonly peakHeap: number
}

/** What every client made of it, for a failure. */
function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ client, holds, how, largest, peakHeap, wrong }) =>
    [
      client.padEnd(24),
      holds.padEnd(32),
      how.padEnd(7),
      `largest ${largest}`.padEnd(13),
      `heap ${peakHeap}`.padEnd(12),
      wrong.join('; ') || 'ok',
    ].join(' '),
  )
  return `\n${cells.join('\n')}`
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
