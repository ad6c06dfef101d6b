import { expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { checkSignature } from './check-signature.ts'

const azure = realChain('chain-edge-microsoft-com-g2')
const x1 = realRoot('isrg-root-x1')
const x2 = realRoot('isrg-root-x2')

test('each certificate of a real chain is signed by the next', () => {
  expect(checkSignature(azure[0]!, azure[1]!)).toBe('valid')
  expect(checkSignature(azure[1]!, azure[2]!)).toBe('valid')
  expect(checkSignature(azure[2]!, realRoot('digicert-global-root-g2'))).toBe('valid')
})

test('a root of 2006 with a SHA-1 signature of its own verifies', () => {
  const root = realRoot('digicert-global-root-ca')
  expect(checkSignature(root, root)).toBe('valid')
})

test('another key, of the same or another kind, is invalid', () => {
  expect(checkSignature(azure[0]!, azure[2]!)).toBe('invalid')
  expect(checkSignature(azure[0]!, x2)).not.toBe('valid')
  expect(checkSignature(x2, x1)).not.toBe('valid')
})

test('the answer is the same when asked again', () => {
  expect(checkSignature(azure[0]!, azure[1]!)).toBe('valid')
  expect(checkSignature(azure[0]!, azure[2]!)).toBe('invalid')
})

test('a key that OpenSSL cannot read, or a huge one, is unchecked', () => {
  const broken = {
    ...x1,
    publicKey: { kind: 'unknown', oid: '1.2.3', spki: Uint8Array.of(0x30, 0) },
  } as const
  expect(checkSignature(azure[0]!, broken)).toBe('unchecked')
  const huge = { ...x1, publicKey: { ...x1.publicKey, kind: 'rsa', bits: 16_384 } } as const
  expect(checkSignature(x1, huge)).toBe('unchecked')
})
