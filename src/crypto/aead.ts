import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'

/** AEAD ciphers by OpenSSL's names. */
export type AeadName =
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'aes-128-ccm'
  | 'aes-256-ccm'
  | 'chacha20-poly1305'
  | 'aria-128-gcm'
  | 'aria-256-gcm'

/** Bytes of the tag, RFC 5116 §5.1; the CCM_8 suites cut it to 8, RFC 6655 §4. */
const AEAD_TAG_BYTES = 16

/** Ciphertext with the tag behind it. */
export function sealAead(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
  tagBytes: number = AEAD_TAG_BYTES,
): readonly Uint8Array[] {
  const cipher = createCipheriv(openSslName(name), key, nonce, { authTagLength: tagBytes }) as CipherGCM
  cipher.setAAD(additionalData, { plaintextLength: plaintext.length })
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
  tagBytes: number = AEAD_TAG_BYTES,
): Uint8Array | undefined {
  const length = sealed.length - tagBytes
  if (length < 0) return undefined
  const decipher = createDecipheriv(openSslName(name), key, nonce, { authTagLength: tagBytes }) as DecipherGCM
  decipher.setAuthTag(sealed.subarray(length))
  decipher.setAAD(additionalData, { plaintextLength: length })
  try {
    const plaintext = decipher.update(sealed.subarray(0, length))
    decipher.final()
    return plaintext
  } catch {
    return undefined // CCM checks the tag in `update`, the others in `final`
  }
}

/** Node's types tell GCM from CCM by the name; the calls are the same for all three. */
function openSslName(name: AeadName): 'aes-128-gcm' {
  return name as 'aes-128-gcm'
}
