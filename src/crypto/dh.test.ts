import { createDiffieHellman, getDiffieHellman } from 'node:crypto'
import { expect, test } from 'vitest'
import { formatHex } from '../codec/hex.ts'
import { agreeDh, bitLength } from './dh.ts'
import { Seed } from './seed.ts'

const seedOf = (number: number): Seed => new Seed(new Uint8Array(32).fill(number))

test.each(['modp2', 'modp14', 'modp16', 'modp18'])('%s: both sides have the same secret', (name) => {
  const group = getDiffieHellman(name)
  const peer = createDiffieHellman(group.getPrime(), group.getGenerator())
  const theirs = peer.generateKeys()
  const agreed = agreeDh({ p: group.getPrime(), g: group.getGenerator() }, theirs, seedOf(1))!
  expect(formatHex(agreed.secret)).toBe(
    formatHex(peer.computeSecret(agreed.publicValue)).replace(/^(00)+/, ''),
  )
})

test('leading zero bytes of the secret are left out, RFC 5246 §8.1.2', () => {
  const p = getDiffieHellman('modp14').getPrime()
  let shorter = 0
  for (let number = 0; number < 256 && shorter === 0; number++) {
    for (const peer of [4, 9, 25, 49]) {
      const { secret } = agreeDh({ p, g: Uint8Array.of(2) }, Uint8Array.of(peer), seedOf(number))!
      expect(secret[0]).not.toBe(0)
      if (secret.length < p.length) shorter++
    }
  }
  expect(shorter).toBeGreaterThan(0)
})

test('the same seed gives the same value, another seed another', () => {
  const p = getDiffieHellman('modp14').getPrime()
  const value = (number: number) =>
    formatHex(agreeDh({ p, g: Uint8Array.of(2) }, Uint8Array.of(9), seedOf(number))!.publicValue)
  expect(value(1)).toBe(value(1))
  expect(value(1)).not.toBe(value(2))
})

test.each([
  ['', 0],
  ['0000', 0],
  ['01', 1],
  ['0080', 8],
  ['0100', 9],
  ['ffffffffff', 40],
])('%s has %i bits', (hex, bits) => {
  expect(bitLength(Buffer.from(hex, 'hex'))).toBe(bits)
})
