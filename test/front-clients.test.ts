import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLocalCa } from '../src/front/local-ca.ts'
import { buildOf, type ClientArgs, runClient } from './clients/clients.ts'
import { FrontRange, otherRoot } from './support/front-range.ts'
import { peer } from './support/peer.ts'

/* A front with a certificate of a local CA, as `serve` opens it, before the real stacks in small builds. */

const BODY_BYTES = 65_536
const gnutls = peer('gnutls-cli')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-front-clients-'))
const ecdsaRoot = join(folder, 'ecdsa.pem')
const rsaRoot = join(folder, 'rsa.pem')
const stranger = join(folder, 'stranger.pem')
let range: FrontRange

beforeAll(async () => {
  const wish = { folder: join(folder, 'ca'), hosts: ['127.0.0.1', 'ota.local'], now: new Date() }
  const ecdsa = await openLocalCa({ ...wish, keyType: 'p256' })
  const rsa = await openLocalCa({ ...wish, keyType: 'rsa-2048' })
  writeFileSync(ecdsaRoot, ecdsa.caPem)
  writeFileSync(rsaRoot, rsa.caPem)
  writeFileSync(stranger, otherRoot().pem)
  range = await FrontRange.open(
    { identities: { ecdsa: ecdsa.identity, rsa: rsa.identity }, maxRecordBytes: 1024 },
    answer,
  )
}, 60_000)
afterAll(async () => {
  await range.close()
  rmSync(folder, { recursive: true })
})

const byAddress = { sni: null, name: '127.0.0.1' } as const
const byName = { sni: 'ota.local' } as const

test.each<
  [client: string, how: string, args: Partial<ClientArgs> & Pick<ClientArgs, 'sni'>, kind: 'ecdsa' | 'rsa']
>([
  ['bearssl', 'with buffers of 1 kB', { ...byName, buffer: 1_024 }, 'ecdsa'],
  [
    'bearssl',
    'with the smallest buffers, which ask for max_fragment_length 512',
    { ...byName, buffer: 837 },
    'ecdsa',
  ],
  ['mbedtls-2.28', 'by address', byAddress, 'ecdsa'],
  ['mbedtls-2.28', 'with max_fragment_length 512', { ...byAddress, mfl: 512 }, 'ecdsa'],
  [
    'mbedtls-2.28',
    'whose clock stands at the first second of 1970',
    { ...byAddress, time: new Date(1_000) },
    'ecdsa',
  ],
  [
    'mbedtls-2.28',
    'with ChaCha20',
    { ...byName, suites: 'TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256' },
    'rsa',
  ],
  ['mbedtls-2.28-in-1500', 'with 1,500 bytes for a record', byAddress, 'ecdsa'],
  ['mbedtls-2.28-in-4096', 'with 4,096 bytes for a record', byAddress, 'ecdsa'],
  ['mbedtls-2.28-variable', 'whose buffer shrinks after the handshake', byName, 'ecdsa'],
  ['mbedtls-2.28-pool-48000', 'with 48 kB of memory', byName, 'ecdsa'],
  ['mbedtls-2.28-no-ecdsa', 'without ECDSA', byAddress, 'rsa'],
  ['mbedtls-2.28-no-sha512', 'without SHA-512', byAddress, 'ecdsa'],
  ['mbedtls-2.28-p256-only', 'with one curve', byAddress, 'ecdsa'],
  ['mbedtls-3.6-default', 'in TLS 1.3', { ...byAddress, minVersion: '1.3' }, 'ecdsa'],
  ['mbedtls-3.6-in-4096', 'in TLS 1.2', { ...byAddress, maxVersion: '1.2' }, 'ecdsa'],
  ['wolfssl', 'in TLS 1.3', { ...byName, minVersion: '1.3' }, 'ecdsa'],
  ['wolfssl-5.5-small', 'in TLS 1.2', { ...byName, maxVersion: '1.2' }, 'ecdsa'],
  [
    'openssl',
    'with max_fragment_length 512 in TLS 1.3',
    { ...byAddress, mfl: 512, minVersion: '1.3' },
    'ecdsa',
  ],
  ['gnutls', 'by name', byName, 'ecdsa'],
])(
  '%s, %s, loads all of it',
  async (client, _how, args, kind) => {
    if (buildOf(client) === undefined) return expect(process.env.CI).not.toBe('true')
    const anchors = kind === 'ecdsa' ? ecdsaRoot : rsaRoot
    const before = range.secured.length
    const result = await runClient(client, { port: range.port, anchors, request: 'GET /', ...args })
    expect(result).toMatchObject({ stage: 'done', ok: true, code: '0' })
    expect(result.sizes.appDataBytes).toBe(answerHead.length + BODY_BYTES)
    expect(range.secured.slice(before)).toMatchObject([{ identity: kind, serverName: args.sni ?? undefined }])
  },
  240_000,
)

describe('a client that does not hold the root', () => {
  test.each([
    ['mbedtls-2.28', { kind: 'alert-received', description: 48 }],
    ['mbedtls-3.6-default', { kind: 'alert-received', description: 48 }],
    ['wolfssl', { kind: 'alert-received', description: 48 }],
    ['openssl', { kind: 'alert-received', description: 48 }],
    // These two say nothing; whether TCP resets hangs on what lay unread.
    ['bearssl', { kind: 'closed', after: 'server-flight' }],
    ['gnutls', { kind: 'closed', after: 'server-flight' }],
  ] as const)(
    '%s',
    async (client, failure) => {
      if (buildOf(client) === undefined) return expect(process.env.CI).not.toBe('true')
      const before = range.failed.length
      await runClient(client, { port: range.port, anchors: stranger, request: 'GET /', ...byName })
      const told = (await range.nextFailed(before + 1)).failure
      expect(told).toMatchObject(failure)
    },
    240_000,
  )
})

describe.skipIf(gnutls === undefined)('gnutls-cli', () => {
  test.each([
    'NORMAL:-VERS-ALL:+VERS-TLS1.2',
    'NORMAL:-VERS-ALL:+VERS-TLS1.3',
  ])('%s resumes', async (priority) => {
    const before = range.secured.length
    const args = ['--x509cafile', ecdsaRoot, '--priority', priority, '--resume', '--waitresumption']
    const child = spawn('gnutls-cli', [...args, '-p', String(range.port), '127.0.0.1'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.end('GET / HTTP/1.0\r\n\r\n')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(range.secured.slice(before).map(({ resumed }) => resumed)).toEqual([false, true])
  })
})

const answerHead = `HTTP/1.0 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`

function answer(socket: TLSSocket): void {
  socket.once('data', () => socket.end(answerHead + 'x'.repeat(BODY_BYTES)))
}
