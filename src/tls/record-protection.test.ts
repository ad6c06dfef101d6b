import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decryptCbc, encryptCbc } from '../crypto/cbc.ts'
import { type CipherSuite, cipherSuites } from './cipher-suites.ts'
import { type Protection, protectionOf } from './record-ciphers.ts'
import {
  createOpener,
  createSealer,
  type DirectionKeys,
  keySizes,
  type Opener,
  type Sealer,
} from './record-protection.ts'

const iv = (sequence: number): Uint8Array => new Uint8Array(16).fill(sequence + 1)

function protectionFor(suite: CipherSuite, encryptThenMac: boolean, version = 0x0303): Protection {
  const protection = protectionOf(suite, { encryptThenMac, version })
  if (protection === undefined) throw new Error('unsupported')
  return protection
}

const forms: [string, Protection][] = [
  ['AES-128-GCM', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, false)],
  ['AES-256-GCM', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, true)],
  ['AES-128-CBC-SHA', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, false)],
  ['AES-128-CBC-SHA, encrypt-then-MAC', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, true)],
  ['AES-256-CBC-SHA384', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, false)],
  [
    'AES-256-CBC-SHA384, encrypt-then-MAC',
    protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, true),
  ],
  ['ChaCha20-Poly1305', protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, false)],
  ['AES-128-CCM', protectionFor(cipherSuites.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, false)],
  ['AES-256-CCM-8', protectionFor(cipherSuites.TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8, false)],
  ['3DES-CBC-SHA', protectionFor(cipherSuites.TLS_RSA_WITH_3DES_EDE_CBC_SHA, false)],
  ['AES-128-CBC-SHA in TLS 1.0', protectionFor(cipherSuites.TLS_RSA_WITH_AES_128_CBC_SHA, false, 0x0301)],
  [
    '3DES-CBC-SHA in TLS 1.0, encrypt-then-MAC',
    protectionFor(cipherSuites.TLS_RSA_WITH_3DES_EDE_CBC_SHA, true, 0x0301),
  ],
]

function keysFor(protection: Protection): DirectionKeys {
  const sizes = keySizes(protection)
  return {
    macKey: new Uint8Array(sizes.macKey).fill(1),
    key: new Uint8Array(sizes.key).fill(2),
    iv: new Uint8Array(sizes.iv).fill(3),
  }
}

function ends(protection: Protection): { sealer: Sealer; opener: Opener } {
  const keys = keysFor(protection)
  return { sealer: createSealer(protection, keys, iv), opener: createOpener(protection, keys) }
}

describe.each(forms)('%s', (_, protection) => {
  test('opens what it sealed, record after record, of any length', () => {
    const { sealer, opener } = ends(protection)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 20, max: 23 }), (plaintext, type) => {
        const fragment = Buffer.concat(sealer.seal(type, 0x0303, plaintext))
        expect([...opener.open(type, 0x0303, fragment)!]).toEqual([...plaintext])
      }),
    )
  })

  test('a change of any byte, a cut at any length, another type or version does not open', () => {
    const plaintext = new Uint8Array(20).fill(9)
    const sealed = Buffer.concat(ends(protection).sealer.seal(23, 0x0303, plaintext))
    const open = (type: number, version: number, fragment: Uint8Array) =>
      ends(protection).opener.open(type, version, fragment)
    expect(open(23, 0x0303, sealed)).toBeDefined()
    for (let at = 0; at < sealed.length; at++) {
      const wrong = Uint8Array.from(sealed)
      wrong[at] = wrong[at]! ^ 0x80
      expect(open(23, 0x0303, wrong)).toBeUndefined()
      expect(open(23, 0x0303, sealed.subarray(0, at))).toBeUndefined()
    }
    expect(open(22, 0x0303, sealed)).toBeUndefined()
    expect(open(23, 0x0302, sealed)).toBeUndefined()
  })

  test('a record out of its turn does not open', () => {
    const { sealer, opener } = ends(protection)
    sealer.seal(23, 0x0303, new Uint8Array(5))
    expect(opener.open(23, 0x0303, Buffer.concat(sealer.seal(23, 0x0303, new Uint8Array(5))))).toBeUndefined()
  })
})

test('padding longer than it need be is taken, RFC 5246 §6.2.3.2', () => {
  const protection = protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, false)
  const { sealer, opener } = ends(protection)
  const key = keysFor(protection).key
  const [first, ciphertext] = sealer.seal(23, 0x0303, new Uint8Array(11)) as [Uint8Array, Uint8Array]
  // 11 bytes and a MAC of 20 leave one byte of padding: value 0. One block more makes it 17 bytes of value 16.
  const content = decryptCbc('aes-128-cbc', key, first, ciphertext).subarray(0, 31)
  const longer = Buffer.concat([content, new Uint8Array(17).fill(16)])
  const fragment = Buffer.concat([first, encryptCbc('aes-128-cbc', key, first, longer)])
  expect(opener.open(23, 0x0303, fragment)?.length).toBe(11)
})

test('the nonce of ChaCha20-Poly1305 is not sent, that of CCM is the sequence number, RFC 7905 §2, RFC 6655 §3', () => {
  const chacha = protectionFor(cipherSuites.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, false)
  expect(Buffer.concat(ends(chacha).sealer.seal(23, 0x0303, new Uint8Array(5))).length).toBe(5 + 16)
  const ccm8 = protectionFor(cipherSuites.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, false)
  const { sealer } = ends(ccm8)
  sealer.seal(23, 0x0303, new Uint8Array(5))
  const second = Buffer.concat(sealer.seal(23, 0x0303, new Uint8Array(5)))
  expect(second.length).toBe(8 + 5 + 8)
  expect([...second.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
})

test('what OpenSSL 3 has no cipher for cannot be done', () => {
  const cannot = Object.values<CipherSuite>(cipherSuites).filter(
    (suite) => protectionOf(suite, { encryptThenMac: false, version: 0x0303 }) === undefined,
  )
  const ciphers = new Set(cannot.map(({ cipher }) => cipher))
  for (const cipher of ['rc4-128', 'des-cbc', 'idea-cbc', 'seed-cbc', 'null'])
    expect(ciphers).toContain(cipher)
  for (const cipher of ['aes-128-gcm', '3des-ede-cbc', 'aes-256-ccm-8']) expect(ciphers).not.toContain(cipher)
})
