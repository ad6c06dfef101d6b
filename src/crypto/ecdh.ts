import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type ECDH } from 'node:crypto'
import type { Seed } from './seed.ts'

/** Curves that an exchange can be done on, by their TLS names. */
export type EcdhCurve = 'x25519' | 'secp256r1' | 'secp384r1' | 'secp521r1'

/** An ephemeral key of ours. */
export interface EcdhKey {
  /** As it goes on the wire: an uncompressed point (RFC 8422 §5.4.1), or 32 bytes for X25519 (RFC 7748). */
  readonly publicKey: Uint8Array
  /**
   * The shared secret with the peer's public key: the x coordinate, leading zeros kept (RFC 8422 §5.10).
   * undefined when that is no point of the curve, or gives the all-zero X25519 output (RFC 8422 §5.11).
   */
  sharedSecret(peer: Uint8Array): Uint8Array | undefined
}

/** Weierstrass curves: OpenSSL's name and the order's size. */
const weierstrass = {
  secp256r1: { name: 'prime256v1', bits: 256 },
  secp384r1: { name: 'secp384r1', bits: 384 },
  secp521r1: { name: 'secp521r1', bits: 521 },
} as const

/** DER before the 32 bytes of an X25519 private key (PKCS #8) and public key (SPKI), RFC 8410 §3, §7. */
const x25519Pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const x25519Spki = Buffer.from('302a300506032b656e032100', 'hex')

/** The key that `seed` gives for `curve`; the same each time. */
export function deriveEcdhKey(curve: EcdhCurve, seed: Seed): EcdhKey {
  if (curve === 'x25519') return x25519Key(seed.expand('x25519', 32))
  const { name, bits } = weierstrass[curve]
  const size = Math.ceil(bits / 8)
  // A scalar outside 1..n-1 is refused, and the next one taken: FIPS 186-5 A.2.2, testing candidates.
  for (let attempt = 0; ; attempt++) {
    const scalar = seed.expand(`${curve} ${attempt}`, size)
    scalar[0] = scalar[0]! & (0xff >> (size * 8 - bits))
    const key = createECDH(name)
    try {
      key.setPrivateKey(scalar)
    } catch {
      continue
    }
    return weierstrassKey(key)
  }
}

function weierstrassKey(key: ECDH): EcdhKey {
  return {
    publicKey: key.getPublicKey(),
    sharedSecret(peer) {
      // RFC 8422 §5.4.1: only the uncompressed form may be used.
      if (peer[0] !== 0x04) return undefined
      try {
        return key.computeSecret(peer)
      } catch {
        return undefined
      }
    },
  }
}

/** The key with these 32 bytes as private key, before clamping, RFC 7748 §5. */
export function x25519Key(scalar: Uint8Array): EcdhKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([x25519Pkcs8, scalar]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    publicKey: spki.subarray(x25519Spki.length),
    sharedSecret(peer) {
      if (peer.length !== 32) return undefined
      const publicKey = createPublicKey({
        key: Buffer.concat([x25519Spki, peer]),
        format: 'der',
        type: 'spki',
      })
      try {
        return diffieHellman({ privateKey, publicKey })
      } catch {
        return undefined // OpenSSL refuses the all-zero output
      }
    },
  }
}
