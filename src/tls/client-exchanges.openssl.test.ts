import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offerOf } from '../../test/support/offers.ts'
import { derOf, openssl, Scratch, type Server, startServer } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { type CipherSuite, cipherSuites } from './cipher-suites.ts'
import type { OfferedExtension } from './client-offer.ts'
import type { TlsEvent } from './tls-event.ts'
import { versions } from './versions.ts'

/** What Debian's OpenSSL 3.0 was built with: no 3DES, SEED, IDEA or RC4 suites; ARIA only as GCM. */
const suites = Object.entries<CipherSuite>(cipherSuites).filter(([, { cipher }]) =>
  /^(aes-...-(gcm|cbc|ccm|ccm-8)|chacha20-poly1305|camellia-...-cbc|aria-...-gcm)$/.test(cipher),
)

const ems: OfferedExtension = { kind: 'extended_master_secret' }
const etm: OfferedExtension = { kind: 'encrypt_then_mac' }

function named(test: (suite: CipherSuite, name: string) => boolean): string[] {
  return suites.filter(([name, suite]) => test(suite, name)).map(([name]) => name)
}

function find<Kind extends TlsEvent['kind']>(driven: Driven, kind: Kind) {
  const found = driven.events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

function expectWhole(driven: Driven): void {
  expect(driven.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect(driven.client.established).toBe(true)
  expect(driven.text).toBe('tifslt\n')
}

function drive(options: Omit<Drive, 'seed'>): Promise<Driven> {
  const seed = createHash('sha256').update(JSON.stringify(options.offer)).digest()
  return driveClient({ seed, ...options })
}

describe.skipIf(!peer('openssl'))('the exchanges of TLS 1.0 to 1.2 against openssl s_server', () => {
  const scratch = new Scratch()
  const servers: Server[] = []
  let tls12: Server

  beforeAll(async () => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    tls12 = await start('-tls1_2')
  })

  afterAll(() => {
    for (const server of servers) server.stop()
    scratch.remove()
  })

  async function start(...args: string[]): Promise<Server> {
    const files = ['rsa', 'p256'].flatMap((name, i) => {
      const [cert, key] = i === 0 ? ['-cert', '-key'] : ['-dcert', '-dkey']
      return [cert!, scratch.path(`${name}.pem`), key!, scratch.path(`${name}.key`)]
    })
    const cipher = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0']
    const server = await startServer([...files, ...cipher, ...args])
    servers.push(server)
    return server
  }

  describe('RSA, DHE and the ciphers besides AES-GCM and AES-CBC', () => {
    test.each(
      named(({ kx, auth, cipher }) => {
        if (auth !== 'rsa' && auth !== 'ecdsa') return false
        if (kx === 'rsa' || kx === 'dhe') return cipher !== 'camellia-128-gcm'
        return kx === 'ecdhe' && !/^aes-...-(gcm|cbc)$/.test(cipher)
      }),
    )('%s', async (suite) => {
      for (const extensions of [[], [ems, etm]]) {
        const driven = await drive({ offer: offerOf([suite], { extensions }), port: tls12.port })
        expectWhole(driven)
        const signed = suite.includes('DHE_')
        expect(find(driven, 'server-key-exchange')?.signatureValid).toBe(signed ? true : undefined)
      }
    })
  })

  test.each([
    [1024, ['-pkeyopt', 'dh_paramgen_prime_len:1024', '-pkeyopt', 'dh_paramgen_type:0']],
    [2048, ['-pkeyopt', 'group:ffdhe2048']],
    [4096, ['-pkeyopt', 'group:ffdhe4096']],
    [8192, ['-pkeyopt', 'group:ffdhe8192']],
  ])('a finite-field group of %i bits is told', async (bits, pkeyopt) => {
    const path = scratch.path(`dh${bits}.pem`)
    openssl('genpkey', '-genparam', '-algorithm', 'DH', ...pkeyopt, '-out', path)
    const server = await start('-tls1_2', '-dhparam', path)
    const driven = await drive({
      offer: offerOf(['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256']),
      port: server.port,
    })
    expectWhole(driven)
    expect(find(driven, 'server-key-exchange')).toMatchObject({
      namedGroup: undefined,
      dhBits: bits,
      signatureValid: true,
    })
  })

  describe.each(['TLSv1', 'TLSv1.1'] as const)('%s', (name) => {
    let server: Server
    const version = versions[name].code
    const flag = name === 'TLSv1' ? '-tls1' : '-tls1_1'

    beforeAll(async () => {
      server = await start(flag)
    })

    test.each(
      named(
        ({ kx, auth, mac }) => mac === 'sha1' && /^(rsa|ecdsa)$/.test(auth) && /^(rsa|dhe|ecdhe)$/.test(kx),
      ),
    )('%s', async (suite) => {
      for (const extensions of [[], [ems, etm]]) {
        const offer = { ...offerOf([suite], { extensions }), version: versions['TLSv1.2'].code }
        const driven = await drive({ offer, port: server.port })
        expectWhole(driven)
        expect(find(driven, 'server-hello')?.version).toBe(version)
        const exchange = find(driven, 'server-key-exchange')
        expect(exchange?.signatureScheme).toBeUndefined()
        expect(exchange?.signatureValid).toBe(suite.includes('DHE_') ? true : undefined)
      }
    })

    test('a hello of that version itself, without any extension', async () => {
      const offer = { ...offerOf(['TLS_RSA_WITH_AES_128_CBC_SHA']), version, extensions: [] }
      expectWhole(await drive({ offer, port: server.port }))
    })

    test.each(['rsa', 'p256'])('a client certificate with a key of %s', async (key) => {
      const asking = ['-Verify', '1', '-CAfile', scratch.path(`${key}.pem`), '-verify_return_error']
      const asked = await start(flag, ...asking)
      const credential = {
        certificates: [derOf(scratch.read(`${key}.pem`))],
        privateKeyPem: scratch.read(`${key}.key`),
      }
      const offer = offerOf(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'])
      const driven = await drive({ offer, port: asked.port, credential })
      expectWhole(driven)
      expect(find(driven, 'certificate-request')?.signatureSchemes).toEqual([])
    })
  })

  describe('pre-shared keys', () => {
    const psk = { identity: Buffer.from('sensor-7'), key: Buffer.from('a1b2c3d4e5f60718', 'hex') }
    const flags = ['-psk', 'a1b2c3d4e5f60718', '-psk_identity', 'sensor-7', '-psk_hint', 'which sensor']
    const pskSuites = named(({ kx, auth }) => kx.endsWith('psk') && auth !== 'any')
    let server: Server
    let old: Server

    beforeAll(async () => {
      server = await start('-tls1_2', ...flags)
      old = await start('-tls1', ...flags)
    })

    test.each(
      pskSuites.filter((name) => !/ARIA.*CBC|ECDHE_PSK.*(GCM|CCM)|RSA_PSK.*CCM/.test(name)),
    )('%s', async (suite) => {
      for (const extensions of [[], [ems, etm]]) {
        const offer = offerOf([suite], { extensions })
        expectWhole(await drive({ offer, port: server.port, psk }))
        if (/CBC_SHA(256|384)?$/.test(suite)) {
          expectWhole(await drive({ offer, port: old.port, psk }))
        }
      }
    })

    test('the key is nowhere in the events, nor in the client', async () => {
      const offer = offerOf(['TLS_PSK_WITH_AES_128_CBC_SHA'])
      const driven = await drive({ offer, port: server.port, psk })
      expect(driven.events.some((e) => e.kind === 'certificate')).toBe(false)
      const everything = JSON.stringify([driven.events, driven.client])
      expect(everything).not.toContain(JSON.stringify(psk.key).slice(1, -1))
    })

    test('another key is a fatal alert of the server', async () => {
      const wrong = { ...psk, key: Buffer.from('00112233', 'hex') }
      const offer = offerOf(['TLS_PSK_WITH_AES_128_CBC_SHA'])
      const driven = await drive({ offer, port: server.port, psk: wrong })
      expect(find(driven, 'alert')).toMatchObject({ direction: 'received', level: 2 })
      expect(driven.client.established).toBe(false)
    })

    test('without a key such a suite is unsupported, once the flight is read', async () => {
      const driven = await drive({ offer: offerOf(['TLS_PSK_WITH_AES_128_CBC_SHA']), port: server.port })
      expect(find(driven, 'stopped')).toMatchObject({
        reason: 'unsupported',
        detail: 'the server chose TLS_PSK_WITH_AES_128_CBC_SHA, and no pre-shared key was given',
      })
    })
  })
})
