import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Database, SqlError, StoreError } from '../../src/store/database.ts'
import { openDatabase, openStore } from '../../src/store/open-store.ts'
import type { Postgres } from '../support/postgres.ts'
import { storeFolder } from '../support/store-folder.ts'
import { awakeMs } from './awake.ts'
import { Faults } from './faults.ts'
import { FaultyPostgres } from './faulty-postgres.ts'
import { threadFaults } from './faulty-thread.ts'
import { unhandledIn } from './handles.ts'
import { isFull } from './sample.ts'
import { type ArmedFaults, refusals, type StoreFault, storeFaults } from './store-faults.ts'

/**
 * What hangs does so for a moment, and a thread takes some seconds to begin anew on a busy machine. Longer than the store waits
 * for a server that says nothing: that it gave one up would be another error than the one that is asked for.
 */
const NO_LONGER_MS = 60_000

/** Of all that may go wrong one in so many does without `isFull`, and the last two; no divisor of the number of ways. */
const ONE_IN = 4

/** What is done to a store, and what is to be there after it: all, or nothing. */
export interface Operation {
  /** Before each run, with no fault. */
  prepare?(store: Database): Promise<unknown>
  run(store: Database): Promise<unknown>
  /** All that it may write, the same for the same. */
  look(store: Database): Promise<unknown>
  /** Several statements, each whole: what was left off is done by the next run. */
  inSteps?: boolean
  /** A second time is as good as once. */
  isRepeatable?: boolean
  /** Each call in each way; else each in one of them, by turns. */
  inEachWay?: boolean
}

/** A store whose calls can be made to fail, of either kind. */
export class StoreRange {
  readonly store: Database
  /** The same, to look into it while faults are armed: on PostgreSQL by a connection of its own, which nobody counts. */
  readonly aside: Database
  readonly where: string
  readonly #armed: ArmedFaults
  #times = 0
  readonly #proxy: FaultyPostgres | undefined

  private constructor(store: Database, aside: Database, where: string, proxy: FaultyPostgres | undefined) {
    this.store = store
    this.aside = aside
    this.where = where
    this.#proxy = proxy
    this.#armed = proxy ?? threadFaults
  }

  static async open(kind: Database['kind'], server: Postgres | undefined, name: string, now: Date) {
    const proxy = kind === 'postgres' ? await proxyOf(server, name) : undefined
    const where = proxy?.url ?? (await storeFolder())
    threadFaults.faults = new Faults()
    const store = await openStore(where, now)
    const aside = proxy === undefined ? store : await openDatabase(proxy.direct)
    return new StoreRange(store, aside, where, proxy?.proxy)
  }

  /** From now on the call `at` goes wrong; none where left out. */
  arm(at = -1, fault: StoreFault = 'ends'): Faults {
    this.#armed.fault = fault
    this.#armed.faults = new Faults(at)
    return this.#armed.faults
  }

  /**
   * Each call of `operation` goes wrong once, in each way; without `isFull` some of them. Gives how many times that is
   * when it is all of them.
   */
  async torture(operation: Operation): Promise<number> {
    const { store } = this
    await operation.prepare?.(store)
    const none = await operation.look(store)
    const { calls } = await this.#counted(operation)
    const all = await operation.look(store)
    expect(all).not.toEqual(none)
    let isPrepared = false
    const plan = planOf(calls.length, store.kind, operation)
    const met = isFull ? plan : plan.filter((_one, nth) => nth % ONE_IN === 0 || nth >= plan.length - 2)
    for (const [at, fault] of met) {
      if (!isPrepared) await operation.prepare?.(store)
      const where = `${fault} of call ${at} of ${calls.length}, ${calls[at]}`
      if (!isPrepared) expect(await operation.look(store), where).toEqual(none)
      await this.#fail(operation, at, fault, where)
      const there = await operation.look(store)
      const isThere = JSON.stringify(there) === JSON.stringify(all)
      if (fault === 'hangs') expect(there, where).toEqual(all)
      else if (operation.inSteps !== true) {
        if (!isThere) expect(there, where).toEqual(none)
        // Only what was committed before its answer was lost.
        else expect(fault, where).toBe('lost')
      }
      await this.#isAtRest(where)
      this.#times++
      isPrepared = !isThere && operation.inSteps !== true
      if (isPrepared || (isThere && operation.isRepeatable !== true)) continue
      await operation.run(store)
      expect(await operation.look(store), `${where}, done again`).toEqual(all)
    }
    if (isPrepared) await operation.run(store)
    expect(await operation.look(store)).toEqual(all)
    return plan.length
  }

  async #counted({ run }: Operation): Promise<Faults> {
    const faults = this.arm()
    await run(this.store)
    this.arm()
    return faults
  }

  async #fail({ run }: Operation, at: number, fault: StoreFault, where: string): Promise<void> {
    const faults = this.arm(at, fault)
    const began = awakeMs()
    let outcome: unknown
    const untaken = await unhandledIn(async () => {
      outcome = await run(this.store).then(
        () => undefined,
        (error: unknown) => error,
      )
    })
    this.arm()
    expect(faults.struck, where).toBeDefined()
    expect(untaken, where).toEqual([])
    expect(awakeMs() - began, where).toBeLessThan(NO_LONGER_MS)
    if (fault === 'hangs') expect(outcome, where).toBeUndefined()
    else isNamed(outcome, fault, where)
  }

  /** No transaction, lock or connection of its own is left. */
  async #isAtRest(where: string): Promise<void> {
    const locks = `select count(*) as n from pg_locks where locktype = 'advisory' and database = (select oid from
      pg_database where datname = current_database())`
    const open = `select count(*) as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and state <> 'idle'`
    for (const sql of this.#proxy === undefined ? [locks] : [locks, open]) {
      await expect
        .poll(() => this.aside.query(sql), { message: `${where}: ${sql}`, timeout: 5_000, interval: 5 })
        .toEqual([{ n: 0 }])
    }
  }

  /** With it goes all that it held. */
  async close(): Promise<void> {
    if (this.#times > 0) console.log(`${this.store.kind}: ${this.#times} times a call failed`)
    await this.store.close()
    await this.aside.close()
    // The other end of a connection may be a turn later.
    for (let turns = 0; turns < 1_000 && this.#proxy?.open; turns++) await turn()
    expect(this.#proxy?.open ?? 0).toBe(0)
    if (this.#proxy === undefined) expect(existsSync(join(this.where, 'lock'))).toBe(false)
    await this.#proxy?.close()
    if (this.#proxy === undefined) rmSync(this.where, { recursive: true, force: true })
  }
}

async function proxyOf(
  server: Postgres | undefined,
  name: string,
): Promise<{ proxy: FaultyPostgres; url: string; direct: string }> {
  const url = new URL(server?.createDatabase(name) ?? '')
  const direct = url.href
  const proxy = await FaultyPostgres.before(Number(url.port))
  url.port = String(proxy.port)
  return { proxy, url: url.href, direct }
}

/** A thread that ends takes a second to begin anew, and ends alike at each call: it does behind the last, where that is the commit. */
function planOf(
  calls: number,
  kind: Database['kind'],
  { inEachWay = isFull }: Operation,
): [at: number, fault: StoreFault][] {
  const every = Array.from({ length: calls }, (_, at) => at)
  const own = kind === 'postgres' || isFull ? storeFaults : (['conflict', 'full', 'hangs'] as const)
  const plan = every.flatMap((at): [number, StoreFault][] =>
    isFull || inEachWay ? own.map((fault) => [at, fault]) : [[at, own[at % own.length] as StoreFault]],
  )
  if (own.length < storeFaults.length) {
    if (inEachWay) plan.push([calls >> 1, 'ends'])
    plan.push([calls - 1, 'lost'])
  }
  return plan
}

/** An error of the store that says which fault it was, and no trace of anything else. */
export function isNamed(outcome: unknown, fault: StoreFault, where: string): void {
  expect(outcome instanceof SqlError || outcome instanceof StoreError, `${where}: ${String(outcome)}`).toBe(
    true,
  )
  const { message, code } = outcome as SqlError | StoreError
  if (fault === 'conflict' || fault === 'full') {
    expect(message, where).toContain(refusals[fault].message)
    if (outcome instanceof SqlError) expect(code, where).toBe(refusals[fault].code)
  } else expect(message, where).toMatch(/ended|terminated/)
}
