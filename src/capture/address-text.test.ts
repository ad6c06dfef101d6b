import { expect, test } from 'vitest'
import { formatAddress } from './address-text.ts'

test('IPv4', () => {
  expect(formatAddress(Uint8Array.of(192, 0, 2, 44))).toBe('192.0.2.44')
})

test.each([
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000001', '::1'],
  ['00000000000000000000000000000000', '::'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'], // RFC 5952 §4.2.2
  ['20010000000000010000000000000001', '2001:0:0:1::1'], // §4.2.3: the longer run
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'], // §4.2.3: the first of two alike
  ['fe800000000000000000000000000000', 'fe80::'],
  ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
])('IPv6 %s is %s', (hex, text) => {
  expect(formatAddress(Buffer.from(hex, 'hex'))).toBe(text)
})
