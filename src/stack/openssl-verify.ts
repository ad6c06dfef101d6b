import type { Device } from '../device/device.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { checkSignature } from '../trust/check-signature.ts'
import { decodeAuthorityKeyIdentifier } from '../x509/authority-key-identifier.ts'
import type { Certificate } from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import { parseIp } from '../x509/ip-address.ts'
import type { NameAttribute } from '../x509/name.ts'
import { decodeNameConstraints, type NameSubtree } from '../x509/name-constraints.ts'
import { signatureParts } from '../x509/oids.ts'
import { type Constrained, checkDnsConstraints, namesOfHost, otherKinds } from './dns-constraints.ts'
import { beginsWith, lowerAscii, sameNames } from './names.ts'
import { matchesOpenssl } from './openssl-name.ts'
import type { ChainSeen, StackFailure, StackReason } from './stack.ts'

/** include/openssl/x509_vfy.h: X509_V_ERR_*. */
const errors = {
  unableToGetIssuer: 2,
  signatureFailure: 7,
  notYetValid: 9,
  expired: 10,
  oddNotBefore: 13,
  oddNotAfter: 14,
  depthZeroSelfSigned: 18,
  selfSignedInChain: 19,
  unableToGetIssuerLocally: 20,
  pathLengthExceeded: 25,
  invalidPurpose: 26,
  unhandledCriticalExtension: 34,
  permittedViolation: 47,
  excludedViolation: 48,
  hostnameMismatch: 62,
  addressMismatch: 64,
  eeKeyTooSmall: 66,
  caKeyTooSmall: 67,
  caMdTooWeak: 68,
  invalidCa: 79,
  explicitCurve: 94,
} as const

/** Critical ones that the library reads, RFC 3779's addresses among them: crypto/x509/v3_purp.c, X509_supported_extension. */
const supported: ReadonlySet<string> = new Set([
  'netscapeCertType',
  'keyUsage',
  'subjectAltName',
  'basicConstraints',
  'certificatePolicies',
  'cRLDistributionPoints',
  'extKeyUsage',
  'policyConstraints',
  'nameConstraints',
  'policyMappings',
  'inhibitAnyPolicy',
  'ocspNoCheck',
  '1.3.6.1.5.5.7.1.7',
  '1.3.6.1.5.5.7.1.8',
])

/** Security level 2, which Debian sets: 112 bits, ssl/ssl_cert.c. */
export const LEAST_RSA_BITS = 2_048
/** What is a little shorter is rounded up to it: crypto/rsa/rsa_lib.c, ossl_ifc_ffc_compute_security_bits. */
const ROUNDED_RSA_BITS = 85
const LEAST_EC_BITS = 224
const weakHashes: ReadonlySet<string> = new Set(['md2', 'md5', 'sha1'])

/** ossl_c2i_ASN1_INTEGER, ASN1_R_ILLEGAL_PADDING. */
const PADDED_SERIAL = 'serialNumber in more bytes than it needs'

/** X509_verify_cert with a host set and without partial chains: the first error ends it. */
export function verifyOpenssl(chain: ChainSeen, device: Device): StackFailure | undefined {
  const [leaf] = chain.certificates
  if (leaf === undefined) {
    return {
      reasons: [{ kind: 'certificate-refused', index: 0 }],
      code: 'bad certificate',
      uncertain: true,
      early: true,
    }
  }
  const padded = chain.certificates.findIndex((one) => one?.oddities.includes(PADDED_SERIAL))
  if (padded >= 0) {
    const reasons = [{ kind: 'certificate-refused' as const, index: padded, detail: PADDED_SERIAL }]
    return { reasons, code: 'asn1 lib', alert: 42, early: true }
  }
  if (!chain.verifies) return checkCurve(leaf, chain, device)
  const built = build(leaf, chain)
  if ('code' in built) return built
  return (
    checkExtensions(built) ??
    checkLevel(built, device) ??
    checkName(leaf, chain.host) ??
    checkSignaturesAndDates(built, chain.now) ??
    checkConstraints(built) ??
    checkCurve(leaf, chain, device)
  )
}

/** tls12_check_peer_sigalg: what signs the key exchange of TLS 1.2 lies on a curve that was offered. */
function checkCurve(
  { publicKey }: Certificate,
  { version, keyExchange }: ChainSeen,
  { hello }: Device,
): StackFailure | undefined {
  const offered = hello.groups?.value.map(parseNamedGroup)
  if (version !== 0x0303 || keyExchange !== 'signed' || publicKey.kind !== 'ec') return undefined
  if (offered === undefined || offered.includes(parseNamedGroup(publicKey.curve))) return undefined
  const reasons: StackReason[] = [
    { kind: 'algorithm-unsupported', index: 0, detail: `key on ${publicKey.curve}` },
  ]
  return { reasons, code: 'wrong curve', alert: 47 }
}

interface Link {
  readonly certificate: Certificate
  /** Undefined: out of the store. */
  readonly index: number | undefined
}

function fail(
  number: number,
  kind: StackReason['kind'],
  index: number | undefined,
  detail?: string,
): StackFailure {
  return { reasons: [{ kind, index, detail }], code: 'certificate verify failed', flags: String(number) }
}

/** build_chain: at each step the store first, then what was sent. */
function build(leaf: Certificate, { certificates, anchors, now }: ChainSeen): Link[] | StackFailure {
  const links: Link[] = [{ certificate: leaf, index: 0 }]
  let trusting = false
  for (;;) {
    const top = links[links.length - 1]!
    const stored = bestIssuer(
      top.certificate,
      anchors.map((certificate) => ({ certificate, index: undefined })),
      now,
    )
    if (isSelfSigned(top.certificate)) {
      // One that was sent must be the very one that is held.
      if (top.index === undefined || stored?.certificate.sha256 === top.certificate.sha256) return links
      return noTrust(links, trusting)
    }
    if (stored !== undefined) {
      trusting = true
      links.push(stored)
      continue
    }
    const free = certificates.flatMap((certificate, index) =>
      certificate === undefined || links.some((link) => link.certificate.sha256 === certificate.sha256)
        ? []
        : [{ certificate, index }],
    )
    const sent = trusting ? undefined : bestIssuer(top.certificate, free, now)
    if (sent === undefined || links.length > MAX_DEPTH) return noTrust(links, trusting)
    links.push(sent)
  }
}

const MAX_DEPTH = 100

function noTrust(links: readonly Link[], trusting: boolean): StackFailure {
  const { certificate, index } = links[links.length - 1]!
  if (isSelfSigned(certificate)) {
    return fail(
      links.length === 1 ? errors.depthZeroSelfSigned : errors.selfSignedInChain,
      'untrusted',
      index,
    )
  }
  return fail(trusting ? errors.unableToGetIssuer : errors.unableToGetIssuerLocally, 'untrusted', index)
}

/** The first whose dates hold, else the one that ends last. */
function bestIssuer(
  child: Certificate,
  candidates: readonly Link[],
  now: Date | undefined,
): Link | undefined {
  const issuers = candidates.filter(({ certificate }) => issued(child, certificate))
  const current = issuers.find(
    ({ certificate: { notBefore, notAfter } }) => now === undefined || (notBefore <= now && notAfter > now),
  )
  if (current !== undefined) return current
  return issuers.reduce<Link | undefined>(
    (best, one) => (best === undefined || one.certificate.notAfter > best.certificate.notAfter ? one : best),
    undefined,
  )
}

/** X509_check_issued: names, key ids where both have them, and the kind of key. The right to sign is looked at later. */
function issued(child: Certificate, parent: Certificate): boolean {
  if (!sameNames(child.issuer, parent.subject, canonical)) return false
  if (hasInvalidExtension(child) || hasInvalidExtension(parent)) return false
  const { authorityKeyId } = child
  const { subjectKeyId } = parent
  if (authorityKeyId !== undefined && subjectKeyId !== undefined && authorityKeyId !== subjectKeyId)
    return false
  if (!namesIssuer(child, parent)) return false
  const { key } = signatureParts(child.signatureAlgorithm)
  const signer = parent.publicKey.kind
  if (signer === 'rsa') return key === undefined || key === 'rsa' || key === 'rsa-pss'
  return signer !== 'ec' || key === undefined || key === 'ecdsa'
}

/** X509_check_akid: issuer and serial number of the issuer's certificate, where the child gives them. */
function namesIssuer({ extensions }: Certificate, parent: Certificate): boolean {
  const extension = extensions.find(({ name }) => name === 'authorityKeyIdentifier')
  if (extension === undefined) return true
  const { issuer, serialHex } = decodeAuthorityKeyIdentifier(extension)
  if (serialHex !== undefined && serialHex !== parent.serialHex) return false
  return issuer === undefined || sameNames(issuer, parent.issuer, canonical)
}

/** asn1_string_canon: as UTF-8, without spaces around, one for several within, letter case aside. */
function canonical({ value, tag }: NameAttribute): string {
  if (tag === tags.numericString) return `${tag} ${value}`
  return lowerAscii(value.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, ''))
}

/** EXFLAG_INVALID: an extension that is cached may come once, and keyUsage has to name a use. crypto/x509/v3_purp.c, ossl_x509v3_cache_extensions. */
function hasInvalidExtension({ extensions, keyUsage, oddities }: Certificate): boolean {
  if (keyUsage?.length === 0) return true
  if (oddities.some((oddity) => invalidating.has(oddity) || oddity.startsWith('a negative path length')))
    return true
  const names = extensions.flatMap(({ name }) => (cached.has(name) ? [name] : []))
  return new Set(names).size < names.length
}

/** What is cached has to be read; broken constraints count where they are looked at. */
const invalidating: ReadonlySet<string> = new Set([
  'unreadable basicConstraints',
  'unreadable keyUsage',
  'unreadable extKeyUsage',
  'unreadable subjectKeyIdentifier',
  'unreadable authorityKeyIdentifier',
  'unreadable subjectAltName',
])

const cached: ReadonlySet<string> = new Set([
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'netscapeCertType',
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
  'subjectAltName',
  'nameConstraints',
  'cRLDistributionPoints',
])

/** EXFLAG_SS: by the same marks; its signature is not tried. */
function isSelfSigned(certificate: Certificate): boolean {
  return issued(certificate, certificate)
}

/** check_extensions: leaf first. */
function checkExtensions(links: readonly Link[]): StackFailure | undefined {
  let below = 0
  for (const [at, { certificate, index }] of links.entries()) {
    const unknown = certificate.extensions.find(({ critical, name }) => critical && !supported.has(name))
    if (unknown !== undefined) {
      return fail(
        errors.unhandledCriticalExtension,
        'certificate-refused',
        index,
        `unknown critical extension ${unknown.name}`,
      )
    }
    const last = at === links.length - 1
    if (at > 0 && !isCa(certificate, last)) return fail(errors.invalidCa, 'untrusted', index, 'not a CA')
    // check_curve, where there is more than one certificate.
    if (links.length > 1 && certificate.oddities.includes('explicit curve parameters')) {
      return fail(errors.explicitCurve, 'algorithm-unsupported', index, 'explicit curve parameters')
    }
    if (!forServers(certificate, at === 0)) return fail(errors.invalidPurpose, 'key-usage', index)
    const { pathLength } = certificate
    if (at > 1 && pathLength !== undefined && below > pathLength) {
      return fail(errors.pathLengthExceeded, 'untrusted', index, 'path length exceeded')
    }
    if (at > 0 && !certificate.selfIssued) below++
  }
  return undefined
}

/** X509_check_ca: an anchor of version 1, or one that keyUsage alone makes a CA, will do; an intermediate will not. */
function isCa({ isCa: ca, extensions, keyUsage, version, selfIssued }: Certificate, last: boolean): boolean {
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) return false
  if (extensions.some(({ name }) => name === 'basicConstraints')) return ca
  return last && (keyUsage !== undefined || (version === 1 && selfIssued))
}

/**
 * check_purpose_ssl_server: extKeyUsage of every certificate, server gated cryptography included; of the leaf
 * netscapeCertType, and keyUsage for any key exchange.
 */
function forServers({ extendedKeyUsage, keyUsage, extensions }: Certificate, isLeaf: boolean): boolean {
  const purposes = ['serverAuth', '2.16.840.1.113730.4.1', '1.3.6.1.4.1.311.10.3.3']
  const nsType = extensions.find(({ name }) => name === 'netscapeCertType')
  if (isLeaf && nsType !== undefined && ((nsType.value[3] ?? 0) & NS_SSL_SERVER) === 0) return false
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((one) => purposes.includes(one))) return false
  const uses = ['digitalSignature', 'keyEncipherment', 'keyAgreement']
  return !isLeaf || keyUsage === undefined || keyUsage.some((one) => uses.includes(one))
}

/** The second bit of a BIT STRING behind its two bytes of header and one of unused bits. */
const NS_SSL_SERVER = 0x40

/** check_auth_level. */
function checkLevel(links: readonly Link[], { limits }: Device): StackFailure | undefined {
  const known = limits.rsaKeyBitsMin?.value
  const leastRsa = typeof known === 'number' ? known : LEAST_RSA_BITS
  const rounding = leastRsa === LEAST_RSA_BITS ? ROUNDED_RSA_BITS : 0
  for (const [at, { certificate, index }] of links.entries()) {
    const { publicKey, signatureAlgorithm } = certificate
    const small =
      (publicKey.kind === 'rsa' && publicKey.bits < leastRsa - rounding) ||
      (publicKey.kind === 'ec' && publicKey.bits < LEAST_EC_BITS)
    if (small)
      return fail(at === 0 ? errors.eeKeyTooSmall : errors.caKeyTooSmall, 'algorithm-unsupported', index)
    const hash = certificate.pssHash ?? signatureParts(signatureAlgorithm).hash
    if (at < links.length - 1 && hash !== undefined && weakHashes.has(hash)) {
      return fail(errors.caMdTooWeak, 'algorithm-unsupported', index, `signed with ${hash}`)
    }
  }
  return undefined
}

function checkName(leaf: Certificate, host: string | undefined): StackFailure | undefined {
  if (host === undefined || matchesOpenssl(leaf, host)) return undefined
  return fail(
    parseIp(host) === undefined ? errors.hostnameMismatch : errors.addressMismatch,
    'name-mismatch',
    0,
  )
}

/** internal_verify: from the anchor down. */
function checkSignaturesAndDates(links: readonly Link[], now: Date | undefined): StackFailure | undefined {
  for (let at = links.length - 1; at >= 0; at--) {
    const { certificate, index } = links[at]!
    const issuer = links[at + 1]?.certificate
    if (issuer !== undefined && !isSignedBy(certificate, issuer)) {
      return fail(errors.signatureFailure, 'untrusted', index, 'its signature does not verify')
    }
    if (now === undefined) continue
    const odd = certificate.oddities.find((oddity) => /^not(Before|After) with/.test(oddity))
    if (odd !== undefined) {
      const number = odd.startsWith('notBefore') ? errors.oddNotBefore : errors.oddNotAfter
      return fail(number, 'certificate-refused', index, odd)
    }
    if (certificate.notBefore > now) return fail(errors.notYetValid, 'not-yet-valid', index)
    // X509_cmp_time never finds two times equal: the last second is over.
    if (certificate.notAfter <= now) return fail(errors.expired, 'expired', index)
  }
  return undefined
}

/** nc_dn: RDN by RDN from the first on. */
function checkSubject(issuer: Certificate, { subject }: Certificate): Constrained {
  const extension = issuer.extensions.find(({ name }) => name === 'nameConstraints')
  const constraints = extension && decodeNameConstraints(extension)
  if (constraints === undefined || subject.attributes.length === 0) return 'kept'
  const within = ({ name }: NameSubtree) => name !== undefined && beginsWith(subject, name, canonical)
  const permitted = constraints.permitted.filter(({ kind }) => kind === 'directory')
  if (permitted.length > 0 && !permitted.some(within)) return 'not-permitted'
  return constraints.excluded.some(within) ? 'excluded' : 'kept'
}

/** X509_verify: the algorithm within what is signed has to be the one without. */
function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    !certificate.oddities.includes('two signature algorithms') &&
    checkSignature(certificate, issuer) === 'valid'
  )
}

/** check_name_constraints: names of each certificate, and of the leaf the common name where it has no dNSName. */
function checkConstraints(links: readonly Link[]): StackFailure | undefined {
  for (const [at, { certificate, index }] of links.entries()) {
    if (at > 0 && certificate.selfIssued) continue
    const own = certificate.subjectAltNames.flatMap(({ kind, value }) => (kind === 'dns' ? [value] : []))
    const names = at > 0 ? own : namesOfHost(certificate)
    const others = otherKinds(certificate)
    for (const { certificate: issuer } of links.slice(at + 1)) {
      const subject = checkSubject(issuer, certificate)
      const checked = subject === 'kept' ? checkDnsConstraints(issuer, names, others) : subject
      if (checked === 'kept') continue
      const number = checked === 'excluded' ? errors.excludedViolation : errors.permittedViolation
      const failure = fail(number, 'issuer-refused', index, 'name constraints')
      return checked === 'open' ? { ...failure, uncertain: true } : failure
    }
  }
  return undefined
}
