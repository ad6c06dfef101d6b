import { versions } from '../tls/versions.ts'
import { checkSignature } from '../trust/check-signature.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { signatureParts } from '../x509/oids.ts'
import { checkDnsConstraints, excludesDirectories, namesOfHost, otherKinds } from './dns-constraints.ts'
import { matchesGnutls, sameGnutlsNames } from './gnutls-name.ts'
import type { ChainSeen, StackFailure, StackReason } from './stack.ts'

/** gnutls/gnutls.h and x509.h: gnutls_certificate_status_t. */
const status = {
  invalid: 0x2,
  signerNotFound: 0x40,
  signerNotCa: 0x80,
  insecureAlgorithm: 0x100,
  notActivated: 0x200,
  expired: 0x400,
  signatureFailure: 0x800,
  unexpectedOwner: 0x4000,
  signerConstraints: 0x10000,
  unknownCritical: 0x200000,
} as const

/** Security level of the default priorities. */
const LEAST_RSA_BITS = 1_024
const MAX_DEPTH = 16

/** Critical ones that the library reads: lib/x509/supported_exts.gperf. */
const supported: ReadonlySet<string> = new Set([
  'subjectKeyIdentifier',
  'keyUsage',
  'subjectAltName',
  'issuerAltName',
  'basicConstraints',
  'nameConstraints',
  'cRLDistributionPoints',
  'authorityKeyIdentifier',
  'extKeyUsage',
  'authorityInfoAccess',
  '1.3.6.1.5.5.7.1.14',
  'tlsFeature',
  'certificatePolicies',
  'inhibitAnyPolicy',
])

/** gnutls_certificate_verify_peers3 of 3.7: the chain is sorted, cut at what is trusted, and verified from its end. */
export function verifyGnutls(chain: ChainSeen): StackFailure | undefined {
  const { certificates, host, verifies } = chain
  const [leaf] = certificates
  if (certificates.some((one) => one === undefined) || leaf === undefined) {
    return { reasons: [{ kind: 'certificate-refused' }], code: '-59', uncertain: true, early: true }
  }
  for (const [index, certificate] of certificates.entries()) {
    const refused = certificate && unread(certificate, chain.version)
    if (refused === undefined) continue
    const { code, detail } = refused
    return { reasons: [{ kind: 'certificate-refused', index, detail }], code, early: true }
  }
  const usage = keyUsageOf(chain, leaf)
  if (usage !== undefined || !verifies) return usage
  const found = new Status()
  verifyPath(chain, found)
  if (host !== undefined && !matchesGnutls(leaf, host)) {
    found.add(status.unexpectedOwner, 'name-mismatch', 0)
  }
  if (found.flags === 0 && !found.open) return undefined
  const open = found.open ? { uncertain: true } : {}
  return { ...open, reasons: found.reasons, code: '-348', flags: `0x${found.flags.toString(16)}`, alert: 42 }
}

/** _gnutls_handshake_verify_data: met as the server's signature is verified, before the path is looked at. */
function keyUsageOf({ keyExchange }: ChainSeen, { keyUsage }: Certificate): StackFailure | undefined {
  const needed =
    keyExchange === 'encrypted'
      ? 'keyEncipherment'
      : keyExchange === 'signed'
        ? 'digitalSignature'
        : undefined
  // No use at all is taken as any.
  if (needed === undefined || !keyUsage?.length || keyUsage.includes(needed)) return undefined
  return {
    reasons: [{ kind: 'key-usage', index: 0, detail: `key usage without ${needed}` }],
    code: '-48',
    early: true,
  }
}

const knownCurves: ReadonlySet<string> = new Set([
  'secp192r1',
  'secp224r1',
  'secp256r1',
  'secp384r1',
  'secp521r1',
])

/** gnutls_x509_crt_import: strict times, but for seconds, one signature algorithm, and names of kinds that it knows. */
const refusedForms =
  /^two signature algorithms$|^not(Before|After) with a|^an (x400Address|ediPartyName|empty dNSName)$/
/** _gnutls_x509_read_ecc_params and _gnutls_ecc_ansi_x962_import: named curves, and whole points. */
const refusedKeys = /^explicit curve parameters$|^a compressed point$/

/**
 * Why a certificate sent cannot be taken in. Up to TLS 1.2 all keys are read at once (_gnutls_pcert_to_auth_info); in 1.3
 * an intermediate's comes into play with its level only.
 */
function unread(
  { version, extensions, publicKey, oddities }: Certificate,
  protocol: number | undefined,
): { readonly code: string; readonly detail: string } | undefined {
  const tls13 = protocol !== undefined && protocol >= versions['TLSv1.3'].code
  const oids = extensions.map(({ oid }) => oid)
  if (version < 3 && extensions.length > 0) return { code: '-43', detail: 'extensions without version 3' }
  if (new Set(oids).size < oids.length) return { code: tls13 ? '-430' : '-43', detail: 'an extension twice' }
  const odd = oddities.find((oddity) => refusedForms.test(oddity))
  if (odd !== undefined) return { code: '-43', detail: odd }
  const oddKey = oddities.find((oddity) => refusedKeys.test(oddity))
  if (!tls13 && oddKey !== undefined) return { code: '-43', detail: oddKey }
  if (tls13 || publicKey.kind !== 'ec' || knownCurves.has(publicKey.curve)) return undefined
  return { code: '-43', detail: `key on ${publicKey.curve}` }
}

class Status {
  flags = 0
  /** A staple, or names of other kinds than these, decide: what becomes of it is not known here. */
  open = false
  readonly reasons: StackReason[] = []

  join(other: Status): void {
    this.flags |= other.flags
    this.open ||= other.open
    this.reasons.push(...other.reasons)
  }

  leaveOpen(kind: StackReason['kind'], index: number | undefined, detail: string): void {
    this.open = true
    this.reasons.push({ kind, index, detail })
  }

  add(flag: number, kind: StackReason['kind'], index: number | undefined, detail?: string): void {
    this.flags |= flag | status.invalid
    this.reasons.push({ kind, index, detail })
  }
}

interface Link {
  readonly certificate: Certificate
  /** Undefined: one of the anchors. */
  readonly index: number | undefined
}

/**
 * Anchors are looked up by their name: first those of the issuer's name of the chain's end, and where that leads to none,
 * those of the end's own name.
 */
function verifyPath({ certificates, anchors, now }: ChainSeen, found: Status): void {
  const sent = certificates.flatMap((certificate, index) =>
    certificate === undefined ? [] : [{ certificate, index }],
  )
  const links = shortened(sorted(sent, anchors), anchors)
  const { certificate: end } = links[links.length - 1]!
  const named = (name: Certificate['subject']) =>
    anchors.filter(({ subject }) => equalBytes(subject.der, name.der))
  const first = new Status()
  verifyAgainst(links, named(end.issuer), now, first)
  const unknown = (first.flags & (status.signerNotFound | status.insecureAlgorithm)) !== 0
  const second = new Status()
  if (unknown && !end.selfIssued) verifyAgainst(links, named(end.subject), now, second)
  const again =
    unknown && !end.selfIssued && (second.flags === 0 || (first.flags & status.signerNotFound) !== 0)
  found.join(again ? second : first)
}

/** _gnutls_verify_crt_status. */
function verifyAgainst(
  chain: readonly Link[],
  anchors: readonly Certificate[],
  now: Date | undefined,
  found: Status,
): void {
  let links = chain
  const held = links.findIndex(({ certificate }, at) =>
    anchors.some((anchor) => isSame(certificate, anchor, at)),
  )
  if (held >= 0) {
    const anchor = anchors.find((one) => isSame(links[held]!.certificate, one, held))!
    if (checkDates(found, { certificate: anchor, index: held === 0 ? 0 : undefined }, now)) return
    links = links.slice(0, held)
    if (links.length === 0) return
  }
  const walk = new Walk(found, now)
  const top = links[links.length - 1]!
  const issuer = findIssuer(top.certificate, anchors, now)
  const signer = issuer === undefined ? undefined : { certificate: issuer, index: undefined }
  if (!walk.step(top, signer, links.length === 1)) return
  for (let at = links.length - 1; at > 0; at--) {
    const child = links[at - 1]!
    const parent = isIssuer(child.certificate, links[at]!.certificate) ? links[at] : undefined
    if (!walk.step(child, parent, at === 1, false)) return
  }
}

/**
 * _gnutls_sort_clist: leaf first, each followed by the first that issued it. What has no place in that comes after, unless
 * an anchor issued the end.
 */
function sorted(sent: readonly Link[], anchors: readonly Certificate[]): Link[] {
  const distinct = sent.filter(
    ({ certificate }, at) => sent.findIndex((one) => one.certificate.sha256 === certificate.sha256) === at,
  )
  const order = [distinct[0]!]
  for (;;) {
    const top = order[order.length - 1]!
    // One that could be its own issuer ends it.
    if (isIssuer(top.certificate, top.certificate)) break
    const next = distinct.find((one) => !order.includes(one) && isIssuer(top.certificate, one.certificate))
    if (next === undefined) break
    order.push(next)
  }
  const { certificate: end } = order[order.length - 1]!
  const known = anchors.some((anchor) => isIssuer(end, anchor))
  return known ? order : [...order, ...distinct.filter((one) => !order.includes(one))]
}

/** shorten_clist: a root that is sent says nothing, and what comes after one that is held is not needed. */
function shortened(links: readonly Link[], anchors: readonly Certificate[]): Link[] {
  const end = links[links.length - 1]!.certificate
  const rest = links.length > 1 && isIssuer(end, end) ? links.slice(0, -1) : links
  const held = rest.findIndex(
    ({ certificate }, at) =>
      at > 0 && certificate.selfIssued && anchors.some((anchor) => anchor.sha256 === certificate.sha256),
  )
  const cut = held < 0 ? rest : rest.slice(0, held + 1)
  const last = cut[cut.length - 1]!.certificate
  return cut.length > 1 && isIssuer(last, last) ? cut.slice(0, -1) : [...cut]
}

/** Same certificate for the leaf; same name and key for the others. */
function isSame(certificate: Certificate, anchor: Certificate, at: number): boolean {
  if (at === 0) return certificate.sha256 === anchor.sha256
  return (
    equalBytes(certificate.subject.der, anchor.subject.der) &&
    equalBytes(certificate.publicKey.spki, anchor.publicKey.spki)
  )
}

function isIssuer(child: Certificate, parent: Certificate): boolean {
  if (!sameGnutlsNames(child.issuer, parent.subject)) return false
  const { authorityKeyId } = child
  return (
    authorityKeyId === undefined ||
    parent.subjectKeyId === undefined ||
    authorityKeyId === parent.subjectKeyId
  )
}

/** The last whose dates hold, else the first. */
function findIssuer(
  child: Certificate,
  anchors: readonly Certificate[],
  now: Date | undefined,
): Certificate | undefined {
  const issuers = anchors.filter((anchor) => isIssuer(child, anchor))
  const current = issuers.filter(
    ({ notBefore, notAfter }) => now === undefined || (now >= notBefore && now < notAfter),
  )
  return current[current.length - 1] ?? issuers[0]
}

function checkDates(found: Status, { certificate, index }: Link, now: Date | undefined): boolean {
  if (now === undefined) return false
  if (now < certificate.notBefore) {
    found.add(status.notActivated, 'not-yet-valid', index)
    return true
  }
  if (now > certificate.notAfter) {
    found.add(status.expired, 'expired', index)
    return true
  }
  return false
}

/** verify_crt, from the end of the chain to the leaf: all faults of one certificate, and then no further. */
class Walk {
  readonly #found: Status
  readonly #now: Date | undefined
  #maxPath = MAX_DEPTH
  /** Whose name constraints hold for the leaf. */
  readonly #issuers: Certificate[] = []

  constructor(found: Status, now: Date | undefined) {
    this.#found = found
    this.#now = now
  }

  step(child: Link, issuer: Link | undefined, isEnd: boolean, allowVersion1 = true): boolean {
    const before = this.#found.flags
    const found = this.#found
    if (this.#maxPath === 0) {
      found.add(status.signerConstraints, 'untrusted', child.index, 'path length exceeded')
      return false
    }
    this.#maxPath--
    if (issuer === undefined) found.add(status.signerNotFound, 'untrusted', child.index)
    else {
      this.#issuers.push(issuer.certificate)
      if (isEnd) this.#checkNames(child)
      this.#checkIssuer(child, issuer, allowVersion1)
    }
    if (isEnd && hasUnknownCritical(child.certificate)) {
      found.add(status.unknownCritical, 'certificate-refused', child.index, 'unknown critical extension')
    }
    this.#checkLevel(child, issuer)
    if (issuer !== undefined) checkDates(found, issuer, this.#now)
    checkDates(found, child, this.#now)
    return found.flags === before
  }

  /** Names are held against what every issuer says; required features hang on what the server staples. */
  #checkNames({ certificate, index }: Link): void {
    const names = namesOfHost(certificate)
    const others = otherKinds(certificate)
    // Held against excluded ones alone: not so that it could be told here.
    if (this.#issuers.some(excludesDirectories)) others.add('directory')
    const checked = this.#issuers.map((issuer) => checkDnsConstraints(issuer, names, others))
    if (checked.some((one) => one === 'not-permitted' || one === 'excluded')) {
      this.#found.add(status.signerConstraints, 'issuer-refused', index, 'name constraints')
    }
    const features = [certificate, ...this.#issuers].some(({ extensions }) =>
      extensions.some(({ name }) => name === 'tlsFeature'),
    )
    if (features) this.#found.leaveOpen('certificate-refused', index, 'an OCSP staple is asked for')
    if (checked.includes('open')) this.#found.leaveOpen('issuer-refused', index, 'name constraints')
  }

  #checkIssuer(
    { certificate, index }: Link,
    { certificate: issuer, index: above }: Link,
    allowVersion1: boolean,
  ): void {
    const found = this.#found
    if (!(allowVersion1 && issuer.version === 1)) {
      const itself = certificate.sha256 === issuer.sha256
      const { isCa, pathLength } = issuer
      if (!itself && isCa && pathLength !== undefined) this.#maxPath = Math.min(this.#maxPath, pathLength)
      const hasConstraints = issuer.extensions.some(({ name }) => name === 'basicConstraints')
      const old = !hasConstraints && allowVersion1 && isIssuer(issuer, issuer)
      if (!itself && !isCa && !old) found.add(status.signerNotCa, 'untrusted', above, 'not a CA')
      if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes('keyCertSign')) {
        found.add(status.signerConstraints, 'untrusted', above, 'no right to sign')
      }
    }
    const { key } = signatureParts(certificate.signatureAlgorithm)
    const kind = issuer.publicKey.kind
    const fits = kind === 'rsa' ? key === 'rsa' || key === 'rsa-pss' : kind !== 'ec' || key === 'ecdsa'
    if (!fits) found.add(status.signerConstraints, 'untrusted', index, 'signed by another kind of key')
    else if (checkSignature(certificate, issuer) !== 'valid') {
      found.add(status.signatureFailure, 'untrusted', index, 'its signature does not verify')
    }
    if (hasUnknownCritical(issuer)) {
      found.add(status.unknownCritical, 'certificate-refused', above, 'unknown critical extension')
    }
  }

  #checkLevel({ certificate, index }: Link, issuer: Link | undefined): void {
    const { key, hash } = signatureParts(certificate.signatureAlgorithm)
    if (certificate.pssHash === 'sha1' || certificate.pssHash === 'md5') {
      this.#found.leaveOpen('algorithm-unsupported', index, 'signed by RSASSA-PSS with a weak hash')
    }
    const weakHash = hash === 'md5' || hash === 'md2' || (hash === 'sha1' && key !== undefined)
    const small = [certificate, issuer?.certificate].some(
      (one) =>
        (one?.publicKey.kind === 'rsa' && one.publicKey.bits < LEAST_RSA_BITS) ||
        (one?.publicKey.kind === 'ec' && !knownCurves.has(one.publicKey.curve)),
    )
    if (small || (weakHash && !isIssuer(certificate, certificate))) {
      this.#found.add(status.insecureAlgorithm, 'algorithm-unsupported', index)
    }
  }
}

function hasUnknownCritical({ extensions }: Certificate): boolean {
  return extensions.some(({ critical, name }) => critical && !supported.has(name))
}
