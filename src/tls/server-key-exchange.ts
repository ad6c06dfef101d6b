import { Reader } from '../codec/reader.ts'
import type { CipherSuite } from './cipher-suites.ts'
import { versions } from './versions.ts'

/** ECCurveType named_curve, RFC 8422 §5.4. */
const NAMED_CURVE = 3

/** The server's share of a key exchange. */
export type ServerShare =
  /** ServerECDHParams, RFC 8422 §5.4. `offset`: of `publicKey` in the body. */
  | {
      readonly kind: 'ecdhe'
      readonly namedGroup: number
      readonly publicKey: Uint8Array
      readonly offset: number
    }
  /** ServerDHParams, RFC 5246 §7.4.3; numbers as sent. */
  | {
      readonly kind: 'dhe'
      readonly p: Uint8Array
      readonly g: Uint8Array
      readonly publicKey: Uint8Array
      readonly offset: number
    }

/** ServerKeyExchange in the form that the suite gives it. */
export interface ServerKeyExchange {
  /** undefined where the suite's message has none, as that of PSK. */
  readonly share: ServerShare | undefined
  /** Of the suites with a pre-shared key; hostile bytes. */
  readonly pskIdentityHint: Uint8Array | undefined
  /** undefined for suites that sign nothing. */
  readonly signed: ServerSignature | undefined
}

/** What the server signed after the two randoms. */
export interface ServerSignature {
  /** The parameters as sent. */
  readonly params: Uint8Array
  /** undefined before TLS 1.2: the key's kind says which. */
  readonly scheme: number | undefined
  readonly signature: Uint8Array
}

/** Whether the suite's ServerKeyExchange is signed with the key of the server's certificate. */
function isSigned({ kx, auth }: CipherSuite): boolean {
  return (kx === 'ecdhe' || kx === 'dhe') && (auth === 'rsa' || auth === 'ecdsa' || auth === 'dss')
}

/** Whether the suite's exchange needs a ServerKeyExchange; one with PSK alone may leave out the hint. */
export function needsServerKeyExchange({ kx }: CipherSuite): boolean {
  return kx === 'ecdhe' || kx === 'dhe' || kx === 'ecdhe_psk' || kx === 'dhe_psk'
}

/** Whether the suite has a ServerKeyExchange at all, as far as `decodeServerKeyExchange` reads it. */
export function hasServerKeyExchange(suite: CipherSuite): boolean {
  return needsServerKeyExchange(suite) || suite.kx === 'psk' || suite.kx === 'rsa_psk'
}

/**
 * `body` is one whole handshake body, header removed. RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 4279 §2 to §4, RFC 5489 §2.
 * Throws `DecodeError`.
 */
export function decodeServerKeyExchange(
  body: Uint8Array,
  suite: CipherSuite,
  version: number,
): ServerKeyExchange {
  const r = new Reader(body, 'ServerKeyExchange')
  const pskIdentityHint = suite.kx.endsWith('psk') ? r.vector16('psk_identity_hint') : undefined
  const share = decodeShare(r, suite)
  const params = body.subarray(0, r.offset)
  const signed = isSigned(suite)
    ? {
        params,
        scheme: version >= versions['TLSv1.2'].code ? r.u16('algorithm') : undefined,
        signature: r.vector16('signature'),
      }
    : undefined
  r.end()
  return { share, pskIdentityHint, signed }
}

function decodeShare(r: Reader, { kx }: CipherSuite): ServerShare | undefined {
  if (kx === 'ecdhe' || kx === 'ecdhe_psk') {
    const curveType = r.u8('curve_type')
    if (curveType !== NAMED_CURVE) {
      throw r.error('value', 'curve_type', `curve type ${curveType}, not named_curve`)
    }
    const namedGroup = r.u16('namedcurve')
    const publicKey = r.vector8('public')
    return { kind: 'ecdhe', namedGroup, publicKey, offset: r.offset - publicKey.length }
  }
  if (kx === 'dhe' || kx === 'dhe_psk') {
    const p = r.vector16('dh_p')
    const g = r.vector16('dh_g')
    const publicKey = r.vector16('dh_Ys')
    return { kind: 'dhe', p, g, publicKey, offset: r.offset - publicKey.length }
  }
  return undefined
}
