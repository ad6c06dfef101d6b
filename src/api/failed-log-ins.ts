import type { Queries } from '../store/database.ts'
import { addToAudit, insertAudit } from '../store/rows/access-rows.ts'
import { RateLimit } from './rate-limit.ts'

/** Further ones of an address are counted in the row of its first. */
const WINDOW_MS = 10 * 60_000
/** New rows of all addresses in a minute: nobody who may not come in fills the store. */
const ROWS_PER_MINUTE = 30
const ADDRESSES_AT_MOST = 1_000
const others = 'other addresses'

interface Row {
  readonly id: number
  readonly untilMs: number
}

/** Log-ins that failed, in the audit log: from where, by what, and how often. Never what was sent. */
export class FailedLogIns {
  readonly #rows = new Map<string, Row>()
  readonly #fresh = new RateLimit(ROWS_PER_MINUTE)

  async note(
    queries: Queries,
    { address, by, code }: { readonly address: string; readonly by: 'token' | 'oidc'; readonly code: string },
    now: Date,
  ): Promise<void> {
    const nowMs = now.getTime()
    const isKnown = this.#known(`${address} ${by} ${code}`, nowMs) !== undefined
    const from = isKnown || this.#fresh.hasLeft('all', nowMs) ? address : others
    const key = `${from} ${by} ${code}`
    const row = this.#known(key, nowMs)
    if (row !== undefined) return addToAudit(queries, row.id, now)
    if (from === address) this.#fresh.take('all', nowMs)
    const detail = { by, code, times: 1, last: now }
    const id = await insertAudit(queries, {
      at: now,
      actor: 'unknown',
      action: 'log-in-failed',
      subject: from,
      detail,
    })
    this.#rows.set(key, { id, untilMs: nowMs + WINDOW_MS })
    if (this.#rows.size > ADDRESSES_AT_MOST) {
      const [oldest] = this.#rows.keys()
      if (oldest !== undefined) this.#rows.delete(oldest)
    }
  }

  #known(key: string, nowMs: number): Row | undefined {
    const row = this.#rows.get(key)
    return row !== undefined && row.untilMs > nowMs ? row : undefined
  }
}
