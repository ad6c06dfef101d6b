import { deriveEcdhKey } from '../crypto/ecdh.ts'
import type { Seed } from '../crypto/seed.ts'
import { findNamedGroup, namedGroups } from './named-groups.ts'

/** Our half of a key exchange that goes with the hello. */
export interface KeyShare {
  readonly group: number
  /** KeyShareEntry.key_exchange, RFC 8446 §4.2.8. */
  readonly publicKey: Uint8Array
  /** Absent: the engine can offer the group, and cannot finish its exchange. Gives undefined for no point. */
  readonly sharedSecret?: (peer: Uint8Array) => Uint8Array | undefined
}

/** The share that `seed` gives for a group; undefined for a group whose shares the engine cannot make. */
export function deriveKeyShare(group: number, seed: Seed): KeyShare | undefined {
  const curve = findNamedGroup(group)?.curve
  if (curve !== undefined) {
    const key = deriveEcdhKey(curve, seed)
    return { group, publicKey: key.publicKey, sharedSecret: (peer) => key.sharedSecret(peer) }
  }
  if (group !== namedGroups.X25519MLKEM768.code) return undefined
  // draft-ietf-tls-ecdhe-mlkem §4.1: the encapsulation key, then the X25519 share.
  const publicKey = Buffer.concat([encapsulationKey(seed), deriveEcdhKey('x25519', seed).publicKey])
  return { group, publicKey }
}

/** ML-KEM-768: its modulus, its 3 polynomials of 256 coefficients of 12 bits, FIPS 203 §8. */
const MODULUS = 3329
const COEFFICIENTS = 3 * 256

/**
 * A key of the right form whose private half nobody has: the coefficients are below the modulus, for a server checks
 * that (FIPS 203 §7.2) and would refuse a share that a device's library makes well.
 */
function encapsulationKey(seed: Seed): Uint8Array {
  const candidates = seed.expand('ML-KEM-768 coefficients', 2 * COEFFICIENTS * 4)
  const key = new Uint8Array((COEFFICIENTS * 12) / 8)
  let count = 0
  for (let at = 0; count < COEFFICIENTS; at = (at + 2) % candidates.length) {
    const value = (candidates[at]! * 256 + candidates[at + 1]!) & 0xfff
    if (value >= MODULUS) continue
    const byte = Math.floor((count * 3) / 2)
    if (count % 2 === 0) {
      key[byte] = value & 0xff
      key[byte + 1] = value >> 8
    } else {
      key[byte] = key[byte]! | ((value & 0x0f) << 4)
      key[byte + 1] = value >> 4
    }
    count++
  }
  return Buffer.concat([key, seed.expand('ML-KEM-768 rho', 32)])
}
