import type { Queries } from '../store/database.ts'
import { type EventsAfter, readEventIds, readEvents, type StoredEvent } from '../store/rows/events.ts'

/** An id that does not turn up in this time belongs to a transaction that was rolled back. */
const LATE_MS = 600_000
/** Where it begins to listen, ids so far back are looked at: some may belong to transactions that still run. */
const LOOK_BACK_IDS = 2_000
const EVENTS_AT_ONCE = 2_000

/**
 * Reads what is new in table `event`, each event once. Ids are given out before their transactions commit: an id that is
 * passed over is asked for again until it turns up, however many come meanwhile and from whichever process.
 */
export class EventFeed {
  #newest: number
  /** Ids that are passed over, and until when they are waited for. */
  readonly #missing = new Map<number, number>()

  private constructor(after: number) {
    this.#newest = after
  }

  /** From now on. */
  static async fromNow(queries: Queries): Promise<EventFeed> {
    const ids = await readEventIds(queries, LOOK_BACK_IDS)
    const feed = new EventFeed(Math.max(0, (ids.at(-1) ?? 0) - LOOK_BACK_IDS))
    for (const id of ids) feed.#note(id)
    return feed
  }

  /** All that there is by now. */
  async next(queries: Queries): Promise<StoredEvent[]> {
    const fresh: StoredEvent[] = []
    for (;;) {
      const nowMs = performance.now()
      for (const [id, untilMs] of this.#missing) if (untilMs < nowMs) this.#missing.delete(id)
      const asked: EventsAfter = { id: this.#newest, andThese: [...this.#missing.keys()] }
      const rows = await readEvents(queries, asked, EVENTS_AT_ONCE)
      for (const { id } of rows) this.#note(id)
      fresh.push(...rows)
      if (rows.length < EVENTS_AT_ONCE) return fresh
    }
  }

  #note(id: number): void {
    this.#missing.delete(id)
    const untilMs = performance.now() + LATE_MS
    const from = Math.max(this.#newest + 1, id - LOOK_BACK_IDS)
    for (let passed = from; passed < id; passed++) this.#missing.set(passed, untilMs)
    this.#newest = Math.max(this.#newest, id)
  }
}
