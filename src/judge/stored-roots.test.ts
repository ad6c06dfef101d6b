import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { realRoot } from '../../test/support/real-certificates.ts'
import { findStored } from '../x509/modem-credentials.ts'
import { formatPem } from '../x509/pem.ts'
import { matchStored } from './stored-roots.ts'

const g2 = realRoot('digicert-global-root-g2')
const amazon = realRoot('amazon-root-ca-1')
const x1 = realRoot('isrg-root-x1')
const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex').toUpperCase()
const line = (tag: number, type: number, sha: string) => `%CMNG: ${tag},${type},"${sha}"\r\n`

function match(listing: string) {
  return matchStored(findStored(`AT%CMNG=1\r\n${listing}\r\nOK\r\n`), [g2, amazon], [x1])
}

describe('a listing of AT%CMNG=1', () => {
  test('says which needed root is stored, in which form, and which is missing', () => {
    const { entries, missing } = match(line(42, 0, hash(formatPem(g2.der))))
    expect(entries).toMatchObject([
      { securityTag: 42, use: 'needed', is: { certificate: g2, form: 'pem-lf' } },
    ])
    expect(missing).toEqual([amazon])
  })

  test('knows a root that was written with CR LF, or as DER', () => {
    const crlf = formatPem(amazon.der).replaceAll('\n', '\r\n')
    const { entries, missing } = match(line(1, 0, hash(crlf)) + line(2, 0, hash(g2.der)))
    expect(entries.map(({ is }) => is?.form)).toEqual(['pem-crlf', 'der'])
    expect(missing).toEqual([])
  })

  test('tells a root that is not needed from one that is not known, and from a key', () => {
    const { entries } = match(
      line(1, 0, hash(formatPem(x1.der))) + line(2, 0, 'AB'.repeat(32)) + line(2, 2, 'CD'.repeat(32)),
    )
    expect(entries.map(({ use }) => use)).toEqual(['not-needed', 'unknown', 'other'])
  })

  test('does not count a root under another type: the modem does not look for it there', () => {
    const { entries, missing } = match(line(42, 1, hash(formatPem(g2.der))))
    expect(entries[0]!.use).toBe('wrong-type')
    expect(missing).toContain(g2)
  })
})
