import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type ECDH } from 'node:crypto'
import type { Seed } from './seed.ts'

/** Curves that an exchange can be done on, by their TLS names. */
export type EcdhCurve = 'x25519' | 'secp256r1' | 'secp384r1' | 'secp521r1' | 'x448'

/** An ephemeral key of ours. */
export interface EcdhKey {
  /** As it goes on the wire: an uncompressed point (RFC 8422 §5.4.1), or 32 bytes for X25519 and 56 for X448 (RFC 7748). */
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

/** Bytes of a key, and the DER before a private key (PKCS #8) and a public key (SPKI), RFC 8410 §3, §7. */
const montgomery = {
  x25519: {
    bytes: 32,
    pkcs8: Buffer.from('302e020100300506032b656e04220420', 'hex'),
    spki: Buffer.from('302a300506032b656e032100', 'hex'),
  },
  x448: {
    bytes: 56,
    pkcs8: Buffer.from('3046020100300506032b656f043a0438', 'hex'),
    spki: Buffer.from('3042300506032b656f033900', 'hex'),
  },
} as const

/** The key that `seed` gives for `curve`; the same each time. */
export function deriveEcdhKey(curve: EcdhCurve, seed: Seed): EcdhKey {
  if (curve === 'x25519' || curve === 'x448') {
    return montgomeryKey(curve, seed.expand(curve, montgomery[curve].bytes))
  }
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
  return montgomeryKey('x25519', scalar)
}

function montgomeryKey(curve: 'x25519' | 'x448', scalar: Uint8Array): EcdhKey {
  const { pkcs8, spki } = montgomery[curve]
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, scalar]), format: 'der', type: 'pkcs8' })
  const exported = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    publicKey: exported.subarray(spki.length),
    sharedSecret(peer) {
      if (peer.length !== scalar.length) return undefined
      const publicKey = createPublicKey({ key: Buffer.concat([spki, peer]), format: 'der', type: 'spki' })
      try {
        return diffieHellman({ privateKey, publicKey })
      } catch {
        return undefined // OpenSSL refuses the all-zero output
      }
    },
  }
}
