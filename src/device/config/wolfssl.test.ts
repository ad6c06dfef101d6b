import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfigTables } from '../../io/config-tables.ts'
import { resolveDevice } from '../catalogue.ts'
import { lintProfile } from '../lint.ts'
import { makeCatalogue } from '../make-catalogue.ts'
import { parseProfile } from '../parse-profile.ts'
import { deriveProfile } from './from-config.ts'
import { writeProfile } from './write-profile.ts'

const base = `family: wolfssl
name: wolfSSL
defaultVersion: '5.5'
sources: { source: { confidence: source-code, where: 'wolfSSL 5.5.4, as far as these tests need it' } }
ranges:
  '5.5':
    hello:
      origin: recorded
      sni: { value: host-name, source: source }
    limits:
      chainCertificates: { value: 9, counts: items, source: source }
      handshakeMessageBytes: { value: 18466, counts: message, source: source }
    verification:
      certificateSignatures:
        value: [sha1WithRSAEncryption, sha256WithRSAEncryption, RSASSA-PSS, ecdsa-with-SHA256, ecdsa-with-SHA384]
        source: source
`
const catalogue = makeCatalogue(new Map([['wolfssl.yaml', base]]), new Map(), 'ranges: {}')
const usual =
  '#define WOLFSSL_TLS13\n#define HAVE_ECC\n#define WC_RSA_PSS\n#define WOLFSSL_SHA384\n#define HAVE_SNI\n'

function deviceOf(text: string, maxFragmentLength?: 1024) {
  const derived = deriveProfile({
    text,
    file: 'user_settings.h',
    stack: undefined,
    maxFragmentLength,
    catalogue,
    tables: readConfigTables(),
  })
  const yaml = writeProfile(derived, 'user_settings.h')
  expect(lintProfile(yaml, './p.yaml', catalogue.families)).toEqual([])
  return {
    device: resolveDevice('./p.yaml', catalogue, new Map([['./p.yaml', parseProfile(yaml, './p.yaml')]])),
    notes: derived.notes,
  }
}

describe('a user_settings.h', () => {
  test('its bounds: certificates sent, and the payload of a message with the header added', () => {
    const { device } = deviceOf(`${usual}#define MAX_CERTIFICATE_SZ 4096\n#define MAX_CHAIN_DEPTH 3\n`)
    expect(device.limits.chainCertificates).toMatchObject({
      value: 3,
      counts: 'items',
      source: expect.stringContaining('line 7'),
    })
    expect(device.limits.handshakeMessageBytes).toMatchObject({ value: 4100, counts: 'message' })
  })

  test('a depth alone bounds the message, too: 2,048 bytes a certificate', () => {
    expect(deviceOf(`${usual}#define MAX_CHAIN_DEPTH 4\n`).device.limits.handshakeMessageBytes?.value).toBe(
      3 + 2051 * 4 + 4,
    )
  })

  test('without bounds of its own the base holds', () => {
    expect(deviceOf(usual).device.limits.handshakeMessageBytes?.value).toBe(18_466)
  })

  test('RSA keys: half of FP_MAX_BITS, or SP_INT_BITS', () => {
    const bits = (text: string) => deviceOf(usual + text).device.limits.rsaKeyBits?.value
    expect(bits('#define USE_FAST_MATH\n#define FP_MAX_BITS 8192\n')).toBe(4096)
    expect(bits('#define WOLFSSL_SP_MATH_ALL\n#define SP_INT_BITS 3072\n')).toBe(3072)
    expect(bits('#define FP_MAX_BITS 8192\n')).toBeUndefined()
  })

  test('alternative chains, dates, and the hello that stays unknown', () => {
    const { device } = deviceOf(`${usual}#define WOLFSSL_ALT_CERT_CHAINS\n#define NO_ASN_TIME\n`)
    expect(device.build.alternativeChains?.value).toBe('tried')
    expect(device.verification.dates?.value).toBe('unchecked')
    expect(device.hello).toMatchObject({
      origin: 'assumed',
      cipherSuites: undefined,
      sni: { value: 'host-name' },
    })
    expect(deviceOf(usual).device.build.alternativeChains?.value).toBe('not-tried')
  })

  test('signatures that the build cannot check are gone', () => {
    const { device } = deviceOf('#define WOLFSSL_TLS12\n#define NO_SHA\n#define HAVE_SNI\n')
    expect(device.verification.certificateSignatures?.value).toEqual(['sha256WithRSAEncryption'])
  })

  test('under a platform, or with another header, what is left out may be on', () => {
    for (const more of ['#define FREERTOS\n', '#include "more.h"\n']) {
      const { device } = deviceOf(`#define WOLFSSL_TLS12\n${more}`)
      expect(device.hello.sni).toBeUndefined()
      expect(device.verification.certificateSignatures?.value).toHaveLength(5)
    }
    expect(deviceOf('#define WOLFSSL_TLS12\n').device.hello.sni?.value).toBe('never')
    expect(deviceOf('#define WOLFSSL_TLS12\n#include "more.h"\n').notes).toContain(
      'more.h, which the file includes, was not read',
    )
  })

  test('the fragment length is the call of the application', () => {
    expect(deviceOf(`${usual}#define HAVE_MAX_FRAGMENT\n`, 1024).device.hello.maxFragmentLength?.value).toBe(
      1024,
    )
    expect(() => deviceOf(usual, 1024)).toThrow('HAVE_MAX_FRAGMENT is off')
  })

  test('a configuration without a client is refused', () => {
    expect(() => deviceOf('#define WOLFCRYPT_ONLY\n#define HAVE_ECC\n')).toThrow('no TLS client')
  })

  test('the header of a real client gives the bounds that it was built with', () => {
    const text = readFileSync(
      join(import.meta.dirname, '../../../test/clients/configs/wolfssl-5.5-small.h'),
      'utf8',
    )
    const { limits } = deviceOf(text).device
    expect(limits.chainCertificates?.value).toBe(3)
    expect(limits.handshakeMessageBytes?.value).toBe(4100)
  })
})
