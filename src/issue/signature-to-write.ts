import { constants, type KeyObject, sign } from 'node:crypto'
import { type Der, explicit, integer, nullValue, objectIdentifier, sequence } from './der.ts'

/** Hashes of certificate signatures, those that nobody should use any more included. */
export type HashToWrite = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** How a certificate is signed: an EC key signs with ECDSA, an Ed25519 key by itself, whatever the hash. */
export interface SignatureToWrite {
  readonly signer: KeyObject
  readonly hash: HashToWrite
  /** An RSA key signs with PSS in place of PKCS #1 v1.5. */
  readonly pss: boolean
}

// biome-ignore format: a table; RFC 8017 §A.2, RFC 5758 §3.2, RFC 3279 §2.2.3
const oids: { readonly [H in HashToWrite]: { readonly hash: string; readonly rsa: string; readonly ecdsa?: string; readonly bytes: number } } = {
  md5:    { hash: '1.2.840.113549.2.5',     rsa: '1.2.840.113549.1.1.4',  bytes: 16 },
  sha1:   { hash: '1.3.14.3.2.26',          rsa: '1.2.840.113549.1.1.5',  ecdsa: '1.2.840.10045.4.1',   bytes: 20 },
  sha256: { hash: '2.16.840.1.101.3.4.2.1', rsa: '1.2.840.113549.1.1.11', ecdsa: '1.2.840.10045.4.3.2', bytes: 32 },
  sha384: { hash: '2.16.840.1.101.3.4.2.2', rsa: '1.2.840.113549.1.1.12', ecdsa: '1.2.840.10045.4.3.3', bytes: 48 },
  sha512: { hash: '2.16.840.1.101.3.4.2.3', rsa: '1.2.840.113549.1.1.13', ecdsa: '1.2.840.10045.4.3.4', bytes: 64 },
}

/** AlgorithmIdentifier: RFC 4055 §5 wants NULL parameters for RSA, RFC 5758 §3.2 and RFC 8410 §3 none. */
export function signatureAlgorithm({ signer, hash, pss }: SignatureToWrite): Der {
  const row = oids[hash]
  if (signer.asymmetricKeyType === 'ed25519') return sequence(objectIdentifier('1.3.101.112'))
  if (signer.asymmetricKeyType === 'ec') {
    if (row.ecdsa === undefined) throw new Error(`ECDSA has no algorithm identifier with ${hash}`)
    return sequence(objectIdentifier(row.ecdsa))
  }
  if (!pss) return sequence(objectIdentifier(row.rsa), nullValue())
  const hashAlgorithm = sequence(objectIdentifier(row.hash), nullValue())
  const mask = sequence(objectIdentifier('1.2.840.113549.1.1.8'), hashAlgorithm)
  const parameters = [explicit(0, hashAlgorithm), explicit(1, mask), explicit(2, integer(row.bytes))]
  return sequence(objectIdentifier('1.2.840.113549.1.1.10'), sequence(...parameters))
}

/** The signature's bytes; of PSS with a salt as long as the hash, as `signatureAlgorithm` says. */
export function signBytes(bytes: Uint8Array, { signer, hash, pss }: SignatureToWrite): Buffer {
  if (signer.asymmetricKeyType === 'ed25519') return sign(null, bytes, signer)
  if (signer.asymmetricKeyType === 'ec' || !pss) return sign(hash, bytes, signer)
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: oids[hash].bytes }
  return sign(hash, bytes, { key: signer, ...padding })
}
