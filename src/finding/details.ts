import type { FailureKind } from '../device/device.ts'
import type { Cause } from './cause.ts'
import type { Stage } from './stage.ts'

/** `where-verified`: where it verifies, of which is not known whether it does. */
export type DatesChecked = 'checked' | 'unchecked' | 'where-verified' | 'unknown'

/** Whose key: `index` of what was sent, undefined of an anchor that was not; `assumed`: nobody said that it is held. */
export interface KeyPlace {
  index: number | undefined
  subject: string
  assumed?: true
}

/**
 * The one vocabulary of findings: id -> its numbers. An id means one thing for ever; it has a row in
 * `findings` below, a sentence in `report/words.ts` and a page `docs/findings/<id>.md`.
 */
export interface Details {
  // dns
  'dns-failed': { host: string; code: string }
  'cname-irrelevant': { host: string; cnames: readonly string[] }
  // tcp
  'tcp-refused': { address: string; port: number; afterMs: number }
  'tcp-timeout': { address: string; port: number; afterMs: number }
  'tcp-failed': { address: string; port: number; code: string; afterMs: number }
  'other-family-only': { address: string; port: number; answersOn: string }
  'addresses-differ': { addresses: readonly string[]; differing: readonly string[] }
  // hello
  'hello-assumed': { parts: readonly string[] }
  'not-tls': { firstBytes: string; looksLike: string }
  'no-common-version': {
    offered: readonly string[]
    alert: string | undefined
    serverSpeaks: string | undefined
  }
  /** `exchanges`: the key exchanges of the device's build, and who says so, where these are all that is known of its suites. */
  'no-common-cipher': {
    offered: number
    alert: string | undefined
    serverChose: string | undefined
    exchanges?: readonly ('rsa' | 'dhe' | 'ecdhe')[]
    exchangeSource?: string
  }
  'unlisted-choice': { what: 'version' | 'cipher-suite' | 'group'; chosen: string }
  'sni-missing': { host: string; reason: 'never-sent' | 'switched-off' | 'not-set' }
  'hello-refused': { alert: string | undefined; closed: string | undefined }
  // chain; `assumed`: nobody said that the device holds the anchor that the path leads to
  'chain-too-large': {
    assumed?: true
    sentBytes: number
    pathBytes: number | undefined
    certificates: number
    pathCertificates: number | undefined
    limitBytes: number
    overBytes: number
  }
  'chain-size-undecided': {
    assumed?: true
    sentBytes: number
    pathBytes: number | undefined
    limitBytes: number
    rows: readonly string[]
  }
  'chain-size-witnessed': {
    assumed?: true
    sentBytes: number
    pathBytes: number | undefined
    limitBytes: number
    row: string
  }
  'chain-size-unusual': { sentBytes: number; ordinaryBytes: number }
  'cert-too-large': {
    index: number
    subject: string
    certificateBytes: number
    limitBytes: number
    overBytes: number
  }
  'cert-size-undecided': {
    index: number
    subject: string
    certificateBytes: number
    lowBytes: number
    highBytes: number
  }
  'cert-size-unusual': { index: number; subject: string; certificateBytes: number; ordinaryBytes: number }
  'message-too-large': { messageBytes: number; limitBytes: number; overBytes: number }
  'message-fragmented': { message: string; messageBytes: number; records: number }
  'chain-too-deep': { certificates: number; limit: number }
  'heavy-certificate': {
    index: number
    subject: string
    certificateBytes: number
    names: number
    namesBytes: number
    scts: number
    sctBytes: number
    keyBytes: number
    signatureBytes: number
    otherBytes: number
  }
  'rsa-key-too-large': KeyPlace & { keyBits: number; limitBits: number }
  'rsa-key-too-small': KeyPlace & { keyBits: number; limitBits: number }
  'rsa-key-unproved': KeyPlace & { keyBits: number; reported: string }
  'sigalg-unsupported': { index: number; subject: string; algorithm: string; accepted: readonly string[] }
  /** `exchangeSource`: who says that the device has no key exchange in which such a key signs, where that is why. */
  'key-type-unsupported': KeyPlace & { key: string; exchangeSource?: string }
  /** Of a device of which that part is not known: a choice outside of what servers ordinarily have. */
  'algorithm-unproved': {
    what: 'cipher-suite' | 'group' | 'curve' | 'signature'
    algorithm: string
    /** Of the certificate, as `KeyPlace`; suite and group are the server's choice. */
    index?: number | undefined
    subject?: string
    assumed?: true
  }
  'superfluous-certificates': {
    indexes: readonly number[]
    bytes: number
    why: 'root' | 'unused' | 'duplicate'
    assumed?: true
  }
  'limit-near': {
    limit: string
    value: number
    /** The lowest figure that any source gives. */
    limitValue: number
    left: number
    /** The device's figure, where a source that disputes it gives the lower one. */
    likelier?: number | undefined
  }
  'anchor-unreadable': { subject: string; detail: string | undefined; assumed?: true }
  'stack-refuses': {
    reason: FailureKind
    index: number | undefined
    subject: string | undefined
    detail: string | undefined
    assumed?: true
  }
  // path; `assumed`: nobody said that the device holds the anchor
  /** `besides`: issuers that are needed as well. `otherRoots`: the chain leads to others that would do in its place. */
  'untrusted-root': {
    neededIssuer: string
    besides?: readonly string[]
    otherRoots?: true
    held: readonly string[]
    assumed?: true
  }
  'anchor-not-presented': {
    heldSubject: string
    presentedSubject: string
    sameName: boolean
    sameKey: boolean
  }
  'leaf-as-anchor': { subject: string; selfIssued: boolean }
  'cross-sign-path': { subject: string; presentedIssuer: string; heldIssuer: string }
  /** `urls`: where the leaf says that its issuer can be fetched. `held`: what the device holds is known. */
  'missing-intermediate': { subject: string; issuer: string; urls: readonly string[]; held: boolean }
  'wrong-order': { order: readonly number[] }
  'root-assumed': { root: string; rootId: string; sha256: string }
  'root-unknown': {
    issuer: string
    root: 'self-signed-leaf' | 'self-signed' | 'cross-signer' | 'unknown'
  }
  'no-trust-anchor': { peer: string }
  'bad-chain-signature': { index: number; subject: string }
  'not-a-ca': { index: number; subject: string }
  'critical-extension': { index: number; subject: string; extension: string }
  'weak-signature': { index: number; subject: string; algorithm: string }
  'key-usage-refused': { subject: string; extension: string; has: readonly string[]; needed: string }
  'path-length-exceeded': { index: number; subject: string; pathLength: number; below: number }
  'anchor-too-large': {
    subject: string
    derBytes: number
    pemBytes: number
    limitBytes: number
    assumed?: true
  }
  'verification-off': { by: 'request' | 'default'; mode: string }
  // name
  'name-mismatch': {
    host: string
    names: readonly string[]
    namesTotal: number
    kind: 'dns' | 'ip' | 'cn-ignored' | 'none'
  }
  'name-check-off': { by: 'request' | 'default'; dropsSni: boolean }
  'name-untested': { names: readonly string[]; namesTotal: number }
  // dates
  'cert-expired': {
    index: number
    subject: string
    notAfter: Date
    daysAgo: number
    deviceChecks: DatesChecked
  }
  'cert-not-yet-valid': {
    index: number
    subject: string
    notBefore: Date
    inDays: number
    deviceChecks: DatesChecked
  }
  'expires-soon': { index: number; subject: string; notAfter: Date; days: number }
  'anchor-expired': { subject: string; notAfter: Date; daysAgo: number; assumed?: true }
  'clock-needed': { notBefore: Date; notAfter: Date }
  'dates-unchecked': { source: string }
  // handshake
  'client-certificate-required': { sent: boolean; alert: string | undefined }
  'handshake-alert': { alert: string; after: string }
  'handshake-closed': { how: string; after: string }
  'protocol-violation': { reason: string; detail: string }
  'beyond-our-client': { detail: string }
  'handshake-timeout': { after: string; waitedMs: number }
  'memory-needed': {
    bytes: number
    buffersBytes: number
    heapBytes: number | undefined
    basis: string
  }
  'memory-short': {
    bytes: number
    buffersBytes: number
    heapBytes: number | undefined
    basis: string
  }
  'fragment-length-honoured': {
    honoured: readonly number[]
    advice: 'helps' | 'hurts' | 'no-difference'
    lengths: readonly number[]
    messageBytes: number
    recordBytes: number
  }
  'fragment-length-ignored': { asked: readonly number[] }
  'server-names-compared': {
    host: string
    rows: readonly {
      sni: string
      outcome: 'chain' | 'refused' | 'failed'
      names: readonly string[]
      fitsHost: boolean
      chainBytes: number | undefined
      certificates: number | undefined
      alert: number | undefined
    }[]
    same: boolean
  }
  // records
  'record-too-large': {
    recordBytes: number
    limitBytes: number
    offset: number
    rangeBytes: number | undefined
    /** Of all that were seen, where a later one is larger. */
    largestBytes: number | undefined
  }
  'record-size-undecided': { recordBytes: number; lowBytes: number; highBytes: number; offset: number }
  'record-growth': { fromBytes: number; toBytes: number; offset: number }
  'range-size': {
    rangeBytes: number
    headBytes: number
    slackBytes: number
    limitBytes: number
    requests: number | undefined
  }
  'records-unseen': { why: 'no-body' | 'withheld' | 'byte-limit' }
  // http
  'auth-rejected': { status: number; code: string | undefined }
  'sas-in-authorization-header': { status: number; scheme: string }
  'sas-expired': { expiresAt: Date; status: number }
  'sas-missing': { status: number; code: string | undefined }
  'sas-doubly-encoded': { status: number }
  'presigned-url-rejected': {
    status: number
    code: string | undefined
    why:
      | 'html-escaped'
      | 'cut'
      | 'two-authorizations'
      | 'encoded-twice'
      | 'expired'
      | 'not-yet-valid'
      | 'header-not-sent'
      | 'mismatch'
    detail: string | undefined
  }
  'http-status': { status: number; reason: string }
  'redirect-cross-host': { status: number; to: string; follows: boolean }
  /** `wholeUrls`: the client goes where Location is a URL with its host, and this one is relative. */
  'redirect-refused': { status: number; to: string; wholeUrls?: true }
  'redirect-loop': { status: number; to: string; redirects: number; repeats: boolean }
  'redirect-to-plaintext': { status: number; to: string }
  'head-too-large': { headBytes: number; limitBytes: number }
  /** `status`: of the redirect that leads there; without it the target itself. */
  'path-too-long': { pathBytes: number; limitBytes: number; status?: number }
  'host-too-long': { hostBytes: number; limitBytes: number; status?: number }
  'range-unsupported': { status: number }
  'no-content-length': { transferEncoding: string | undefined }
  'content-coded': {
    /** RFC 9110 §8.4, in the order applied. */
    codings: readonly string[]
    status: number
    path: string
    bodyBytes: number
    /** What the request says of it; undefined where its fields were not kept. */
    request: 'asks' | 'declines' | 'silent' | undefined
    /** What it comes to, or why that is open. */
    why:
      | 'not-unpacked'
      | 'request-unknown'
      | 'asked-by-application'
      | 'name-says-so'
      | 'in-pieces'
      | 'client-unknown'
      | 'unregistered'
      | 'no-body'
  }
  'http-broken': { error: string }
  // mqtt
  'mqtt-refused': { returnCode: number }
  'sni-wrong': { sent: string; host: string; closed: string }
  'closed-after-handshake': { how: string; records: number; afterMs: number }
  'mqtt-no-answer': { waitedMs: number }
  // certificate material as it was given: what a device stores, or a chain on its way
  'pem-text-size': { inputBytes: number; pemBytes: number; derBytes: number; certificates: number }
  'pem-damaged': {
    what: string
    line: number | undefined
    why: 'no-end' | 'other-end' | 'short-dashes' | 'joined' | 'not-base64' | 'padding' | 'short' | 'long'
    /** Line of the character that is not base64. */
    atLine: number | undefined
    hasBytes: number | undefined
    needsBytes: number | undefined
  }
  'certificate-unreadable': { line: number | undefined; field: string; offset: number; reason: string }
  'credential-line-ends': { subject: string; by: string; carriageReturns: number }
  'credential-not-terminated': {
    subject: string
    by: string
    /** `nul-array`: no zero at the end; `nul-length`: the length passed leaves it out; `line`: no line feed behind END. */
    lacks: 'nul-array' | 'nul-length' | 'line'
  }
  'key-mismatch': { key: string; line: number | undefined; subject: string; certificates: number }
  // any
  'secrets-withheld': { what: readonly string[]; host: string; reason: string }
}

/** The id of a finding: each has a page, `docs/findings/<id>.md`. */
export type FindingId = keyof Details

export interface FindingRow {
  readonly stage: Stage
  /** The root cause it stands for, when the finding is one. */
  readonly cause: Cause | undefined
  /** Which of the device's error words belong to it; undefined when the device shows nothing. */
  readonly failure: FailureKind | undefined
}

/**
 * Every finding: the stage at which it is met, the root cause it stands for, and the failure whose error
 * words a device shows for it.
 */
export const findings = {
  'dns-failed': { stage: 'dns', cause: 'dns-failure', failure: 'dns' },
  'cname-irrelevant': { stage: 'dns', cause: undefined, failure: undefined },
  'tcp-refused': { stage: 'tcp', cause: 'tcp-refused', failure: 'tcp-refused' },
  'tcp-timeout': { stage: 'tcp', cause: 'tcp-timeout', failure: 'tcp-timeout' },
  'tcp-failed': { stage: 'tcp', cause: 'tcp-timeout', failure: 'tcp-timeout' },
  'other-family-only': { stage: 'tcp', cause: 'tcp-refused', failure: 'tcp-refused' },
  'addresses-differ': { stage: 'tcp', cause: undefined, failure: undefined },
  'hello-assumed': { stage: 'hello', cause: undefined, failure: undefined },
  'not-tls': { stage: 'hello', cause: 'scheme-port-mismatch', failure: 'not-tls' },
  'no-common-version': { stage: 'hello', cause: 'no-common-version', failure: 'hello-refused' },
  'no-common-cipher': { stage: 'hello', cause: 'no-common-cipher', failure: 'hello-refused' },
  'unlisted-choice': { stage: 'hello', cause: undefined, failure: undefined },
  'sni-missing': { stage: 'hello', cause: 'sni-missing', failure: 'hello-refused' },
  'hello-refused': { stage: 'hello', cause: undefined, failure: 'hello-refused' },
  'chain-too-large': { stage: 'chain', cause: 'chain-too-large', failure: 'chain-too-large' },
  'chain-size-undecided': { stage: 'chain', cause: 'chain-too-large', failure: 'chain-too-large' },
  'chain-size-witnessed': { stage: 'chain', cause: undefined, failure: undefined },
  'chain-size-unusual': { stage: 'chain', cause: 'chain-too-large', failure: 'chain-too-large' },
  'cert-too-large': { stage: 'chain', cause: 'cert-too-large', failure: 'certificate-too-large' },
  'cert-size-undecided': { stage: 'chain', cause: 'cert-too-large', failure: 'certificate-too-large' },
  'cert-size-unusual': { stage: 'chain', cause: 'cert-too-large', failure: 'certificate-too-large' },
  'message-too-large': { stage: 'chain', cause: 'record-too-large', failure: 'message-too-large' },
  'message-fragmented': { stage: 'chain', cause: 'tls-stack-bug', failure: 'message-fragmented' },
  'chain-too-deep': { stage: 'chain', cause: 'chain-too-large', failure: 'chain-too-large' },
  'heavy-certificate': { stage: 'chain', cause: undefined, failure: undefined },
  'rsa-key-too-large': { stage: 'chain', cause: 'rsa-key-too-large', failure: 'key-too-large' },
  'rsa-key-too-small': { stage: 'chain', cause: 'sigalg-unsupported', failure: 'algorithm-unsupported' },
  'rsa-key-unproved': { stage: 'chain', cause: 'rsa-key-too-large', failure: 'key-too-large' },
  'sigalg-unsupported': { stage: 'chain', cause: 'sigalg-unsupported', failure: 'algorithm-unsupported' },
  'key-type-unsupported': { stage: 'chain', cause: 'sigalg-unsupported', failure: 'algorithm-unsupported' },
  'algorithm-unproved': { stage: 'chain', cause: 'sigalg-unsupported', failure: 'algorithm-unsupported' },
  'superfluous-certificates': { stage: 'chain', cause: undefined, failure: undefined },
  'limit-near': { stage: 'chain', cause: undefined, failure: undefined },
  'anchor-unreadable': { stage: 'hello', cause: 'no-trust-anchor', failure: 'no-anchor' },
  'stack-refuses': { stage: 'chain', cause: undefined, failure: 'certificate-refused' },
  'untrusted-root': { stage: 'path', cause: 'untrusted-root', failure: 'untrusted' },
  'anchor-not-presented': { stage: 'path', cause: 'untrusted-root', failure: 'untrusted' },
  'leaf-as-anchor': { stage: 'path', cause: 'leaf-as-anchor', failure: 'untrusted' },
  'cross-sign-path': { stage: 'path', cause: 'cross-sign-path', failure: 'untrusted' },
  'missing-intermediate': { stage: 'path', cause: 'untrusted-root', failure: 'untrusted' },
  'wrong-order': { stage: 'path', cause: undefined, failure: 'untrusted' },
  'root-assumed': { stage: 'path', cause: undefined, failure: undefined },
  'root-unknown': { stage: 'path', cause: undefined, failure: 'untrusted' },
  'no-trust-anchor': { stage: 'path', cause: 'no-trust-anchor', failure: 'no-anchor' },
  'bad-chain-signature': { stage: 'path', cause: undefined, failure: 'untrusted' },
  'not-a-ca': { stage: 'path', cause: undefined, failure: 'untrusted' },
  'critical-extension': { stage: 'chain', cause: undefined, failure: 'certificate-refused' },
  'weak-signature': { stage: 'path', cause: 'sigalg-unsupported', failure: 'algorithm-unsupported' },
  'key-usage-refused': { stage: 'path', cause: undefined, failure: 'key-usage' },
  'path-length-exceeded': { stage: 'path', cause: undefined, failure: 'untrusted' },
  'anchor-too-large': { stage: 'path', cause: 'credential-too-large', failure: undefined },
  'verification-off': { stage: 'path', cause: undefined, failure: undefined },
  'name-mismatch': { stage: 'name', cause: 'name-mismatch', failure: 'name-mismatch' },
  'name-check-off': { stage: 'name', cause: undefined, failure: undefined },
  'name-untested': { stage: 'name', cause: undefined, failure: undefined },
  'cert-expired': { stage: 'dates', cause: 'cert-expired', failure: 'expired' },
  'cert-not-yet-valid': { stage: 'dates', cause: 'clock-unset', failure: 'not-yet-valid' },
  'expires-soon': { stage: 'dates', cause: undefined, failure: undefined },
  'anchor-expired': { stage: 'dates', cause: 'cert-expired', failure: 'expired' },
  'clock-needed': { stage: 'dates', cause: undefined, failure: undefined },
  'dates-unchecked': { stage: 'dates', cause: undefined, failure: undefined },
  'client-certificate-required': {
    stage: 'handshake',
    cause: 'client-auth-rejected',
    failure: 'handshake-alert',
  },
  'handshake-alert': { stage: 'handshake', cause: undefined, failure: 'handshake-alert' },
  'handshake-closed': { stage: 'handshake', cause: undefined, failure: 'handshake-closed' },
  'protocol-violation': { stage: 'handshake', cause: undefined, failure: 'handshake-closed' },
  'beyond-our-client': { stage: 'handshake', cause: undefined, failure: undefined },
  'handshake-timeout': { stage: 'handshake', cause: undefined, failure: 'handshake-closed' },
  'memory-needed': { stage: 'handshake', cause: undefined, failure: undefined },
  'memory-short': { stage: 'handshake', cause: 'out-of-memory', failure: 'out-of-memory' },
  'fragment-length-honoured': { stage: 'handshake', cause: undefined, failure: undefined },
  'fragment-length-ignored': { stage: 'handshake', cause: undefined, failure: undefined },
  'server-names-compared': { stage: 'hello', cause: undefined, failure: undefined },
  'record-too-large': { stage: 'records', cause: 'record-too-large', failure: 'record-too-large' },
  'record-size-undecided': { stage: 'records', cause: 'record-too-large', failure: 'record-too-large' },
  'record-growth': { stage: 'records', cause: undefined, failure: undefined },
  'range-size': { stage: 'records', cause: undefined, failure: undefined },
  'records-unseen': { stage: 'records', cause: undefined, failure: undefined },
  'auth-rejected': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'sas-in-authorization-header': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'sas-expired': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'sas-missing': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'sas-doubly-encoded': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'presigned-url-rejected': { stage: 'http', cause: 'auth-http-rejected', failure: 'http-status' },
  'http-status': { stage: 'http', cause: undefined, failure: 'http-status' },
  'redirect-cross-host': { stage: 'http', cause: 'redirect-cross-host', failure: 'http-redirect' },
  'redirect-refused': { stage: 'http', cause: 'redirect-cross-host', failure: 'http-redirect' },
  'redirect-loop': { stage: 'http', cause: undefined, failure: 'http-redirect' },
  'redirect-to-plaintext': { stage: 'http', cause: undefined, failure: undefined },
  'head-too-large': { stage: 'http', cause: 'url-or-header-too-long', failure: 'http-head-too-large' },
  'path-too-long': { stage: 'http', cause: 'url-or-header-too-long', failure: 'url-too-long' },
  'host-too-long': { stage: 'http', cause: 'url-or-header-too-long', failure: 'url-too-long' },
  'range-unsupported': { stage: 'http', cause: 'range-unsupported', failure: 'range-unsupported' },
  'no-content-length': { stage: 'http', cause: 'no-content-length', failure: 'no-content-length' },
  'content-coded': { stage: 'http', cause: undefined, failure: 'content-coded' },
  'http-broken': { stage: 'http', cause: undefined, failure: 'http-broken' },
  'mqtt-refused': { stage: 'mqtt', cause: 'auth-token-invalid', failure: 'mqtt-refused' },
  'sni-wrong': { stage: 'mqtt', cause: 'sni-wrong', failure: 'closed-after-handshake' },
  'closed-after-handshake': {
    stage: 'mqtt',
    cause: 'server-closed-after-handshake',
    failure: 'closed-after-handshake',
  },
  'mqtt-no-answer': { stage: 'mqtt', cause: undefined, failure: 'closed-after-handshake' },
  'pem-text-size': { stage: 'chain', cause: undefined, failure: undefined },
  'pem-damaged': { stage: 'hello', cause: 'credential-malformed', failure: undefined },
  'certificate-unreadable': { stage: 'hello', cause: 'credential-malformed', failure: undefined },
  'credential-line-ends': { stage: 'hello', cause: 'credential-malformed', failure: undefined },
  'credential-not-terminated': { stage: 'hello', cause: 'credential-malformed', failure: undefined },
  'key-mismatch': { stage: 'hello', cause: 'credential-malformed', failure: undefined },
  'secrets-withheld': { stage: 'http', cause: undefined, failure: undefined },
} as const satisfies { readonly [Id in FindingId]: FindingRow }
