import { DecodeError } from '../codec/decode-error.ts'
import { equalBytes } from '../crypto/equal.ts'
import type { Device } from '../device/device.ts'
import { checkSignature } from '../trust/check-signature.ts'
import type { Certificate, CertificateExtension } from '../x509/certificate.ts'
import { DerReader } from '../x509/der.ts'
import { readOid } from '../x509/der-values.ts'
import { keyTypeName } from '../x509/key-type-name.ts'
import { signatureParts } from '../x509/oids.ts'
import { matchesHost } from './names.ts'
import type { ChainSeen, KeyExchangeKind, StackFailure, StackReason } from './stack.ts'

/** inc/bearssl_x509.h: BR_ERR_X509_*; inc/bearssl_ssl.h: BR_ERR_WRONG_KEY_USAGE. */
const bearsslCodes = {
  unexpected: 41,
  overflow: 46,
  badTime: 48,
  unsupported: 49,
  limitExceeded: 50,
  wrongKeyType: 51,
  badSignature: 52,
  expired: 54,
  dnMismatch: 55,
  badServerName: 56,
  criticalExtension: 57,
  notCa: 58,
  forbiddenKeyUsage: 59,
  weakPublicKey: 60,
  notTrusted: 62,
  /** BR_ERR_LIMIT_EXCEEDED of the engine. */
  engineLimit: 23,
  /** BR_ERR_BAD_SIGNATURE: of the key exchange. */
  engineSignature: 27,
  wrongKeyUsage: 28,
} as const

/** BR_X509_BUFSIZE_KEY, for modulus and exponent, and BR_X509_BUFSIZE_SIG. */
const KEY_BYTES = 520
const EXPONENT_BYTES = 3
const SIGNATURE_BYTES = 512
/** br_x509_minimal_set_minrsa not called. */
const MIN_RSA_BITS = 1_024

const curves: ReadonlySet<string> = new Set(['secp256r1', 'secp384r1', 'secp521r1'])
const hashes: ReadonlySet<string> = new Set(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'])

/** Passed over, critical or not: src/x509/x509_minimal.t0. */
const ignored: ReadonlySet<string> = new Set([
  'authorityKeyIdentifier',
  'subjectKeyIdentifier',
  'issuerAltName',
  'subjectDirectoryAttributes',
  'cRLDistributionPoints',
  'freshestCRL',
  'authorityInfoAccess',
  'subjectInfoAccess',
])

/** A fault of the certificate being read. */
interface Fault {
  readonly code: keyof typeof bearsslCodes
  readonly kind: StackReason['kind']
  readonly detail?: string
  readonly uncertain?: boolean
}

interface Build {
  /** Signature algorithms by name; undefined: all of the full client profile. */
  readonly signatures: ReadonlySet<string> | undefined
  readonly minRsaBits: number
}

function readBuild({ verification, limits }: Device): Build {
  const listed = verification.certificateSignatures?.value
  const least = limits.rsaKeyBitsMin?.value
  return {
    signatures: listed && new Set(listed),
    minRsaBits: typeof least === 'number' ? least : MIN_RSA_BITS,
  }
}

/**
 * x509_minimal of 0.6: certificates are read as they come, from the leaf on; the first fault ends it, and so does the
 * first certificate that a trusted CA signed, whatever follows.
 */
export function verifyBearssl(chain: ChainSeen, device: Device): StackFailure | undefined {
  const build = readBuild(device)
  const [leaf] = chain.certificates
  if (!chain.verifies) {
    const fault = leaf === undefined ? undefined : keyFault(leaf, build)
    return fault && failure(fault, 0)
  }
  let previous: Certificate | undefined
  for (const [index, certificate] of chain.certificates.entries()) {
    if (certificate === undefined) return failure(unreadable, index)
    const fault = readCertificate(certificate, previous, index, chain, build)
    if (fault !== undefined) return failure(fault, index)
    const held = index === 0 && isDirectlyTrusted(certificate, chain.anchors)
    if (held) return usageFailure(certificate, chain.keyExchange)
    const last = signatureFault(certificate, build)
    if (last !== undefined) return failure(last, index)
    if (isSignedByAnchor(certificate, chain.anchors)) return usageFailure(leaf!, chain.keyExchange)
    previous = certificate
  }
  return failure({ code: 'notTrusted', kind: 'untrusted' }, undefined)
}

const unreadable: Fault = {
  code: 'unexpected',
  kind: 'certificate-refused',
  detail: 'it cannot be read',
  uncertain: true,
}

/** br_x509_decoder: an anchor whose key it does not know. What becomes of one beside others is the application's affair. */
export function loadBearsslAnchors(
  anchors: readonly Certificate[],
  device: Device,
): StackFailure | undefined {
  const build = { ...readBuild(device), minRsaBits: 0 }
  const faults = anchors.flatMap((anchor) => keyFault(anchor, build) ?? [])
  const [first] = faults
  if (first === undefined) return undefined
  const uncertain = faults.length < anchors.length
  return {
    ...failure({ ...first, kind: 'no-anchor' }, undefined),
    ...(uncertain ? { uncertain } : {}),
    setup: true,
    early: true,
  }
}

/** decode-certificate up to the end of the extensions, in its order. */
function readCertificate(
  certificate: Certificate,
  previous: Certificate | undefined,
  index: number,
  { now, host }: ChainSeen,
  build: Build,
): Fault | undefined {
  const { notBefore, notAfter, subject, extensions, oddities } = certificate
  const odd = oddities.find((oddity) => /^not(Before|After) with(out seconds| an offset)$/.test(oddity))
  if (odd !== undefined) return { code: 'badTime', kind: 'certificate-refused', detail: odd }
  if (now !== undefined && notBefore > now) return { code: 'expired', kind: 'not-yet-valid' }
  if (now !== undefined && notAfter < now) return { code: 'expired', kind: 'expired' }
  if (previous !== undefined && !equalBytes(subject.der, previous.issuer.der)) {
    const detail = 'it is not the issuer of the certificate before it'
    return { code: 'dnMismatch', kind: 'untrusted', detail }
  }
  const key = keyFault(certificate, build)
  if (key !== undefined) return key
  const signed = previous && issuerFault(previous, certificate)
  if (signed !== undefined) return signed
  for (const extension of extensions) {
    const fault = extensionFault(extension, certificate, index)
    if (fault !== undefined) return fault
  }
  if (index > 0 && !extensions.some(({ name }) => name === 'basicConstraints')) {
    return { code: 'notCa', kind: 'issuer-refused', detail: 'no basic constraints' }
  }
  if (index === 0 && host !== undefined && !matchesHost(certificate, host, { ipSan: false })) {
    return { code: 'badServerName', kind: 'name-mismatch' }
  }
  return undefined
}

function keyFault({ publicKey, oddities }: Certificate, { minRsaBits }: Build): Fault | undefined {
  if (publicKey.kind === 'rsa') {
    const modulusBytes = Math.ceil(publicKey.bits / 8)
    const detail = `RSA key of ${publicKey.bits} bits`
    if (modulusBytes + EXPONENT_BYTES > KEY_BYTES)
      return { code: 'limitExceeded', kind: 'key-too-large', detail }
    const weak = modulusBytes < Math.ceil(minRsaBits / 8)
    return weak ? { code: 'weakPublicKey', kind: 'algorithm-unsupported', detail } : undefined
  }
  if (publicKey.kind === 'ec' && curves.has(publicKey.curve)) return undefined
  // It looks for the OBJECT IDENTIFIER of a curve.
  if (oddities.includes('explicit curve parameters')) {
    return { code: 'unexpected', kind: 'algorithm-unsupported', detail: 'explicit curve parameters' }
  }
  const what = publicKey.kind === 'ec' ? `key on ${publicKey.curve}` : `key of type ${keyTypeName(publicKey)}`
  return { code: 'unsupported', kind: 'algorithm-unsupported', detail: what }
}

/** The signature of the certificate before, by the key just read. */
function issuerFault(child: Certificate, issuer: Certificate): Fault | undefined {
  const { key } = signatureParts(child.signatureAlgorithm)
  if ((key === 'ecdsa') !== (issuer.publicKey.kind === 'ec')) {
    return { code: 'wrongKeyType', kind: 'untrusted', detail: 'key of another type than the signature' }
  }
  if (issuer.oddities.includes('a compressed point')) {
    return { code: 'badSignature', kind: 'algorithm-unsupported', detail: 'a key whose point is compressed' }
  }
  const check = checkSignature(child, issuer)
  if (check === 'valid') return undefined
  const detail = 'its key did not sign the certificate before it'
  return { code: 'badSignature', kind: 'untrusted', detail, uncertain: check === 'unchecked' }
}

const EMPTY_BIT_STRING_BYTES = 3

function extensionFault(
  { name, critical, value }: CertificateExtension,
  { isCa, pathLength, keyUsage, oddities }: Certificate,
  index: number,
): Fault | undefined {
  switch (name) {
    case 'basicConstraints':
      if (index === 0) return undefined
      if (!isCa) return { code: 'notCa', kind: 'issuer-refused', detail: 'no CA' }
      if (oddities.some((oddity) => oddity.startsWith('a negative path length'))) {
        return { code: 'overflow', kind: 'certificate-refused', detail: 'a negative path length' }
      }
      if (pathLength === undefined || pathLength >= index - 1) return undefined
      return { code: 'notCa', kind: 'issuer-refused', detail: 'path length exceeded' }
    case 'keyUsage':
      // process-keyUsage: a BIT STRING without any bits, the leaf's too.
      if (value.length <= EMPTY_BIT_STRING_BYTES) {
        return { code: 'forbiddenKeyUsage', kind: 'certificate-refused', detail: 'a keyUsage without bits' }
      }
      if (index === 0 || keyUsage?.includes('keyCertSign')) return undefined
      return { code: 'forbiddenKeyUsage', kind: 'issuer-refused', detail: 'key usage without keyCertSign' }
    case 'subjectAltName':
      return undefined
    case 'certificatePolicies':
      if (!critical || onlyCpsQualifiers(value)) return undefined
      return {
        code: 'criticalExtension',
        kind: 'certificate-refused',
        detail: 'critical certificate policies',
      }
    default:
      if (!critical || ignored.has(name)) return undefined
      return {
        code: 'criticalExtension',
        kind: 'certificate-refused',
        detail: `unknown critical extension ${name}`,
      }
  }
}

const CPS = '1.3.6.1.5.5.7.2.1'

/** process-certPolicies. */
function onlyCpsQualifiers(value: Uint8Array): boolean {
  try {
    const policies = new DerReader(value, 'certificatePolicies', new Set()).sequence('policies')
    while (!policies.atEnd) {
      const policy = policies.sequence('policy')
      policy.any('identifier')
      const qualifiers = policy.atEnd ? undefined : policy.sequence('qualifiers')
      while (qualifiers !== undefined && !qualifiers.atEnd) {
        if (readOid(qualifiers.sequence('qualifier'), 'id') !== CPS) return false
      }
    }
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

function signatureFault(
  { signatureAlgorithm, signature }: Certificate,
  { signatures }: Build,
): Fault | undefined {
  const { key, hash } = signatureParts(signatureAlgorithm)
  const known = (key === 'rsa' || key === 'ecdsa') && hash !== undefined && hashes.has(hash)
  const detail = `signed with ${signatureAlgorithm}`
  if (!known || signatures?.has(signatureAlgorithm) === false) {
    return { code: 'unsupported', kind: 'algorithm-unsupported', detail }
  }
  if (signature.length <= SIGNATURE_BYTES) return undefined
  return { code: 'limitExceeded', kind: 'key-too-large', detail: `a signature of ${signature.length} bytes` }
}

/** check-direct-trust: an anchor that is no CA, by its name and key. */
function isDirectlyTrusted({ subject, publicKey }: Certificate, anchors: readonly Certificate[]): boolean {
  return anchors.some(
    (anchor) =>
      !anchor.isCa &&
      equalBytes(anchor.subject.der, subject.der) &&
      equalBytes(anchor.publicKey.spki, publicKey.spki),
  )
}

/** check-trust-anchor-CA: by name and signature; dates, key usage and path length of an anchor do not count. */
function isSignedByAnchor(certificate: Certificate, anchors: readonly Certificate[]): boolean {
  return anchors.some(
    (anchor) =>
      anchor.isCa &&
      equalBytes(anchor.subject.der, certificate.issuer.der) &&
      checkSignature(certificate, anchor) === 'valid',
  )
}

/** read-Certificate-from-server: the leaf's key must serve the suite, and what it signs must fit the pad. */
function usageFailure(
  { keyUsage, publicKey, oddities }: Certificate,
  keyExchange: KeyExchangeKind | undefined,
): StackFailure | undefined {
  // Elliptic curves are reckoned with uncompressed points alone: the signature of the key exchange fails.
  if (keyExchange === 'signed' && oddities.includes('a compressed point')) {
    const detail = 'a key whose point is compressed'
    return failure({ code: 'engineSignature', kind: 'algorithm-unsupported', detail }, 0)
  }
  const large = publicKey.kind === 'rsa' && Math.ceil(publicKey.bits / 8) > SIGNATURE_BYTES
  const tooLarge: Fault | undefined = large
    ? { code: 'engineLimit', kind: 'key-too-large', detail: `RSA key of ${publicKey.bits} bits` }
    : undefined
  if (keyUsage === undefined || keyExchange === undefined) return tooLarge && failure(tooLarge, 0)
  const signs = ['digitalSignature', 'nonRepudiation']
  const agrees = ['keyEncipherment', 'dataEncipherment', 'keyAgreement']
  const needed = keyExchange === 'signed' ? signs : agrees
  if (needed.some((one) => keyUsage.includes(one))) return tooLarge && failure(tooLarge, 0)
  const detail = `key usage without ${needed.join(' or ')}`
  return failure({ code: 'wrongKeyUsage', kind: 'key-usage', detail }, 0)
}

/** No alert goes out: the engine closes. */
function failure({ code, kind, detail, uncertain }: Fault, index: number | undefined): StackFailure {
  return {
    reasons: [{ kind, index, detail }],
    code: String(bearsslCodes[code]),
    ...(uncertain ? { uncertain } : {}),
  }
}
