import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offer13Of, ordinarySchemes, suites13 } from '../../test/support/offers.ts'
import { derOf, Scratch, type Server, startServer } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import type { ClientCredential, TicketSession } from './client.ts'
import type { OfferedExtension } from './client-offer.ts'
import { namedGroups } from './named-groups.ts'
import { signatureSchemes } from './signature-schemes.ts'
import type { TlsEvent } from './tls-event.ts'

let connections = 0

function drive(options: Omit<Drive, 'seed'>): Promise<Driven> {
  return driveClient({ seed: createHash('sha256').update(`13 ${connections++}`).digest(), ...options })
}

function find<Kind extends TlsEvent['kind']>(driven: Driven, kind: Kind) {
  const found = driven.events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

function types(driven: Driven, direction: 'sent' | 'received'): number[] {
  return driven.events.flatMap((e) => (e.kind === 'message' && e.direction === direction ? [e.type] : []))
}

function expectWhole(driven: Driven, line = 'tifslt\n'): void {
  expect(driven.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect(driven.client.established).toBe(true)
  expect(driven.text).toBe(line)
  expect(find(driven, 'server-hello')?.version).toBe(0x0304)
}

describe.skipIf(!peer('openssl'))('TLS 1.3 with openssl s_server', () => {
  const scratch = new Scratch()
  const servers: Server[] = []

  beforeAll(() => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    scratch.selfSigned('p384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'])
    scratch.selfSigned('ed25519', ['ed25519'])
  })

  afterAll(() => {
    for (const server of servers) server.stop()
    scratch.remove()
  })

  async function start(...args: string[]): Promise<number> {
    const server = await startServer(['-tls1_3', '-ciphersuites', suites13.join(':'), ...args])
    servers.push(server)
    return server.port
  }

  function using(name: string): string[] {
    return ['-cert', scratch.path(`${name}.pem`), '-key', scratch.path(`${name}.key`)]
  }

  test.each(suites13)('%s', async (suite) => {
    const offer = offer13Of({ suites: [suite] })
    const driven = await drive({ offer, port: await start(...using('rsa')) })
    expectWhole(driven)
    expect(find(driven, 'server-hello')?.cipherSuite).toBe(offer.cipherSuites[0])
    expect(find(driven, 'server-key-exchange')).toMatchObject({
      namedGroup: namedGroups.x25519.code,
      signatureScheme: signatureSchemes.rsa_pss_rsae_sha256.code,
      signatureValid: true,
    })
    expect(types(driven, 'sent')).toEqual([1, 20])
    expect(types(driven, 'received')).toEqual([2, 8, 11, 15, 20, 4, 4])
  })

  test.each(['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1'] as const)('group %s', async (group) => {
    const names = 'X25519:X448:P-256:P-384:P-521'
    const port = await start(...using('p256'), '-groups', names)
    const driven = await drive({ offer: offer13Of({ groups: [namedGroups[group].code] }), port })
    expectWhole(driven)
    expect(find(driven, 'server-key-exchange')?.namedGroup).toBe(namedGroups[group].code)
  })

  test.each([
    ['rsa', 'rsa_pss_rsae_sha512'],
    ['p256', 'ecdsa_secp256r1_sha256'],
    ['p384', 'ecdsa_secp384r1_sha384'],
    ['ed25519', 'ed25519'],
  ] as const)('a leaf of %s signs with %s', async (name, scheme) => {
    const schemes = [signatureSchemes[scheme].code]
    const driven = await drive({ offer: offer13Of({ schemes }), port: await start(...using(name)) })
    expectWhole(driven)
    expect(find(driven, 'server-key-exchange')).toMatchObject({
      signatureScheme: schemes[0],
      signatureValid: true,
    })
  })

  test('a HelloRetryRequest brings a second hello with the share asked for', async () => {
    const port = await start(...using('p256'), '-groups', 'P-384')
    const driven = await drive({ offer: offer13Of(), port })
    expectWhole(driven)
    const hellos = driven.events.filter((e) => e.kind === 'server-hello')
    expect(hellos.map((e) => e.helloRetryRequest)).toEqual([true, false])
    expect(types(driven, 'sent')).toEqual([1, 1, 20])
    expect(find(driven, 'server-key-exchange')?.namedGroup).toBe(namedGroups.secp384r1.code)
  })

  test('an empty key_share asks for a HelloRetryRequest', async () => {
    const driven = await drive({ offer: offer13Of({ shares: [] }), port: await start(...using('rsa')) })
    expectWhole(driven)
  })

  test('X25519MLKEM768 is offered with 1216 bytes, and passed over by a server without it', async () => {
    const groups = [namedGroups.X25519MLKEM768.code, namedGroups.x25519.code]
    const offer = offer13Of({ groups, shares: groups })
    const driven = await drive({ offer, port: await start(...using('rsa')) })
    expectWhole(driven)
    const hello = Buffer.from(find(driven, 'client-hello')!.message)
    expect(hello.includes(Buffer.from('11ec04c0', 'hex'))).toBe(true)
  })

  test('TLS 1.2 and 1.3 offered: what the server speaks is what goes on', async () => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']
    const offer = offer13Of({ suites, offered: [0x0304, 0x0303] })
    const server = await startServer([...using('rsa'), '-tls1_2'])
    servers.push(server)
    const old = await drive({ offer, port: server.port })
    expect(old.text).toBe('tifslt\n')
    expect(find(old, 'server-hello')?.version).toBe(0x0303)
    expectWhole(await drive({ offer, port: await start(...using('rsa')) }))
  })

  test.each<[string, OfferedExtension, object]>([
    ['max_fragment_length', { kind: 'max_fragment_length', bytes: 1024 }, { code: 1, data: [2] }],
    [
      'ALPN',
      { kind: 'application_layer_protocol_negotiation', protocols: ['mqtt'] },
      { code: 16, data: [0, 5, 4, 109, 113, 116, 116] },
    ],
  ])('%s is answered in EncryptedExtensions', async (_, extension, answer) => {
    const port = await start(...using('rsa'), '-alpn', 'mqtt')
    const line = `${'x'.repeat(3000)}\n`
    const driven = await drive({ offer: offer13Of({ extensions: [extension] }), port, line })
    expectWhole(driven, line)
    const answers = find(driven, 'encrypted-extensions')!.extensions
    expect(answers.map(({ code, data }) => ({ code, data: [...data] }))).toContainEqual(answer)
    if (extension.kind !== 'max_fragment_length') return
    const sizes = driven.events.flatMap((e) => (e.kind === 'record' ? [e.plaintextBytes ?? 0] : []))
    expect(Math.max(...sizes)).toBe(1024)
  })

  test('a server that pads its records: the padding is not counted as content', async () => {
    const port = await start(...using('rsa'), '-record_padding', '4096')
    const driven = await drive({ offer: offer13Of(), port })
    expectWhole(driven)
    const data = driven.events.find(
      (e) => e.kind === 'record' && e.contentType === 23 && e.direction === 'received',
    )
    expect(data).toMatchObject({ plaintextBytes: 7, fragmentBytes: 4096 + 16 })
  })

  describe('client certificates', () => {
    function credentialOf(name: string): ClientCredential {
      const certificates = [derOf(scratch.read(`${name}.pem`))]
      return { certificates, privateKeyPem: scratch.read(`${name}.key`) }
    }

    async function driveAsking(name: string, credential?: ClientCredential): Promise<Driven> {
      const asking = ['-Verify', '1', '-CAfile', scratch.path(`${name}.pem`), '-verify_return_error']
      const more = credential ? { credential } : {}
      return drive({ offer: offer13Of(), port: await start(...using('rsa'), ...asking), ...more })
    }

    test.each(['rsa', 'p256', 'p384', 'ed25519'])('%s is taken', async (name) => {
      const driven = await driveAsking(name, credentialOf(name))
      expectWhole(driven)
      expect(find(driven, 'server-flight')?.clientCertificateRequested).toBe(true)
      expect(find(driven, 'certificate-request')?.signatureSchemes).toEqual(
        expect.arrayContaining(ordinarySchemes.slice(0, 4)),
      )
      expect(types(driven, 'sent')).toEqual([1, 11, 15, 20])
    })

    test('none: the alert certificate_required comes after the handshake, encrypted', async () => {
      const driven = await driveAsking('rsa')
      expect(types(driven, 'sent')).toEqual([1, 11, 20])
      expect(driven.events.filter((e) => e.kind === 'alert')).toMatchObject([
        { direction: 'received', description: 116, encrypted: true },
      ])
      expect(driven.client.established && driven.client.finished).toBe(true)
    })

    test('a stranger: unknown_ca or the like', async () => {
      const driven = await driveAsking('rsa', credentialOf('p256'))
      expect(driven.events.some((e) => e.kind === 'alert' && e.direction === 'received' && e.encrypted)).toBe(
        true,
      )
      expect(driven.text).toBe('')
    })
  })

  describe('tickets', () => {
    async function twoTickets(port: number, offer = offer13Of()): Promise<TicketSession> {
      const driven = await drive({ offer, port })
      expectWhole(driven)
      const tickets = driven.events.filter((e) => e.kind === 'session-ticket')
      expect(tickets.length).toBe(2)
      return tickets[0]!.session
    }

    test.each(suites13)('%s is resumed without certificates', async (suite) => {
      const port = await start(...using('rsa'))
      const offer = offer13Of({ suites: [suite] })
      const driven = await drive({ offer, port, ticket: await twoTickets(port, offer) })
      expectWhole(driven)
      expect(find(driven, 'established')?.resumed).toBe(true)
      expect(types(driven, 'received')).toEqual([2, 8, 20, 4])
    })

    test('after a HelloRetryRequest the binder covers both hellos', async () => {
      const port = await start(...using('rsa'), '-groups', 'P-256')
      const driven = await drive({ offer: offer13Of(), port, ticket: await twoTickets(port) })
      expectWhole(driven)
      expect(find(driven, 'established')?.resumed).toBe(true)
    })

    test('a ticket of SHA-256 is let fall where the server asks again with SHA-384', async () => {
      const ticket = await twoTickets(
        await start(...using('rsa')),
        offer13Of({ suites: ['TLS_AES_128_GCM_SHA256'] }),
      )
      const port = await start(...using('rsa'), '-groups', 'P-256', '-ciphersuites', 'TLS_AES_256_GCM_SHA384')
      const driven = await drive({ offer: offer13Of(), port, ticket })
      expectWhole(driven)
      expect(find(driven, 'established')?.resumed).toBe(false)
    })

    test('a ticket that the server does not know leads to a full handshake', async () => {
      const ticket = await twoTickets(await start(...using('rsa')))
      const driven = await drive({ offer: offer13Of(), port: await start(...using('rsa')), ticket })
      expectWhole(driven)
      expect(find(driven, 'established')?.resumed).toBe(false)
    })
  })
})
