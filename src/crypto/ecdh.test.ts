import { createECDH } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formatHex } from '../codec/hex.ts'
import { deriveEcdhKey, type EcdhCurve, x25519Key } from './ecdh.ts'
import { Seed } from './seed.ts'

const one = new Seed(new Uint8Array(32).fill(1))
const two = new Seed(new Uint8Array(32).fill(2))
const curves: EcdhCurve[] = ['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1']

test.each([
  'the first key',
  'a later key',
])('X25519 gives the keys and the secret of RFC 7748 §6.1: %s', () => {
  const alicePublic = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
  const bob = x25519Key(
    Buffer.from('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb', 'hex'),
  )
  expect(formatHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
  const secret = bob.sharedSecret(Buffer.from(alicePublic, 'hex'))
  expect(secret && formatHex(secret)).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
})

test('the first X448 key is as the later ones', () => {
  const seed = new Seed(new Uint8Array(32).fill(3))
  const keys = [0, 1, 2].map(() => formatHex(deriveEcdhKey('x448', seed).publicKey))
  expect(new Set(keys).size).toBe(1)
})

describe.each(curves)('%s', (curve) => {
  const ours = deriveEcdhKey(curve, one)
  const theirs = deriveEcdhKey(curve, two)

  test('both sides reach the same secret', () => {
    const secret = ours.sharedSecret(theirs.publicKey)
    expect(secret).toBeDefined()
    expect(theirs.sharedSecret(ours.publicKey)).toEqual(secret)
  })

  test('the same seed gives the same key, another seed another', () => {
    expect(deriveEcdhKey(curve, one).publicKey).toEqual(ours.publicKey)
    expect(theirs.publicKey).not.toEqual(ours.publicKey)
  })

  test.each([
    ['nothing', new Uint8Array(0)],
    ['one byte too few', theirs.publicKey.subarray(1)],
    ['one byte too many', Buffer.concat([theirs.publicKey, Uint8Array.of(0)])],
    ['zeros', new Uint8Array(theirs.publicKey.length)],
  ])('a public key of %s gives no secret', (_, peer) => {
    expect(ours.sharedSecret(peer)).toBeUndefined()
  })
})

test('a point in compressed form, or off the curve, gives no secret', () => {
  const key = createECDH('prime256v1')
  key.generateKeys()
  const ours = deriveEcdhKey('secp256r1', one)
  expect(ours.sharedSecret(key.getPublicKey(null, 'compressed'))).toBeUndefined()
  expect(ours.sharedSecret(key.getPublicKey(null, 'hybrid'))).toBeUndefined()
  const off = key.getPublicKey()
  off[40] = off[40]! ^ 1
  expect(ours.sharedSecret(off)).toBeUndefined()
})
