import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readSigner, type SignatureAlgorithm } from './signature.ts'

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
