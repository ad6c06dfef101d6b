import { readSigner } from '../crypto/signature.ts'
import { findSignatureScheme } from './signature-schemes.ts'

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
  readonly signatureScheme: number
  sign(data: Uint8Array): Uint8Array
}

/**
 * The first of the schemes a server takes that the key can do. undefined when there is none: then RFC 5246 §7.4.6
 * asks for an empty Certificate. Throws for a credential without certificates (`RangeError`) or with a key that cannot
 * be read (`TypeError`).
 */
export function chooseProof(
  { certificates, privateKeyPem }: ClientCredential,
  schemes: readonly number[],
): CertificateProof | undefined {
  if (certificates.length === 0) throw new RangeError('credential.certificates is empty')
  const signer = readSigner(privateKeyPem)
  for (const signatureScheme of schemes) {
    const algorithm = findSignatureScheme(signatureScheme)?.algorithm
    if (algorithm === undefined || signer.sign(algorithm, new Uint8Array(0)) === undefined) continue
    return { certificates, signatureScheme, sign: (data) => signer.sign(algorithm, data)! }
  }
  return undefined
}
