import type { KeyObject } from 'node:crypto'
import {
  authorityInfoAccess,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoints,
  type ExtensionToWrite,
  extendedKeyUsage,
  type KeyPurpose,
  type KeyUsage,
  keyUsage,
  rawExtension,
  signedCertificateTimestamps,
  subjectAltName,
} from '../issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate, type NameToWrite } from '../issue/issue-certificate.ts'
import type { KeyType } from './keys.ts'

/** The shape of one real certificate, under a lab name: enough to make one of the same DER size. */
export interface CertificateShape {
  /** The real certificate, and where its size comes from. */
  readonly like: string
  /** DER bytes of the real one. */
  readonly derBytes: number
  readonly subject: NameToWrite
  readonly key: KeyType
  /** Hash of the issuer's signature. */
  readonly hash: 'sha256' | 'sha384'
  readonly serialBytes: number
  /** Validity, in days before and after the lab's now. */
  readonly sinceDays: number
  readonly untilDays: number
  readonly ca: { readonly pathLength?: number } | undefined
  readonly usages: readonly KeyUsage[]
  readonly purposes?: readonly KeyPurpose[]
  readonly policies?: readonly { readonly oid: string; readonly cps?: string }[]
  readonly caIssuers?: readonly string[]
  readonly ocsp?: readonly string[]
  readonly crls?: readonly string[]
  readonly scts?: number
  readonly raw?: readonly { readonly oid: string; readonly der: Uint8Array }[]
  /**
   * A leaf's names. Where `filler` is given, names that end in it are added until the certificate has the
   * real one's size, as the names of a shared service do.
   */
  readonly names?: { readonly first: readonly string[]; readonly filler?: string }
}

export interface MakeOptions {
  readonly key: KeyObject
  /** undefined: self-signed. */
  readonly issuer: Issuer | undefined
  readonly now: Date
}

/** What signing needs of an issuer: its own certificate need not exist. */
export type Issuer = Pick<IssuedCertificate, 'subject' | 'key'>

/** A certificate of that shape. Its size is the real one's, less a few bytes, where names may fill it up. */
export function makeCertificate(shape: CertificateShape, options: MakeOptions): IssuedCertificate {
  const first = shape.names?.first ?? []
  const bare = issue(shape, first, options)
  const filler = shape.names?.filler
  if (filler === undefined) return bare
  return issue(shape, [...first, ...fillingNames(shape.derBytes - bare.der.length, filler)], options)
}

const ORDINARY_NAME_BYTES = 40
/** What longer names do to the length octets around them, at most. */
const LENGTH_OCTETS_BYTES = 6

/** Names that add up to `bytes` as dNSName entries of two header octets each, or a little under. */
function fillingNames(bytes: number, filler: string): string[] {
  const room = bytes - LENGTH_OCTETS_BYTES
  const count = Math.floor(room / ORDINARY_NAME_BYTES)
  if (count < 1) return []
  const longer = room - count * ORDINARY_NAME_BYTES
  return Array.from({ length: count }, (_, i) => {
    const entryBytes = ORDINARY_NAME_BYTES + Math.floor(longer / count) + (i < longer % count ? 1 : 0)
    return `*.z${i + 1}`.padEnd(entryBytes - 2 - filler.length, 'prdstr') + filler
  })
}

function issue(
  shape: CertificateShape,
  names: readonly string[],
  { key, issuer, now }: MakeOptions,
): IssuedCertificate {
  return issueCertificate({
    subject: shape.subject,
    key,
    issuer,
    hash: shape.hash,
    notBefore: daysFrom(now, -shape.sinceDays),
    notAfter: daysFrom(now, shape.untilDays),
    serialBytes: shape.serialBytes,
    keyIds: true,
    extensions: extensionsOf(shape, names, now),
    seed: `${shape.like} by ${issuer?.subject.map(([, value]) => value).join() ?? 'itself'}`,
  })
}

function extensionsOf(shape: CertificateShape, names: readonly string[], now: Date): ExtensionToWrite[] {
  const extensions: ExtensionToWrite[] = []
  if (shape.scts) {
    extensions.push(signedCertificateTimestamps(shape.scts, shape.like, daysFrom(now, -shape.sinceDays)))
  }
  for (const { oid, der } of shape.raw ?? []) extensions.push(rawExtension(oid, der))
  if (shape.caIssuers || shape.ocsp) {
    extensions.push(authorityInfoAccess(shape.caIssuers ?? [], shape.ocsp ?? []))
  }
  extensions.push(keyUsage(...shape.usages))
  if (names.length > 0) extensions.push(subjectAltName(names))
  extensions.push(basicConstraints(shape.ca !== undefined, shape.ca?.pathLength))
  if (shape.crls) extensions.push(crlDistributionPoints(shape.crls))
  if (shape.policies) extensions.push(certificatePolicies(shape.policies))
  if (shape.purposes) extensions.push(extendedKeyUsage(...shape.purposes))
  return extensions
}

const DAY_MS = 86_400_000

/** To the second, as certificates count. */
function daysFrom(now: Date, days: number): Date {
  return new Date(Math.floor((now.getTime() + days * DAY_MS) / 1000) * 1000)
}
