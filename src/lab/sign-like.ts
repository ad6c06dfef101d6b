import { constants, type KeyObject, sign } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import { DerReader, tags } from '../x509/der.ts'
import { readSmallInteger } from '../x509/der-values.ts'
import { signatureAlgorithms, signatureParts } from '../x509/oids.ts'
import type { KeyKind } from './twin-keys.ts'

/** How often an ECDSA signature is made anew until its two numbers take as many bytes as those observed. */
const MAX_TRIES = 2000
/** RFC 4055 §3.1, where the parameters name none. */
const DEFAULT_SALT_BYTES = 20

/**
 * A signature over `tbs` by the algorithm of the certificate observed, of the same size where that can be had.
 * Undefined where the key is not of the algorithm's kind, or the algorithm is none that we sign with.
 */
export function signLike(observed: Certificate, tbs: Uint8Array, key: KeyObject): Uint8Array | undefined {
  const { key: wanted, hash } = signatureParts(observed.signatureAlgorithm)
  const type = key.asymmetricKeyType
  try {
    if (wanted === 'rsa' && type === 'rsa') return sign(hash, tbs, key)
    if (wanted === 'rsa-pss' && type === 'rsa' && observed.pssHash !== undefined) {
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return sign(observed.pssHash, tbs, { key, padding, saltLength: saltBytes(observed.der) })
    }
    if (wanted === 'ecdsa' && type === 'ec') return signEcdsa(hash, tbs, key, observed.signature.length)
    if (wanted === 'eddsa' && (type === 'ed25519' || type === 'ed448')) return sign(null, tbs, key)
  } catch {
    // A hash that this OpenSSL does not have.
  }
  return undefined
}

/** A key that could have made the signature, of an issuer whose certificate was not seen. */
export function signerKindOf({ signatureAlgorithm, signature }: Certificate): KeyKind | undefined {
  switch (signatureParts(signatureAlgorithm).key) {
    case 'rsa':
    case 'rsa-pss':
      return { type: 'rsa', bits: signature.length * 8, exponent: 65_537 }
    case 'ecdsa':
      return { type: 'ec', curve: curveOf(signature.length) }
    case 'eddsa':
      return { type: signatureAlgorithm === 'Ed448' ? 'ed448' : 'ed25519' }
    default:
      return undefined
  }
}

/** Two integers of at most 33, 49 or 67 bytes each, with their headers. */
function curveOf(signatureBytes: number): string {
  if (signatureBytes <= 72) return 'secp256r1'
  return signatureBytes <= 104 ? 'secp384r1' : 'secp521r1'
}

function signEcdsa(hash: string | undefined, tbs: Uint8Array, key: KeyObject, bytes: number): Uint8Array {
  let best = sign(hash, tbs, key)
  for (let tries = 1; tries < MAX_TRIES && best.length !== bytes; tries++) {
    const next = sign(hash, tbs, key)
    if (Math.abs(next.length - bytes) < Math.abs(best.length - bytes)) best = next
  }
  return best
}

function saltBytes(der: Uint8Array): number {
  const outer = new DerReader(der, 'Certificate', new Set()).sequence('certificate')
  outer.expect(tags.sequence, 'tbs')
  const algorithm = outer.sequence('signatureAlgorithm')
  algorithm.expect(tags.objectIdentifier, signatureAlgorithms['RSASSA-PSS'].oid)
  const parameters = algorithm.sequence('parameters')
  parameters.optional(0xa0, 'hashAlgorithm')
  parameters.optional(0xa1, 'maskGenAlgorithm')
  const salt = parameters.optional(0xa2, 'saltLength')
  return salt === undefined
    ? DEFAULT_SALT_BYTES
    : readSmallInteger(parameters.inside(salt, 'saltLength'), 'saltLength')
}
