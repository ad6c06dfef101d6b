import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { dataFolder } from '../io/data-folder.ts'
import { resolveDevice } from './catalogue.ts'
import type { FailureKind } from './device.ts'
import { lintProfile } from './lint.ts'
import { offerFor } from './offer.ts'

const catalogue = openCatalogue()
const device = (id: string) => resolveDevice(id, catalogue)

/** Ids under which the facts were collected, with the layers they mean. */
const ids: readonly (readonly [string, string])[] = [
  ['st-spwf01sx', 'spwf01sx@any'],
  ['tinyclr-native', 'tinyclr@2.x'],
  ['netx-secure', 'netx-secure@head'],
  ['atwinc1500', 'atwinc1500@any'],
  ['wifinina', 'wifinina@head'],
  ['ti-cc3120-cc3220', 'cc3220@any'],
  ['ti-cc3135-cc3235', 'cc3235@any'],
  ['silabs-siwx91x', 'siwx91x@any'],
  ['esp-at', 'esp-at@4.0'],
  ['silabs-siwx917-aws-sdk-lwip', 'siwx917-lwip@any'],
  ['renesas-da16200', 'da16200@any'],
  ['infineon-wifi-core-mbedtls', 'infineon-wifi@2.0..3.1'],
  ['ncs-native-tls', 'ncs-native-tls@2.7'],
  ['ncs-nrf7002-mqtt-sample', 'nrf7002@any'],
  ['particle-device-os', 'particle@any'],
]
const modules = ids.map(([id]) => device(id))

/** Stacks whose rules nobody has read, and Particle, which reads no certificate: no library may speak for them. */
const opaque = ['spwf01sx', 'tinyclr', 'netx-secure', 'atwinc1500', 'cc3220', 'cc3235', 'siwx91x', 'particle']

function wordsFor(id: string, kind: FailureKind) {
  const found = device(id).errors.filter(({ when }) => when.includes(kind))
  expect(found.length, `${id}: ${kind}`).toBeLessThan(2)
  return found[0]
}

describe('Wi-Fi modules, and SDKs with a TLS of their own', () => {
  test.each(ids)('%s is %s', (id, layers) => {
    expect(device(id).id).toBe(layers)
  })

  test.each(modules.map(({ layers }) => layers[0]!.family))('%s has no fault', (family) => {
    const file = `${family}.yaml`
    const text = readFileSync(join(dataFolder('devices'), file), 'utf8')
    expect(lintProfile(text, file, catalogue.families)).toEqual([])
  })

  test('none claims a hello that was recorded', () => {
    for (const { id, hello } of modules) expect(hello.origin, id).toBe('assumed')
  })

  test('rules of Mbed TLS decide where it reads the chain, always as an inference', () => {
    for (const family of opaque) expect(device(family).build.rules, family).toBeUndefined()
    const rules = (family: string) => device(family).build.rules
    for (const family of ['wifinina', 'da16200']) {
      expect(rules(family), family).toMatchObject({ value: 'mbedtls-2', confidence: 'inferred' })
    }
    for (const family of ['esp-at', 'infineon-wifi', 'siwx917-lwip', 'ncs-native-tls', 'nrf7002']) {
      expect(rules(family), family).toMatchObject({ value: 'mbedtls-3', confidence: 'inferred' })
    }
  })

  test('the versions are those of each source', () => {
    const versions = (id: string) => device(id).hello.versions?.value
    const upTo12 = ['TLSv1', 'TLSv1.1', 'TLSv1.2']
    expect(versions('tinyclr')).toEqual(['TLSv1.2', 'TLSv1.3'])
    expect(versions('atwinc1500')).toEqual(upTo12)
    for (const id of ['cc3220', 'cc3235']) expect(versions(id), id).toEqual(['SSLv3', ...upTo12])
    expect(versions('siwx91x')).toEqual([...upTo12, 'TLSv1.3'])
    for (const id of ['netx-secure', 'esp-at', 'siwx917-lwip', 'ncs-native-tls']) {
      expect(versions(id), id).toEqual(['TLSv1.2'])
    }
    expect(versions('infineon-wifi@1.0')).toEqual(['TLSv1.2'])
    expect(versions('infineon-wifi@2.0')).toEqual(['TLSv1.2', 'TLSv1.3'])
    for (const id of ['spwf01sx', 'wifinina', 'da16200', 'nrf7002']) expect(versions(id), id).toBeUndefined()
  })

  test('the buffers are those of each configuration, and absent where none was read', () => {
    const bytes = (id: string) => {
      const { limits, build } = device(id)
      return [limits.recordBytes?.value, build.sentRecordBytes?.value]
    }
    expect(bytes('wifinina')).toEqual([16384, 16384])
    expect(bytes('siwx917-lwip')).toEqual([6384, 6384])
    expect(bytes('da16200')).toEqual([4096, 4096])
    expect(bytes('infineon-wifi')).toEqual([16384, 16384])
    for (const id of ['spwf01sx', 'tinyclr', 'atwinc1500', 'cc3220', 'cc3235', 'siwx91x', 'esp-at']) {
      expect(bytes(id), id).toEqual([undefined, undefined])
    }
    for (const id of ['ncs-native-tls', 'nrf7002', 'particle']) {
      expect(bytes(id), id).toEqual([undefined, undefined])
    }
  })

  test('the 4,000 bytes of NetX Secure are the least its buffer may have, not the most', () => {
    const { handshakeMessageBytes, recordBytes, chainBytes } = device('netx-secure').limits
    expect(handshakeMessageBytes).toMatchObject({ atLeast: 4000, counts: 'message', confidence: 'inferred' })
    expect(recordBytes).toMatchObject({ value: 16384, atLeast: 4000 })
    expect(chainBytes).toBeUndefined()
  })

  test('key sizes have the confidence of their sources', () => {
    const bits = (id: string) => device(id).limits.rsaKeyBits
    expect(bits('atwinc1500')).toMatchObject({ value: 2048, counts: 'bits', confidence: 'documented' })
    for (const id of ['siwx91x', 'siwx917-lwip', 'nrf7002']) {
      expect(bits(id), id).toMatchObject({ value: 4096, counts: 'bits', confidence: 'inferred' })
    }
    expect(bits('siwx91x')?.atLeast).toBe(2048)
  })

  test('stored credentials have the sizes of the source, two where two stores differ', () => {
    const stored = (id: string) => device(id).limits.storedAnchorBytes
    expect(stored('siwx91x')).toMatchObject({ value: 12280, counts: 'stored' })
    expect([stored('da16200')?.value, stored('da16200')?.disputed.map(({ value }) => value)]).toEqual([
      4056,
      [4080],
    ])
  })

  test('the heap of the nRF7002 sample hangs on its overlay', () => {
    const { heapBytes } = device('nrf7002').build
    expect([heapBytes?.value, heapBytes?.disputed.map(({ value }) => value)]).toEqual([48000, [81920]])
  })
})

describe('what these verify', () => {
  test('dates are checked where the source wants a clock', () => {
    const dates = (id: string) => device(id).verification.dates?.value
    for (const id of ['spwf01sx', 'cc3220', 'cc3235', 'esp-at']) expect(dates(id), id).toBe('checked')
    for (const id of ['netx-secure', 'wifinina', 'siwx917-lwip', 'infineon-wifi']) {
      expect(dates(id), id).toBe('unchecked')
    }
    for (const id of ['tinyclr', 'atwinc1500', 'siwx91x', 'da16200', 'nrf7002']) {
      expect(dates(id), id).toBeUndefined()
    }
  })

  test('ESP-AT and DA16200 verify nothing by default, WiFiNINA always', () => {
    const peer = (id: string) => device(id).verification.peer
    for (const id of ['esp-at', 'da16200']) {
      expect(peer(id), id).toMatchObject({ value: 'none', confidence: 'source-code' })
    }
    expect(peer('wifinina')).toMatchObject({ value: 'required', confidence: 'source-code' })
    for (const id of ['siwx917-lwip', 'infineon-wifi', 'nrf7002']) expect(peer(id), id).toBeUndefined()
  })

  test('a name is compared only on request where a socket option or a call asks for it', () => {
    const name = (id: string) => device(id).verification.name?.value
    for (const id of ['netx-secure', 'atwinc1500', 'cc3220', 'cc3235', 'esp-at']) {
      expect(name(id), id).toBe('unchecked')
    }
    for (const id of ['wifinina', 'da16200', 'ncs-native-tls']) expect(name(id), id).toBe('checked')
  })
})

describe('what these offer', () => {
  test('the ATWINC1500 has no ECDHE until it is switched on', () => {
    const suites = device('atwinc1500').hello.cipherSuites!.value
    expect(suites).toHaveLength(10)
    expect(suites.filter((name) => name.includes('ECDHE'))).toEqual([])
    expect(device('atwinc1500').hello.groups?.value).toEqual(['secp256r1'])
  })

  test('the AWS SDK of the SiWx917 has SHA-256 and GCM alone', () => {
    const { cipherSuites, signatureSchemes } = device('siwx917-lwip').hello
    expect(cipherSuites!.value.filter((name) => name.includes('_WITH_'))).toEqual([
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ])
    expect(cipherSuites!.confidence).toBe('inferred')
    expect(signatureSchemes!.value.filter((name) => !name.endsWith('_sha256'))).toEqual([])
    expect(device('siwx917-lwip').verification.certificateSignatures?.value).not.toContain(
      'ecdsa-with-SHA384',
    )
  })

  test('the AWS SDK of the SiWx917 sends no name, whatever is asked for', () => {
    const { sni, offer } = offerFor(device('siwx917-lwip'), {
      host: 'a.example',
      verify: 'full',
      sni: 'a.example',
    })
    expect(sni).toBeUndefined()
    expect(offer.extensions.map(({ kind }) => kind)).not.toContain('server_name')
  })

  test('where SNI is a setting, the report says so', () => {
    for (const id of ['netx-secure', 'atwinc1500', 'siwx91x', 'esp-at']) {
      const said = device(id).quirks.map(({ value }) => value)
      expect(
        said.some((value) => /^SNI is sent (only )?(where|after)/.test(value)),
        id,
      ).toBe(true)
    }
  })

  test('the nRF7002 sample has one suite, and its curves were not read', () => {
    const { cipherSuites, groups } = device('nrf7002').hello
    expect(cipherSuites!.value.filter((name) => name.includes('_WITH_'))).toEqual([
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
    ])
    expect(groups).toBeUndefined()
  })

  test('Particle has DTLS to its own cloud and no version of TLS, and says so', () => {
    const { hello, limits, quirks } = device('particle')
    expect(hello.versions?.value ?? []).toEqual([])
    expect(limits.recordBytes).toBeUndefined()
    expect(quirks.some(({ value }) => /cannot reach an HTTPS or MQTT endpoint/.test(value))).toBe(true)
  })
})

describe('the words of a module', () => {
  test('NetX Secure tells the failures of a certificate apart', () => {
    const kinds = ['no-anchor', 'expired', 'not-yet-valid', 'name-mismatch', 'record-too-large'] as const
    const codes = kinds.map((kind) => wordsFor('netx-secure', kind)?.code)
    expect(codes).toEqual(['0x11B', '0x193', '0x194', '0x195', '0x151'])
    expect(wordsFor('netx-secure', 'message-too-large')?.code).toBe('0x135')
    expect(wordsFor('netx-secure', 'handshake-alert')?.code).toBe('0x114')
  })

  test('TI names a wrong date, and says nothing known of a chain that is refused', () => {
    for (const id of ['cc3220', 'cc3235']) {
      expect(wordsFor(id, 'expired')).toMatchObject({ code: 'SL_ERROR_BSD_ESECDATEERROR' })
      expect(wordsFor(id, 'no-anchor')).toMatchObject({ code: 'SL_ERROR_BSD_ESECSNOVERIFY' })
      expect(wordsFor(id, 'untrusted'), id).toBeUndefined()
    }
  })

  test('the SiWx91x numbers a handshake and a record that is too large', () => {
    expect(wordsFor('siwx91x', 'untrusted')).toMatchObject({ code: '0x100D2', confidence: 'inferred' })
    expect(wordsFor('siwx91x', 'record-too-large')).toMatchObject({ code: '0x1BBD5', confidence: 'inferred' })
    expect(wordsFor('siwx91x', 'out-of-memory')).toMatchObject({ code: '0x100D1' })
  })

  test.each([
    ['esp-at', '<code>', '+ERRNO:<code>'],
    ['ncs-native-tls', 'errno 113', 'net_sock_tls: TLS handshake error: <code>'],
    ['nrf7002', 'errno 113', 'net_sock_tls: TLS handshake error: <code>'],
    ['wifinina', 'connect() returns 0', undefined],
    ['infineon-wifi', 'CY_RSLT_MODULE_SECURE_SOCKETS_TLS_ERROR', undefined],
  ])('%s shows %s for a chain that is not trusted', (id, code, log) => {
    const words = wordsFor(id, 'untrusted')
    expect([words?.code, words?.log]).toEqual([code, log])
  })

  test('the SPWF01 prints a line for a CA that was never stored', () => {
    expect(wordsFor('spwf01sx', 'no-anchor')).toMatchObject({
      log: 'ERROR: Unable to load CA certificate',
      confidence: 'vendor-forum',
    })
  })
})
