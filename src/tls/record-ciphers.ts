import type { AeadName } from '../crypto/aead.ts'
import type { CbcName } from '../crypto/cbc.ts'
import type { HashName } from '../crypto/hash.ts'
import type { CipherSuite } from './cipher-suites.ts'
import { versions } from './versions.ts'

/** How records of one connection are protected, once both Hellos are known. */
export type Protection = AeadProtection | CbcProtection

/** GenericAEADCipher, RFC 5246 §6.2.3.3. */
export interface AeadProtection {
  readonly kind: 'aead'
  readonly cipher: AeadName
  readonly keyBytes: number
  readonly tagBytes: number
  /**
   * Bytes of the nonce that go with each record: 8 behind a salt of 4 (RFC 5288 §3, RFC 6655 §3), or none, and then
   * the 12 of the key block are XORed with the sequence number (RFC 7905 §2).
   */
  readonly explicitNonceBytes: 8 | 0
}

/** GenericBlockCipher, RFC 5246 §6.2.3.2. */
export interface CbcProtection {
  readonly kind: 'cbc'
  readonly cipher: CbcName
  readonly keyBytes: number
  /** Of the cipher, and so of its IV. */
  readonly blockBytes: number
  readonly mac: HashName
  readonly encryptThenMac: boolean
  /** Since TLS 1.1 each record has its IV; before, it goes on from the last block, RFC 2246 §6.2.3.2. */
  readonly explicitIv: boolean
}

type Row = AeadProtection | Pick<CbcProtection, 'kind' | 'cipher' | 'keyBytes' | 'blockBytes'>

/** The bulk ciphers that the engine can do, by the names of the suite table. */
// biome-ignore format: one row a cipher, columns aligned
const ciphers: Readonly<Record<string, Row>> = {
  'aes-128-gcm':       { kind: 'aead', cipher: 'aes-128-gcm',       keyBytes: 16, tagBytes: 16, explicitNonceBytes: 8 },
  'aes-256-gcm':       { kind: 'aead', cipher: 'aes-256-gcm',       keyBytes: 32, tagBytes: 16, explicitNonceBytes: 8 },
  'aes-128-ccm':       { kind: 'aead', cipher: 'aes-128-ccm',       keyBytes: 16, tagBytes: 16, explicitNonceBytes: 8 },
  'aes-256-ccm':       { kind: 'aead', cipher: 'aes-256-ccm',       keyBytes: 32, tagBytes: 16, explicitNonceBytes: 8 },
  'aes-128-ccm-8':     { kind: 'aead', cipher: 'aes-128-ccm',       keyBytes: 16, tagBytes: 8,  explicitNonceBytes: 8 },
  'aes-256-ccm-8':     { kind: 'aead', cipher: 'aes-256-ccm',       keyBytes: 32, tagBytes: 8,  explicitNonceBytes: 8 },
  'aria-128-gcm':      { kind: 'aead', cipher: 'aria-128-gcm',      keyBytes: 16, tagBytes: 16, explicitNonceBytes: 8 },
  'aria-256-gcm':      { kind: 'aead', cipher: 'aria-256-gcm',      keyBytes: 32, tagBytes: 16, explicitNonceBytes: 8 },
  'chacha20-poly1305': { kind: 'aead', cipher: 'chacha20-poly1305', keyBytes: 32, tagBytes: 16, explicitNonceBytes: 0 },
  'aes-128-cbc':       { kind: 'cbc',  cipher: 'aes-128-cbc',       keyBytes: 16, blockBytes: 16 },
  'aes-256-cbc':       { kind: 'cbc',  cipher: 'aes-256-cbc',       keyBytes: 32, blockBytes: 16 },
  'aria-128-cbc':      { kind: 'cbc',  cipher: 'aria-128-cbc',      keyBytes: 16, blockBytes: 16 },
  'aria-256-cbc':      { kind: 'cbc',  cipher: 'aria-256-cbc',      keyBytes: 32, blockBytes: 16 },
  'camellia-128-cbc':  { kind: 'cbc',  cipher: 'camellia-128-cbc',  keyBytes: 16, blockBytes: 16 },
  'camellia-256-cbc':  { kind: 'cbc',  cipher: 'camellia-256-cbc',  keyBytes: 32, blockBytes: 16 },
  '3des-ede-cbc':      { kind: 'cbc',  cipher: 'des-ede3-cbc',      keyBytes: 24, blockBytes: 8 },
}

/** undefined when the engine cannot do the suite's cipher. */
export function protectionOf(
  suite: CipherSuite,
  { encryptThenMac, version }: { readonly encryptThenMac: boolean; readonly version: number },
): Protection | undefined {
  const row = Object.hasOwn(ciphers, suite.cipher) ? ciphers[suite.cipher] : undefined
  if (row === undefined || row.kind === 'aead') return row
  if (suite.mac === undefined) return undefined
  const explicitIv = version >= versions['TLSv1.1'].code
  return { ...row, mac: suite.mac, encryptThenMac, explicitIv }
}
