import { expect, test } from 'vitest'
import { formatHex } from '../codec/hex.ts'
import { prf } from './prf.ts'

// "Test vectors for TLS 1.2 PRF", message to the IETF TLS list of 2009-06 (ietf.org/mail-archive/web/tls, msg03416).
test.each([
  {
    hash: 'sha256' as const,
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output:
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17' +
      'abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
  },
  {
    hash: 'sha384' as const,
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output:
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700' +
      '884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a2' +
      '6066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f',
  },
])('the TLS 1.2 PRF with $hash gives the published output', ({ hash, secret, seed, output }) => {
  const length = output.length / 2
  const got = prf(hash, Buffer.from(secret, 'hex'), 'test label', Buffer.from(seed, 'hex'), length)
  expect(formatHex(got)).toBe(output)
})

test('a shorter output is the beginning of a longer one', () => {
  const key = new Uint8Array(16)
  const long = prf('sha256', key, 'x', key, 100)
  for (const length of [0, 1, 31, 32, 33, 64]) {
    expect(formatHex(prf('sha256', key, 'x', key, length))).toBe(formatHex(long.subarray(0, length)))
  }
})

// Published on the IETF's TLS list for implementers of TLS 1.0; other implementations test with it too.
test('the PRF of TLS 1.0 gives the known output', () => {
  const secret = new Uint8Array(48).fill(0xab)
  const seed = new Uint8Array(64).fill(0xcd)
  expect(formatHex(prf('md5-sha1', secret, 'PRF Testvector', seed, 104))).toBe(
    'd3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187e4eb' +
      'd31e602353776c408aafb74cbc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b2d8f' +
      '1afbc655a8c9a013',
  )
})

test('an odd byte of the secret is in both halves, RFC 2246 §5', () => {
  const seed = Uint8Array.of(1, 2, 3)
  const odd = formatHex(prf('md5-sha1', Uint8Array.of(1, 2, 3), 'x', seed, 20))
  expect(odd).toBe(formatHex(prf('md5-sha1', Uint8Array.of(1, 2, 2, 3), 'x', seed, 20)))
})
