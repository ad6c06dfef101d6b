import type { Certificate } from '../x509/certificate.ts'
import { signatureAlgorithms } from '../x509/oids.ts'
import { checkSignature } from './check-signature.ts'
import { matchHost } from './name-match.ts'
import { findPaths, type PathSearch, type TrustPath } from './path.ts'

/** What the standard asks, and what we know of a server before a secret may be sent to it. */
export interface StandardInput {
  /** As sent, leaf first. */
  readonly sent: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  /** Name or IP literal that the user asked for. */
  readonly host: string
  readonly now: Date
}

export type StandardReason =
  | 'no-certificate'
  | 'untrusted' // no path to an anchor
  | 'signature' // an issuer by name did not make the signature
  | 'malformed' // a certificate departs from RFC 5280
  | 'dates'
  | 'not-a-ca'
  | 'key-usage' // keyUsage or extKeyUsage forbid the use
  | 'path-length'
  | 'name-constraints' // present: not worked out here, so refused
  | 'critical-extension' // one that we do not know
  | 'weak' // SHA-1 or older, RSA under 2,048 bits
  | 'unsupported' // an algorithm or curve that we do not judge
  | 'name'

export interface StandardResult {
  readonly ok: boolean
  /** Undefined when ok. Of several paths, the shortest one's. */
  readonly reason: StandardReason | undefined
}

/**
 * RFC 5280 §6.1 and RFC 6125, stricter where they leave room: `ok` is only said where every rule holds, since a
 * password may follow. The common name is not looked at (RFC 9525 §2); revocation is not either.
 */
export function verifyStandard(input: StandardInput): StandardResult {
  const [leaf] = input.sent
  if (leaf === undefined) return refused('no-certificate')
  const search = findPaths(input.sent, input.anchors)
  if (search.paths.length === 0) return refused(whyNoPath(search))
  const reasons = search.paths.map((path) => judgePath(path, input.now))
  if (!reasons.includes(undefined)) return refused(reasons[0]!)
  return namesHost(leaf, input.host) ? { ok: true, reason: undefined } : refused('name')
}

function refused(reason: StandardReason): StandardResult {
  return { ok: false, reason }
}

function whyNoPath(search: PathSearch): StandardReason {
  return search.wrongSignatures.length + search.wrongAnchors.length > 0 ? 'signature' : 'untrusted'
}

/** The first rule that a path breaks. */
function judgePath(path: TrustPath, now: Date): StandardReason | undefined {
  const { certificates, anchor } = path
  const top = certificates[certificates.length - 1]!
  const pinned = certificates.length === 1 && top.sha256 === anchor.sha256
  if (!pinned && checkSignature(top, anchor) !== 'valid') return 'untrusted'
  if (pinned) return judgeEvery(top, now) ?? judgeLeaf(top)
  return (
    first(certificates, (certificate) => judgeEvery(certificate, now)) ??
    judgeAnchor(anchor, now) ??
    judgeLeaf(certificates[0]!) ??
    first([...certificates.slice(1), anchor], judgeIssuer) ??
    judgeLinks([...certificates, anchor])
  )
}

/** Oddities that do not touch what a verifier relies on. */
const harmless = new Set(['an empty subject', 'a serial number of zero', 'a serial number over 20 octets'])

/** Extensions that are worked out here, or that only widen or describe: others must not be critical. */
const understood = new Set([
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'subjectAltName',
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
  'certificatePolicies',
])

/** Rules for every certificate below the anchor. */
function judgeEvery(certificate: Certificate, now: Date): StandardReason | undefined {
  return (
    judgeForm(certificate) ??
    judgeDates(certificate, now) ??
    judgeSignature(certificate) ??
    judgeKey(certificate)
  )
}

/** An anchor is trusted as such; what it says against itself still counts. */
function judgeAnchor(anchor: Certificate, now: Date): StandardReason | undefined {
  return judgeForm(anchor) ?? judgeDates(anchor, now) ?? judgeKey(anchor)
}

function judgeForm({ version, oddities, extensions }: Certificate): StandardReason | undefined {
  if (version !== 3 || oddities.some((oddity) => !harmless.has(oddity))) return 'malformed'
  if (extensions.some(({ name }) => name === 'nameConstraints')) return 'name-constraints'
  return extensions.some(({ critical, name }) => critical && !understood.has(name))
    ? 'critical-extension'
    : undefined
}

function judgeDates({ notBefore, notAfter }: Certificate, now: Date): StandardReason | undefined {
  // Written so that an invalid `now` is refused.
  return now >= notBefore && now <= notAfter ? undefined : 'dates'
}

function judgeSignature({ signatureAlgorithm }: Certificate): StandardReason | undefined {
  const row = Object.entries(signatureAlgorithms).find(([name]) => name === signatureAlgorithm)?.[1]
  if (row === undefined || row.hash === 'parameters' || row.key === 'dsa') return 'unsupported'
  const { hash } = row
  return hash === 'none' || hash === 'sha256' || hash === 'sha384' || hash === 'sha512' ? undefined : 'weak'
}

const acceptedCurves = new Set(['secp256r1', 'secp384r1', 'secp521r1'])

function judgeKey({ publicKey }: Certificate): StandardReason | undefined {
  switch (publicKey.kind) {
    case 'rsa':
      return publicKey.bits >= 2_048 ? undefined : 'weak'
    case 'ec':
      return acceptedCurves.has(publicKey.curve) ? undefined : 'unsupported'
    case 'ed25519':
    case 'ed448':
      return undefined
    case 'unknown':
      return 'unsupported'
  }
}

/** RFC 5280 §4.2.1.3 and §4.2.1.12: the server signs the handshake. */
function judgeLeaf({ keyUsage, extendedKeyUsage }: Certificate): StandardReason | undefined {
  const signs = keyUsage === undefined || keyUsage.includes('digitalSignature')
  const serves = extendedKeyUsage === undefined || extendedKeyUsage.includes('serverAuth')
  return signs && serves ? undefined : 'key-usage'
}

function judgeIssuer({ isCa, keyUsage, extendedKeyUsage }: Certificate): StandardReason | undefined {
  if (!isCa) return 'not-a-ca'
  const signs = keyUsage === undefined || keyUsage.includes('keyCertSign')
  const serves = extendedKeyUsage === undefined || extendedKeyUsage.includes('serverAuth')
  return signs && serves ? undefined : 'key-usage'
}

/** What holds between neighbours; `chain` is leaf first, anchor last. */
function judgeLinks(chain: readonly Certificate[]): StandardReason | undefined {
  for (const [i, issuer] of chain.entries()) {
    if (i === 0) continue
    const { authorityKeyId } = chain[i - 1]!
    if (
      authorityKeyId !== undefined &&
      issuer.subjectKeyId !== undefined &&
      authorityKeyId !== issuer.subjectKeyId
    ) {
      return 'untrusted'
    }
    // Intermediates between this one and the leaf; self-issued ones do not count, RFC 5280 §4.2.1.9.
    const between = chain.slice(1, i).filter(({ selfIssued }) => !selfIssued).length
    if (issuer.pathLength !== undefined && between > issuer.pathLength) return 'path-length'
  }
  return undefined
}

/** A wildcard needs two labels behind it: `*.com` is nobody's. */
function namesHost(leaf: Certificate, host: string): boolean {
  const { by, matchedName } = matchHost(leaf, host)
  if (by === 'san-ip') return true
  if (by !== 'san-dns' || matchedName === undefined) return false
  return !matchedName.startsWith('*') || /^\*\.[^.]+\.[^.]/.test(matchedName)
}

function first<T>(
  items: readonly T[],
  judge: (item: T) => StandardReason | undefined,
): StandardReason | undefined {
  for (const item of items) {
    const reason = judge(item)
    if (reason !== undefined) return reason
  }
  return undefined
}
