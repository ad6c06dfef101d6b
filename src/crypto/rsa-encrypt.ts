import { constants, publicEncrypt, X509Certificate } from 'node:crypto'
import type { Seed } from './seed.ts'

/** Bytes of the padding besides its filling, RFC 8017 §7.2.1: 00 02 … 00, the filling at least 8. */
const FRAME_BYTES = 3
const MIN_FILLING_BYTES = 8

/**
 * RSAES-PKCS1-v1_5 under the key of a certificate (DER), RFC 8017 §7.2.1; its filling is drawn from `seed`, so the same
 * seed gives the same ciphertext. undefined when the certificate has no RSA key, or one too short for `message`.
 */
export function encryptForCertificate(
  certificate: Uint8Array,
  message: Uint8Array,
  seed: Seed,
): Uint8Array | undefined {
  try {
    const key = new X509Certificate(certificate).publicKey
    if (key.asymmetricKeyType !== 'rsa') return undefined
    const size = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    const fillingBytes = size - FRAME_BYTES - message.length
    if (fillingBytes < MIN_FILLING_BYTES) return undefined
    const filling = seed.expand('rsa padding', fillingBytes).map((byte) => byte || 1) // no byte of it is zero
    const block = Buffer.concat([Uint8Array.of(0, 2), filling, Uint8Array.of(0), message])
    return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)
  } catch {
    return undefined // no key that OpenSSL can compute with
  }
}
