import { createHmac } from 'node:crypto'
import { escapeText } from '../../report/escape.ts'
import type { AlertMessage } from './alert-message.ts'
import { headline, paragraphs } from './message-words.ts'
import type { Outgoing } from './outgoing.ts'

/**
 * `tlsfit/alert@1`, signed as Standard Webhooks 1.0 has it (`webhook-id`, `webhook-timestamp`, `webhook-signature`): HMAC
 * over id, time and body, so that nobody else writes it and an old one cannot be sent again.
 */
export function webhookRequest(
  message: AlertMessage,
  options: { readonly url: string; readonly key?: string | undefined; readonly now: Date },
): Outgoing {
  const body = JSON.stringify(alertJson(message))
  const timestamp = String(Math.floor(options.now.getTime() / 1_000))
  return {
    url: options.url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      ...(options.key !== undefined && {
        'webhook-signature': webhookSignature(options.key, { id: message.id, timestamp, body }),
      }),
    },
    body,
  }
}

/** Names and details are as they are, within the quotes of JSON; words are escaped for people. */
export function alertJson(message: AlertMessage): object {
  return {
    schema: 'tlsfit/alert@1',
    id: message.id,
    alert: message.alertKey,
    act: message.act,
    at: message.at,
    raisedAt: message.raisedAt,
    recoveredAt: message.act === 'recover' ? message.at : null,
    severity: message.severity,
    kind: message.kind,
    cause: message.cause,
    once: message.once,
    headline: headline(message),
    title: escapeText(message.title, { maxChars: 300 }),
    text: paragraphs(message),
    endpoint: message.endpoint,
    fleets: message.fleets,
    devices: message.deviceCount,
    vantages: message.vantages,
    detail: message.detail ?? null,
    link: message.link ?? null,
  }
}

/** `v1,` and the base64 of the HMAC-SHA256 over id, timestamp and body with dots between them. */
export function webhookSignature(
  key: string,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
): string {
  const hmac = createHmac('sha256', keyBytes(key)).update(`${id}.${timestamp}.${body}`)
  return `v1,${hmac.digest('base64')}`
}

/** `whsec_` and base64, as Standard Webhooks writes it; any other text is taken as its UTF-8. */
function keyBytes(key: string): Buffer {
  return key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key)
}
