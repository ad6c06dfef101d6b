import type { HttpExchange } from '../front/http-exchange.ts'
import { blankUrl } from '../observe/secrets.ts'
import type { GatewayEvent, GatewayLog } from './gateway-log.ts'

/** A run that goes on for longer is told in parts. */
const TOLD_AFTER_MS = 60_000

/**
 * Requests of one connection for the log: a download in ranges is one line, not hundreds. Alike are those of the same
 * method, target and status that follow each other.
 */
export class RequestRuns {
  readonly #log: GatewayLog
  readonly #told: Pick<GatewayEvent, 'listener' | 'connection' | 'remote'>
  #run: Run | undefined

  constructor(log: GatewayLog, told: Pick<GatewayEvent, 'listener' | 'connection' | 'remote'>) {
    this.#log = log
    this.#told = told
  }

  add(exchange: HttpExchange, now: number): void {
    const { method, target } = exchange.head
    const { status, whole } = exchange
    const run = this.#run
    const alike =
      run !== undefined &&
      run.method === method &&
      run.target === target &&
      run.status === status &&
      run.whole === whole &&
      now - run.startedAt < TOLD_AFTER_MS
    if (!alike) this.flush()
    this.#run ??= {
      method,
      target,
      status,
      whole,
      startedAt: exchange.startedAt,
      endedAt: now,
      count: 0,
      head: 0,
      body: 0,
    }
    this.#run.count++
    this.#run.endedAt = now
    this.#run.head += exchange.headBytesSent
    this.#run.body += exchange.bodyBytesSent
  }

  /** Tells what was not told yet. */
  flush(): void {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    this.#log({
      level: 'info',
      what: 'request',
      ...this.#told,
      facts: {
        method: run.method,
        target: blankUrl(run.target),
        status: run.status,
        requests: run.count,
        headBytes: run.head,
        bodyBytes: run.body,
        whole: run.whole,
        durationMs: run.endedAt - run.startedAt,
      },
    })
  }
}

interface Run {
  readonly method: string
  readonly target: string
  readonly status: number
  readonly whole: boolean
  readonly startedAt: number
  endedAt: number
  count: number
  head: number
  body: number
}
