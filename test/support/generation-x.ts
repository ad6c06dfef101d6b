import { openKnownRoots } from '../../src/io/root-files.ts'
import {
  basicConstraints,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  rawExtension,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import { octetString } from '../../src/issue/der.ts'
import {
  type IssuedCertificate,
  issueCertificate,
  type NameToWrite,
} from '../../src/issue/issue-certificate.ts'
import type { KnownRoot } from '../../src/trust/trust-store.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { keptKey } from './kept-keys.ts'

/** A root, issuing CA and leaf by the names, kinds of key and sizes of Let's Encrypt's RSA chain before June 2026. */
export interface GenerationX {
  readonly root: IssuedCertificate
  /** Leaf and R12, as a server sends them. */
  readonly chain: readonly IssuedCertificate[]
  /** The roots of `roots/`, this one in place of the real ISRG Root X1. */
  readonly knownRoots: readonly KnownRoot[]
}

const rootName: NameToWrite = [
  ['C', 'US'],
  ['O', 'Internet Security Research Group'],
  ['CN', 'ISRG Root X1'],
]
const issuingName: NameToWrite = [
  ['C', 'US'],
  ['O', "Let's Encrypt"],
  ['CN', 'R12'],
]

/** DER of R12 as it was sent. */
const R12_BYTES = 1_290

/** `leafBytes` by as many padding as it takes; the host is its only name. */
export function generationX(host: string, leafBytes: number): GenerationX {
  const rootKey = keptKey('rsa4096 generation root')
  const issuingKey = keptKey('rsa2048 generation issuing')
  const root = issueCertificate({
    ...common('root', [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')]),
    ...{ subject: rootName, key: rootKey, issuer: undefined },
    ...{ notBefore: new Date('2015-06-04'), notAfter: new Date('2035-06-04') },
  })
  const issuing = sized(R12_BYTES, (padding) =>
    issueCertificate({
      ...common('R12', [basicConstraints(true, 0), keyUsage('digitalSignature', 'keyCertSign'), padding]),
      ...{ subject: issuingName, key: issuingKey, issuer: { subject: rootName, key: rootKey } },
      ...{ notBefore: new Date('2024-03-13'), notAfter: new Date('2027-03-12') },
    }),
  )
  const leafKey = keptKey('rsa2048 generation leaf')
  const leaf = sized(leafBytes, (padding) =>
    issueCertificate({
      ...common('leaf', [
        keyUsage('digitalSignature', 'keyEncipherment'),
        extendedKeyUsage('serverAuth'),
        basicConstraints(false),
        subjectAltName([host]),
        padding,
      ]),
      ...{ subject: [['CN', host]], key: leafKey, issuer: { subject: issuingName, key: issuingKey } },
      ...{ notBefore: new Date('2026-03-01'), notAfter: new Date('2026-05-30') },
    }),
  )
  const own = decodeCertificate(root.der)
  const knownRoots = openKnownRoots().map((known) =>
    known.id === 'isrg-root-x1' ? { ...known, certificate: own } : known,
  )
  return { root, chain: [leaf, issuing], knownRoots }
}

function common(seed: string, extensions: readonly ExtensionToWrite[]) {
  return { hash: 'sha256', serialBytes: 16, keyIds: true, extensions, seed } as const
}

/** Netscape's comment is read by nobody: what real certificates carry besides is padded there. */
function sized(bytes: number, issue: (padding: ExtensionToWrite) => IssuedCertificate): IssuedCertificate {
  let padding = 300
  for (let tries = 0; tries < 8; tries++) {
    const made = issue(rawExtension('2.16.840.1.113730.1.13', octetString(new Uint8Array(padding))))
    if (made.der.length === bytes) return made
    padding += bytes - made.der.length
  }
  throw new RangeError(`no certificate of ${bytes} bytes`)
}
