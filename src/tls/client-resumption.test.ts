import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offerOf } from '../../test/support/offers.ts'
import { Scratch, type Server, startServer } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { freePort, startPeer } from '../../test/support/peer-process.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import type { OfferedExtension } from './client-offer.ts'
import { negotiate } from './negotiation.ts'
import { ResumableSession } from './resumable-session.ts'
import type { TlsEvent } from './tls-event.ts'

const ticket: OfferedExtension = { kind: 'session_ticket' }
const ems: OfferedExtension = { kind: 'extended_master_secret' }
const suite = 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'
let connections = 0

function drive(options: Omit<Drive, 'seed'>): Promise<Driven> {
  const seed = createHash('sha256').update(String(connections++)).digest()
  return driveClient({ seed, ...options })
}

function find<Kind extends TlsEvent['kind']>(driven: Driven, kind: Kind) {
  const found = driven.events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

function sessionOf(driven: Driven): ResumableSession {
  return find(driven, 'session')!.session
}

function receivedTypes({ events }: Driven): number[] {
  return events.flatMap((e) => (e.kind === 'message' && e.direction === 'received' ? [e.type] : []))
}

function expectWhole(driven: Driven, resumed: boolean): void {
  expect(driven.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect(find(driven, 'established')?.resumed).toBe(resumed)
  expect(driven.text).toBe('tifslt\n')
  expect(receivedTypes(driven).includes(11)).toBe(!resumed)
}

describe.skipIf(!peer('openssl'))('sessions of openssl s_server', () => {
  const scratch = new Scratch()
  const servers: Server[] = []

  beforeAll(() => scratch.selfSigned('rsa', ['rsa:2048']))

  afterAll(() => {
    for (const server of servers) server.stop()
    scratch.remove()
  })

  async function start(...args: string[]): Promise<Server> {
    const files = ['-cert', scratch.path('rsa.pem'), '-key', scratch.path('rsa.key')]
    const server = await startServer([...files, '-cipher', 'ALL:@SECLEVEL=0', ...args])
    servers.push(server)
    return server
  }

  describe.each(['-tls1', '-tls1_1', '-tls1_2'])('%s', (flag) => {
    test.each<[string, OfferedExtension[], string[]]>([
      ['by ticket', [ticket], []],
      ['by ticket, with extended_master_secret', [ems, ticket], []],
      ['by session id', [], ['-no_ticket']],
      ['by session id, with extended_master_secret', [ems], ['-no_ticket']],
    ])('resumed %s', async (_, extensions, args) => {
      const { port } = await start(flag, ...args)
      const offer = offerOf([suite], { extensions })
      const first = await drive({ offer, port })
      expectWhole(first, false)
      const session = sessionOf(first)
      expect(session.ticket === undefined).toBe(!extensions.includes(ticket))
      const second = await drive({ offer, port, session })
      expectWhole(second, true)
      expectWhole(await drive({ offer, port, session }), true)
    })
  })

  test('a session that the server does not know leads to a full handshake', async () => {
    const [one, other] = [await start('-tls1_2'), await start('-tls1_2')]
    const offer = offerOf([suite], { extensions: [ticket] })
    const session = sessionOf(await drive({ offer, port: one.port }))
    expectWhole(await drive({ offer, port: other.port, session }), false)
  })

  test('without tickets and ids there is no session', async () => {
    const { port } = await start('-tls1_2', '-no_cache', '-no_ticket')
    expect(find(await drive({ offer: offerOf([suite]), port }), 'session')).toBeUndefined()
  })

  test('the secret shows in no output of a session', async () => {
    const { port } = await start('-tls1_2')
    const first = await drive({ offer: offerOf([suite], { extensions: [ticket] }), port, keyLog: true })
    const session = sessionOf(first)
    const secret = formatHex(find(first, 'secret')!.secret)
    expect(formatHex(session.revealMasterSecret())).toBe(secret)
    const shown = inspect(session, { depth: 9, showHidden: true, maxArrayLength: null }).replace(/\W/g, '')
    expect(shown).not.toContain(secret)
    expect(
      Object.values(session)
        .filter((v) => v instanceof Uint8Array)
        .map(formatHex),
    ).not.toContain(secret)
  })

  test('secrets come as events only when asked for, and are what the server logs too', async () => {
    const { port } = await start('-tls1_2', '-keylogfile', scratch.path('keys.log'))
    const offer = offerOf([suite])
    expect(find(await drive({ offer, port }), 'secret')).toBeUndefined()
    const { label, clientRandom, secret } = find(await drive({ offer, port, keyLog: true }), 'secret')!
    const lines = readFileSync(scratch.path('keys.log'), 'utf8').toLowerCase()
    expect(label).toBe('CLIENT_RANDOM')
    expect(lines).toContain(`client_random ${formatHex(clientRandom)} ${formatHex(secret)}`)
  })

  test.each([
    ['another suite', { cipherSuite: 0xc014 }, `with ${suite}, which it did not have`],
    ['another version', { version: 0x0301 }, 'with TLSv1.2, which it did not have'],
    ['a binding', { extendedMasterSecret: false }, 'with extended_master_secret, unlike before'],
  ])('a server that takes a session up with %s is stopped', async (_, change, detail) => {
    const { port } = await start('-tls1_2')
    const offer = offerOf([suite], { extensions: [ems] })
    const session = sessionOf(await drive({ offer, port }))
    const masterSecret = session.revealMasterSecret()
    const other = new ResumableSession({ ...session, ...change, masterSecret })
    expect(find(await drive({ offer, port, session: other }), 'stopped')).toMatchObject({
      reason: 'unoffered',
      detail: `the server resumed a session ${detail}`,
    })
  })

  test('a wrong master secret is a record that does not open', async () => {
    const { port } = await start('-tls1_2')
    const offer = offerOf([suite], { extensions: [ems] })
    const session = sessionOf(await drive({ offer, port }))
    const wrong = new ResumableSession({ ...session, masterSecret: new Uint8Array(48) })
    expect(find(await drive({ offer, port, session: wrong }), 'stopped')).toMatchObject({
      reason: 'bad-record-mac',
    })
  })
})

describe('the answer to record_size_limit', () => {
  const offer = offerOf(['TLS_RSA_WITH_AES_128_GCM_SHA256'], {
    extensions: [
      { kind: 'record_size_limit', bytes: 16_384 },
      { kind: 'max_fragment_length', bytes: 1024 },
    ],
  })

  function answer(...extensions: { code: number; data: Uint8Array }[]) {
    const sessionId = new Uint8Array(0)
    const random = new Uint8Array(32)
    const hello = { version: 0x0303, random, sessionId, cipherSuite: 0x009c, compressionMethod: 0 }
    return negotiate(offer, { ...hello, extensions })
  }

  test.each([
    [64, 64],
    [16_384, 16_384],
    [65_535, 16_384],
  ])('%i lets us send %i', (limit, bytes) => {
    const data = Uint8Array.of(limit >> 8, limit & 0xff)
    expect(answer({ code: 28, data })).toMatchObject({
      recordLimit: 16_384,
      protectedRecordLimit: bytes,
    })
  })

  test('is refused under 64, or beside max_fragment_length; and broken in another length', () => {
    expect(answer({ code: 28, data: Uint8Array.of(0, 63) })).toMatchObject({
      reason: 'unoffered',
      detail: 'the server sent record_size_limit 63',
    })
    const both = [
      { code: 28, data: Uint8Array.of(4, 0) },
      { code: 1, data: Uint8Array.of(2) },
    ]
    expect(answer(...both)).toMatchObject({
      reason: 'unoffered',
      detail: 'the server sent max_fragment_length and record_size_limit',
    })
    expect(() => answer({ code: 28, data: Uint8Array.of(4) })).toThrow(DecodeError)
  })
})

describe.skipIf(!peer('gnutls-serv') || !peer('openssl'))('gnutls-serv', () => {
  const scratch = new Scratch()
  let port: number
  let stop: () => Promise<void>

  beforeAll(async () => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    port = await freePort()
    const files = ['--x509certfile', scratch.path('rsa.pem'), '--x509keyfile', scratch.path('rsa.key')]
    const priority = 'NORMAL:-VERS-ALL:+VERS-TLS1.2:+AES-128-CBC:+SHA1:+RSA:%ALLOW_SMALL_RECORDS'
    const args = [
      '--echo',
      '--port',
      String(port),
      '--priority',
      priority,
      '--disable-client-cert',
      '--recordsize',
      '1024',
    ]
    ;({ stop } = await startPeer('gnutls-serv', [...args, ...files], port))
  })

  afterAll(async () => {
    await stop?.()
    scratch.remove()
  })

  test.each<[string, OfferedExtension[]]>([
    ['by ticket', [ticket, ems]],
    ['by session id', [ems]],
  ])('a session resumed %s', async (_, extensions) => {
    const offer = offerOf([suite], { extensions })
    const line = 'tifslt\n' // it is echoed as it is
    const first = await drive({ offer, port, line })
    expectWhole(first, false)
    expectWhole(await drive({ offer, port, line, session: sessionOf(first) }), true)
  })

  test.each([
    64, 511, 4096,
  ])('our record_size_limit %i cuts its records, and its own of 1024 cuts ours', async (bytes) => {
    const offer = offerOf([suite], { extensions: [{ kind: 'record_size_limit', bytes }] })
    const line = `${'x'.repeat(2000)}\n`
    const driven = await drive({ offer, port, line })
    expect(driven.text).toBe(line)
    const answer = find(driven, 'server-hello')?.extensions.find(({ code }) => code === 28)
    expect(answer?.data).toEqual(Uint8Array.of(4, 0))
    const sent = driven.events.flatMap((e) =>
      e.kind === 'record' && e.direction === 'sent' && e.encrypted ? [e.plaintextBytes] : [],
    )
    expect(sent).toEqual([16, 1024, 977, 2])
    const received = driven.events.flatMap((e) =>
      e.kind === 'record' && e.direction === 'received' && e.encrypted ? [e.plaintextBytes!] : [],
    )
    expect(Math.max(...received)).toBeLessThanOrEqual(bytes)
  })
})
