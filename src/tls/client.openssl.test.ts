import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offerOf, ordinarySchemes } from '../../test/support/offers.ts'
import { derOf, Scratch, type Server, startServer } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { cipherSuites } from './cipher-suites.ts'
import type { ClientCredential } from './client.ts'
import type { OfferedExtension } from './client-offer.ts'
import { handshakeTypes } from './handshake-types.ts'
import { namedGroups } from './named-groups.ts'
import { signatureSchemes } from './signature-schemes.ts'
import type { TlsEvent } from './tls-event.ts'

const ecdheSuites = Object.entries(cipherSuites)
  .filter(
    ([, { kx, auth, cipher }]) =>
      kx === 'ecdhe' && /rsa|ecdsa/.test(auth) && /^aes-.*(gcm|cbc)$/.test(cipher),
  )
  .map(([name]) => name)

const ems: OfferedExtension = { kind: 'extended_master_secret' }
const etm: OfferedExtension = { kind: 'encrypt_then_mac' }
const ticket: OfferedExtension = { kind: 'session_ticket' }

function seedOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

function find<Kind extends TlsEvent['kind']>(driven: Driven, kind: Kind) {
  const found = driven.events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

/** The connection was whole: established, the line came back reversed, both close_notify were seen. */
function expectWhole(driven: Driven): void {
  const ends = driven.events.filter((event) => event.kind === 'stopped' || event.kind === 'malformed')
  expect(ends).toEqual([])
  expect(driven.client.established).toBe(true)
  expect(driven.text).toBe('tifslt\n')
  expect(find(driven, 'server-key-exchange')?.signatureValid).toBe(true)
}

describe.skipIf(!peer('openssl'))('the engine against openssl s_server', () => {
  const scratch = new Scratch()
  let both: Server

  beforeAll(async () => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    scratch.selfSigned('p521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'])
    scratch.selfSigned('ed25519', ['ed25519'])
    both = await startServer([...rsaAndEcdsa(), '-tls1_2', '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
  })

  afterAll(() => {
    both?.stop()
    scratch.remove()
  })

  function rsaAndEcdsa(): string[] {
    const rsa = ['-cert', scratch.path('rsa.pem'), '-key', scratch.path('rsa.key')]
    return [...rsa, '-dcert', scratch.path('p256.pem'), '-dkey', scratch.path('p256.key')]
  }

  const extensionSets: [string, OfferedExtension[]][] = [
    ['nothing more', []],
    ['extended_master_secret', [ems]],
    ['encrypt_then_mac', [etm]],
    ['both and a ticket', [ems, etm, ticket]],
  ]

  describe.each(ecdheSuites)('%s', (suite) => {
    test.each(extensionSets)('with %s', async (label, extensions) => {
      const offer = offerOf([suite], { extensions })
      const driven = await driveClient({ offer, seed: seedOf(suite + label), port: both.port })
      expectWhole(driven)
      const hello = find(driven, 'server-hello')
      expect(hello?.cipherSuite).toBe(offer.cipherSuites[0])
      const answered = hello?.extensions.map(({ code }) => code) ?? []
      expect(answered.includes(23)).toBe(extensions.includes(ems))
      expect(answered.includes(22)).toBe(extensions.includes(etm) && suite.includes('CBC'))
      const tickets = driven.events.filter(
        (event) => event.kind === 'message' && event.type === handshakeTypes.new_session_ticket.code,
      )
      expect(tickets.length).toBe(extensions.includes(ticket) ? 1 : 0)
    })
  })

  test.each(['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const)('group %s', async (group) => {
    const server = await startServer([...rsaAndEcdsa(), '-tls1_2', '-groups', 'X25519:P-256:P-384:P-521'])
    const groups = [namedGroups[group].code]
    const offer = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], { groups })
    const driven = await driveClient({ offer, seed: seedOf(group), port: server.port })
    server.stop()
    expectWhole(driven)
    expect(find(driven, 'server-key-exchange')?.namedGroup).toBe(namedGroups[group].code)
  })

  test.each([
    'rsa_pkcs1_sha1',
    'rsa_pkcs1_sha224',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'ecdsa_sha1',
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
  ] as const)('signature scheme %s', async (scheme) => {
    const suite = scheme.startsWith('rsa') ? 'TLS_ECDHE_RSA' : 'TLS_ECDHE_ECDSA'
    const schemes = [signatureSchemes[scheme].code]
    const offer = offerOf([`${suite}_WITH_AES_128_GCM_SHA256`], { schemes })
    const driven = await driveClient({ offer, seed: seedOf(scheme), port: both.port })
    expectWhole(driven)
    expect(find(driven, 'server-key-exchange')?.signatureScheme).toBe(signatureSchemes[scheme].code)
  })

  test('an Ed25519 certificate', async () => {
    const server = await startServer([
      '-cert',
      scratch.path('ed25519.pem'),
      '-key',
      scratch.path('ed25519.key'),
    ])
    const schemes = [signatureSchemes.ed25519.code]
    const offer = offerOf(['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], { schemes })
    const driven = await driveClient({ offer, seed: seedOf('ed25519'), port: server.port })
    server.stop()
    expectWhole(driven)
  })

  test.each([512, 1024, 2048, 4096] as const)('max_fragment_length %i cuts both ways', async (bytes) => {
    const suite = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
    const offer = offerOf([suite], { extensions: [{ kind: 'max_fragment_length', bytes }] })
    const line = `${'x'.repeat(9999)}\n`
    const driven = await driveClient({ offer, seed: seedOf(suite + bytes), port: both.port, line })
    expect(driven.text).toBe(line)
    const records = driven.events.filter((event) => event.kind === 'record')
    for (const direction of ['sent', 'received']) {
      const sizes = records
        .filter((record) => record.direction === direction)
        .map((r) => r.plaintextBytes ?? 0)
      expect(Math.max(...sizes)).toBe(bytes)
    }
    const certificate = driven.events.find((event) => event.kind === 'message' && event.type === 11)
    expect(certificate).toMatchObject({
      records: Math.ceil(find(driven, 'certificate')!.messageBytes / bytes),
    })
  })

  test('ALPN, a server name and a stapling request', async () => {
    const server = await startServer([...rsaAndEcdsa(), '-tls1_2', '-alpn', 'x-amzn-mqtt-ca,mqtt'])
    const offer = offerOf(['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'], {
      extensions: [
        { kind: 'server_name', host: 'device.example.com' },
        { kind: 'application_layer_protocol_negotiation', protocols: ['mqtt'] },
        { kind: 'raw', code: 5, data: Uint8Array.of(1, 0, 0, 0, 0) },
        { kind: 'renegotiation_info' },
      ],
    })
    const driven = await driveClient({ offer, seed: seedOf('alpn'), port: server.port })
    server.stop()
    expectWhole(driven)
    const answers = find(driven, 'server-hello')?.extensions
    expect(answers?.find(({ code }) => code === 16)?.data).toEqual(
      Uint8Array.from(Buffer.from('\0\x05\x04mqtt')),
    )
  })

  test('a stapled OCSP response comes as CertificateStatus', async () => {
    const status = ['-status_file', ocspResponse(scratch)]
    const server = await startServer([...rsaAndEcdsa(), '-tls1_2', ...status])
    const offer = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], {
      extensions: [{ kind: 'raw', code: 5, data: Uint8Array.of(1, 0, 0, 0, 0) }],
    })
    const driven = await driveClient({ offer, seed: seedOf('status'), port: server.port })
    server.stop()
    expectWhole(driven)
    expect(driven.events).toContainEqual(expect.objectContaining({ kind: 'message', type: 22 }))
  })

  describe('client certificates', () => {
    const suite = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'

    function credentialOf(name: string): ClientCredential {
      return {
        certificates: [derOf(scratch.read(`${name}.pem`))],
        privateKeyPem: scratch.read(`${name}.key`),
      }
    }

    async function driveAsking(asking: string[], credential?: ClientCredential): Promise<Driven> {
      const server = await startServer([...rsaAndEcdsa(), '-tls1_2', ...asking])
      const more = credential ? { credential } : {}
      // OpenSSL takes a client's EC key only on a curve that its hello names.
      const groups = [namedGroups.secp256r1.code, namedGroups.secp521r1.code]
      const offer = offerOf([suite], { groups, extensions: [ems] })
      const driven = await driveClient({ offer, seed: seedOf(asking.join()), port: server.port, ...more })
      server.stop()
      return driven
    }

    function sentTypes({ events }: Driven): number[] {
      return events.flatMap((e) => (e.kind === 'message' && e.direction === 'sent' ? [e.type] : []))
    }

    test.each([
      ['rsa', 'RSA+SHA256', 'rsa_pkcs1_sha256'],
      ['rsa', 'RSA-PSS+SHA384', 'rsa_pss_rsae_sha384'],
      ['p256', 'ECDSA+SHA256', 'ecdsa_secp256r1_sha256'],
      ['p521', 'RSA+SHA256:ECDSA+SHA512', 'ecdsa_secp521r1_sha512'],
    ] as const)('%s for a server that takes %s', async (name, accepted, scheme) => {
      const asking = ['-Verify', '1', '-CAfile', scratch.path(`${name}.pem`), '-verify_return_error']
      const driven = await driveAsking([...asking, '-client_sigalgs', accepted], credentialOf(name))
      expectWhole(driven)
      expect(find(driven, 'server-flight')?.clientCertificateRequested).toBe(true)
      expect(find(driven, 'certificate-request')?.signatureSchemes).toContain(signatureSchemes[scheme].code)
      expect(sentTypes(driven)).toEqual([1, 11, 16, 15, 20])
    })

    test.each([
      'rsa',
      'p256',
      'p521',
    ] as const)('%s for a server with its schemes as they come', async (name) => {
      const asking = ['-Verify', '1', '-CAfile', scratch.path(`${name}.pem`), '-verify_return_error']
      const driven = await driveAsking(asking, credentialOf(name))
      expectWhole(driven)
      expect(sentTypes(driven)).toEqual([1, 11, 16, 15, 20])
    })

    test('authorities of the request come as DER', async () => {
      const driven = await driveAsking(['-verify', '1', '-CAfile', scratch.path('p256.pem')])
      const authorities = find(driven, 'certificate-request')?.authorities.map((der) =>
        Buffer.from(der).toString(),
      )
      expect(authorities).toEqual([expect.stringContaining('p256')])
    })

    test('without a credential an empty Certificate goes', async () => {
      const driven = await driveAsking(['-verify', '1'])
      expectWhole(driven)
      expect(sentTypes(driven)).toEqual([1, 11, 16, 20])
    })

    test('a key that fits no scheme sends an empty Certificate', async () => {
      const driven = await driveAsking(
        ['-verify', '1', '-client_sigalgs', 'RSA+SHA256'],
        credentialOf('p256'),
      )
      expectWhole(driven)
      expect(sentTypes(driven)).toEqual([1, 11, 16, 20])
    })

    test('a server that insists answers with a fatal alert', async () => {
      const driven = await driveAsking(['-Verify', '1'])
      expect(driven.client.established).toBe(false)
      expect(driven.client.finished).toBe(true)
      expect(find(driven, 'alert')).toMatchObject({ direction: 'received', level: 2, description: 40 })
    })
  })

  test.each([
    ['TLS_ECDHE_RSA_WITH_NULL_SHA', [2, 11, 12, 14]],
    ['TLS_RSA_WITH_NULL_SHA256', [2, 11, 14]],
  ])('%s is read to ServerHelloDone and only then unsupported', async (suite, types) => {
    const driven = await driveClient({ offer: offerOf([suite]), seed: seedOf(suite), port: both.port })
    const received = driven.events.flatMap((e) =>
      e.kind === 'message' && e.direction === 'received' ? [e.type] : [],
    )
    expect(received).toEqual(types)
    expect(find(driven, 'certificate')?.certificates.length).toBe(1)
    const kinds = driven.events.map(({ kind }) => kind)
    expect(kinds.indexOf('stopped')).toBeGreaterThan(kinds.indexOf('server-flight'))
    expect(find(driven, 'stopped')).toMatchObject({
      reason: 'unsupported',
      detail: `the server chose ${suite}`,
    })
  })

  test('no common suite is a fatal handshake_failure from the server', async () => {
    const offer = offerOf(['TLS_RSA_WITH_RC4_128_SHA'])
    const driven = await driveClient({ offer, seed: seedOf('rc4'), port: both.port })
    expect(find(driven, 'alert')).toMatchObject({
      direction: 'received',
      level: 2,
      description: 40,
      encrypted: false,
    })
    expect(driven.client.finished).toBe(true)
  })

  test('a TLS 1.3 answer is named and unsupported', async () => {
    const server = await startServer([...rsaAndEcdsa(), '-tls1_3'])
    const offer = offerOf(['TLS_AES_128_GCM_SHA256'], {
      schemes: ordinarySchemes,
      extensions: [
        { kind: 'raw', code: 43, data: Uint8Array.of(2, 3, 4) },
        { kind: 'raw', code: 51, data: Uint8Array.of(0, 0) }, // no key share: HelloRetryRequest
      ],
    })
    const driven = await driveClient({ offer, seed: seedOf('tls1.3'), port: server.port })
    server.stop()
    expect(find(driven, 'server-hello')?.version).toBe(0x0304)
    expect(find(driven, 'stopped')).toMatchObject({
      reason: 'unsupported',
      detail: 'the server chose TLSv1.3',
    })
  })
})

/** An OCSP response that says nothing (tryLater), RFC 6960 §4.2.1: enough to be stapled. */
function ocspResponse(scratch: Scratch): string {
  const path = scratch.path('status.der')
  scratch.write('status.der', Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x03))
  return path
}
