import type { Connection, HttpResponseSeen, Violation } from '../observe/observation.ts'
import { alerts, formatAlert } from '../tls/alerts.ts'
import { formatSignatureScheme } from '../tls/signature-schemes.ts'
import { isTls13 } from '../tls/versions.ts'
import { missing } from './missing.ts'
import { fatalAlert, lastMessage } from './refusal.ts'
import { type Draft, draft, fix, type Judged, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'
import type { Missing } from './verdict.ts'

/** Alerts by which servers refuse a client certificate, or the lack of one. */
const clientCertificateAlerts: ReadonlySet<number> = new Set(
  (
    [
      'handshake_failure',
      'no_certificate',
      'bad_certificate',
      'unsupported_certificate',
      'certificate_revoked',
      'certificate_expired',
      'certificate_unknown',
      'unknown_ca',
      'access_denied',
      'decrypt_error',
      'certificate_required',
    ] as const
  ).map((name) => alerts[name].code),
)

/** handshake: from the server's flight to both Finished. */
export const handshakeRules: readonly Rule[] = [
  {
    stage: 'handshake',
    needs: ['connection'],
    judge({ leg, observation }) {
      const first = leg.first!
      const asked: Missing[] = []
      if (first.violation?.reason === 'unsupported') return judgeBeyond(first.violation)
      const violation = judgeViolation(first)
      if (violation.length > 0) return { findings: violation }
      if (first.establishedAtMs !== undefined) return judgeRequest(first)
      // Before a ServerHello it is the hello that was refused.
      if (first.negotiated === undefined) return judgeSilence(first)
      const { clientCertificateRequest, clientCertificateSent: sent } = first
      const alert = fatalAlert(first)
      const closed = first.close?.by === 'peer'
      if (clientCertificateRequest !== undefined && blamesClient(alert?.description, closed)) {
        const details = { sent, alert: alert === undefined ? undefined : formatAlert(alert.description) }
        const fixes = [fix('provision-client-certificate')]
        // A close may have another reason; an alert about the certificate that was sent has not.
        const effect = sent && alert !== undefined ? 'blocks' : 'unknown'
        if (effect === 'unknown')
          asked.push(missing('credentials', 'the server asks for a client certificate'))
        const failure = alert === undefined ? 'handshake-closed' : 'handshake-alert'
        return {
          findings: [draft('client-certificate-required', effect, details, { fixes, failure })],
          missing: asked,
        }
      }
      // What we ended ourselves says nothing of the server.
      if (observation.withheld !== undefined && !alert && !closed) return {}
      return judgeEnd(first)
    },
  },
  { stage: 'handshake', needs: ['connection'], judge: judgeKeyExchange },
]

/** RSASSA-PSS in TLS 1.2, of a device that offers it for the sake of TLS 1.3 alone: as measured, whatever its library. */
function judgeKeyExchange({ device, leg, stack }: Scene): Judged {
  const { negotiated, keyExchange } = leg.first!
  const known = device.build.pssBelow13
  // Where its schemes are not known, the server chose among those that were offered wide.
  if (known?.value !== 'refused' || device.hello.signatureSchemes === undefined) return {}
  if (negotiated === undefined || isTls13(negotiated.version)) return {}
  const scheme = keyExchange?.signatureScheme
  const name = scheme === undefined ? '' : formatSignatureScheme(scheme)
  const reason = 'key-exchange-refused'
  const told = stack?.failures.some(({ reasons }) => reasons.some(({ kind }) => kind === reason))
  if (!name.startsWith('rsa_pss_') || told) return {}
  const detail = `ServerKeyExchange of TLS 1.2 signed with ${name}`
  const details = { reason, index: undefined, subject: undefined, detail } as const
  const extras = { fixes: [fix('enable-suite')], stage: 'handshake', cause: 'tls-stack-bug' } as const
  const effect = known.confidence === 'inferred' ? 'unknown' : 'blocks'
  return { findings: [draft('stack-refuses', effect, details, { ...extras, failure: reason })] }
}

function blamesClient(alert: number | undefined, closed: boolean): boolean {
  return alert === undefined ? closed : clientCertificateAlerts.has(alert)
}

const serverLog = { fixes: [fix('read-server-log')] }

function judgeEnd(first: Connection): Judged {
  const alert = fatalAlert(first)
  const after = lastMessage(first)
  if (alert !== undefined) {
    return {
      findings: [
        draft('handshake-alert', 'unknown', { alert: formatAlert(alert.description), after }, serverLog),
      ],
    }
  }
  if (first.close?.by === 'peer') {
    return { findings: [draft('handshake-closed', 'unknown', { how: first.close.how, after }, serverLog)] }
  }
  return judgeSilence(first)
}

function judgeSilence(first: Connection): Judged {
  const { close } = first
  if (close?.how !== 'timeout') return {}
  // Our own alert on giving up is no sign of life.
  const lastMs =
    first.messages.findLast(({ direction, name }) => direction === 'received' || name !== 'Alert')?.atMs ?? 0
  const details = { after: lastMessage(first), waitedMs: Math.max(0, close.atMs - lastMs) }
  return { findings: [draft('handshake-timeout', 'unknown', details)] }
}

/**
 * The server asked, and completed the handshake without. Some insist only afterwards: nginx and Apache answer the
 * request with an error page, others have an alert for it.
 */
function judgeRequest(first: Connection): Judged {
  if (first.clientCertificateRequest === undefined) return {}
  const late = first.alerts.find(
    ({ direction, level, description, afterEstablished }) =>
      direction === 'received' && level !== 1 && afterEstablished && clientCertificateAlerts.has(description),
  )
  const alert = late === undefined ? undefined : formatAlert(late.description)
  if (first.clientCertificateSent) {
    // In TLS 1.3 the client is done before the server has read its certificate, RFC 8446 §4.4.2.4.
    if (late === undefined || !isTls13(first.negotiated?.version ?? 0)) return {}
    const details = { sent: true, alert }
    const means = { fixes: [fix('provision-client-certificate')], failure: 'handshake-alert' } as const
    return { findings: [draft('client-certificate-required', 'blocks', details, means)] }
  }
  const insists = late !== undefined || first.exchanges.some(({ response }) => response && blamesUs(response))
  const fixes = [fix('provision-client-certificate')]
  const effect = insists ? 'unknown' : 'info'
  const details = { sent: false, alert }
  return {
    // The device shows what the answer to its request brings out: that finding says it.
    findings: [
      draft('client-certificate-required', effect, details, {
        fixes,
        failure: late ? 'handshake-alert' : 'none',
      }),
    ],
    missing: insists ? [missing('credentials', 'the server asks for a client certificate')] : [],
  }
}

/** nginx answers 400, Apache 403, IIS 403.7; other errors count where their text names the certificate. */
function blamesUs({ status, errorText, reason }: HttpResponseSeen): boolean {
  if (status < 400) return false
  return status === 400 || status === 403 || /\bcertificate\b/i.test(`${reason} ${errorText ?? ''}`)
}

/** The server chose what was offered for the device, and our engine lacks: that says nothing of either of them. */
function judgeBeyond({ detail }: Violation): Judged {
  return {
    findings: [draft('beyond-our-client', 'unknown', { detail })],
    missing: [missing('measured-limit', 'tlsfit cannot carry out what the server chose', 'handshake')],
  }
}

/** Only a signature that does not verify fails every client; the rest another client might let pass. */
function judgeViolation({ violation }: Connection): Draft[] {
  if (violation === undefined || violation.reason === 'not-tls') return []
  const { reason, field, offset, detail } = violation
  const where = field === undefined ? detail : `${field} at byte ${offset ?? 0}: ${detail}`
  const effect = reason === 'bad-signature' ? 'blocks' : 'unknown'
  return [draft('protocol-violation', effect, { reason, detail: where })]
}
