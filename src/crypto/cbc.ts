import { createCipheriv, createDecipheriv } from 'node:crypto'

/** Block ciphers in CBC mode by OpenSSL's names. */
export type CbcName =
  | 'aes-128-cbc'
  | 'aes-256-cbc'
  | 'des-ede3-cbc'
  | 'camellia-128-cbc'
  | 'camellia-256-cbc'
  | 'aria-128-cbc'
  | 'aria-256-cbc'

/** Padding is the caller's: `plaintext` must be whole blocks. `iv` is as long as a block. */
export function encryptCbc(
  name: CbcName,
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return createCipheriv(name, key, iv).setAutoPadding(false).update(plaintext)
}

/** Padding is left in place: `ciphertext` must be whole blocks. */
export function decryptCbc(
  name: CbcName,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  return createDecipheriv(name, key, iv).setAutoPadding(false).update(ciphertext)
}
