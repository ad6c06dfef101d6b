import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { issueCertificate } from '../issue/issue-certificate.ts'
import { readSigner, type SignatureAlgorithm, verifySignature } from './signature.ts'

function pemOf(kind: 'rsa' | 'ec' | 'ed25519', bits = 2048): string {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

const data = Uint8Array.of(1, 2, 3)
const algorithms: SignatureAlgorithm[] = [
  { kind: 'rsa-pkcs1', hash: 'sha256' },
  { kind: 'rsa-pss', hash: 'sha512', key: 'rsa' },
  { kind: 'ecdsa', hash: 'sha256' },
  { kind: 'ed25519' },
]

describe('a key signs with the algorithms of its kind and no others', () => {
  test.each([
    ['rsa', ['rsa-pkcs1', 'rsa-pss']],
    ['ec', ['ecdsa']],
    ['ed25519', ['ed25519']],
  ] as const)('%s', (kind, expected) => {
    const signer = readSigner(pemOf(kind))
    const able = algorithms.filter((algorithm) => signer.sign(algorithm, data) !== undefined)
    expect(able.map((algorithm) => algorithm.kind)).toEqual(expected)
  })
})

test('RSA of 1024 bits is too short for RSA-PSS with SHA-512', () => {
  expect(
    readSigner(pemOf('rsa', 1024)).sign({ kind: 'rsa-pss', hash: 'sha512', key: 'rsa' }, data),
  ).toBeUndefined()
})

test('a text that holds no private key is a TypeError that does not repeat it', () => {
  expect(() => readSigner('secret words')).toThrow(TypeError)
  expect(() => readSigner('secret words')).not.toThrow(/secret/)
})

describe('a certificate that comes again', () => {
  const certificateOf = (key: KeyObject) =>
    issueCertificate({
      hash: 'sha256',
      notBefore: new Date(0),
      notAfter: new Date(1),
      serialBytes: 8,
      keyIds: false,
      subject: [['CN', 'the same name']],
      key,
      issuer: undefined,
      extensions: [],
      seed: 'the same seed',
    }).der
  const [own, other] = [0, 1].map(() => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const signature = readSigner(pem).sign({ kind: 'ecdsa', hash: 'sha256' }, data)
    return { der: certificateOf(privateKey), signature: signature ?? new Uint8Array() }
  }) as [Signed, Signed]

  interface Signed {
    readonly der: Uint8Array
    readonly signature: Uint8Array
  }

  const verifies = (der: Uint8Array, { signature }: Signed) =>
    verifySignature(der, { kind: 'ecdsa', hash: 'sha256' }, data, signature)

  test('vouches for what its own key signed, and nothing else, each time', () => {
    for (let time = 0; time < 2; time++) {
      expect([verifies(own.der, own), verifies(own.der, other)]).toEqual([true, false])
      expect([verifies(other.der, other), verifies(other.der, own)]).toEqual([true, false])
    }
  })

  test('in a buffer that was written over since, is the one that is there now', () => {
    const buffer = new Uint8Array(Math.max(own.der.length, other.der.length))
    buffer.set(own.der)
    expect(verifies(buffer.subarray(0, own.der.length), own)).toBe(true)
    buffer.set(other.der)
    expect(verifies(buffer.subarray(0, other.der.length), own)).toBe(false)
  })

  test('without a key that can be read, has none each time', () => {
    const broken = Uint8Array.of(0x30, 0)
    expect([verifies(broken, own), verifies(broken, own)]).toEqual([undefined, undefined])
  })
})
