import type { AlertMessage } from './alert-message.ts'
import { headline, paragraphs } from './message-words.ts'
import { type Outgoing, postJson } from './outgoing.ts'

/** Of `summary`. */
const MAX_SUMMARY = 1_024

/**
 * Events API v2: one incident an alert, by its `dedup_key`. What happened once and does not last is a change event, which
 * opens no incident that nothing would ever close.
 */
export function pagerdutyRequest(
  message: AlertMessage,
  { key, base }: { readonly key: string; readonly base: string },
): Outgoing {
  const links = message.link === undefined ? [] : [{ href: message.link, text: 'open in tlsfit' }]
  const summary = headline(message, MAX_SUMMARY)
  // What is of no one endpoint, as an anchor's end, must have a source too.
  const source = message.endpoint.id || 'tlsfit'
  const details = {
    text: paragraphs(message),
    devices: message.deviceCount,
    fleets: message.fleets.map(({ id, device, count }) => ({ id, device, count })),
  }
  if (message.once) {
    return postJson(`${base}/v2/change/enqueue`, {
      routing_key: key,
      payload: { summary, timestamp: message.at, source, custom_details: details },
      links,
    })
  }
  return postJson(`${base}/v2/enqueue`, {
    routing_key: key,
    event_action: message.act === 'recover' ? 'resolve' : 'trigger',
    dedup_key: message.alertKey,
    payload: {
      summary,
      source,
      severity: message.severity,
      timestamp: message.at,
      class: message.kind,
      component: source,
      custom_details: details,
    },
    links,
    client: 'tlsfit',
  })
}
