import type { TicketKeys } from '../../front/front.ts'
import type { PlanMessage } from '../data-plane.ts'
import type { MetricsSnapshot } from '../metrics.ts'

/** From the primary to a worker. `seq` pairs an answer with its question. */
export type ToWorker =
  | {
      readonly kind: 'plan'
      readonly seq: number
      readonly plan: PlanMessage
      readonly keys: TicketKeys
      readonly number: number
    }
  | { readonly kind: 'keys'; readonly keys: TicketKeys }
  | { readonly kind: 'snapshot'; readonly seq: number }
  | { readonly kind: 'session'; readonly seq: number; readonly session: Uint8Array | undefined }
  | { readonly kind: 'stop'; readonly graceMs: number }

/** From a worker to the primary. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'served'
      readonly seq: number
      readonly addresses: readonly (readonly [string, string])[]
    }
  | { readonly kind: 'refused'; readonly seq: number; readonly error: CarriedError }
  | { readonly kind: 'snapshot'; readonly seq: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'session-put'; readonly id: string; readonly session: Uint8Array }
  | { readonly kind: 'session-get'; readonly seq: number; readonly id: string }

/** What of an error is for the user, across processes. */
export interface CarriedError {
  readonly name: string
  readonly message: string
  readonly code?: string | undefined
  readonly hint?: string | undefined
  readonly address?: string | undefined
  readonly port?: number | undefined
}

export function carry(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: 'Error', message: 'unknown' }
  const { code, hint, address, port } = error as Error & Partial<CarriedError>
  return { name: error.name, message: error.message, code, hint, address, port }
}

export function uncarry({ name, message, ...more }: CarriedError): Error {
  return Object.assign(new Error(message), { name }, more)
}
