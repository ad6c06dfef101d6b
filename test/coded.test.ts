import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatCapsule, parseCapsule } from '../src/capsule/capsule-file.ts'
import { capsuleOfObservations } from '../src/capsule/make-capsule.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { checkRequest } from '../src/io/check-defaults.ts'
import type { CheckRequest } from '../src/io/check-request.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { judge } from '../src/judge/judge.ts'
import type { Verdict } from '../src/judge/verdict.ts'
import { formatText } from '../src/report/text.ts'
import { type Identity, identity } from './support/dial.ts'
import { found } from './support/judge-observations.ts'
import { peer } from './support/peer.ts'
import { freePort, type PeerProcess, startPeer } from './support/peer-process.ts'

const nginx = peer('nginx')
const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const now = new Date()

/** A program image begins with its magic byte, and shrinks when packed. */
const image = Buffer.alloc(100_000, 'firmware ')
image[0] = 0xe9

let folder: string
let own: Identity

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-coded-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function verdictOf(
  target: string,
  device: string,
  given: Partial<CheckRequest> = {},
): Promise<Verdict> {
  const anchors = [{ certificate: own.root, label: 'root' }]
  const asked = { target, devices: [device], anchors, now, timeoutMs: 5000, catalogue, knownRoots }
  const [verdict] = await check(checkRequest({ ...asked, ...given }))
  return verdict!
}

describe.skipIf(!nginx)('nginx with gzip_static always', () => {
  let server: PeerProcess | undefined

  beforeAll(async () => {
    for (const place of ['always', 'cured', 'when-asked']) {
      mkdirSync(join(folder, place))
      writeFileSync(join(folder, place, 'fw.bin'), image)
      writeFileSync(join(folder, place, 'fw.bin.gz'), gzipSync(image))
    }
    const at = (name: string) => join(folder, name)
    writeFileSync(at('cert.pem'), own.cert)
    writeFileSync(at('key.pem'), own.key)
    const port = await freePort()
    writeFileSync(
      at('nginx.conf'),
      `daemon off; master_process off; pid ${at('nginx.pid')}; error_log ${at('nginx.log')};
events {}
http {
  access_log off;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')};
  uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  gzip_static always;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('cert.pem')}; ssl_certificate_key ${at('key.pem')};
    ssl_protocols TLSv1.2; ssl_buffer_size 1k;
    root ${folder};
    location /cured/ { gzip off; gzip_static off; }
    location /when-asked/ { gzip_static on; }
    # As object stores do that keep a file packed, with its coding beside it.
    location = /stored/fw.bin { gzip_static off; alias ${at('always/fw.bin.gz')}; add_header Content-Encoding gzip; }
    location = /stored/fw.bin.gz { gzip_static off; alias ${at('always/fw.bin.gz')}; add_header Content-Encoding gzip; }
  }
}
`,
    )
    server = await startPeer(nginx!, ['-c', at('nginx.conf'), '-e', at('nginx.log')], port)
  })
  afterAll(async () => {
    await server?.stop()
  })

  const url = (place: string, file = 'fw.bin') => `https://localhost:${server!.port}/${place}/${file}`

  test('a client that hands on what comes is blocked, though its request declines it', async () => {
    const verdict = await verdictOf(url('always'), 'arduino-esp32')
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    expect(found(verdict, 'content-coded')).toMatchObject({
      effect: 'blocks',
      details: {
        ...{ codings: ['gzip'], status: 200, path: '/always/fw.bin' },
        ...{ bodyBytes: gzipSync(image).length, request: 'declines', why: 'not-unpacked' },
      },
    })
    const text = formatText([verdict], { color: false, columns: 120 })
    expect(text).toContain('has Content-Encoding: gzip')
    expect(text).toContain('gzip off; gzip_static off;')
  })

  test('one that downloads in ranges gets pieces of the packed stream, in the words of its updater', async () => {
    const verdict = await verdictOf(url('stored'), 'nrf9160@1.3.7+ncs@2.4.2')
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    expect(found(verdict, 'content-coded')).toMatchObject({
      effect: 'blocks',
      details: { status: 206, request: 'silent', why: 'not-unpacked' },
      deviceWords: { log: 'fota_download: Unknown image type' },
    })
  })

  test('where the coding takes ranges away, the client that needs them is first stopped for that', async () => {
    const verdict = await verdictOf(url('always'), 'nrf9160@1.3.7+ncs@2.4.2')
    const blocking = verdict.findings.filter(({ effect }) => effect === 'blocks').map(({ id }) => id)
    expect(blocking).toEqual(['range-unsupported', 'content-coded'])
  })

  test('an ESP32 says that it is no image', async () => {
    const verdict = await verdictOf(url('always'), 'esp-idf@5.2')
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'http' })
    expect(found(verdict, 'content-coded')).toMatchObject({
      details: { status: 200, request: 'silent', why: 'not-unpacked' },
      deviceWords: { code: 'ESP_ERR_OTA_VALIDATE_FAILED' },
    })
  })

  test('of a client that nothing is known of it cannot be told', async () => {
    const verdict = await verdictOf(url('always'), 'openssl@3.0')
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'content-coded')).toMatchObject({ details: { why: 'client-unknown' } })
  })

  test('the cure that it names cures it', async () => {
    for (const device of ['arduino-esp32', 'esp-idf@5.2', 'nrf9160@1.3.7+ncs@2.4.2', 'openssl@3.0']) {
      const verdict = await verdictOf(url('cured'), device)
      expect(found(verdict, 'content-coded'), device).toBeUndefined()
      expect(verdict.state, device).toBe('fits')
    }
  })

  test('with gzip_static on a coding comes to those who ask for it, and to nobody else', async () => {
    expect((await verdictOf(url('when-asked'), 'arduino-esp32')).state).toBe('fits')
    const headers = [['Accept-Encoding', 'gzip, deflate']] as const
    const verdict = await verdictOf(url('when-asked'), 'arduino-esp32', { headers })
    expect(verdict).toMatchObject({ state: 'undecided', leans: 'blocked' })
    expect(found(verdict, 'content-coded')).toMatchObject({
      details: { request: 'asks', why: 'asked-by-application' },
      fixes: [{ id: 'ask-uncoded' }, { id: 'serve-uncoded' }],
    })
  })

  test('a packed file that is asked for by its own name has no coding', async () => {
    expect((await verdictOf(url('cured', 'fw.bin.gz'), 'arduino-esp32')).state).toBe('fits')
  })

  test('a file of a packed name may be meant so', async () => {
    const verdict = await verdictOf(url('stored', 'fw.bin.gz'), 'arduino-esp32')
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'content-coded')?.details.why).toBe('name-says-so')
  })

  test.each([
    ['always', 'fw.bin', 'not-unpacked'],
    ['stored', 'fw.bin.gz', 'name-says-so'],
    ['cured', 'fw.bin', undefined],
  ])('a capsule of /%s/%s comes to the same', async (place, file, why) => {
    const live = await verdictOf(url(place, file), 'arduino-esp32')
    const options = { key: Buffer.alloc(32, 7), device: undefined, knownRoots: [], serviceHosts: [] }
    const text = formatCapsule(capsuleOfObservations([live.observation], options))
    if (place !== 'cured') expect(text).not.toContain(place)
    const read = parseCapsule(Buffer.from(text), 'it')
    if (read.kind !== 'observations') throw new Error('no observations')
    const [observation] = read.observations
    const trust = { held: undefined, origin: 'unknown', known: [] } as const
    const again = judge({ observation: observation!, device: live.device, trust, verify: 'none', now })
    for (const verdict of [live, again]) expect(found(verdict, 'content-coded')?.details.why).toBe(why)
  })
})

test('brotli that nobody asked for, and a coding of another name', async () => {
  const server = createServer({ ...own, maxVersion: 'TLSv1.2' }, ({ url }, response) => {
    const coding = url === '/fw.bin' ? 'br' : 'aws-chunked'
    response.setHeader('Content-Encoding', coding)
    response.end(coding === 'br' ? brotliCompressSync(image) : image)
  })
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
  try {
    const coded = await verdictOf(`https://localhost:${port}/fw.bin`, 'micropython-esp32')
    expect(coded.state).toBe('blocked')
    expect(found(coded, 'content-coded')).toMatchObject({ details: { codings: ['br'], why: 'not-unpacked' } })
    const named = await verdictOf(`https://localhost:${port}/other.bin`, 'micropython-esp32')
    expect(named.state).toBe('undecided')
    expect(found(named, 'content-coded')).toMatchObject({ details: { why: 'unregistered' } })
  } finally {
    server.close()
  }
})
