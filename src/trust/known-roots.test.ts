import { describe, expect, test } from 'vitest'
import { realRoot } from '../../test/support/real-certificates.ts'
import { openKnownRoots, systemAnchors, systemAnchorsFor } from '../io/root-files.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { formatPem } from '../x509/pem.ts'
import { checkSignature } from './check-signature.ts'
import { parseKnownRoots } from './known-roots.ts'

describe('roots/', () => {
  const roots = openKnownRoots()

  test('every entry is a self-signed CA of its hash', () => {
    expect(roots.length).toBeGreaterThanOrEqual(23)
    for (const { certificate } of roots) {
      expect(certificate.isCa).toBe(true)
      expect(checkSignature(certificate, certificate)).toBe('valid')
    }
  })

  test('days of distrust and cross-signs carry their source', () => {
    const byId = new Map(roots.map((root) => [root.id, root]))
    expect(byId.get('digicert-global-root-g2')).toMatchObject({
      distrustedFrom: new Date('2029-04-15'),
      distrust: { kind: 'announced' },
    })
    expect(byId.get('amazon-root-ca-1')?.distrust?.kind).toBe('computed')
    const microsoft = byId.get('microsoft-tls-rsa-root-g2')
    expect(microsoft?.distrustedFrom).toBeUndefined()
    expect(microsoft?.crossSignedBy).toMatchObject([
      { id: 'digicert-global-root-g2', derBytes: 1_421, until: new Date('2029-06-19') },
    ])
    for (const root of roots) {
      for (const { id } of root.crossSignedBy ?? []) if (id !== undefined) expect(byId.has(id)).toBe(true)
    }
  })

  test('a certificate is the same object each time', () => {
    expect(roots[0]!.certificate).toBe(roots[0]!.certificate)
  })
})

test("Node's own roots are decoded once", () => {
  expect(systemAnchors().length).toBeGreaterThan(100)
  expect(systemAnchors()).toBe(systemAnchors())
})

describe('the roots of the system that a chain may end at', () => {
  test('each is found by a certificate that it issued, as the object that is in the whole list', () => {
    for (const root of systemAnchors()) expect(systemAnchorsFor([root])).toContain(root)
  })

  test('are few, and all that bear the name', () => {
    const [root] = openKnownRoots()
    const found = systemAnchorsFor([root!.certificate])
    const named = systemAnchors().filter(({ subject }) =>
      equalBytes(subject.der, root!.certificate.subject.der),
    )
    expect(found).toEqual(expect.arrayContaining(named))
    expect(found.length).toBeLessThan(5)
  })
})

describe('an index that is wrong says where', () => {
  const root = realRoot('isrg-root-x2')
  const pems = new Map([['x2.pem', formatPem(root.der)]])
  const entry = `{ id: x2, file: x2.pem, owner: o, sha256: ${root.sha256}, source: s }`
  const parse = (text: string) => parseKnownRoots(text, pems)

  test('a right one is read', () => {
    expect(parse(`roots: [${entry}]`)[0]!.certificate.sha256).toBe(root.sha256)
  })

  test.each([
    ['a missing file', `roots: [${entry.replace('x2.pem', 'x3.pem')}]`, /x2: no file x3\.pem/],
    [
      'another hash',
      `roots: [${entry.replace(root.sha256, 'f'.repeat(64))}]`,
      /sha256 is not that of x2\.pem/,
    ],
    ['an id twice', `roots: [${entry}, ${entry}]`, /x2 twice/],
    ['an unknown field', `roots: [${entry.replace('owner', 'Owner')}]`, /roots\.0/],
    [
      'a day that is none',
      `roots: [${entry.replace(' }', ', distrustedFrom: { day: soon, kind: computed, source: s } }')}]`,
      /distrustedFrom\.day/,
    ],
    ['no list', 'text', /document/],
  ])('%s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  test('a file with no or two blocks', () => {
    const twice = new Map([['x2.pem', formatPem(root.der).repeat(2)]])
    expect(() => parseKnownRoots(`roots: [${entry}]`, twice)).toThrow('not one PEM block')
  })
})
