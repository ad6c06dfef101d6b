import type { Severity } from '../../fleet/condition.ts'
import type { AlertMessage } from './alert-message.ts'
import { headline, joinWithin, paragraphs } from './message-words.ts'
import { bearer, type Outgoing, postJson } from './outgoing.ts'

/**
 * An alert holds until it is told that it is over. An end that is near would end it by itself wherever tlsfit stands still,
 * and say "resolved" of devices that are still shut out.
 */
const OPEN_MS = 366 * 86_400_000
/** What happened once shows for so long. */
const ONCE_MS = 3_600_000

/** API v2: the same labels are the same alert, so a change of severity ends the alert of the one before. */
export function alertmanagerRequest(
  message: AlertMessage,
  { url, token }: { readonly url: string; readonly token?: string | undefined },
): Outgoing {
  const ended = message.severitiesBefore.filter((severity) => severity !== message.severity)
  const alerts = [
    alertOf(message, message.severity, endsAt(message)),
    ...ended.map((severity) => alertOf(message, severity, message.at)),
  ]
  return postJson(`${url.replace(/\/+$/, '')}/api/v2/alerts`, alerts, bearer(token))
}

function alertOf(message: AlertMessage, severity: Severity, end: string): object {
  return {
    labels: {
      alertname: alertNames[message.kind],
      severity,
      kind: message.kind,
      endpoint: message.endpoint.id,
      cause: harmless(message.cause),
    },
    annotations: {
      summary: harmless(headline(message)),
      description: joinWithin(paragraphs(message), 10_000, harmless),
      devices: String(message.deviceCount),
      fleets: message.fleets.map(({ id }) => id).join(', '),
    },
    startsAt: message.raisedAt,
    endsAt: end,
    ...(message.link !== undefined && { generatorURL: message.link }),
  }
}

function endsAt({ act, at, once }: AlertMessage): string {
  if (act === 'recover') return at
  return new Date(Date.parse(at) + (once ? ONCE_MS : OPEN_MS)).toISOString()
}

/** Its templates hand text on to Slack and others as it is: there `<!channel>` calls everybody. */
function harmless(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›')
}

const alertNames = {
  blocked: 'TlsfitBlocked',
  'at-risk': 'TlsfitAtRisk',
  undecided: 'TlsfitUndecided',
  margin: 'TlsfitMargin',
  expiry: 'TlsfitExpiry',
  unreachable: 'TlsfitUnreachable',
  forecast: 'TlsfitForecast',
  changed: 'TlsfitChanged',
  test: 'TlsfitTest',
} as const satisfies Record<AlertMessage['kind'], string>
