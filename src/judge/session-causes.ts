import type { Direction, SeenAlert, SeenMessage, TlsSession } from '../capture/session.ts'
import { progressOf } from '../capture/session-progress.ts'
import { DecodeError } from '../codec/decode-error.ts'
import type { Cause } from '../finding/cause.ts'
import { alerts as alertCodes, alertLevels } from '../tls/alerts.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { decodeServerName, findExtension } from '../tls/extensions.ts'
import { isTls13 } from '../tls/versions.ts'
import { matchHost } from '../trust/name-match.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

/** Something that a capture shows of how a session ended. */
export type SessionSign =
  | {
      readonly kind: 'alert'
      readonly by: 'client' | 'server'
      readonly description: number
      readonly frame: number
      /** The last handshake message before it. */
      readonly after: string | undefined
    }
  | { readonly kind: 'encrypted-alert'; readonly records: number }
  | {
      readonly kind: 'close'
      readonly by: 'client' | 'server'
      readonly how: 'FIN' | 'RST'
      readonly after: string | undefined
      /** Application data records by then. */
      readonly sent: number
      readonly received: number
    }
  | { readonly kind: 'silence'; readonly after: string | undefined }
  | { readonly kind: 'no-server-name' }
  | { readonly kind: 'name-not-in-certificate'; readonly sni: string; readonly names: readonly string[] }
  | { readonly kind: 'expired-when-captured'; readonly subject: string; readonly notAfter: Date }
  | { readonly kind: 'valid-when-captured'; readonly at: Date }
  | {
      readonly kind: 'chain-size'
      readonly chainBytes: number
      readonly certificates: number
      readonly largest: number
    }
  | { readonly kind: 'largest-record'; readonly bytes: number }
  | { readonly kind: 'self-signed-leaf' }
  | { readonly kind: 'certificate-asked'; readonly sent: 'none' | 'empty' | 'some' }
  | { readonly kind: 'hole'; readonly from: 'client' | 'server' }

/** A root cause that a session speaks for. */
export interface SessionCause {
  readonly id: Cause
  readonly confidence: 'certain' | 'likely' | 'possible'
  readonly evidence: readonly SessionSign[]
}

export interface SessionExplained {
  readonly outcome: 'established' | 'failed' | 'closed-after-handshake' | 'unfinished'
  /** Best first; empty where nothing failed. */
  readonly causes: readonly SessionCause[]
  readonly decided: boolean
  /** How it ended, whatever the cause. */
  readonly signs: readonly SessionSign[]
}

/** What went wrong in a session, from what is seen of it alone: who ended it, after what, with which alert. Pure. */
export function explainSession(session: TlsSession): SessionExplained {
  const seen = look(session)
  const { fatal } = seen
  if (fatal !== undefined) {
    const causes =
      fatal.direction === 'c2s' ? causesOfClientAlert(fatal, seen) : causesOfServerAlert(fatal, seen)
    return finish('failed', causes, seen)
  }
  if (seen.established) {
    const unmet = unmetRequest(seen)
    if (unmet !== undefined)
      return finish(
        'closed-after-handshake',
        [['client-auth-rejected', 'possible', ...seen.signs, unmet]],
        seen,
      )
    if (!seen.asked && seen.firstClose?.by === 'client')
      return finish('closed-after-handshake', causesOfLostInterest(seen), seen)
    const answered = seen.answered
    const end = seen.firstClose
    if (!answered && seen.asked && end !== undefined)
      return finish('closed-after-handshake', causesOfSilentService(seen), seen)
    return { outcome: 'established', causes: [], decided: false, signs: seen.signs }
  }
  if (session.holeInStreamFrom.length > 0 || seen.firstClose === undefined) {
    return { outcome: 'unfinished', causes: [], decided: false, signs: seen.signs }
  }
  return finish('failed', causesOfClose(seen), seen)
}

interface Seen {
  readonly session: TlsSession
  readonly fatal: SeenAlert | undefined
  readonly established: boolean
  /** The client sent application data; an answer came. */
  readonly asked: boolean
  readonly answered: boolean
  readonly firstClose: { readonly by: 'client' | 'server'; readonly how: 'FIN' | 'RST' } | undefined
  readonly lastMessage: SeenMessage | undefined
  readonly sni: string | undefined
  readonly chain: readonly Certificate[]
  readonly chainBytes: number
  readonly version: number | undefined
  readonly signs: readonly SessionSign[]
}

function look(session: TlsSession): Seen {
  const fatal = session.alerts.find(
    ({ level, description }) => level === alertLevels.fatal && description !== alertCodes.close_notify.code,
  )
  const version = session.serverHello?.version
  const chain = (session.serverCertificates ?? []).flatMap(decode)
  const chainBytes = (session.serverCertificates ?? []).reduce((sum, der) => sum + der.length, 0)
  const handshake = session.messages.filter(({ name }) => name !== 'Alert')
  const lastMessage = handshake.at(-1)
  const { established, dataRecords } = progressOf(session)
  const asked = dataRecords.c2s > 0
  const answered = dataRecords.s2c > 0
  const firstClose = session.tcpClose[0]
  const sni = serverName(session)
  const partial = {
    session,
    fatal,
    established,
    asked,
    answered,
    firstClose,
    lastMessage,
    sni,
    chain,
    chainBytes,
    version,
  }
  return { ...partial, signs: signsOf(partial) }
}

function signsOf(seen: Omit<Seen, 'signs'>): SessionSign[] {
  const { session, fatal, firstClose, lastMessage, established } = seen
  const signs: SessionSign[] = []
  if (fatal !== undefined) {
    const before = session.messages
      .filter(({ name, frame, atMs }) => name !== 'Alert' && (frame < fatal.frame || atMs < fatal.atMs))
      .at(-1)
    signs.push({
      kind: 'alert',
      by: sender(fatal.direction),
      description: fatal.description,
      frame: fatal.frame,
      after: before?.name,
    })
  }
  const unread = unreadAlerts(session)
  if (unread > 0) signs.push({ kind: 'encrypted-alert', records: unread })
  const { c2s, s2c } = session.decrypted ? progressOf(session).dataRecords : session.applicationDataRecords
  if (firstClose !== undefined) {
    const after = established ? 'Finished' : lastMessage?.name
    signs.push({ kind: 'close', by: firstClose.by, how: firstClose.how, after, sent: c2s, received: s2c })
  } else signs.push({ kind: 'silence', after: lastMessage?.name })
  for (const from of session.holeInStreamFrom) signs.push({ kind: 'hole', from })
  return signs
}

/** Records of alerts after ChangeCipherSpec that no secret opened. */
function unreadAlerts({ encryptedAlertRecords, alerts, serverHello }: TlsSession): number {
  const late = serverHello !== undefined && isTls13(serverHello.version)
  const read = late ? 0 : alerts.filter(({ encrypted }) => encrypted).length
  return Math.max(0, encryptedAlertRecords - read)
}

type Weighed = readonly (readonly [Cause, SessionCause['confidence'], ...SessionSign[]])[]

/** The device refused: its alert names the reason, as far as its library tells the truth. */
function causesOfClientAlert({ description }: SeenAlert, seen: Seen): Weighed {
  const [own] = seen.signs
  const evidence = own === undefined ? [] : [own]
  const wrongName = nameSign(seen)
  switch (description) {
    case alertCodes.unknown_ca.code: {
      const selfSigned = seen.chain[0]?.selfIssued === true ? [{ kind: 'self-signed-leaf' } as const] : []
      return [
        ['untrusted-root', 'likely', ...evidence, ...selfSigned],
        ['leaf-as-anchor', 'possible', ...evidence],
        ['cross-sign-path', 'possible', ...evidence],
      ]
    }
    case alertCodes.certificate_expired.code: {
      const expired = expiredSign(seen)
      if (expired !== undefined)
        return [
          ['cert-expired', 'certain', ...evidence, expired],
          ['clock-unset', 'possible', ...evidence],
        ]
      const valid = validSign(seen)
      return valid === undefined
        ? [
            ['cert-expired', 'possible', ...evidence],
            ['clock-unset', 'possible', ...evidence],
          ]
        : [
            ['clock-unset', 'likely', ...evidence, valid],
            ['cert-expired', 'possible', ...evidence],
          ]
    }
    case alertCodes.protocol_version.code:
      return [['no-common-version', 'certain', ...evidence]]
    case alertCodes.record_overflow.code:
      return [['record-too-large', 'certain', ...evidence, ...recordSign(seen)]]
    case alertCodes.insufficient_security.code:
    case alertCodes.handshake_failure.code:
      return [
        ['no-common-cipher', 'likely', ...evidence],
        ['sigalg-unsupported', 'possible', ...evidence],
        ['untrusted-root', 'possible', ...evidence],
      ]
    case alertCodes.bad_certificate.code:
    case alertCodes.certificate_unknown.code:
    case alertCodes.unsupported_certificate.code:
      return [
        ...(wrongName === undefined ? [] : [['name-mismatch', 'likely', ...evidence, wrongName] as const]),
        ['untrusted-root', wrongName === undefined ? 'likely' : 'possible', ...evidence],
        ['cert-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['chain-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['sigalg-unsupported', 'possible', ...evidence],
        ['clock-unset', 'possible', ...evidence],
      ]
    case alertCodes.decode_error.code:
    case alertCodes.internal_error.code:
      return [
        ['out-of-memory', 'possible', ...evidence],
        ['chain-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['record-too-large', 'possible', ...evidence, ...recordSign(seen)],
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    case alertCodes.user_canceled.code:
      return []
    default:
      return [['tls-stack-bug', 'possible', ...evidence]]
  }
}

/** The server refused. */
function causesOfServerAlert({ description }: SeenAlert, seen: Seen): Weighed {
  const [own] = seen.signs
  const evidence = own === undefined ? [] : [own]
  const asked = askedSign(seen)
  const noName = noNameSign(seen)
  const atHello = seen.session.serverHello === undefined
  if (asked !== undefined && asked.sent !== 'some' && !atHello && refusals.has(description)) {
    return [['client-auth-rejected', 'certain', ...evidence, asked]]
  }
  switch (description) {
    case alertCodes.protocol_version.code:
      return [['no-common-version', 'certain', ...evidence]]
    case alertCodes.no_application_protocol.code:
      return [['alpn-missing', 'certain', ...evidence]]
    case alertCodes.certificate_required.code:
      return [['client-auth-rejected', 'certain', ...evidence]]
    case alertCodes.unrecognized_name.code:
      return noName === undefined
        ? [['sni-wrong', 'likely', ...evidence]]
        : [['sni-missing', 'likely', ...evidence, noName]]
    case alertCodes.insufficient_security.code:
      return [['no-common-cipher', 'likely', ...evidence]]
    case alertCodes.handshake_failure.code:
      if (!atHello)
        return [
          ['client-auth-rejected', 'likely', ...evidence, ...(asked === undefined ? [] : [asked])],
          ['no-common-cipher', 'possible', ...evidence],
        ]
      return [
        ...(noName === undefined ? [] : [['sni-missing', 'likely', ...evidence, noName] as const]),
        ['no-common-cipher', noName === undefined ? 'likely' : 'possible', ...evidence],
        ['sni-wrong', 'possible', ...evidence],
        ['no-common-version', 'possible', ...evidence],
      ]
    case alertCodes.internal_error.code:
      return [
        ...(noName === undefined
          ? [['sni-wrong', 'possible', ...evidence] as const]
          : [['sni-missing', 'possible', ...evidence, noName] as const]),
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    case alertCodes.bad_certificate.code:
    case alertCodes.unsupported_certificate.code:
    case alertCodes.certificate_revoked.code:
    case alertCodes.certificate_expired.code:
    case alertCodes.certificate_unknown.code:
    case alertCodes.unknown_ca.code:
    case alertCodes.access_denied.code:
      return [['client-auth-rejected', 'likely', ...evidence, ...(asked === undefined ? [] : [asked])]]
    case alertCodes.decrypt_error.code:
      return [
        ['client-auth-rejected', 'possible', ...evidence],
        ['credential-malformed', 'possible', ...evidence],
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    default:
      return [['tls-stack-bug', 'possible', ...evidence]]
  }
}

/** Alerts by which servers say that a certificate is wanted, or was not accepted. */
const refusals: ReadonlySet<number> = new Set(
  (
    [
      'handshake_failure',
      'bad_certificate',
      'certificate_unknown',
      'unknown_ca',
      'access_denied',
      'certificate_required',
    ] as const
  ).map((name) => alertCodes[name].code),
)

/** No alert that can be read: who closed, and after what. */
function causesOfClose(seen: Seen): Weighed {
  const { firstClose, session, signs } = seen
  const noName = noNameSign(seen)
  const named = noName === undefined ? [] : [noName]
  const asked = askedSign(seen)
  if (firstClose?.by === 'server') {
    if (session.serverHello === undefined) {
      return [
        ...(noName === undefined ? [] : [['sni-missing', 'likely', ...signs, ...named] as const]),
        ['no-common-version', 'possible', ...signs],
        ['no-common-cipher', 'possible', ...signs],
        ['scheme-port-mismatch', 'possible', ...signs],
        ...(noName === undefined ? [['sni-wrong', 'possible', ...signs] as const] : []),
      ]
    }
    if (asked !== undefined) {
      const sure = asked.sent === 'some' ? 'possible' : 'likely'
      return [
        ['client-auth-rejected', sure, ...signs, asked],
        ['server-closed-after-handshake', 'possible', ...signs],
      ]
    }
    return [
      ['server-closed-after-handshake', 'possible', ...signs],
      ['tls-stack-bug', 'possible', ...signs],
    ]
  }
  if (session.serverHello === undefined)
    return [
      ['tcp-timeout', 'possible', ...signs],
      ['scheme-port-mismatch', 'possible', ...signs],
    ]
  const wrongName = nameSign(seen)
  const expired = expiredSign(seen)
  return [
    ...(expired === undefined ? [] : [['cert-expired', 'likely', ...signs, expired] as const]),
    ...(wrongName === undefined ? [] : [['name-mismatch', 'likely', ...signs, wrongName] as const]),
    ['untrusted-root', 'possible', ...signs],
    ['chain-too-large', 'possible', ...signs, ...sizeSign(seen)],
    ['record-too-large', 'possible', ...signs, ...recordSign(seen)],
    ['out-of-memory', 'possible', ...signs],
    ['clock-unset', 'possible', ...signs],
  ]
}

/** The server asked for a certificate, got none, and ended it after a word: some refuse by an error page. */
function unmetRequest(seen: Seen): Extract<SessionSign, { kind: 'certificate-asked' }> | undefined {
  const asked = askedSign(seen)
  const { s2c } = progressOf(seen.session).dataRecords
  const brief = seen.firstClose?.by === 'server' && s2c <= 2
  return asked !== undefined && asked.sent !== 'some' && brief ? asked : undefined
}

/** The handshake is complete, and the client left without a word: it may have looked at the certificate only then. */
function causesOfLostInterest(seen: Seen): Weighed {
  const wrongName = nameSign(seen)
  const expired = expiredSign(seen)
  const selfSigned = seen.chain[0]?.selfIssued === true
  return [
    ...(expired === undefined ? [] : [['cert-expired', 'possible', ...seen.signs, expired] as const]),
    ...(wrongName === undefined ? [] : [['name-mismatch', 'possible', ...seen.signs, wrongName] as const]),
    [
      'untrusted-root',
      'possible',
      ...seen.signs,
      ...(selfSigned ? [{ kind: 'self-signed-leaf' } as const] : []),
    ],
  ]
}

/** The handshake is complete, the client asked, and the service closed without an answer. */
function causesOfSilentService(seen: Seen): Weighed {
  const { firstClose, signs } = seen
  if (firstClose?.by === 'client')
    return [
      ['tcp-timeout', 'possible', ...signs],
      ['alpn-missing', 'possible', ...signs],
    ]
  const wrongName = nameSign(seen)
  const noName = noNameSign(seen)
  return [
    ...(wrongName === undefined ? [] : [['sni-wrong', 'likely', ...signs, wrongName] as const]),
    ['server-closed-after-handshake', wrongName === undefined ? 'likely' : 'possible', ...signs],
    ...(noName === undefined ? [] : [['sni-missing', 'possible', ...signs, noName] as const]),
    ...(seen.session.server.port === HTTPS_PORT ? [['alpn-missing', 'possible', ...signs] as const] : []),
  ]
}

const HTTPS_PORT = 443

function finish(outcome: SessionExplained['outcome'], weighed: Weighed, { signs }: Seen): SessionExplained {
  const causes = weighed.map(([id, confidence, ...evidence]): SessionCause => ({ id, confidence, evidence }))
  const order = ['certain', 'likely', 'possible']
  causes.sort((a, b) => order.indexOf(a.confidence) - order.indexOf(b.confidence))
  return { outcome, causes, decided: causes[0]?.confidence === 'certain', signs }
}

function sender(direction: Direction): 'client' | 'server' {
  return direction === 'c2s' ? 'client' : 'server'
}

function serverName({ clientHellos }: TlsSession): string | undefined {
  const data =
    clientHellos[0] && findExtension(clientHellos[0].hello.extensions, extensionTypes.server_name.code)
  if (data === undefined) return undefined
  try {
    return decodeServerName(data)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function noNameSign({ session, sni }: Seen): { readonly kind: 'no-server-name' } | undefined {
  return session.clientHellos.length > 0 && sni === undefined ? { kind: 'no-server-name' } : undefined
}

function nameSign({
  sni,
  chain,
}: Seen): Extract<SessionSign, { kind: 'name-not-in-certificate' }> | undefined {
  const [leaf] = chain
  if (sni === undefined || leaf === undefined) return undefined
  const { matched, names } = matchHost(leaf, sni)
  return matched ? undefined : { kind: 'name-not-in-certificate', sni, names: names.slice(0, 4) }
}

function expiredSign({
  chain,
  session,
}: Seen): Extract<SessionSign, { kind: 'expired-when-captured' }> | undefined {
  const { startedAt } = session
  if (startedAt === undefined) return undefined
  const expired = chain.find(({ notAfter }) => notAfter < startedAt)
  return (
    expired && { kind: 'expired-when-captured', subject: expired.subject.text, notAfter: expired.notAfter }
  )
}

function validSign({
  chain,
  session,
}: Seen): Extract<SessionSign, { kind: 'valid-when-captured' }> | undefined {
  const { startedAt } = session
  if (startedAt === undefined || chain.length === 0) return undefined
  const valid = chain.every(({ notBefore, notAfter }) => notBefore <= startedAt && startedAt <= notAfter)
  return valid ? { kind: 'valid-when-captured', at: startedAt } : undefined
}

function askedSign({ session }: Seen): Extract<SessionSign, { kind: 'certificate-asked' }> | undefined {
  if (session.clientCertificateRequested !== true) return undefined
  const sent = session.clientCertificates
  return {
    kind: 'certificate-asked',
    sent: sent === undefined ? 'none' : sent.length === 0 ? 'empty' : 'some',
  }
}

function sizeSign({ session, chainBytes }: Seen): SessionSign[] {
  const sizes = (session.serverCertificates ?? []).map((der) => der.length)
  if (sizes.length === 0) return []
  return [{ kind: 'chain-size', chainBytes, certificates: sizes.length, largest: Math.max(...sizes) }]
}

function recordSign({ session }: Seen): SessionSign[] {
  const bytes = session.maxRecordBytes.s2c
  return bytes === undefined ? [] : [{ kind: 'largest-record', bytes }]
}

/** Sessions of one capture share the arrays of the certificates that they have in common. */
const decoded = new WeakMap<Uint8Array, Certificate[]>()

function decode(der: Uint8Array): Certificate[] {
  const known = decoded.get(der)
  if (known !== undefined) return known
  const certificates = tryDecode(der)
  decoded.set(der, certificates)
  return certificates
}

function tryDecode(der: Uint8Array): Certificate[] {
  try {
    return [decodeCertificate(der)]
  } catch (error) {
    if (error instanceof DecodeError) return []
    throw error
  }
}
