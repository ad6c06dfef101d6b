import {
  constants,
  createHash,
  createPrivateKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
  X509Certificate,
} from 'node:crypto'
import type { HashName } from './hash.ts'

/** What a signature is made with. RSA-PSS has a salt as long as the hash and MGF1 with it, RFC 8446 §4.2.3. */
export type SignatureAlgorithm =
  | { readonly kind: 'rsa-pkcs1' | 'ecdsa'; readonly hash: HashName }
  /** `key`: by an rsaEncryption key, or by one that is for RSASSA-PSS alone. */
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly key: 'rsa' | 'rsa-pss' }
  | { readonly kind: 'ed25519' | 'ed448' }

/** The key type of node:crypto that goes with an algorithm. */
function keyTypeOf(algorithm: SignatureAlgorithm): string {
  if (algorithm.kind === 'rsa-pss') return algorithm.key
  const types = { 'rsa-pkcs1': 'rsa', ecdsa: 'ec', ed25519: 'ed25519', ed448: 'ed448' } as const
  return types[algorithm.kind]
}

/**
 * Whether `signature` over `data` was made with the key of the certificate (DER). False also when the key is of
 * another kind than the algorithm needs; undefined when no key can be read from the certificate.
 */
export function verifySignature(
  certificate: Uint8Array,
  algorithm: SignatureAlgorithm,
  data: Uint8Array,
  signature: Uint8Array,
): boolean | undefined {
  const key = readPublicKey(certificate)
  if (key === undefined) return undefined
  if (key.asymmetricKeyType !== keyTypeOf(algorithm)) return false
  try {
    return cryptoVerify(hashOf(algorithm), data, { key, ...paddingOf(algorithm) }, signature)
  } catch {
    return false
  }
}

/** A private key that can sign for us. */
export interface Signer {
  /** OpenSSL's name of an EC key's curve, such as `prime256v1`; undefined for other keys. */
  readonly curve: string | undefined
  /** undefined when the key is of another kind, or too short: RSA-PSS with SHA-512 and 1024 bits. */
  sign(algorithm: SignatureAlgorithm, data: Uint8Array): Uint8Array | undefined
}

/**
 * Reads an unencrypted private key (PEM). Throws a TypeError naming the argument when it cannot be read. ECDSA and
 * RSA-PSS signatures differ each time: OpenSSL draws their nonce and salt itself.
 */
export function readSigner(privateKeyPem: string): Signer {
  const key = readPrivateKey(privateKeyPem)
  return {
    curve: key.asymmetricKeyDetails?.namedCurve,
    sign(algorithm, data) {
      if (key.asymmetricKeyType !== keyTypeOf(algorithm)) return undefined
      try {
        return cryptoSign(hashOf(algorithm), data, { key, ...paddingOf(algorithm) })
      } catch {
        return undefined
      }
    },
  }
}

function hashOf(algorithm: SignatureAlgorithm): string | null {
  return 'hash' in algorithm ? algorithm.hash : null
}

function paddingOf({ kind }: SignatureAlgorithm): { padding?: number; saltLength?: number } {
  if (kind !== 'rsa-pss') return {}
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

/** A server sends the same certificate to every hello, and OpenSSL reads it longer than it verifies with its key. */
function readPublicKey(certificate: Uint8Array): KeyObject | undefined {
  const hash = createHash('sha256').update(certificate).digest('base64')
  if (keys.has(hash)) return keys.get(hash)
  const [oldest] = keys.keys()
  if (keys.size >= MAX_KEYS && oldest !== undefined) keys.delete(oldest)
  const key = openPublicKey(certificate)
  keys.set(hash, key)
  return key
}

/** Of the certificates read last, by SHA-256: as many as targets may be looked at side by side. */
const keys = new Map<string, KeyObject | undefined>()
const MAX_KEYS = 1024

function openPublicKey(certificate: Uint8Array): KeyObject | undefined {
  try {
    return new X509Certificate(certificate).publicKey
  } catch {
    return undefined
  }
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // The reason is left out: OpenSSL's messages may quote the input.
    throw new TypeError('privateKeyPem holds no private key that can be read (encrypted ones cannot)')
  }
}
