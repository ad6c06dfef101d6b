import { cipherSuites, formatCipherSuite } from './cipher-suites.ts'
import { versions } from './versions.ts'

/**
 * Bytes that protection adds to a record of that plaintext on the wire, header left out: RFC 5246 §6.2.3, RFC 5288 §3,
 * RFC 6655 §4, RFC 7905 §2, RFC 8446 §5.2. Undefined for a suite that is not in the registry.
 */
export function recordOverhead(
  version: number,
  cipherSuite: number,
  plaintextBytes: number,
  { encryptThenMac = false }: { encryptThenMac?: boolean } = {},
): number | undefined {
  const name = formatCipherSuite(cipherSuite)
  if (!Object.hasOwn(cipherSuites, name)) return undefined
  const tagBytes = name.includes('_CCM_8') ? 8 : 16
  if (version >= versions['TLSv1.3'].code) return 1 + tagBytes
  if (/_(GCM|CCM)(_|$)/.test(name)) return 8 + tagBytes
  if (name.includes('CHACHA20_POLY1305')) return tagBytes
  const macBytes = macOf(name)
  if (!name.includes('_CBC_')) return macBytes
  const blockBytes = /_(3DES|DES|DES40|IDEA|RC2)_/.test(name) ? 8 : 16
  const ivBytes = version >= versions['TLSv1.1'].code ? blockBytes : 0
  const content = encryptThenMac ? plaintextBytes + 1 : plaintextBytes + macBytes + 1
  const padded = Math.ceil(content / blockBytes) * blockBytes + (encryptThenMac ? macBytes : 0)
  return ivBytes + padded - plaintextBytes
}

function macOf(name: string): number {
  if (name.endsWith('_SHA384')) return 48
  if (name.endsWith('_SHA256')) return 32
  return name.endsWith('_MD5') ? 16 : 20
}
