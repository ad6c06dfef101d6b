import { describe, expect, test } from 'vitest'
import { chainSeen } from '../../test/support/stack-chains.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { bitString, objectIdentifier, sequence } from '../issue/der.ts'
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
    ['a negative path length',                   ['-0x2564', '-0x2564', undefined, undefined, undefined, undefined, '20']],
    ['a negative path length of several bytes',  ['-0x2564', '-0x2564', '-140', '-140', undefined, undefined, '20']],
    ['an x400Address',                           [undefined, undefined, undefined, undefined, undefined, '-43', undefined]],
    ['an ediPartyName',                          [undefined, undefined, undefined, undefined, undefined, '-43', undefined]],
    ['an empty dNSName',                         [undefined, undefined, undefined, undefined, undefined, '-43', undefined]],
    ['a hardwareModuleName that cannot be read', ['-0x2562', '-0x2562', '-140', undefined, undefined, undefined, undefined]],
    ['unreadable subjectKeyIdentifier',          [undefined, '-0x2562', '-140', '-140', undefined, undefined, '20']],
    ['a compressed point',                       ['-0x4E80', undefined, undefined, '-342', '27', '-43', undefined]],
    ['serialNumber in more bytes than it needs', [undefined, undefined, '-140', '-140', undefined, undefined, 'asn1 lib']],
  ])('%s', (oddity, codes) => {
    const numbers = devices.map((id) => {
      const failure = outcome(id, withOddity(oddity))
      return id.startsWith('openssl') ? (failure?.flags ?? failure?.code) : failure?.code
    })
    expect(numbers).toEqual(codes)
  })
})

test('a curve spelt out is no key to any of them', () => {
  const { spki } = leaf.publicKey
  const publicKey = { kind: 'unknown', oid: '1.2.840.10045.2.1', spki } as const
  const odd = { ...leaf, publicKey, oddities: ['explicit curve parameters'] }
  const numbers = devices.map((id) => {
    const failure = outcome(id, [odd, issuing])
    return id.startsWith('openssl') ? failure?.flags : failure?.code
  })
  expect(numbers).toEqual(['-0x3D00', '-0x3D00', '-140', '-140', '41', '-43', '94'])
})

test('an intermediate of a compressed point signs nothing for those that reckon with whole points', () => {
  const odd = { ...issuing, oddities: ['a compressed point'] }
  const codes = devices.map((id) => outcome(id, [leaf, odd])?.code)
  expect(codes).toEqual(['-0x4E80', undefined, undefined, '-171', '52', '-43', undefined])
})

test('an RSA key for RSASSA-PSS alone is offered by wolfSSL and not taken, and one with parameters not read', () => {
  const keyOf = (...parameters: readonly Uint8Array[]) => {
    const algorithm = sequence(objectIdentifier('1.2.840.113549.1.1.10'), ...parameters)
    const spki = sequence(algorithm, bitString(new Uint8Array(4)))
    return { ...leaf, publicKey: { kind: 'unknown', oid: '1.2.840.113549.1.1.10', spki } as const }
  }
  expect(outcome('wolfssl@5.5', [keyOf(), issuing])?.code).toBe('-133')
  expect(outcome('wolfssl@5.5', [keyOf(sequence()), issuing])?.code).toBe('-140')
})

test('a name of more attributes than the layer keeps is not read by wolfSSL', () => {
  const named = (count: number) => {
    const attributes = Array.from({ length: count }, () => ({
      type: 'OU',
      value: 'unit',
      tag: tags.utf8String,
    }))
    return { ...leaf, subject: { ...leaf.subject, attributes } }
  }
  expect(outcome('wolfssl@5.5', [named(16), issuing])).toBeUndefined()
  expect(outcome('wolfssl@5.5', [named(17), issuing])?.code).toBe('-140')
  expect(outcome('wolfssl-no-alt@5.5', [named(17), issuing])).toBeUndefined()
})

describe('a common name alone, by the kind of its string', () => {
  // biome-ignore format: a table
  test.each([
    [tags.utf8String, [undefined, undefined, undefined, undefined, undefined, undefined, undefined]],
    [tags.bmpString,  ['0x04', '0x04', '-322', '-322', undefined, undefined, undefined]],
    [tags.ia5String,  [undefined, undefined, undefined, undefined, undefined, '0x4002', undefined]],
  ])('tag %i', (tag, numbers) => {
    const attributes = [{ type: 'CN', value: 'device.test', tag }]
    const extensions = leaf.extensions.filter(({ name }) => name !== 'subjectAltName')
    const odd = { ...leaf, subject: { ...leaf.subject, attributes }, extensions, subjectAltNames: [] }
    const failures = devices.map((id) => outcome(id, [odd, issuing]))
    expect(failures.map((failure) => failure?.flags ?? failure?.code)).toEqual(numbers)
  })
})

function issuedBy(value: string, tag: number): Certificate {
  const attributes = [{ type: 'CN', value, tag }]
  return { ...leaf, issuer: { ...leaf.issuer, attributes, der: Uint8Array.of(tag) } }
}

test.each([
  ['mbedtls@2.28', 'ISSUING', tags.printableString, undefined],
  ['mbedtls@2.28', 'issuing', tags.t61String, '0x08'],
  ['openssl@3.0', 'ISSUING', tags.t61String, undefined],
  ['openssl@3.0', ' issuing ', tags.bmpString, undefined],
  ['openssl@3.0', 'is suing', tags.utf8String, '20'],
  ['gnutls@3.7', 'issuing', tags.printableString, undefined],
  ['gnutls@3.7', 'issuing', tags.bmpString, undefined],
  ['gnutls@3.7', 'ISSUING', tags.printableString, '0x42'],
  ['gnutls@3.7', 'issuing', tags.universalString, '0x42'],
])('%s: an issuer written %j with tag %i: %s', (id, value, tag, flags) => {
  expect(outcome(id, [issuedBy(value, tag), issuing])?.flags).toBe(flags)
})
