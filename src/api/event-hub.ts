import type { Database } from '../store/database.ts'
import { readEvents, type StoredEvent } from '../store/rows/events.ts'
import type { LiveEvent } from './contract.ts'
import { EventFeed } from './event-feed.ts'

const POLL_MS = 500
const CATCH_UP_AT_ONCE = 2_000
/** Whoever reads so slowly is let go: it comes again with the last id that it had. */
const WAITING_AT_MOST = 5_000

/** Which of these tokens and sessions hold still; by their digests in hex. */
export type HeldDigests = (digests: readonly string[]) => Promise<ReadonlySet<string>>

/** Reads table `event` once for everybody who listens, and only while somebody does. */
export class EventHub {
  readonly #database: Database
  readonly #onFault: (error: unknown) => void
  readonly #held: HeldDigests
  readonly #listeners = new Set<Listener>()
  #feed: Promise<EventFeed> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, held: HeldDigests, onFault: (error: unknown) => void) {
    this.#database = database
    this.#held = held
    this.#onFault = onFault
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /**
   * What comes from now on; with `after`, what came since that event, too. `digest` in hex: of the token or session that
   * opened it, and ends it.
   */
  async listen(after: number | undefined, digest: string | undefined): Promise<Listener> {
    const listener = new Listener(digest, () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#stop()
    })
    this.#feed ??= EventFeed.fromNow(this.#database)
    try {
      await this.#feed
      this.#listeners.add(listener)
      if (after !== undefined) listener.begin(await this.#since(after))
    } catch (error) {
      this.#feed = undefined
      listener.close()
      throw error
    }
    this.#timer ??= setTimeout(() => this.#poll(), POLL_MS)
    return listener
  }

  async #since(after: number): Promise<StoredEvent[]> {
    const all: StoredEvent[] = []
    for (let from = after; all.length < WAITING_AT_MOST; ) {
      const rows = await readEvents(this.#database, { id: from }, CATCH_UP_AT_ONCE)
      all.push(...rows)
      if (rows.length < CATCH_UP_AT_ONCE) break
      from = rows.at(-1)?.id ?? from
    }
    return all
  }

  async #poll(): Promise<void> {
    try {
      const feed = await this.#feed
      const events = (await feed?.next(this.#database)) ?? []
      // Asked after the events are read: nothing that happened after a log-out is told to who logged out.
      await this.#letGo()
      for (const listener of this.#listeners) listener.hear(events)
    } catch (error) {
      this.#onFault(error)
    }
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => this.#poll(), POLL_MS)
    else this.#stop()
  }

  /** Those whose token or session holds no longer, whichever process ended it. */
  async #letGo(): Promise<void> {
    const digests = new Set([...this.#listeners].flatMap(({ digest }) => digest ?? []))
    if (digests.size === 0) return
    const held = await this.#held([...digests])
    for (const listener of this.#listeners) {
      const { digest } = listener
      if (digest !== undefined && digests.has(digest) && !held.has(digest)) listener.close()
    }
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#feed = undefined
  }

  close(): void {
    for (const listener of this.#listeners) listener.close()
  }
}

/** One who listens: events in their order of arrival, each once. */
export class Listener {
  readonly #waiting: StoredEvent[] = []
  readonly #onClose: () => void
  /** Of what opened it; undefined where nobody logs in. */
  readonly digest: string | undefined
  #wake: (() => void) | undefined
  #closed = false

  constructor(digest: string | undefined, onClose: () => void) {
    this.digest = digest
    this.#onClose = onClose
  }

  /** What was before, ahead of what was heard meanwhile. */
  begin(events: readonly StoredEvent[]): void {
    const known = new Set(events.map(({ id }) => id))
    const meanwhile = this.#waiting.splice(0).filter(({ id }) => !known.has(id))
    this.hear([...events, ...meanwhile])
  }

  hear(events: readonly StoredEvent[]): void {
    if (this.#closed || events.length === 0) return
    this.#waiting.push(...events)
    if (this.#waiting.length > WAITING_AT_MOST) this.close()
    this.#wake?.()
  }

  /** What waits, or what comes within `ms`; undefined when it is over. */
  async next(ms: number): Promise<readonly LiveEvent[] | undefined> {
    if (this.#waiting.length === 0 && !this.#closed) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, ms)
        this.#wake = () => {
          clearTimeout(timer)
          done()
        }
      })
      this.#wake = undefined
    }
    if (this.#closed) return undefined
    return this.#waiting.splice(0).map(({ id, at, kind, endpointId, detail }) => {
      return { id, at: at.toISOString(), kind, endpointId, detail }
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting.length = 0
    this.#wake?.()
    this.#onClose()
  }
}
