import { readSigner, type SignatureAlgorithm } from '../crypto/signature.ts'
import { findSignatureScheme } from './signature-schemes.ts'
import { schemeCurves } from './signatures-13.ts'

/** A client certificate with its key. */
export interface ClientCredential {
  /** DER, leaf first; at least one. */
  readonly certificates: readonly Uint8Array[]
  /** Unencrypted, PKCS #8, PKCS #1 or SEC 1. */
  readonly privateKeyPem: string
}

/** A credential, and how its possession is proved. */
export interface CertificateProof {
  readonly certificates: readonly Uint8Array[]
  /** undefined before TLS 1.2, where CertificateVerify names none. */
  readonly signatureScheme: number | undefined
  sign(data: Uint8Array): Uint8Array
}

/**
 * The first of the schemes a server takes that the key can do; before TLS 1.2 the one way that the key's kind has. undefined when there is none: then RFC 5246 §7.4.6
 * asks for an empty Certificate. Throws for a credential without certificates (`RangeError`) or with a key that cannot
 * be read (`TypeError`).
 */
export function chooseProof(
  { certificates, privateKeyPem }: ClientCredential,
  schemes: readonly number[] | 'before-tls12',
  version: 'tls13' | 'before-tls13' = 'before-tls13',
): CertificateProof | undefined {
  if (certificates.length === 0) throw new RangeError('credential.certificates is empty')
  const signer = readSigner(privateKeyPem)
  const ways =
    schemes === 'before-tls12'
      ? unnamedAlgorithms.map((algorithm) => ({ signatureScheme: undefined, algorithm }))
      : schemes.map((code) => ({ signatureScheme: code, algorithm: findSignatureScheme(code)?.algorithm }))
  for (const { signatureScheme, algorithm } of ways) {
    if (version === 'tls13' && !fitsCurve(signatureScheme, signer.curve)) continue
    if (algorithm === undefined || signer.sign(algorithm, new Uint8Array(0)) === undefined) continue
    return { certificates, signatureScheme, sign: (data) => signer.sign(algorithm, data)! }
  }
  return undefined
}

/** What a signature is made with before TLS 1.2, RFC 2246 §7.4.3, RFC 4492 §5.4: the key's kind says which. */
export const unnamedAlgorithms: readonly SignatureAlgorithm[] = [
  { kind: 'rsa-pkcs1', hash: 'md5-sha1' },
  { kind: 'ecdsa', hash: 'sha1' },
]

/** In TLS 1.3 an ECDSA scheme names its curve, too, RFC 8446 §4.2.3. */
function fitsCurve(scheme: number | undefined, curve: string | undefined): boolean {
  const needed = scheme === undefined ? undefined : schemeCurves.get(scheme)
  return needed === undefined || needed === curve
}
