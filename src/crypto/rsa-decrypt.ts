import { constants, createPrivateKey, privateDecrypt } from 'node:crypto'

/** RSAES-PKCS1-v1_5, RFC 8017 §7.2.2: 00 02, at least 8 bytes that are not zero, 00, the message. */
const MIN_FILLING_BYTES = 8

/**
 * The message encrypted for an RSA key (PEM); undefined where the block has another form. Not in constant time: only for a
 * server that measures, whose keys protect nothing.
 */
export function decryptWithKey(privateKeyPem: string, ciphertext: Uint8Array): Uint8Array | undefined {
  const key = createPrivateKey(privateKeyPem)
  if (key.asymmetricKeyType !== 'rsa') return undefined
  let block: Buffer
  try {
    // Node takes RSA_PKCS1_PADDING only where its OpenSSL hides what is wrong with the block.
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext)
  } catch {
    return undefined // no number below the modulus
  }
  const end = block.indexOf(0, 2)
  if (block[0] !== 0 || block[1] !== 2 || end < 2 + MIN_FILLING_BYTES) return undefined
  return block.subarray(end + 1)
}
