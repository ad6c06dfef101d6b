import { Reader } from '../codec/reader.ts'

/** ECCurveType named_curve, RFC 8422 §5.4. */
const NAMED_CURVE = 3

/** ServerKeyExchange of ECDHE_RSA and ECDHE_ECDSA in TLS 1.2, RFC 8422 §5.4. */
export interface EcdheServerKeyExchange {
  readonly namedGroup: number
  /** ECPoint as sent. */
  readonly publicKey: Uint8Array
  /** ServerECDHParams as sent: what is signed, after the two randoms. */
  readonly params: Uint8Array
  readonly signatureScheme: number
  readonly signature: Uint8Array
}

/** `body` is one whole handshake body, header removed. Throws `DecodeError`. */
export function decodeEcdheServerKeyExchange(body: Uint8Array): EcdheServerKeyExchange {
  const r = new Reader(body, 'ServerKeyExchange')
  const curveType = r.u8('curve_type')
  if (curveType !== NAMED_CURVE)
    throw r.error('value', 'curve_type', `curve type ${curveType}, not named_curve`)
  const namedGroup = r.u16('namedcurve')
  const publicKey = r.vector8('public')
  const params = body.subarray(0, r.offset)
  const exchange = {
    namedGroup,
    publicKey,
    params,
    signatureScheme: r.u16('algorithm'),
    signature: r.vector16('signature'),
  }
  r.end()
  return exchange
}
