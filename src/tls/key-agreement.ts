import { DecodeError } from '../codec/decode-error.ts'
import { agreeDh, bitLength, MAX_DH_BITS, MIN_DH_BITS } from '../crypto/dh.ts'
import { deriveEcdhKey } from '../crypto/ecdh.ts'
import { encryptForCertificate } from '../crypto/rsa-encrypt.ts'
import type { Seed } from '../crypto/seed.ts'
import { type CipherSuite, formatCipherSuite } from './cipher-suites.ts'
import { encodeHandshake } from './handshake-message.ts'
import { handshakeTypes } from './handshake-types.ts'
import { findNamedGroup, formatNamedGroup } from './named-groups.ts'
import { type Refusal, refuse, unsupported } from './refusal.ts'
import type { ServerShare } from './server-key-exchange.ts'

/** A pre-shared key and its name, RFC 4279. Secret: never from a profile, never in an output. */
export interface PreSharedKey {
  readonly identity: Uint8Array
  readonly key: Uint8Array
}

/** What both sides put in. */
export interface AgreementInput {
  readonly suite: CipherSuite
  /** client_version of our hello, which the premaster secret of RSA repeats. */
  readonly offeredVersion: number
  /** DER. */
  readonly leaf: Uint8Array | undefined
  readonly share: ServerShare | undefined
  readonly psk: PreSharedKey | undefined
  readonly seed: Seed
}

export interface Agreement {
  readonly premaster: Uint8Array
  /** The whole ClientKeyExchange, header included. */
  readonly message: Uint8Array
}

/**
 * The premaster secret, and the message that lets the server know it. `unsupported` when the engine cannot do the
 * suite's exchange. Throws `DecodeError` for a public value of the server that is none.
 */
export function agree(input: AgreementInput): Agreement | Refusal {
  const { suite, psk } = input
  const usesPsk = suite.kx.endsWith('psk')
  if (usesPsk && psk === undefined) {
    return unsupported(`the server chose ${formatCipherSuite(suite.code)}, and no pre-shared key was given`)
  }
  const own = exchange(input)
  if ('reason' in own) return own
  const message = encodeHandshake(handshakeTypes.client_key_exchange.code, (w) => {
    if (usesPsk) w.vector16(() => w.bytes(psk!.identity))
    if (own.lengthBytes === 1) w.vector8(() => w.bytes(own.bytes))
    if (own.lengthBytes === 2) w.vector16(() => w.bytes(own.bytes))
  })
  return { premaster: usesPsk ? pskPremaster(own.secret, psk!.key) : own.secret, message }
}

interface Own {
  readonly secret: Uint8Array
  /** What goes into the ClientKeyExchange, behind a length of so many bytes; 0: nothing goes. */
  readonly bytes: Uint8Array
  readonly lengthBytes: 0 | 1 | 2
}

function exchange({ suite, offeredVersion, leaf, share, psk, seed }: AgreementInput): Own | Refusal {
  switch (suite.kx) {
    case 'rsa':
    case 'rsa_psk':
      return encryptedSecret(offeredVersion, leaf, seed)
    case 'ecdhe':
    case 'ecdhe_psk':
      if (share?.kind === 'ecdhe') return ecdhSecret(share, seed)
      break
    case 'dhe':
    case 'dhe_psk':
      if (share?.kind === 'dhe') return dhSecret(share, seed)
      break
    case 'psk':
      // RFC 4279 §2: where there is no other secret, as many zero bytes as the key has.
      return { secret: new Uint8Array(psk!.key.length), bytes: new Uint8Array(0), lengthBytes: 0 }
  }
  return unsupported(`the server chose ${formatCipherSuite(suite.code)}`)
}

/** EncryptedPreMasterSecret, RFC 5246 §7.4.7.1. */
function encryptedSecret(offeredVersion: number, leaf: Uint8Array | undefined, seed: Seed): Own | Refusal {
  const secret = Buffer.concat([
    Uint8Array.of(offeredVersion >> 8, offeredVersion & 0xff),
    seed.expand('rsa premaster', 46),
  ])
  const bytes = leaf && encryptForCertificate(leaf, secret, seed)
  if (bytes !== undefined) return { secret, bytes, lengthBytes: 2 }
  // RFC 5246 §7.4.2: with RSA key exchange the certificate must hold an RSA key that may encrypt.
  const detail = 'the server chose RSA key exchange, and its certificate has no RSA key to encrypt to'
  return refuse('unusable-key', detail, 'unsupported_certificate')
}

/** RFC 8422 §5.7. */
function ecdhSecret(
  { namedGroup, publicKey, offset }: Extract<ServerShare, { kind: 'ecdhe' }>,
  seed: Seed,
): Own | Refusal {
  const curve = findNamedGroup(namedGroup)?.curve
  if (curve === undefined) return unsupported(`the server chose ${formatNamedGroup(namedGroup)}`)
  const key = deriveEcdhKey(curve, seed)
  const secret = key.sharedSecret(publicKey)
  if (secret === undefined) {
    throw new DecodeError(
      'value',
      'ServerKeyExchange.public',
      offset,
      `no point of ${formatNamedGroup(namedGroup)}`,
    )
  }
  return { secret, bytes: key.publicKey, lengthBytes: 1 }
}

/** RFC 5246 §7.4.7.2. */
function dhSecret(share: Extract<ServerShare, { kind: 'dhe' }>, seed: Seed): Own | Refusal {
  const bits = bitLength(share.p)
  if (bits < MIN_DH_BITS || bits > MAX_DH_BITS) {
    const group = `a finite-field group of ${bits} bits`
    return unsupported(`the server chose ${group}, outside ${MIN_DH_BITS} to ${MAX_DH_BITS}`)
  }
  const agreed = agreeDh(share, share.publicKey, seed)
  if (agreed === undefined) {
    const detail = `no public value of the group of ${bits} bits sent with it`
    throw new DecodeError('value', 'ServerKeyExchange.dh_Ys', share.offset, detail)
  }
  return { secret: agreed.secret, bytes: agreed.publicValue, lengthBytes: 2 }
}

/** RFC 4279 §2: both secrets, each behind its length. */
function pskPremaster(other: Uint8Array, key: Uint8Array): Uint8Array {
  const length = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)
  return Buffer.concat([length(other), other, length(key), key])
}
