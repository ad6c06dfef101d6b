import type { Cause } from '../finding/cause.ts'
import { type AlertName, formatAlert } from '../tls/alerts.ts'
import type { FrontFailure, StageReached } from './front.ts'

/** A failed handshake as whoever runs the server meets it. Texts are plain ASCII, lower case, without a full stop. */
export interface FailureFinding {
  /** Undefined where what was seen leaves several causes. */
  readonly cause: Cause | undefined
  readonly what: string
  /** Undefined where nothing is to be mended. */
  readonly fix: string | undefined
  /** A step towards the fix is to load our CA on the device. */
  readonly loadCa: boolean
}

/** What the failure says, and what mends it. */
export function findingOf(failure: FrontFailure): FailureFinding {
  switch (failure.kind) {
    case 'alert-received':
      return ofAlert(failure.description)
    case 'refused':
      return { ...refusals[failure.reason], what: `refused: ${failure.detail}`, loadCa: false }
    case 'closed':
      return ofClose(failure.after, failure.reset ? 'reset the connection' : 'closed')
    case 'timeout':
      return { ...ofClose(failure.after, 'fell silent'), cause: undefined }
    case 'not-tls':
      return failure.plainHttp
        ? found(
            'scheme-port-mismatch',
            'the client spoke plain HTTP',
            'write https:// in the URL of the device',
          )
        : found(undefined, 'what came is not TLS', undefined)
    case 'too-many':
      return found(
        undefined,
        failure.limit === 'address' ? 'too many connections of one address' : 'too many connections',
        'see whether the device closes the connections that it opens',
      )
  }
}

function found(
  cause: Cause | undefined,
  what: string,
  fix: string | undefined,
  loadCa = false,
): FailureFinding {
  return { cause, what, fix, loadCa }
}

type Refusal = Extract<FrontFailure, { kind: 'refused' }>['reason']
const refusals: { readonly [R in Refusal]: Pick<FailureFinding, 'cause' | 'fix'> } = {
  version: {
    cause: 'no-common-version',
    fix: 'the client offers no version of TLS that is on here: switch TLS 1.2 on in it',
  },
  suite: {
    cause: 'no-common-cipher',
    fix: 'the client offers nothing that goes with the key here: with RSA suites only, serve an RSA certificate',
  },
  'client-certificate': {
    cause: 'client-auth-rejected',
    fix: 'give the client a certificate of the CA that is asked for here, with its key',
  },
  other: { cause: undefined, fix: undefined },
}

/**
 * Which alert a stack sends for what: Mbed TLS library/ssl_tls.c (2.28), RFC 8446 §6.2. wolfSSL sends bad_certificate for
 * most faults of a chain.
 */
const alertFindings: { readonly [A in AlertName]?: Omit<FailureFinding, 'what'> } = {
  unknown_ca: {
    cause: 'untrusted-root',
    fix: 'the certificate in the image is not the one of this CA: load this one (where it is loaded, memory ran out in the check)',
    loadCa: true,
  },
  bad_certificate: {
    cause: undefined,
    fix: 'connect by a host or address that is in the certificate, and see that the device holds this CA',
    loadCa: true,
  },
  certificate_unknown: {
    cause: undefined,
    fix: 'the device refused the certificate without saying why: load this CA, then read its own log',
    loadCa: true,
  },
  unsupported_certificate: {
    cause: 'sigalg-unsupported',
    fix: 'the device cannot use such a key or signature: switch ECDSA with P-256 and SHA-256 on in it, or serve RSA',
    loadCa: false,
  },
  certificate_expired: {
    cause: 'clock-unset',
    fix: 'set the clock of the device (SNTP) before it connects',
    loadCa: false,
  },
  certificate_revoked: { cause: undefined, fix: undefined, loadCa: false },
  access_denied: {
    cause: undefined,
    fix: 'the application of the device refused the certificate: see its verify callback, or its limit of certificates',
    loadCa: false,
  },
  handshake_failure: { cause: 'no-common-cipher', fix: refusals.suite.fix, loadCa: false },
  protocol_version: { cause: 'no-common-version', fix: refusals.version.fix, loadCa: false },
  record_overflow: {
    cause: 'record-too-large',
    fix: 'the device cannot take a record this large: lower the record size here',
    loadCa: false,
  },
  internal_error: {
    cause: undefined,
    fix: 'something failed inside the device, often memory: give TLS more heap, or smaller buffers',
    loadCa: false,
  },
  decode_error: {
    cause: undefined,
    fix: 'the device could not read a message: its receive buffer may be smaller than the message',
    loadCa: false,
  },
}

function ofAlert(description: number): FailureFinding {
  const name = formatAlert(description)
  const row = alertFindings[name as AlertName]
  const what = `the client sent ${name}`
  return row === undefined
    ? found(undefined, what, 'read the log of the client: the alert alone does not tell')
    : { ...row, what }
}

function ofClose(after: StageReached, did: string): FailureFinding {
  switch (after) {
    case 'connect':
      return found(undefined, `the client ${did} before it said anything`, undefined)
    case 'client-hello':
      return found(undefined, `the client ${did} in its hello`, undefined)
    case 'server-flight':
      return found(
        undefined,
        `the client ${did} when it had our certificate, without an alert`,
        'many modems refuse so: load this CA, connect by a name in the certificate, and see that the device has memory',
        true,
      )
    case 'handshake':
      return found(undefined, `the client ${did} after the handshake and asked for nothing`, undefined)
  }
}
