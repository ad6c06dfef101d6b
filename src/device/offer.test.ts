import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { findCipherSuite, formatCipherSuite } from '../tls/cipher-suites.ts'
import type { OfferedExtension } from '../tls/client-offer.ts'
import { resolveDevice } from './catalogue.ts'
import type { KeyExchange } from './device.ts'
import { isIpLiteral, type OfferRequest, offerFor } from './offer.ts'

const catalogue = openCatalogue()
const request: OfferRequest = { host: 'a.example', verify: 'full', sni: undefined }

function offer(id: string, changes: Partial<OfferRequest> = {}) {
  return offerFor(resolveDevice(id, catalogue), { ...request, ...changes })
}

function kinds(extensions: readonly OfferedExtension[]) {
  return extensions.map(({ kind }) => kind)
}

test('a device without any version of TLS is offered wide, so that the server can be seen', () => {
  expect(offer('particle').offer.cipherSuites.length).toBeGreaterThan(10)
})

describe('the hello of a device', () => {
  test('ESP-IDF 5.2: suites, groups and schemes as Mbed TLS 3 writes them, in its order', () => {
    const { offer: hello, origin, assumedParts } = offer('esp-idf@5.2')
    expect(origin).toBe('derived')
    expect(assumedParts).toEqual([])
    expect(hello.version).toBe(0x0303)
    expect(hello.cipherSuites.slice(0, 3).map(formatCipherSuite)).toEqual([
      'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_ECDSA_WITH_AES_256_CCM',
    ])
    expect(hello.cipherSuites.at(-1)).toBe(0x00ff)
    expect(hello.extensions).toEqual([
      { kind: 'server_name', host: 'a.example' },
      { kind: 'supported_groups', groups: [0x001d, 0x0017, 0x0018, 0x0019, 0x001a, 0x001b, 0x001c] },
      { kind: 'signature_algorithms', schemes: [0x0603, 0x0601, 0x0503, 0x0501, 0x0403, 0x0401] },
      { kind: 'ec_point_formats', formats: [0] },
      { kind: 'encrypt_then_mac' },
      { kind: 'extended_master_secret' },
      { kind: 'session_ticket' },
    ])
  })

  test('ESP-IDF 4.4: as a ClientHello of Mbed TLS 2.28.3, without what ESP-IDF leaves out', () => {
    const { offer: hello } = offer('esp-idf@4.4', { alpn: ['h2'] })
    expect(kinds(hello.extensions)).toEqual([
      'server_name',
      'signature_algorithms',
      'supported_groups',
      'ec_point_formats',
      'encrypt_then_mac',
      'extended_master_secret',
      'application_layer_protocol_negotiation',
      'session_ticket',
    ])
    expect(hello.cipherSuites.slice(0, 4)).toEqual([0xc02c, 0xc030, 0x009f, 0xc0ad])
  })

  test('nRF9160: its own suites, all groups and schemes, and says which parts are assumed', () => {
    const { offer: hello, origin, assumedParts } = offer('nrf9160@1.3.7')
    expect(origin).toBe('assumed')
    expect(assumedParts).toEqual(['groups', 'signatureSchemes', 'extensions', 'maxFragmentLength'])
    expect(hello.cipherSuites).toHaveLength(15)
    const groups = hello.extensions.find((extension) => extension.kind === 'supported_groups')
    expect(groups).toEqual({ kind: 'supported_groups', groups: [0x001d, 0x0017, 0x0018, 0x0019] })
  })

  test('SPWF04: version and curve are known, everything else is offered wide', () => {
    const { offer: hello, assumedParts } = offer('spwf04sx')
    expect(assumedParts).toEqual([
      'cipherSuites',
      'signatureSchemes',
      'extensions',
      'sni',
      'maxFragmentLength',
    ])
    expect(hello.cipherSuites).toContain(0x009c)
    expect(hello.cipherSuites).toContain(0xc02b)
    expect(hello.extensions).toContainEqual({ kind: 'supported_groups', groups: [0x0017] })
  })
})

describe('the name in the hello', () => {
  test.each([
    ['nrf9160@1.2.0', {}, undefined],
    ['nrf9160@1.2.0', { sni: 'other.example' }, undefined],
    ['nrf9160@1.2.3', {}, 'a.example'],
    ['nrf9160@1.2.3', { sni: 'other.example' }, 'other.example'],
    ['nrf9160@1.2.3', { sni: 'none' }, undefined],
    ['nrf9160@1.2.3', { host: '192.0.2.1' }, undefined],
    ['nrf9160@1.2.3', { host: '2001:db8::1' }, undefined],
    ['nrf9160@1.2.3', { host: undefined }, undefined],
    ['nrf9160@1.2.3', { host: 'a.example.' }, 'a.example'],
    ['nrf9160@1.2.3', { sni: 'a.example.' }, 'a.example.'],
    ['esp-idf@5.2', { verify: 'no-name' }, undefined],
    ['esp-idf@5.2', { verify: 'no-name', sni: 'other.example' }, undefined],
    ['esp-idf@5.2', { verify: 'none' }, 'a.example'],
    ['nrf9160@1.2.3', { verify: 'no-name' }, undefined],
    ['nrf9160@1.2.3', { verify: 'none' }, 'a.example'],
    ['spwf04sx', {}, 'a.example'],
  ] as const)('%s with %j sends %s', (id, changes, name) => {
    const { sni, offer: hello } = offer(id, changes)
    expect(sni).toBe(name)
    expect(hello.extensions.filter(({ kind }) => kind === 'server_name')).toEqual(
      name === undefined ? [] : [{ kind: 'server_name', host: name }],
    )
  })

  test.each(['1.2.3.4', '::1', '[::1]', 'fe80::1%eth0'])('%s is an address', (host) => {
    expect(isIpLiteral(host)).toBe(true)
  })

  test.each(['a.example', '1.2.3.4.example', '1.2.3'])('%s is a name', (host) => {
    expect(isIpLiteral(host)).toBe(false)
  })
})

test('ALPN is sent when asked for, and counted as assumed where nothing is known of it', () => {
  const { offer: hello, assumedParts } = offer('nrf9160@1.3.7', { alpn: ['x-amzn-mqtt-ca'] })
  expect(hello.extensions).toContainEqual({
    kind: 'application_layer_protocol_negotiation',
    protocols: ['x-amzn-mqtt-ca'],
  })
  expect(assumedParts).toContain('alpn')
})

describe('a device that speaks TLS 1.3', () => {
  const sourced = <T>(value: T) => ({ value, source: 'a test', confidence: 'measured' as const })
  const esp = resolveDevice('esp-idf@5.2', catalogue)

  function offered(hello: Partial<typeof esp.hello>) {
    return offerFor({ ...esp, hello: { ...esp.hello, ...hello } }, request)
  }

  const versions = sourced(['TLSv1.2', 'TLSv1.3'])
  const both = sourced(['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])

  test('Mongoose: its one suite and group, and no version beside', () => {
    const { offer: hello } = offer('mongoose')
    expect(hello.version).toBe(0x0303)
    expect(hello.cipherSuites.map(formatCipherSuite)).toEqual(['TLS_CHACHA20_POLY1305_SHA256'])
    expect(hello.extensions).toContainEqual({ kind: 'supported_versions', versions: [0x0304] })
    expect(hello.extensions).toContainEqual({ kind: 'key_share', groups: [0x001d] })
    expect(hello.extensions).toContainEqual({ kind: 'psk_key_exchange_modes', modes: [1] })
  })

  test('sends the newest version first, and a share of its first group', () => {
    const { offer: hello, assumedParts } = offered({ versions, cipherSuites: both })
    expect(hello.extensions.slice(-2)).toEqual([
      { kind: 'supported_versions', versions: [0x0304, 0x0303] },
      { kind: 'key_share', groups: [0x001d] },
    ])
    expect(assumedParts).toEqual([])
  })

  test('sends the shares that its profile names, and keeps the order that it knows', () => {
    const names = ['key_share', 'supported_versions', 'supported_groups', 'signature_algorithms']
    const { offer: hello } = offered({
      versions,
      cipherSuites: both,
      extensions: sourced(names),
      keyShares: sourced(['secp256r1', 'x25519']),
    })
    expect(kinds(hello.extensions)).toEqual(names)
    expect(hello.extensions[0]).toEqual({ kind: 'key_share', groups: [0x0017, 0x001d] })
  })

  test('suites known for TLS 1.2 alone: those of TLS 1.3 are assumed', () => {
    const known = sourced(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])
    const { offer: hello, assumedParts } = offered({ versions, cipherSuites: known })
    expect(assumedParts).toEqual(['cipherSuites'])
    expect(hello.cipherSuites.map(formatCipherSuite)).toEqual([
      ...['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
      ...['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ])
  })

  test('a device without TLS 1.3 sends nothing of it', () => {
    expect(kinds(offered({}).offer.extensions)).not.toContain('key_share')
  })
})

describe('suites of a device whose list is unknown, but whose build says how keys are exchanged', () => {
  const built = (keyExchanges: readonly KeyExchange[], versions = ['TLSv1.2']) => {
    const device = resolveDevice('zephyr@3.1', catalogue)
    const known = {
      value: keyExchanges,
      source: 'the test',
      confidence: 'source-code',
      note: undefined,
    } as const
    return offerFor(
      {
        ...device,
        hello: {
          ...device.hello,
          versions: device.hello.versions && { ...device.hello.versions, value: versions },
        },
        build: { ...device.build, keyExchanges: known },
      },
      request,
    )
  }
  const exchangesOf = ({ offer: { cipherSuites } }: ReturnType<typeof offerFor>) =>
    [...new Set(cipherSuites.map((code) => findCipherSuite(code)?.kx))].join()

  test('a default Zephyr has static RSA alone, and offers no ECDHE', () => {
    const hello = offer('zephyr@3.1')
    expect(hello.offer.cipherSuites.map(formatCipherSuite)).toEqual([
      'TLS_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_256_CBC_SHA256',
      'TLS_RSA_WITH_AES_128_CBC_SHA256',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    ])
    expect(hello.assumedParts).toContain('cipherSuites')
  })

  test('DHE is offered where it is built in, and nowhere else', () => {
    expect(exchangesOf(built(['dhe']))).toBe('dhe,scsv')
    expect(exchangesOf(built(['rsa', 'dhe', 'ecdhe']))).toBe('ecdhe,dhe,rsa,scsv')
    expect(exchangesOf(built(['ecdhe', 'rsa']))).toBe('ecdhe,rsa,scsv')
    expect(exchangesOf(offer('bg96'))).toBe('ecdhe,rsa,scsv')
  })

  test('suites of TLS 1.3 name no exchange, and are offered beside them', () => {
    expect(exchangesOf(built(['rsa'], ['TLSv1.2', 'TLSv1.3']))).toBe('tls13,rsa,scsv')
  })
})
