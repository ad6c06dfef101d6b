import type { FrontFailure, StageReached } from './front.ts'

/** OpenSSL's library number of its TLS half, and what it adds to an alert received: SSL_AD_REASON_OFFSET. */
const ERR_LIB_SSL = 20
const ALERT_OFFSET = 1000

type Refusal = Extract<FrontFailure, { kind: 'refused' }>['reason']

/** OpenSSL's reasons, sslerr.h, as Node writes them behind `ERR_SSL_`. */
const reasons: Readonly<Record<string, Refusal>> = {
  UNSUPPORTED_PROTOCOL: 'version',
  VERSION_TOO_LOW: 'version',
  WRONG_VERSION_NUMBER: 'version',
  WRONG_SSL_VERSION: 'version',
  UNKNOWN_PROTOCOL: 'version',
  BAD_LEGACY_VERSION: 'version',
  INAPPROPRIATE_FALLBACK: 'version',
  NO_PROTOCOLS_AVAILABLE: 'version',
  NO_SHARED_CIPHER: 'suite',
  NO_CIPHERS_SPECIFIED: 'suite',
  NO_SUITABLE_KEY_SHARE: 'suite',
  NO_SUITABLE_GROUPS: 'suite',
  NO_SHARED_GROUPS: 'suite',
  NO_SUITABLE_SIGNATURE_ALGORITHM: 'suite',
  NO_SHARED_SIGNATURE_ALGORITHMS: 'suite',
  NO_SHARED_SIGATURE_ALGORITHMS: 'suite', // OpenSSL's own spelling
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client-certificate',
  CERTIFICATE_VERIFY_FAILED: 'client-certificate',
  NO_CERTIFICATE_RETURNED: 'client-certificate',
}

const reset = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Why a handshake ended, from the error that Node gives. Undefined `error`: the client closed. */
export function failureOf(error: Error | undefined, after: StageReached): FrontFailure {
  if (error === undefined) return { kind: 'closed', after, reset: false }
  const code = 'code' in error ? String(error.code) : ''
  if (reset.has(code)) return { kind: 'closed', after, reset: true }
  const alert = alertReceived(error)
  if (alert !== undefined) return { kind: 'alert-received', description: alert }
  const name = code.replace(/^ERR_SSL_/, '')
  return {
    kind: 'refused',
    reason: reasons[name] ?? 'other',
    detail: name.toLowerCase().replaceAll('_', ' '),
  }
}

/** Description of a fatal alert from the client; undefined where the error is another. */
export function alertReceived(error: Error): number | undefined {
  // `error:0A000418:SSL routines:…`: library in bits 23 to 30, reason below. Alerts without a name have a code, too.
  const packed = Number.parseInt(/\berror:([0-9A-F]{8}):/.exec(error.message)?.[1] ?? '', 16)
  if (Number.isNaN(packed) || packed >>> 23 !== ERR_LIB_SSL) return undefined
  const description = (packed & 0x7f_ffff) - ALERT_OFFSET
  return description >= 0 && description <= 255 ? description : undefined
}
