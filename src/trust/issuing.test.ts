import { describe, expect, test } from 'vitest'
import { realChain } from '../../test/support/real-certificates.ts'
import { openIssuing } from '../io/issuing-file.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { parseIssuing } from './issuing.ts'

const issued = openIssuing(openKnownRoots())

describe('roots/issuing.yaml', () => {
  test('says of the chain of Azure what the real one has', () => {
    const [leaf, ...sent] = realChain('chain-edge-microsoft-com-g2')
    const row = issued.find(({ id }) => id === 'microsoft-tls-g2')!
    expect(row.leaf).toMatchObject({ derBytes: leaf!.der.length, signature: leaf!.signatureAlgorithm })
    expect(row.sent.map(({ subject, derBytes, signature }) => [subject, derBytes, signature])).toEqual(
      sent.map(({ subject, der, signatureAlgorithm }) => [
        subject.commonName,
        der.length,
        signatureAlgorithm,
      ]),
    )
    const days = sent.map(({ notAfter }) => notAfter.toISOString().slice(0, 10))
    expect(row.sent.map(({ until }) => until?.toISOString().slice(0, 10))).toEqual(days)
  })

  test('agrees with the cross-signs that roots/index.yaml has, where both have one', () => {
    const crosses = openKnownRoots().flatMap(({ certificate, crossSignedBy }) =>
      (crossSignedBy ?? []).map((cross) => ({ ...cross, name: certificate.subject.commonName })),
    )
    for (const link of issued.flatMap(({ sent }) => sent)) {
      const same = crosses.filter(({ name }) => name === link.subject).map(({ derBytes }) => derBytes)
      if (same.length > 0 && link.derBytes !== undefined) expect(same, link.subject).toContain(link.derBytes)
    }
    expect(
      crosses.some(({ name }) => issued.some(({ sent }) => sent.some(({ subject }) => subject === name))),
    ).toBe(true)
  })

  test('names the entry that is wrong', () => {
    const row = (root: string, needs: number) =>
      `chains:\n  - { id: a, ca: A, name: n, issuedTo: anyone, leaf: { key: RSA 2048 }, sent: [], roots: [{ id: ${root}, needs: ${needs} }], asOf: '2026', source: s }\n`
    expect(() => parseIssuing(row('nobody', 0), ['isrg-root-x1'])).toThrow('a: no root nobody')
    expect(() => parseIssuing(row('isrg-root-x1', 2), ['isrg-root-x1'])).toThrow('needs too many')
    expect(() => parseIssuing('chains: [{}]', [])).toThrow('roots/issuing.yaml')
  })
})
