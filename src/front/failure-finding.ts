import type { Cause } from '../finding/cause.ts'
import { type AlertName, formatAlert } from '../tls/alerts.ts'
import type { FrontFailure, StageReached } from './front.ts'
import { openingFor, type SuitesServed } from './served-suites.ts'

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

/** What is known beside a failure: the suites of the hello, those served, and how whoever runs the server opens more. */
export interface SuiteContext {
  readonly offered: readonly number[]
  readonly served: SuitesServed
  readonly ways: { readonly oldSuites: string; readonly rsa: string; readonly ecdsa: string }
}

/** What the failure says, and what mends it. */
export function findingOf(failure: FrontFailure, suites?: SuiteContext): FailureFinding {
  switch (failure.kind) {
    case 'alert-received':
      return ofAlert(failure.description)
    case 'refused':
      return {
        ...refusals[failure.reason],
        ...(failure.reason === 'suite' && suites !== undefined ? { fix: suiteFix(suites) } : {}),
        what: `refused: ${failure.detail}`,
        loadCa: false,
      }
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

/** Groups and signature algorithms are refused under the same names as suites. */
function suiteFix({ offered, served, ways }: SuiteContext): string {
  const opening = openingFor(offered, served)
  if (opening === undefined) {
    return 'the client offers no suite that can be served here: switch ECDHE with AES-GCM on in it'
  }
  const { kind, oldSuites } = opening
  if (kind === undefined && !oldSuites) {
    return 'a suite is in common, a group or signature algorithm is not: switch P-256, SHA-256 and the signature of the key here on in the client'
  }
  const key = kind === undefined ? [] : [ways[kind]]
  const mends = [...key, ...(oldSuites ? [ways.oldSuites] : [])].join(' and ')
  return oldSuites
    ? `the client offers only suites with CBC or static RSA, and here ECDHE with AEAD is served: switch that on in the client, or ${mends}`
    : `the client offers only suites for a key of ${kind === 'rsa' ? 'RSA' : 'ECDSA'}: ${mends}`
}

type Refusal = Extract<FrontFailure, { kind: 'refused' }>['reason']
const refusals: { readonly [R in Refusal]: Pick<FailureFinding, 'cause' | 'fix'> } = {
  version: {
    cause: 'no-common-version',
    fix: 'the client offers no version of TLS that is on here: switch TLS 1.2 on in it',
  },
  suite: {
    cause: 'no-common-cipher',
    fix: 'the client offers nothing that is served here: with ECDHE_RSA suites only, serve an RSA certificate; with static RSA or CBC only, switch old suites on as well',
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
