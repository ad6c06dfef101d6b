import { severities } from '../fleet/condition.ts'
import type { State } from '../judge/verdict.ts'
import type { Database } from '../store/database.ts'
import type { StoredEvent } from '../store/rows/events.ts'
import {
  countOpenAlerts,
  markNow,
  readFleetHeads,
  readOverviewEndpoints,
  readSlotsSince,
} from '../store/rows/read-overview.ts'
import type { FleetHead, Overview } from './contract.ts'
import { EventFeed } from './event-feed.ts'
import { rowJson, type WrittenRow, writeRow } from './overview-row.ts'
import { OverviewRows, type OverviewSort } from './overview-rows.ts'

export interface OverviewQuery {
  readonly sort: OverviewSort
  /** Endpoints whose worst state is this one, as they are counted. */
  readonly state: State | 'unseen' | undefined
  /** Part of an id, name or target. */
  readonly q: string | undefined
  readonly offset: number
  readonly limit: number
}

export interface OverviewAnswer {
  /** `Overview` as JSON. */
  readonly json: string
  /** The same as long as the answer to this query is. */
  readonly tag: string
}

/** More endpoints than this with news, and all are read again. */
const READ_BY_ID = 500
/** Rounds that changed nothing write no event: the time of the last probe is asked for apart. */
const SLOTS_EVERY_MS = 1_000
/** Events tell of all that changes; should one not, it is made good. */
const WHOLE_EVERY_MS = 3_600_000
/** Answers that are kept as long as nothing changes: whoever looks is told of news in the same moment. */
const KEPT_CHARACTERS = 16_000_000
/** Whole days are in the answers. */
const AGED_MS = 60_000

/**
 * The heat map, held written: what changed since the last answer is read anew, endpoint by endpoint, the rest is not
 * touched.
 */
export class OverviewTable {
  readonly #database: Database
  readonly #now: () => Date
  #feed: EventFeed | undefined
  #fleets: readonly FleetHead[] = []
  #rows = new OverviewRows([])
  /** Of this process, and of what is held: another, and all answers are made anew. */
  #version = 0
  readonly #birth = Date.now().toString(36)
  #alerts = ''
  #answers = new Map<string, OverviewAnswer & { readonly untilMs: number }>()
  #keptCharacters = 0
  #slotMark = '0'
  #readWholeMs = -Infinity
  #readSlotsMs = -Infinity
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(database: Database, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  async answer(query: OverviewQuery): Promise<OverviewAnswer> {
    const [alerts] = await Promise.all([countOpenAlerts(this.#database), this.#refresh()])
    const openAlerts = Object.fromEntries(
      severities.map((one) => [one, alerts.find(({ severity }) => severity === one)?.count ?? 0]),
    ) as Overview['openAlerts']
    const counts = JSON.stringify(openAlerts)
    if (counts !== this.#alerts) this.#changed()
    this.#alerts = counts

    const key = JSON.stringify(query)
    const nowMs = this.#now().getTime()
    const kept = this.#answers.get(key)
    if (kept !== undefined && kept.untilMs > nowMs && kept.untilMs <= nowMs + AGED_MS) return kept
    const json = this.#write(query, openAlerts, nowMs)
    const tag = `"${this.#birth}-${this.#version}-${Math.floor(nowMs / AGED_MS)}"`
    const answer = { json, tag, untilMs: (Math.floor(nowMs / AGED_MS) + 1) * AGED_MS }
    this.#keptCharacters += json.length - (kept?.json.length ?? 0)
    if (this.#keptCharacters <= KEPT_CHARACTERS) this.#answers.set(key, answer)
    else this.#forgetAnswers()
    return answer
  }

  #write(query: OverviewQuery, openAlerts: Overview['openAlerts'], nowMs: number): string {
    const found = this.#find(query)
    const rows = found.slice(query.offset, query.offset + query.limit).map((row) => rowJson(row, nowMs))
    const head: Omit<Overview, 'rows'> = {
      at: new Date(nowMs).toISOString(),
      fleets: this.#fleets,
      total: found.length,
      states: this.#rows.states,
      openAlerts,
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
    const nowMs = performance.now()
    if (this.#feed === undefined || nowMs - this.#readWholeMs >= WHOLE_EVERY_MS) return this.#readWhole()
    try {
      const events = await this.#feed.next(this.#database)
      if (events.some(isOfAll)) return await this.#readWhole()
      const changed = new Set(events.flatMap(({ endpointId }) => endpointId ?? []))
      if (nowMs - this.#readSlotsMs >= SLOTS_EVERY_MS) {
        const { mark, slots } = await readSlotsSince(this.#database, this.#slotMark)
        for (const [id, slotMs] of slots) {
          const known = this.#rows.get(id)
          if (known === undefined || known.lastSlotMs < slotMs) changed.add(id)
        }
        this.#slotMark = mark
        this.#readSlotsMs = nowMs
      }
      if (changed.size === 0) return
      if (changed.size > READ_BY_ID) return await this.#readWhole()
      const rows = await readOverviewEndpoints(this.#database, [...changed])
      this.#rows.replace(
        changed,
        rows.map((row) => writeRow(row, this.#fleets)),
      )
      this.#changed()
    } catch (error) {
      // The news are taken, and not in the rows.
      this.#feed = undefined
      throw error
    }
  }

  async #readWhole(): Promise<void> {
    // What happens while it is read is read again.
    const feed = await EventFeed.fromNow(this.#database)
    const mark = await markNow(this.#database)
    const [fleets, rows] = await Promise.all([
      readFleetHeads(this.#database),
      readOverviewEndpoints(this.#database, undefined),
    ])
    this.#fleets = fleets
    this.#rows = new OverviewRows(rows.map((row) => writeRow(row, fleets)))
    this.#changed()
    this.#feed = feed
    this.#slotMark = mark
    this.#readWholeMs = performance.now()
    this.#readSlotsMs = this.#readWholeMs
  }

  #changed(): void {
    this.#version++
    this.#forgetAnswers()
  }

  #forgetAnswers(): void {
    this.#answers.clear()
    this.#keptCharacters = 0
  }

  #find({ sort, state, q }: OverviewQuery): readonly WrittenRow[] {
    const rows = this.#rows.inOrder(sort)
    if (state === undefined && q === undefined) return rows
    const text = q?.toLowerCase()
    return rows.filter(
      (row) =>
        (state === undefined || (row.worst ?? 'unseen') === state) &&
        (text === undefined || row.text.includes(text)),
    )
  }

  #blockedDevices(): number {
    return [...this.#rows.blocked].reduce((sum, at) => sum + (this.#fleets[at]?.count ?? 0), 0)
  }
}

/** Fleets, or a file that was read anew. What is edited of one endpoint names it; what the map does not show is no news. */
function isOfAll({ kind, detail }: StoredEvent): boolean {
  const { action } = detail as { readonly action?: string }
  return kind === 'settings' && !/^(endpoint|silence|token|credential)-/.test(action ?? '')
}
