import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import { signatureParts } from '../x509/oids.ts'

/** Larger RSA keys are not tried: a hostile chain could otherwise keep us busy. Public CAs stop at 4,096. */
export const MAX_RSA_BITS_CHECKED = 8_192

/** `unchecked`: a key or an algorithm that cannot be used here. */
export type SignatureCheck = 'valid' | 'invalid' | 'unchecked'

/**
 * Whether `issuer`'s key made `certificate`'s signature, and nothing else: no names, dates or key usage. Of a redacted
 * certificate the claims of the one who redacted it stand for the signature, which can no longer be checked.
 */
export function checkSignature(certificate: Certificate, issuer: Certificate): SignatureCheck {
  const known = checks.get(certificate)?.get(issuer)
  if (known !== undefined) return known
  const result =
    certificate.signatureClaims === undefined ? checkOnce(certificate, issuer) : check(certificate, issuer)
  const ofCertificate = checks.get(certificate) ?? new WeakMap<Certificate, SignatureCheck>()
  checks.set(certificate, ofCertificate.set(issuer, result))
  return result
}

/** Results are facts of the bytes, so they are kept as long as the certificates are. */
const checks = new WeakMap<Certificate, WeakMap<Certificate, SignatureCheck>>()
const parsed = new WeakMap<Certificate, X509Certificate | undefined>()
const keys = new WeakMap<Certificate, KeyObject | undefined>()

/**
 * The same chain is read anew from each connection: for many devices, and from endpoint after endpoint of a batch. What its
 * bytes and the key's have shown is kept, the latest of them.
 */
const MAX_KEPT = 4096
const kept = new Map<string, SignatureCheck>()

function checkOnce(certificate: Certificate, issuer: Certificate): SignatureCheck {
  const bytes = createHash('sha256').update(certificate.der).digest('base64')
  const name = `${bytes} ${createHash('sha256').update(issuer.publicKey.spki).digest('base64')}`
  const known = kept.get(name)
  if (known !== undefined) return known
  const result = check(certificate, issuer)
  for (const [oldest] of kept) {
    if (kept.size < MAX_KEPT) break
    kept.delete(oldest)
  }
  kept.set(name, result)
  return result
}

/** The hash by which claims name a key. */
export function keySha256({ publicKey }: Certificate): string {
  return createHash('sha256').update(publicKey.spki).digest('hex')
}

function check(certificate: Certificate, issuer: Certificate): SignatureCheck {
  const { signatureClaims } = certificate
  if (signatureClaims !== undefined) {
    const key = keySha256(issuer)
    if (signatureClaims.signedBy.includes(key)) return 'valid'
    return signatureClaims.notBy.includes(key) ? 'invalid' : 'unchecked'
  }
  const { publicKey } = issuer
  if (publicKey.kind === 'rsa' && publicKey.bits > MAX_RSA_BITS_CHECKED) return 'unchecked'
  const signed = once(parsed, certificate, () => new X509Certificate(certificate.der))
  const key = once(keys, issuer, () =>
    createPublicKey({ key: Buffer.from(publicKey.spki), format: 'der', type: 'spki' }),
  )
  if (key === undefined) return 'unchecked'
  // OpenSSL looks at more than the signature; of what it refuses for that, the bytes are asked.
  const bytesAlone = signed === undefined || certificate.oddities.includes('two signature algorithms')
  try {
    if (bytesAlone) return checkBytes(certificate, key)
    return signed.verify(key) ? 'valid' : 'invalid'
  } catch {
    return 'unchecked'
  }
}

/** The outer signatureAlgorithm over tbsCertificate. Throws where key and algorithm do not go together. */
function checkBytes(
  { der, tbs, signature, signatureAlgorithm }: Certificate,
  issuerKey: KeyObject,
): SignatureCheck {
  const { key, hash } = signatureParts(signatureAlgorithm)
  if (hash === undefined || (key !== 'rsa' && key !== 'ecdsa')) return 'unchecked'
  return verify(hash, der.subarray(tbs.start, tbs.end), issuerKey, signature) ? 'valid' : 'invalid'
}

/** What OpenSSL cannot read becomes undefined. */
function once<T>(
  cache: WeakMap<Certificate, T | undefined>,
  certificate: Certificate,
  make: () => T,
): T | undefined {
  if (!cache.has(certificate)) cache.set(certificate, attempt(make))
  return cache.get(certificate)
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
