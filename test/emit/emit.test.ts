import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { EmitFiles, Emitter } from '../../src/emit/emitted.ts'
import { emitEnvoy } from '../../src/emit/envoy.ts'
import { emitHaproxy } from '../../src/emit/haproxy.ts'
import { emitNginx } from '../../src/emit/nginx.ts'
import { type GatewayConfig, parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { type Listening, loopback } from '../../src/io/listen.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { plainAttempt, requestOf } from '../../src/lab/case.ts'
import { joinPem, type LabChain, makeNewBlobChain } from '../../src/lab/chains.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { firmware } from '../../src/lab/servers.ts'
import { keyPem, makeFrontChain } from '../../src/lab/small-chains.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { testKeys } from '../support/kept-keys.ts'
import { peer } from '../support/peer.ts'
import { freePort, type PeerProcess, startPeer } from '../support/peer-process.ts'

const run = promisify(execFile)
const nginx = peer('nginx')
const haproxy = peer('haproxy')
const host = 'fota.fleet.test'
const upstreamHost = 'production.blob.skyshelf.test'
const options = { keys: testKeys, now: new Date() }

describe('what emit writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-emit-'))
  const at = (name: string) => join(folder, name)
  const asked: string[] = []
  let blob: Listening
  let front: LabChain
  let files: EmitFiles
  let upstream: LabChain

  beforeAll(async () => {
    upstream = await makeNewBlobChain(options)
    front = await makeFrontChain(host, upstream.root, options)
    const serve = fileHost({ files: new Map([['/container/fw.bin', firmware([])]]), headRecord: 'own' })
    const answer: RequestListener = (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.host}`)
      serve(request, response)
    }
    blob = await openHttpsServer({ ...loopback, chain: upstream.sent, answer })
    const [leaf] = front.sent
    if (leaf === undefined) throw new Error('no leaf')
    writeFileSync(at('chain.pem'), joinPem(front.sent))
    writeFileSync(at('key.pem'), keyPem(leaf.key), { mode: 0o600 })
    writeFileSync(at('both.pem'), joinPem(front.sent) + keyPem(leaf.key), { mode: 0o600 })
    writeFileSync(at('roots.pem'), joinPem([upstream.root]))
    mkdirSync(at('cache'))
    writeFileSync(at('blob-sas.conf'), 'set $sas_blob "sv=2022&sig=x";\n')
    const ecdsa = { chain: at('chain.pem'), key: at('key.pem'), both: at('both.pem') }
    files = {
      identities: new Map([['fota', { ecdsa }]]),
      publicRoots: at('roots.pem'),
      upstreamRoots: new Map([['blob', at('roots.pem')]]),
      folder,
    }
  }, 60_000)
  afterAll(async () => {
    await blob?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const configOf = (port: number, more = '', rest = '') =>
    parseGatewayConfig(
      `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:${port}]
    certificate: { files: { ecdsa: { chain: chain.pem, key: key.pem } } }
    maxRecordBytes: 1024
    routes: [{ path: /firmware/*, upstream: blob, to: / }]
upstreams:
  blob: { protocol: https, url: https://${upstreamHost}/container, connect: 127.0.0.1:${blob.port}${more} }
${rest}`,
      at('gateway.yaml'),
    )

  const checkThrough = (port: number, path = '/firmware/fw.bin') =>
    check(
      requestOf(
        {
          ...plainAttempt,
          target: `https://${host}${path}`,
          device: 'nrf9160@1.3.7+ncs@2.7.0',
          connect: { host: '127.0.0.1', port },
          anchors: [upstream.root],
        },
        { catalogue: openCatalogue(), knownRoots: openKnownRoots(), now: new Date() },
      ),
    )

  async function proves(emit: Emitter, start: (path: string, port: number) => Promise<PeerProcess>) {
    const port = await freePort()
    const { text } = emit(configOf(port), files)
    writeFileSync(at('proxy.conf'), text)
    const proxy = await start(at('proxy.conf'), port)
    try {
      const verdicts = await checkThrough(port)
      expect(verdicts.map(({ state }) => state)).toEqual(['fits'])
      const records = verdicts.flatMap(({ observation }) =>
        observation.connections.flatMap((connection) => connection.records),
      )
      expect(records.length).toBeGreaterThan(0)
      expect(Math.max(...records.map(({ plaintextBytes }) => plaintextBytes))).toBeLessThanOrEqual(1024)
      const refused = await checkThrough(port, '/other')
      expect(refused[0]?.findings.map(({ id }) => id)).toContain('http-status')
    } finally {
      await proxy.stop()
    }
  }

  const startNginx = (path: string, port: number) =>
    startPeer(
      nginx as string,
      ['-c', path, '-p', folder, '-e', 'stderr', '-g', `daemon off; user root; pid ${at('nginx.pid')};`],
      port,
    )
  const startHaproxy = (path: string, port: number) => startPeer(haproxy as string, ['-db', '-f', path], port)

  test.skipIf(!nginx)(
    'nginx: an nRF9160 that is blocked at the account downloads through it',
    () => proves(emitNginx, startNginx),
    60_000,
  )

  test.skipIf(!haproxy)(
    'haproxy: an nRF9160 that is blocked at the account downloads through it',
    () => proves(emitHaproxy, startHaproxy),
    60_000,
  )

  async function closedByDefault(emit: Emitter, start: (path: string, port: number) => Promise<PeerProcess>) {
    const port = await freePort()
    const more = ', credentials: { sas: { env: SAS } }, readPaths: [/firmware/fw.bin]'
    writeFileSync(at('sas.conf'), emit(configOf(port, more), files).text)
    const proxy = await start(at('sas.conf'), port)
    const ca = joinPem([upstream.root])
    const ask = (path: string, method = 'GET') =>
      new Promise<number>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, path, method, servername: host, ca, agent: false })
        sent.on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
        sent.on('error', reject)
        sent.end()
      })
    try {
      asked.length = 0
      expect(await ask('/firmware/fw.bin')).toBe(200)
      expect(asked).toEqual([`GET /container/fw.bin?sv=2022&sig=x ${upstreamHost}`])
      expect(await ask('/firmware/fw.bin?restype=container&comp=list')).toBe(403)
      expect(await ask('/firmware/other.bin')).toBe(403)
      expect(await ask('/firmware/fw.bin', 'DELETE')).toBeOneOf([403, 405])
      expect(asked.length).toBe(1)
    } finally {
      await proxy.stop()
    }
  }

  test.skipIf(!nginx)('nginx: credentials open what is listed, and nothing else', () =>
    closedByDefault(emitNginx, startNginx),
  )

  test.skipIf(!haproxy)('haproxy: credentials open what is listed, and nothing else', () =>
    closedByDefault(emitHaproxy, (path, port) => {
      process.env.BLOB_SAS = 'sv=2022&sig=x'
      return startHaproxy(path, port)
    }),
  )

  test.skipIf(!nginx)('nginx takes caches, credentials, client certificates and old versions', async () => {
    const config = configOf(
      await freePort(),
      ', credentials: { sas: { env: SAS } }, readPaths: [/firmware/*], cache: true',
      'cache: { folder: ./cache }\n',
    )
    writeFileSync(at('rich.conf'), emitNginx(rich(config), withClients(files, at('roots.pem'))).text)
    const { stderr } = await run(nginx as string, [
      '-t',
      '-c',
      at('rich.conf'),
      '-p',
      folder,
      '-e',
      'stderr',
      '-g',
      `pid ${at('t.pid')};`,
    ])
    expect(stderr).toContain('test is successful')
  })

  test.skipIf(!haproxy)('haproxy takes credentials, client certificates and old versions', async () => {
    const config = configOf(
      await freePort(),
      ', credentials: { sas: { env: SAS } }, readPaths: [/firmware/*]',
    )
    writeFileSync(at('rich.cfg'), emitHaproxy(rich(config), withClients(files, at('roots.pem'))).text)
    const { stdout, stderr } = await run(haproxy as string, ['-c', '-V', '-f', at('rich.cfg')])
    expect(stdout + stderr).toContain('Configuration file is valid')
    expect(stdout + stderr).not.toContain('[ALERT]')
  })

  test('envoy: the file is YAML with a listener and a cluster, and says that it is unproved', async () => {
    const { text, cannot } = emitEnvoy(configOf(8443), files)
    expect(text).toContain('unproved')
    expect(cannot.join()).toContain('16,384 B')
    const { static_resources } = parse(text)
    expect(static_resources.listeners[0].address.socket_address.port_value).toBe(8443)
    expect(static_resources.clusters[0].name).toBe('blob')
  })

  test.each([
    ['nginx', emitNginx],
    ['haproxy', emitHaproxy],
    ['envoy', emitEnvoy],
  ] as const)('%s: what it cannot do stands at the top of the file and never only there', (_name, emit) => {
    const { text, cannot } = emit(
      configOf(8443, ', credentials: { sharedKey: { account: a, key: { env: K } } }, readPaths: [/a]'),
      files,
    )
    expect(cannot.length).toBeGreaterThan(0)
    for (const sentence of cannot) expect(text).toContain(`# Not done here: ${sentence}`)
    expect(text).toContain('501')
  })
})

function rich(config: GatewayConfig): GatewayConfig {
  const [listener] = config.listeners
  if (listener === undefined) throw new Error('no listener')
  return {
    ...config,
    listeners: [
      {
        ...listener,
        tls: { min: 'TLSv1', max: 'TLSv1.2', oldSuites: true },
        clientCertificates: { ask: 'optional', ca: 'roots.pem' },
      },
    ],
  }
}

function withClients(files: EmitFiles, clientCa: string): EmitFiles {
  const identities = [...files.identities].map(([name, one]) => [name, { ...one, clientCa }] as const)
  return { ...files, identities: new Map(identities) }
}
