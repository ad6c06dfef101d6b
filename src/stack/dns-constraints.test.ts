import { expect, test } from 'vitest'
import { small } from '../../test/support/small-pki.ts'
import { basicConstraints, rawExtension } from '../issue/certificate-extensions.ts'
import { explicit, implicit, sequence } from '../issue/der.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { checkDnsConstraints, namesOfHost } from './dns-constraints.ts'

const none = new Set<never>()
const { key } = small({ name: 'device.test' }).issued

function issuer(permitted: readonly string[], excluded: readonly string[] = [], tag = 2) {
  const subtrees = (bases: readonly string[]) =>
    bases.map((base) => sequence(implicit(tag, Buffer.from(base))))
  const constraints = sequence(
    ...(permitted.length > 0 ? [explicit(0, ...subtrees(permitted))] : []),
    ...(excluded.length > 0 ? [explicit(1, ...subtrees(excluded))] : []),
  )
  const { der } = issueCertificate({
    subject: [['CN', 'narrow']],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    serialBytes: 12,
    keyIds: false,
    extensions: [basicConstraints(true), rawExtension('2.5.29.30', constraints, true)],
    seed: 'narrow',
  })
  return decodeCertificate(der)
}

test.each([
  [['test'], [], 'kept'],
  [['.test'], [], 'kept'],
  [['.device.test'], [], 'not-permitted'],
  [[], ['.device.test'], 'kept'],
  [['DEVICE.test'], [], 'kept'],
  [['evice.test'], [], 'not-permitted'],
  [['other'], [], 'not-permitted'],
  [['other', 'test'], [], 'kept'],
  [[], ['other'], 'kept'],
  [[], ['test'], 'excluded'],
  [['test'], ['device.test'], 'excluded'],
] as const)('permitted %j, excluded %j: %s', (permitted, excluded, expected) => {
  expect(checkDnsConstraints(issuer(permitted, excluded), ['device.test'], none)).toBe(expected)
})

test('an issuer without constraints keeps every name, one of other kinds leaves names of these open', () => {
  expect(checkDnsConstraints(small({ name: 'root', ca: true }), ['device.test'], none)).toBe('kept')
  const mail = issuer(['a.test'], [], 1)
  expect(checkDnsConstraints(mail, ['device.test'], new Set(['email']))).toBe('open')
  expect(checkDnsConstraints(mail, ['device.test'], none)).toBe('kept')
})

test('the common name stands in where there is no dNSName', () => {
  expect(namesOfHost(small({ name: 'device.test' }))).toEqual(['device.test'])
  expect(namesOfHost(small({ name: 'device.test', altNames: ['a.test'] }))).toEqual(['a.test'])
})
