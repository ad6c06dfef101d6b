import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type ECDH,
  type KeyObject,
} from 'node:crypto'
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

/** Bytes of a key, the DER before a private key (PKCS #8), RFC 8410 §7, and the name in a JWK, RFC 8037 §3.2. */
const montgomery = {
  x25519: {
    bytes: 32,
    pkcs8: Buffer.from('302e020100300506032b656e04220420', 'hex'),
    jwk: 'X25519',
  },
  x448: {
    bytes: 56,
    pkcs8: Buffer.from('3046020100300506032b656f043a0438', 'hex'),
    jwk: 'X448',
  },
} as const

type MontgomeryCurve = keyof typeof montgomery

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

function montgomeryKey(curve: MontgomeryCurve, scalar: Uint8Array): EcdhKey {
  const privateKey = openScalar(curve, scalar)
  return {
    publicKey: publicBytes(privateKey),
    sharedSecret(peer) {
      if (peer.length !== scalar.length) return undefined
      const publicKey = createPublicKey({ key: { ...jwkOf(curve), x: base64Url(peer) }, format: 'jwk' })
      try {
        return diffieHellman({ privateKey, publicKey })
      } catch {
        return undefined // OpenSSL refuses the all-zero output
      }
    },
  }
}

/**
 * A JWK is read ten times as fast as DER, and a new key is most of the work of a dial. It holds the public key as well,
 * which is what is sought here: Node has OpenSSL work it out and does not look. That is seen at the first key of each
 * curve; a Node that looks gets DER.
 */
function openScalar(curve: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  if (fromJwk[curve] === true) return scalarFromJwk(curve, scalar)
  const key = createPrivateKey({
    key: Buffer.concat([montgomery[curve].pkcs8, scalar]),
    format: 'der',
    type: 'pkcs8',
  })
  fromJwk[curve] ??= readsAlike(curve, scalar, publicBytes(key))
  return key
}

const fromJwk: { [C in MontgomeryCurve]?: boolean } = {}

function readsAlike(curve: MontgomeryCurve, scalar: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return Buffer.compare(publicBytes(scalarFromJwk(curve, scalar)), publicKey) === 0
  } catch {
    return false
  }
}

function scalarFromJwk(curve: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  const unread = base64Url(new Uint8Array(scalar.length))
  return createPrivateKey({ key: { ...jwkOf(curve), d: base64Url(scalar), x: unread }, format: 'jwk' })
}

/** RFC 8037 §2. */
function jwkOf(curve: MontgomeryCurve): { kty: 'OKP'; crv: string } {
  return { kty: 'OKP', crv: montgomery[curve].jwk }
}

function publicBytes(privateKey: KeyObject): Uint8Array {
  return Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url')
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
