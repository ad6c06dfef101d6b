import { escapeText } from '../../report/escape.ts'
import { SecretError } from '../open-secret.ts'
import { AddressRefused } from './connect-rule.ts'
import type { Answer } from './post.ts'
import { redact } from './redact.ts'

/** What came of telling. */
export type Outcome =
  | { readonly told: true; readonly note?: string | undefined }
  | {
      readonly told: false
      /** For people, without secrets. */
      readonly error: string
      /** When the receiver wants to be asked again. */
      readonly retryAfterMs?: number | undefined
      /** This one message is refused; others may get through. */
      readonly messageOnly: boolean
    }

/** Longer is no pause but a mistake: a receiver must not put an alert off for ever. */
const MAX_RETRY_AFTER_MS = 86_400_000
const EXCERPT_CHARS = 200
/** The body is not what it takes; of others the address, the key or the hour is wrong. */
const refusesMessage = new Set([400, 413, 415, 422])

export function outcomeOf(answer: Answer, secrets: readonly string[], now: Date): Outcome {
  const { status, body } = answer
  if (status >= 200 && status < 300) return { told: true }
  const said = escapeText(redact(body, secrets).trim(), { maxChars: EXCERPT_CHARS })
  const what = status >= 300 && status < 400 ? `answered ${status}, a redirect` : `answered ${status}`
  return {
    told: false,
    error: said === '' ? what : `${what}: ${said}`,
    retryAfterMs: retryAfterMs(answer, now),
    messageOnly: refusesMessage.has(status),
  }
}

/** Seconds or a date, RFC 9110 §10.2.3; Telegram writes seconds into its JSON alone. */
function retryAfterMs({ retryAfter, body, status }: Answer, now: Date): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const written = retryAfter?.trim() ?? /"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(body)?.[1]
  if (written === undefined) return undefined
  const ms = /^\d+(\.\d+)?$/.test(written) ? Number(written) * 1_000 : Date.parse(written) - now.getTime()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** Why there was no answer. */
export function failureOf(error: unknown, secrets: readonly string[]): Outcome {
  return { told: false, error: escapeText(redact(reason(error), secrets)), messageOnly: false }
}

function reason(error: unknown): string {
  if (error instanceof SecretError || error instanceof AddressRefused) return error.message
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time'
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0])
  // Messages of Node name hosts, which may be what makes an address a secret; its codes do not.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
  // What a mail server answered.
  return 'responseCode' in error ? `${code}, answered ${error.responseCode}` : code
}
