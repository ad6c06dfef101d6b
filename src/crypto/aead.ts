import { createCipheriv, createDecipheriv } from 'node:crypto'

/** AEAD ciphers by OpenSSL's names. */
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm'

/** Bytes of the tag, RFC 5116 §5.1. */
export const AEAD_TAG_BYTES = 16

/** Ciphertext with the tag behind it. */
export function sealAead(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): readonly Uint8Array[] {
  const cipher = createCipheriv(name, key, nonce, { authTagLength: AEAD_TAG_BYTES })
  cipher.setAAD(additionalData)
  const ciphertext = cipher.update(plaintext)
  return [ciphertext, cipher.final(), cipher.getAuthTag()]
}

/** The plaintext; undefined when the tag does not verify or is cut. */
export function openAead(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - AEAD_TAG_BYTES
  if (length < 0) return undefined
  const decipher = createDecipheriv(name, key, nonce, { authTagLength: AEAD_TAG_BYTES })
  decipher.setAAD(additionalData)
  decipher.setAuthTag(sealed.subarray(length))
  const plaintext = decipher.update(sealed.subarray(0, length))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plaintext
}
