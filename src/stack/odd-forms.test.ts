import { describe, expect, test } from 'vitest'
import { chainSeen } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { Certificate } from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import type { StackFailure } from './stack.ts'
import { stackFor } from './stacks.ts'

/** Certificates that servers of OpenSSL or GnuTLS refuse to serve, so that the clients of `test/fidelity` do not meet them there. */
const catalogue = openCatalogue()

function outcome(id: string, certificates: readonly Certificate[]): StackFailure | undefined {
  const device = resolveDevice(id, catalogue)
  const seen = chainSeen('two P-256 certificates', { certificates })
  return stackFor(device.build.rules!.value).verify(seen, device)
}

const [leaf, issuing] = chainSeen('two P-256 certificates').certificates as [Certificate, Certificate]

function withOddity(oddity: string): Certificate[] {
  return [{ ...leaf, oddities: [oddity] }, issuing]
}

const devices = [
  'mbedtls@2.28',
  'mbedtls@3.6',
  'wolfssl@5.5',
  'wolfssl-no-alt@5.5',
  'bearssl@0.6',
  'gnutls@3.7',
  'openssl@3.0',
]

describe('each library by its number; none where it takes the leaf', () => {
  // biome-ignore format: a table
  test.each([
    ['notBefore with an offset',                 ['-0x2400', '-0x2400', undefined, undefined, '48', '-43', '13']],
    ['notAfter with an offset',                  ['-0x2400', '-0x2400', undefined, undefined, '48', '-43', '14']],
    ['notBefore with a fraction of a second',    ['-0x2400', '-0x2400', '-150', '-150', undefined, '-43', '13']],
    ['notAfter with a fraction of a second',     ['-0x2400', '-0x2400', '-151', '-151', undefined, '-43', '14']],
    ['notBefore without seconds',                ['-0x2400', '-0x2400', '-140', '-140', '48', undefined, '13']],
    ['two signature algorithms',                 ['-0x2680', '-0x2680', '-152', '-152', undefined, '-43', '7']],
    ['a unique identifier',                      ['-0x2562', '-0x2562', '-140', '-140', undefined, undefined, undefined]],
    ['serialNumber in more bytes than it needs', [undefined, undefined, '-140', '-140', undefined, undefined, 'asn1 lib']],
  ])('%s', (oddity, codes) => {
    const numbers = devices.map((id) => {
      const failure = outcome(id, withOddity(oddity))
      return id.startsWith('openssl') ? (failure?.flags ?? failure?.code) : failure?.code
    })
    expect(numbers).toEqual(codes)
  })
})

function issuedBy(value: string, tag: number): Certificate {
  const attributes = [{ type: 'CN', value, tag }]
  return { ...leaf, issuer: { ...leaf.issuer, attributes } }
}

test.each([
  ['mbedtls@2.28', 'ISSUING', tags.printableString, undefined],
  ['mbedtls@2.28', 'issuing', tags.t61String, '0x08'],
  ['openssl@3.0', 'ISSUING', tags.t61String, undefined],
  ['openssl@3.0', ' issuing ', tags.bmpString, undefined],
  ['openssl@3.0', 'is suing', tags.utf8String, '20'],
])('%s: an issuer written %j with tag %i: %s', (id, value, tag, flags) => {
  expect(outcome(id, [issuedBy(value, tag), issuing])?.flags).toBe(flags)
})
