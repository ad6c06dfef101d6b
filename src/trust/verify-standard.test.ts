import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type Made, OpensslPki, type Wish } from '../../test/support/openssl-pki.ts'
import { peer } from '../../test/support/peer.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { systemAnchors } from '../io/root-files.ts'
import type { Certificate } from '../x509/certificate.ts'
import { verifyStandard } from './verify-standard.ts'

const openssl = peer('openssl')
const pki = new OpensslPki()
afterAll(() => pki.remove())

const day = 86_400_000
const now = new Date(Date.now() + day)
const host = 'device.example.test'

describe('real chains, at a day when they were valid', () => {
  const azure = realChain('chain-edge-microsoft-com-g2')
  const september = new Date('2026-09-01T00:00:00Z')

  test.each([
    ['Azure by DigiCert G2', azure, 'digicert-global-root-g2', 'edge.microsoft.com', september],
    ['Azure by the Microsoft root', azure, 'microsoft-tls-rsa-root-g2', 'edge.microsoft.com', september],
    [
      'S3',
      realChain('chain-aws-s3-eu-west-1'),
      'amazon-root-ca-1',
      'x.s3-eu-west-1.amazonaws.com',
      new Date('2022-01-01'),
    ],
    [
      'Microsoft IT TLS',
      realChain('chain-login-microsoftonline-2020'),
      'baltimore-cybertrust-root',
      'login.microsoftonline.com',
      new Date('2020-01-01'),
    ],
  ] as const)('%s', (_, sent, root, name, at) => {
    const anchors = [realRoot(root)]
    expect(verifyStandard({ sent, anchors, host: name, now: at })).toEqual({ ok: true, reason: undefined })
    if (openssl) expect(pki.verify(sent, anchors, name, at)).toBeUndefined()
  })

  test("is accepted with Node's own roots", () => {
    expect(
      verifyStandard({ sent: azure, anchors: systemAnchors(), host: 'edge.microsoft.com', now: september })
        .ok,
    ).toBe(true)
  })

  const reasonFor = (change: Partial<Parameters<typeof verifyStandard>[0]>) =>
    verifyStandard({
      sent: azure,
      anchors: [realRoot('digicert-global-root-g2')],
      host: 'edge.microsoft.com',
      now: september,
      ...change,
    }).reason

  test('each single fault has its reason', () => {
    expect(reasonFor({ sent: [] })).toBe('no-certificate')
    expect(reasonFor({ sent: azure.slice(0, 2) })).toBe('untrusted')
    expect(reasonFor({ anchors: [] })).toBe('untrusted')
    expect(reasonFor({ host: 'edge.example.test' })).toBe('name')
    expect(reasonFor({ host: '' })).toBe('name')
    expect(reasonFor({ now: new Date('2030-01-01') })).toBe('dates')
    expect(reasonFor({ now: new Date('2000-01-01') })).toBe('dates')
    expect(reasonFor({ now: new Date(Number.NaN) })).toBe('dates')
    expect(reasonFor({ sent: [azure[0]!, { ...azure[1]!, isCa: false }, azure[2]!] })).toBe('not-a-ca')
    expect(
      reasonFor({ sent: [{ ...azure[0]!, oddities: ['unreadable subjectAltName'] }, ...azure.slice(1)] }),
    ).toBe('malformed')
  })

  test('a signature changed in one byte is refused', () => {
    const der = Uint8Array.from(azure[0]!.der)
    der[der.length - 1]! ^= 1
    const forged = { ...azure[0]!, der, sha256: 'forged' }
    expect(reasonFor({ sent: [forged, ...azure.slice(1)] })).toBe('signature')
  })
})

/** A root, an intermediate and a leaf, each with what is changed about it. */
interface Case {
  readonly root?: Partial<Wish>
  readonly intermediate?: Partial<Wish>
  readonly leaf?: Partial<Wish>
  readonly host?: string
  readonly at?: Date
}

const caLines = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
]
const leafLines = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=serverAuth',
  `subjectAltName=DNS:${host}`,
]
const without = (lines: readonly string[], start: string, ...more: string[]) => [
  ...lines.filter((line) => !line.startsWith(start)),
  ...more,
]
const ca = (start: string, ...more: string[]) => ({ extensions: without(caLines, start, ...more) })
const end = (start: string, ...more: string[]) => ({ extensions: without(leafLines, start, ...more) })

function build(wanted: Case): { sent: Certificate[]; anchor: Certificate } {
  const root = pki.make({ subject: '/CN=Root', extensions: caLines, ...wanted.root })
  const intermediate = pki.make(
    { subject: '/CN=Intermediate', extensions: caLines, ...wanted.intermediate },
    root,
  )
  const leaf = pki.make({ subject: '/CN=leaf', extensions: leafLines, ...wanted.leaf }, intermediate)
  return { sent: [leaf.certificate, intermediate.certificate], anchor: root.certificate }
}

/** `ok` and what OpenSSL says too; where it is more lenient, `stricter`. */
const cases: [name: string, wanted: Case, reason: string | undefined, stricter?: 'stricter'][] = [
  ['a plain chain', {}, undefined],
  [
    'RSA 2048',
    { root: { key: 'rsa:2048' }, intermediate: { key: 'rsa:2048' }, leaf: { key: 'rsa:2048' } },
    undefined,
  ],
  [
    'P-384 with SHA-384',
    { root: { key: 'P-384', digest: 'sha384' }, intermediate: { digest: 'sha384' } },
    undefined,
  ],
  ['Ed25519 at the root', { root: { key: 'ed25519' } }, undefined],
  [
    'no keyUsage anywhere',
    { root: ca('keyUsage'), intermediate: ca('keyUsage'), leaf: end('keyUsage') },
    undefined,
  ],
  ['no extKeyUsage on the leaf', { leaf: end('extendedKeyUsage') }, undefined],
  [
    'serverAuth on the intermediate',
    { intermediate: ca('-', 'extendedKeyUsage=serverAuth,clientAuth') },
    undefined,
  ],
  ['a wildcard', { leaf: end('subjectAltName', 'subjectAltName=DNS:*.example.test') }, undefined],
  [
    'an iPAddress',
    { leaf: end('subjectAltName', 'subjectAltName=IP:192.0.2.7'), host: '192.0.2.7' },
    undefined,
  ],
  [
    'pathlen:0 over a leaf',
    { intermediate: ca('basicConstraints', 'basicConstraints=critical,CA:TRUE,pathlen:0') },
    undefined,
  ],
  ['critical certificatePolicies', { leaf: end('-', 'certificatePolicies=critical,1.2.3.4') }, undefined],
  [
    'pathlen:0 over an intermediate',
    { root: ca('basicConstraints', 'basicConstraints=critical,CA:TRUE,pathlen:0') },
    'path-length',
  ],
  [
    'an intermediate that is no CA',
    { intermediate: ca('basicConstraints', 'basicConstraints=critical,CA:FALSE') },
    'not-a-ca',
  ],
  ['an intermediate without basicConstraints', { intermediate: ca('basicConstraints') }, 'not-a-ca'],
  [
    'an intermediate without keyCertSign',
    { intermediate: ca('keyUsage', 'keyUsage=critical,digitalSignature') },
    'key-usage',
  ],
  ['an intermediate for clients only', { intermediate: ca('-', 'extendedKeyUsage=clientAuth') }, 'key-usage'],
  ['a leaf for clients only', { leaf: end('extendedKeyUsage', 'extendedKeyUsage=clientAuth') }, 'key-usage'],
  ['a leaf that may not sign', { leaf: end('keyUsage', 'keyUsage=critical,cRLSign') }, 'key-usage'],
  ['another name', { host: 'other.example.test' }, 'name'],
  [
    'a wildcard two labels deep',
    { leaf: end('subjectAltName', 'subjectAltName=DNS:*.example.test'), host: 'a.b.example.test' },
    'name',
  ],
  [
    'a wildcard over a top-level domain',
    { leaf: end('subjectAltName', 'subjectAltName=DNS:*.test'), host: 'example.test' },
    'name',
  ],
  [
    'another iPAddress',
    { leaf: end('subjectAltName', 'subjectAltName=IP:192.0.2.7'), host: '192.0.2.8' },
    'name',
  ],
  [
    'an address as dNSName',
    { leaf: end('subjectAltName', 'subjectAltName=DNS:192.0.2.7'), host: '192.0.2.7' },
    'name',
  ],
  ['after its end', { at: new Date(Date.now() + 4_000 * day) }, 'dates'],
  ['before its begin', { at: new Date(Date.now() - 30 * day) }, 'dates'],
  [
    'an unknown critical extension on the leaf',
    { leaf: end('-', '1.2.3.4.5=critical,ASN1:NULL') },
    'critical-extension',
  ],
  [
    'an unknown critical extension on the intermediate',
    { intermediate: ca('-', '1.2.3.4.5=critical,ASN1:NULL') },
    'critical-extension',
  ],
  [
    'name constraints that forbid the host',
    { intermediate: ca('-', 'nameConstraints=critical,permitted;DNS:other.test') },
    'name-constraints',
  ],
  [
    'name constraints that allow the host',
    { intermediate: ca('-', 'nameConstraints=critical,permitted;DNS:example.test') },
    'name-constraints',
    'stricter',
  ],
  [
    'name constraints on the root',
    { root: ca('-', 'nameConstraints=excluded;DNS:other.test') },
    'name-constraints',
    'stricter',
  ],
  ['a SHA-1 signature', { leaf: { digest: 'sha1' } }, 'weak', 'stricter'],
  [
    'an MD5 signature on the intermediate',
    { root: { key: 'rsa:2048' }, intermediate: { digest: 'md5' } },
    'weak',
    'stricter',
  ],
  ['RSA 1024 on the leaf', { leaf: { key: 'rsa:1024' } }, 'weak', 'stricter'],
  ['RSA 1024 on the root', { root: { key: 'rsa:1024' } }, 'weak', 'stricter'],
  ['a curve that public CAs do not use', { leaf: { key: 'secp256k1' } }, 'unsupported', 'stricter'],
  [
    'the name as common name only',
    { leaf: { subject: `/CN=${host}`, ...end('subjectAltName') } },
    'name',
    'stricter',
  ],
  [
    'a leaf that may only encipher',
    { leaf: end('keyUsage', 'keyUsage=critical,keyEncipherment') },
    'key-usage',
    'stricter',
  ],
  ['a version 1 root', { root: { extensions: [] } }, 'malformed', 'stricter'],
  ['a root for clients only', { root: ca('-', 'extendedKeyUsage=clientAuth') }, 'key-usage', 'stricter'],
]

describe.skipIf(!openssl)('generated chains, beside openssl verify -purpose sslserver', () => {
  test.each(cases)('%s', (_, wanted, reason, stricter) => {
    const { sent, anchor } = build(wanted)
    const input = { sent, anchors: [anchor], host: wanted.host ?? host, now: wanted.at ?? now }
    expect(verifyStandard(input).reason).toBe(reason)
    const theirs = pki.verify(sent, [anchor], input.host, input.now)
    if (reason === undefined) expect(theirs).toBeUndefined()
    else if (stricter === undefined) expect(theirs).toMatch(/^error \d+ at/m)
  })

  test('whatever is combined, what we accept OpenSSL accepts', () => {
    const parts = (part: 'root' | 'intermediate' | 'leaf') => {
      const good = cases.filter(([, , reason]) => reason === undefined)
      const of = (from: typeof cases) =>
        fc.constantFrom({}, ...from.flatMap(([, wanted]) => wanted[part] ?? []))
      return fc.oneof({ weight: 2, arbitrary: of(good) }, { weight: 1, arbitrary: of(cases) })
    }
    const accepted: boolean[] = []
    fc.assert(
      fc.property(parts('root'), parts('intermediate'), parts('leaf'), (root, intermediate, leaf) => {
        // The digest is the issuer's to make, and not every key makes every one.
        const { digest: _, ...middle } = intermediate
        const { sent, anchor } = build({ root, intermediate: middle, leaf })
        const { ok } = verifyStandard({ sent, anchors: [anchor], host, now })
        accepted.push(ok)
        if (ok) expect(pki.verify(sent, [anchor], host, now)).toBeUndefined()
      }),
      {
        numRuns: 40,
        endOnFailure: true,
        examples: [
          [{}, {}, {}],
          [{}, {}, end('extendedKeyUsage', 'extendedKeyUsage=clientAuth')],
        ],
      },
    )
    expect(accepted).toContain(true)
    expect(accepted).toContain(false)
  }, 60_000)

  test('a self-signed leaf is accepted when it is held, and only then', () => {
    const own = pki.make({ subject: '/CN=self', extensions: leafLines })
    const again = pki.make({ subject: '/CN=self', extensions: [...leafLines, 'nsComment=other'] })
    const verify = (anchors: Certificate[]) => verifyStandard({ sent: [own.certificate], anchors, host, now })
    expect(verify([own.certificate]).ok).toBe(true)
    expect(verify([]).reason).toBe('untrusted')
    // Same key, but no CA: it vouches for itself alone.
    expect(verify([again.certificate]).ok).toBe(false)
  })

  test('an impostor under the right names is refused', () => {
    const { anchor } = build({})
    const root = pki.make({ subject: '/CN=Root', key: 'P-384', extensions: caLines })
    const leaf = pki.make({ subject: '/CN=leaf', extensions: leafLines }, root)
    expect(verifyStandard({ sent: [leaf.certificate], anchors: [anchor], host, now }).reason).toBe(
      'signature',
    )
  })

  test('a leaf of a CA may not issue', () => {
    const root = pki.make({ subject: '/CN=Root', extensions: caLines })
    const middle: Made = pki.make({ subject: '/CN=victim', extensions: leafLines }, root)
    const leaf = pki.make({ subject: '/CN=leaf', extensions: leafLines }, middle)
    const sent = [leaf.certificate, middle.certificate]
    expect(verifyStandard({ sent, anchors: [root.certificate], host, now }).reason).toBe('not-a-ca')
    // Not even when somebody holds it as an anchor.
    expect(verifyStandard({ sent, anchors: [middle.certificate], host, now }).reason).toBe('not-a-ca')
  })

  test('one good path is enough beside a bad one', () => {
    const root = pki.make({ subject: '/CN=Root', extensions: caLines })
    const good = pki.make({ subject: '/CN=Twin', extensions: caLines }, root)
    const bad = pki.make(
      { subject: '/CN=Twin', extensions: ca('-', 'extendedKeyUsage=clientAuth').extensions },
      root,
    )
    const leaf = pki.make({ subject: '/CN=leaf', extensions: leafLines }, good)
    const sent = [leaf.certificate, bad.certificate, good.certificate]
    expect(verifyStandard({ sent, anchors: [root.certificate], host, now }).ok).toBe(true)
  })
})
