import { type AlertName, alerts } from './alerts.ts'
import type { StopReason } from './tls-event.ts'

/** Why the engine ends the connection, and the fatal alert that says so to the peer. */
export interface Refusal {
  readonly reason: StopReason
  readonly detail: string
  /** AlertDescription registry number. */
  readonly alert: number
}

export function refuse(reason: StopReason, detail: string, alert: AlertName): Refusal {
  return { reason, detail, alert: alerts[alert].code }
}

/** The peer chose, or answered, what was not offered to it. */
export function unoffered(detail: string, alert: AlertName = 'illegal_parameter'): Refusal {
  return refuse('unoffered', detail, alert)
}

/** Both sides could go on, were it not for what the engine lacks. */
export function unsupported(detail: string, alert: AlertName = 'handshake_failure'): Refusal {
  return refuse('unsupported', detail, alert)
}

/** `what` came where it may not. */
export function unexpected(what: string): Refusal {
  return refuse('unexpected-message', what, 'unexpected_message')
}
