import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import type { Certificate, GeneralName } from '../x509/certificate.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'
import { matchesDnsName, matchHost } from './name-match.ts'

const [s3] = realChain('chain-aws-s3-eu-west-1')
const bare = realRoot('isrg-root-x2')

function named(subjectAltNames: GeneralName[], ...commonNames: string[]): Certificate {
  const attributes = commonNames.map((value) => ({ type: 'CN', value, tag: 0x0c }))
  const extensions = subjectAltNames.length > 0 ? s3!.extensions : []
  return { ...bare, subjectAltNames, extensions, subject: { ...bare.subject, attributes } }
}
const dns = (value: string): GeneralName => ({ kind: 'dns', value })
const ip = (value: string): GeneralName => ({ kind: 'ip', value })

describe('host names', () => {
  test('a real wildcard takes one label', () => {
    expect(matchHost(s3!, 'bucket.s3-eu-west-1.amazonaws.com')).toMatchObject({
      matched: true,
      by: 'san-dns',
      matchedName: '*.s3-eu-west-1.amazonaws.com',
    })
    expect(matchHost(s3!, 'a.b.s3-eu-west-1.amazonaws.com').matched).toBe(false)
    expect(matchHost(s3!, 'example.test').matched).toBe(false)
  })

  test.each([
    ['device.example', 'device.example', true],
    ['DEVICE.example', 'device.example', true],
    ['*.example', 'device.example', true],
    ['*.example', 'example', false],
    ['*.example', 'a.b.example', false],
    ['*.example', '.example', false],
    ['d*.example', 'device.example', false],
    ['a.*.example', 'a.b.example', false],
    ['*', 'example', false],
    ['*.', 'example.', false],
    ['*.example', '*.example', false],
    ['device.example\0.evil', 'device.example', false],
    ['', '', false],
    ['\u212a.example', 'k.example', false],
  ])('%j and %j: %s', (pattern, host, matches) => {
    expect(matchesDnsName(pattern, host)).toBe(matches)
  })

  test('case and a final dot of the host do not count', () => {
    expect(matchHost(named([dns('a.example')]), 'A.Example.').matched).toBe(true)
  })

  test('the common name counts only where there is no subjectAltName of any kind', () => {
    expect(matchHost(named([], 'a.example'), 'a.example')).toMatchObject({ matched: true, by: 'cn' })
    const mail: GeneralName = { kind: 'email', value: 'a@b.example' }
    for (const other of [ip('10.0.0.1'), mail]) {
      expect(matchHost(named([other], 'a.example'), 'a.example')).toMatchObject({
        matched: false,
        inCommonName: true,
        hasAltNames: true,
      })
    }
    expect(matchHost(named([dns('b.example')], 'a.example'), 'a.example')).toMatchObject({
      matched: false,
      by: undefined,
      inCommonName: true,
    })
  })

  test('names are listed once, alternative names first', () => {
    const certificate = named([dns('b.example'), dns('a.example'), ip('10.0.0.1')], 'a.example', 'c')
    expect(matchHost(certificate, 'x').names).toEqual(['b.example', 'a.example', '10.0.0.1', 'c'])
  })
})

describe('addresses', () => {
  test('match an iPAddress, however the address is written', () => {
    expect(matchHost(named([ip('2001:db8::1')]), '[2001:0DB8:0:0::1]')).toMatchObject({
      matched: true,
      by: 'san-ip',
      inIpAddresses: true,
      hostKind: 'ip',
    })
  })

  test('written as dNSName or common name they are no match by the RFC, and the fact is told', () => {
    expect(matchHost(named([dns('192.0.2.7')]), '192.0.2.7')).toMatchObject({
      matched: false,
      inDnsNames: true,
    })
    expect(matchHost(named([], '192.0.2.7'), '192.0.2.7')).toMatchObject({
      matched: false,
      inCommonName: true,
      hasAltNames: false,
    })
  })

  test('never match a wildcard', () => {
    expect(matchHost(named([dns('*.0.2.7')]), '192.0.2.7')).toMatchObject({
      matched: false,
      inDnsNames: false,
    })
  })
})

describe('address text', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is %s', (text, canonical) => {
    expect(formatIp(parseIp(text)!)).toBe(canonical)
  })

  test.each([
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1:2:3:4:5:6:7',
    '1::2::3',
    'g::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8::',
    '',
  ])('%j is none', (text) => expect(parseIp(text)).toBeUndefined())

  test('what is formatted parses to the same bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
        .map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseIp(formatIp(address)!)).toEqual(address)
      }),
    )
  })
})
