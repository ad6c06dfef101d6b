import type { TlsSession } from '../capture/session.ts'
import { progressOf } from '../capture/session-progress.ts'
import type { Cause } from '../finding/cause.ts'
import { causesOfClientAlert, causesOfServerAlert, type Weighed } from './session-alert-causes.ts'
import {
  askedSign,
  expiredSign,
  look,
  nameSign,
  noNameSign,
  recordSign,
  type Seen,
  type SessionSign,
  sizeSign,
} from './session-sign.ts'

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
