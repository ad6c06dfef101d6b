import type { TlsEvent } from './tls-event.ts'

/** What one call of the engine asks for: bytes to send, and what happened, in order. */
export interface Step {
  /** Empty when there is nothing to send. */
  readonly send: Uint8Array
  readonly events: readonly TlsEvent[]
}

type Untimed<Event> = Event extends TlsEvent ? Omit<Event, 'atMs'> : never

/** Collects one `Step`; every event of it happened at the same time. */
export class StepBuilder {
  readonly #atMs: number
  readonly #events: TlsEvent[] = []
  readonly #send: Uint8Array[] = []

  constructor(atMs: number) {
    this.#atMs = atMs
  }

  emit(event: Untimed<TlsEvent>): void {
    this.#events.push({ ...event, atMs: this.#atMs } as TlsEvent)
  }

  send(bytes: Uint8Array): void {
    this.#send.push(bytes)
  }

  finish(): Step {
    return { send: Buffer.concat(this.#send), events: this.#events }
  }
}
