import { formatHex } from '../codec/hex.ts'
import { hash } from '../crypto/hash.ts'
import type { Chain } from '../observe/observation.ts'

/** As the store keeps a chain: each certificate behind its length in 4 bytes. */
export function chainBody(certificates: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(certificates.reduce((sum, der) => sum + 4 + der.length, 0))
  const view = new DataView(body.buffer)
  let at = 0
  for (const der of certificates) {
    view.setUint32(at, der.length)
    body.set(der, at + 4)
    at += 4 + der.length
  }
  return body
}

/** SHA-256 of that, lower-case hex: names a chain, and the same certificates in another order are another chain. */
export function chainDigest(certificates: readonly Uint8Array[]): string {
  return formatHex(hash('sha256', chainBody(certificates)))
}

const known = new WeakMap<object, string>()

/** The same for a chain that many devices look at: worked out once. */
export function digestOf(chain: Pick<Chain, 'certificates'>): string {
  const digest = known.get(chain.certificates) ?? chainDigest(chain.certificates)
  known.set(chain.certificates, digest)
  return digest
}
