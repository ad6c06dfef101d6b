import { describe, expect, test } from 'vitest'
import type { UntoldCertificate } from '../fleet/untold-certificate.ts'
import { loggedWords } from './logged-words.ts'

const facts = {
  ...{
    sha256: 'ab'.repeat(32),
    subject: 'fota.example',
    issuer: 'Example CA',
    key: 'RSA 2048',
    bytes: 1_400,
  },
  ...{ notBefore: '2026-11-20T00:00:00.000Z', notAfter: '2027-06-01T00:00:00.000Z' },
}
const what =
  'For fota.example, by Example CA, RSA 2048, valid from 2026-11-20 to 2027-06-01 (SHA-256 abababababababab).'
const said = (one: UntoldCertificate) => {
  const { title, line } = loggedWords(one)
  expect(line.startsWith(`${what} `)).toBe(true)
  return [title, line.slice(what.length + 1)]
}

describe('a certificate that was logged and is not judged', () => {
  test('says what it needs', () => {
    expect(said({ ...facts, why: 'precertificate' })).toEqual([
      'Precertificate only',
      'Needs the certificate that is issued from it: its size is not known before that is logged too.',
    ])
    expect(
      said({ ...facts, why: 'issuer-unknown', missing: { name: 'Example CA', keyId: '0badc0de' } }),
    ).toEqual([
      'Issuer not known',
      'Needs the certificate of Example CA (key identifier 0badc0de): neither the endpoint nor the feed has it, nor is it among those that are known.',
    ])
    expect(said({ ...facts, why: 'issuer-unknown' })[1]).toMatch(/^Needs a path to a root/)
  })

  test('shows what turns text around, in each name that others wrote', () => {
    const turned = 'x\u202egnp'
    const missing = { name: turned }
    const { line } = loggedWords({
      ...facts,
      why: 'issuer-unknown',
      subject: turned,
      issuer: turned,
      missing,
    })
    expect(line).not.toContain('\u202e')
    expect(line.split('\\u{202e}')).toHaveLength(4)
  })
})
