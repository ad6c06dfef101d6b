import { severities } from '../fleet/condition.ts'
import type { State } from '../judge/verdict.ts'
import type { Database } from '../store/database.ts'
import {
  countOpenAlerts,
  readFleetHeads,
  readLastSlots,
  readOverviewEndpoints,
} from '../store/rows/read-overview.ts'
import type { FleetHead, Overview } from './contract.ts'
import { EventFeed } from './event-feed.ts'
import { rowJson, stateRank, type WrittenRow, writeRow } from './overview-row.ts'

export interface OverviewQuery {
  readonly sort: 'room' | 'name' | 'state'
  /** Rows with a fleet in this state. */
  readonly state: State | 'unseen' | undefined
  /** Part of an id, name or target. */
  readonly q: string | undefined
  readonly offset: number
  readonly limit: number
}

/** More endpoints than this with news, and all are read again. */
const READ_BY_ID = 500
/** Rounds that changed nothing write no event: for the time of the last probe alone, this is often enough. */
const SLOTS_EVERY_MS = 5_000
/** Whatever was missed is made good. */
const WHOLE_EVERY_MS = 300_000

/**
 * The heat map, held written: what changed since the last answer is read anew, endpoint by endpoint, the rest is not
 * touched.
 */
export class OverviewTable {
  readonly #database: Database
  readonly #now: () => Date
  #feed: EventFeed | undefined
  #fleets: readonly FleetHead[] = []
  #rows = new Map<string, WrittenRow>()
  #sorted = new Map<OverviewQuery['sort'], readonly WrittenRow[]>()
  #readWholeMs = -Infinity
  #readSlotsMs = -Infinity
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(database: Database, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  /** `Overview` as JSON. */
  async json(query: OverviewQuery): Promise<string> {
    const [alerts] = await Promise.all([countOpenAlerts(this.#database), this.#refresh()])
    const found = this.#find(query)
    const nowMs = this.#now().getTime()
    const rows = found.slice(query.offset, query.offset + query.limit).map((row) => rowJson(row, nowMs))
    const head: Omit<Overview, 'rows'> = {
      at: new Date(nowMs).toISOString(),
      fleets: this.#fleets,
      total: found.length,
      states: this.#states(),
      openAlerts: Object.fromEntries(
        severities.map((one) => [one, alerts.find(({ severity }) => severity === one)?.count ?? 0]),
      ) as Overview['openAlerts'],
      blockedDevices: this.#blockedDevices(),
    }
    return `${JSON.stringify(head).slice(0, -1)},"rows":[${rows.join()}]}`
  }

  /** One reading at a time. Whoever asks while one runs takes the next: what was written before the question is in it. */
  #refresh(): Promise<void> {
    if (this.#running === undefined) return this.#read()
    this.#next ??= this.#running.then(
      () => this.#read(),
      () => this.#read(),
    )
    return this.#next
  }

  #read(): Promise<void> {
    this.#next = undefined
    this.#running = this.#readNews().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #readNews(): Promise<void> {
    const nowMs = this.#now().getTime()
    const whole = nowMs - this.#readWholeMs >= WHOLE_EVERY_MS
    if (this.#feed === undefined || whole) return this.#readWhole(nowMs)
    const events = await this.#feed.next(this.#database)
    if (events.some(({ kind }) => kind === 'settings')) return this.#readWhole(nowMs)
    const changed = new Set(events.flatMap(({ endpointId }) => endpointId ?? []))
    if (nowMs - this.#readSlotsMs >= SLOTS_EVERY_MS) {
      this.#readSlotsMs = nowMs
      for (const { id, slot_ms } of await readLastSlots(this.#database)) {
        const known = this.#rows.get(id)
        if (known === undefined || known.lastSlotMs !== Math.round(slot_ms)) changed.add(id)
      }
    }
    if (changed.size === 0) return
    if (changed.size > READ_BY_ID) return this.#readWhole(nowMs)
    const rows = await readOverviewEndpoints(this.#database, [...changed])
    for (const id of changed) this.#rows.delete(id)
    for (const row of rows) this.#rows.set(row.id, writeRow(row, this.#fleets))
    this.#sorted.clear()
  }

  async #readWhole(nowMs: number): Promise<void> {
    // What happens while it is read is read again.
    this.#feed = await EventFeed.fromNow(this.#database)
    const [fleets, rows] = await Promise.all([
      readFleetHeads(this.#database),
      readOverviewEndpoints(this.#database, undefined),
    ])
    this.#fleets = fleets
    this.#rows = new Map(rows.map((row) => [row.id, writeRow(row, fleets)]))
    this.#sorted.clear()
    this.#readWholeMs = nowMs
    this.#readSlotsMs = nowMs
  }

  #find({ sort, state, q }: OverviewQuery): readonly WrittenRow[] {
    const rows = this.#inOrder(sort)
    if (state === undefined && q === undefined) return rows
    const text = q?.toLowerCase()
    return rows.filter(
      (row) =>
        (state === undefined || (state === 'unseen' ? row.worst === undefined : row.states.has(state))) &&
        (text === undefined || row.text.includes(text)),
    )
  }

  #inOrder(sort: OverviewQuery['sort']): readonly WrittenRow[] {
    const known = this.#sorted.get(sort)
    if (known !== undefined) return known
    const { compare: byName } = new Intl.Collator('en', { numeric: true })
    const room = ({ room }: WrittenRow) => room ?? Number.MAX_VALUE
    const byRoom = (a: WrittenRow, b: WrittenRow) => room(a) - room(b)
    const orders = {
      name: () => 0,
      room: byRoom,
      state: (a: WrittenRow, b: WrittenRow) => stateRank(b.worst) - stateRank(a.worst) || byRoom(a, b),
    }
    const order = orders[sort]
    const sorted = [...this.#rows.values()].sort(
      (a, b) => order(a, b) || byName(a.name, b.name) || byName(a.id, b.id),
    )
    this.#sorted.set(sort, sorted)
    return sorted
  }

  #states(): Overview['states'] {
    const counts = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0, unseen: 0 }
    for (const { worst } of this.#rows.values()) counts[worst ?? 'unseen']++
    return counts
  }

  #blockedDevices(): number {
    const blocked = new Set<number>()
    for (const row of this.#rows.values()) for (const at of row.blocked) blocked.add(at)
    return [...blocked].reduce((sum, at) => sum + (this.#fleets[at]?.count ?? 0), 0)
  }
}
