import type { Queries } from '../store/database.ts'
import { lastEvent, readEvents, type StoredEvent } from '../store/rows/events.ts'

/**
 * Ids are given out before their transactions commit: a smaller one may turn up after a larger one. For so many ids back
 * it is looked for again.
 */
const LATE_IDS = 500
const EVENTS_AT_ONCE = 2_000

/** Reads what is new in table `event`, each event once, also where it commits late. */
export class EventFeed {
  /** Ids up to here are done with. */
  #floor: number
  #seen = new Set<number>()
  #newest: number

  private constructor(after: number) {
    this.#floor = after
    this.#newest = after
  }

  /** From now on. */
  static async fromNow(queries: Queries): Promise<EventFeed> {
    const newest = await lastEvent(queries)
    const floor = Math.max(0, newest - LATE_IDS)
    const feed = new EventFeed(floor)
    feed.#note(await readEvents(queries, floor, EVENTS_AT_ONCE))
    return feed
  }

  /** From behind an event that somebody has seen. */
  static after(id: number): EventFeed {
    return new EventFeed(id)
  }

  get newest(): number {
    return this.#newest
  }

  async next(queries: Queries): Promise<StoredEvent[]> {
    const rows = await readEvents(queries, this.#floor, EVENTS_AT_ONCE)
    return this.#note(rows)
  }

  #note(rows: readonly StoredEvent[]): StoredEvent[] {
    const fresh = rows.filter(({ id }) => !this.#seen.has(id))
    for (const { id } of fresh) {
      this.#seen.add(id)
      this.#newest = Math.max(this.#newest, id)
    }
    const floor = Math.max(this.#floor, this.#newest - LATE_IDS)
    if (floor > this.#floor) {
      this.#floor = floor
      for (const id of this.#seen) if (id <= floor) this.#seen.delete(id)
    }
    return fresh
  }
}
