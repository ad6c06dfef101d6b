import { getCiphers, getHashes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { alerts, formatAlert } from './alerts.ts'
import { cipherSuites, findCipherSuite, formatCipherSuite, parseCipherSuite } from './cipher-suites.ts'
import { contentTypes, formatContentType } from './content-types.ts'
import { extensionTypes, formatExtensionType, parseExtensionType } from './extension-types.ts'
import { isGrease } from './grease.ts'
import { formatHandshakeType, handshakeTypes } from './handshake-types.ts'
import { formatNamedGroup, namedGroups, parseNamedGroup } from './named-groups.ts'
import { protectionOf } from './record-ciphers.ts'
import { formatSignatureScheme, parseSignatureScheme, signatureSchemes } from './signature-schemes.ts'
import { formatVersion, parseVersion, versions } from './versions.ts'

describe.each<[string, Record<string, { code: number }>]>([
  ['alerts', alerts],
  ['cipher suites', cipherSuites],
  ['content types', contentTypes],
  ['extension types', extensionTypes],
  ['handshake types', handshakeTypes],
  ['named groups', namedGroups],
  ['signature schemes', signatureSchemes],
  ['versions', versions],
])('%s', (_, rows) => {
  const codes = Object.values(rows).map(({ code }) => code)

  test('stand in the order of their codes, each once', () => {
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b))
  })

  test('have no GREASE row', () => {
    expect(codes.filter(isGrease)).toEqual([])
  })
})

test('the sixteen GREASE values of RFC 8701 are known, and no other', () => {
  const values = Array.from({ length: 0x10000 }, (_, code) => code).filter(isGrease)
  expect(values).toEqual(Array.from({ length: 16 }, (_, i) => 0x0a0a + i * 0x1010))
})

test('codes print by their registry names', () => {
  expect(formatCipherSuite(0xc02b)).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  expect(formatCipherSuite(0x00ff)).toBe('TLS_EMPTY_RENEGOTIATION_INFO_SCSV')
  expect(formatCipherSuite(0x1301)).toBe('TLS_AES_128_GCM_SHA256')
  expect(formatCipherSuite(0xc0a8)).toBe('TLS_PSK_WITH_AES_128_CCM_8')
  expect(formatNamedGroup(29)).toBe('x25519')
  expect(formatSignatureScheme(0x0804)).toBe('rsa_pss_rsae_sha256')
  expect(formatAlert(48)).toBe('unknown_ca')
  expect(formatVersion(0x0303)).toBe('TLSv1.2')
  expect(formatExtensionType(0xff01)).toBe('renegotiation_info')
  expect(formatHandshakeType(12)).toBe('ServerKeyExchange')
  expect(formatContentType(23)).toBe('application_data')
})

test('codes without a row print as what they are', () => {
  expect(formatCipherSuite(0xfefe)).toBe('cipher_suite(0xfefe)')
  expect(formatCipherSuite(0x3a3a)).toBe('GREASE(0x3a3a)')
  expect(formatNamedGroup(0xeeee)).toBe('named_group(0xeeee)')
  expect(formatNamedGroup(0x0a0a)).toBe('GREASE(0x0a0a)')
  expect(formatSignatureScheme(0)).toBe('signature_scheme(0x0000)')
  expect(formatExtensionType(0xfafa)).toBe('GREASE(0xfafa)')
  expect(formatVersion(0x0305)).toBe('version(0x0305)')
  expect(formatAlert(177)).toBe('alert(177)')
  expect(formatHandshakeType(99)).toBe('handshake(99)')
  expect(formatContentType(99)).toBe('content_type(99)')
})

test('names give their codes; other names, those of objects included, give none', () => {
  expect(parseCipherSuite('TLS_RSA_WITH_AES_128_CCM')).toBe(0xc09c)
  expect(parseNamedGroup('secp256r1')).toBe(23)
  expect(parseSignatureScheme('ecdsa_secp256r1_sha256')).toBe(0x0403)
  expect(parseExtensionType('server_name')).toBe(0)
  expect(parseVersion('TLSv1.2')).toBe(0x0303)
  for (const parse of [
    parseCipherSuite,
    parseNamedGroup,
    parseSignatureScheme,
    parseExtensionType,
    parseVersion,
  ]) {
    expect([parse('nonsense'), parse('toString'), parse('__proto__')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  }
})

describe('a suite is made of what its name says', () => {
  const rows = Object.entries(cipherSuites).filter(([, { kx }]) => !['tls13', 'scsv', 'none'].includes(kx))

  test.each(rows)('%s', (name, { code, kx, cipher }) => {
    const row = findCipherSuite(code)!
    const hashWord = /_(MD5|SHA|SHA256|SHA384)$/.exec(name)?.[1]
    const sealed = /GCM|CCM|POLY1305|MGM|OMAC|IMIT/.test(name)
    expect(row.mac === undefined).toBe(sealed)
    if (!sealed)
      expect(row.mac).toBe({ MD5: 'md5', SHA: 'sha1', SHA256: 'sha256', SHA384: 'sha384' }[hashWord!])
    if (kx !== 'gost') expect(row.hash).toBe(hashWord === 'SHA384' ? 'sha384' : 'sha256')
    const words = name.split('_WITH_')[1]!.toLowerCase().replaceAll('_', '-')
    expect(words.startsWith(cipher)).toBe(true)
    expect(name.split('_WITH_')[0]!.includes('ECDHE')).toBe(kx.startsWith('ecdhe') && row.auth !== 'anon')
  })

  test('those that the engine protects records with name ciphers and hashes that node:crypto has', () => {
    const means = (code: number) =>
      protectionOf(findCipherSuite(code)!, { encryptThenMac: false, version: 0x0303 })
    const supported = rows.filter(([, { code }]) => means(code) !== undefined)
    expect(supported.length).toBeGreaterThan(40)
    for (const [, { code }] of supported) {
      const { mac } = findCipherSuite(code)!
      expect(getCiphers()).toContain(means(code)!.cipher)
      if (mac !== undefined) expect(getHashes()).toContain(mac)
    }
  })
})
