import { createHash } from 'node:crypto'
import type { Schedule } from '../fleet/schedule-defaults.ts'
import type { Database, Queries } from '../store/database.ts'
import type { JobQueue } from '../store/job-queue.ts'
import { bulk } from '../store/rows/bulk.ts'
import { readSchedule } from '../store/rows/endpoints.ts'
import { markQueued } from '../store/rows/standings.ts'
import { type ProbeJob, queueOf } from './probe-job.ts'

/** Endpoints claimed in one transaction. */
const CLAIMED_AT_ONCE = 1_000
/** A round that was queued so many intervals ago, and this long, is taken for lost. */
const LOST_ROUNDS = 10
const LOST_SECONDS = 3_600

export interface Scheduled {
  readonly endpoints: number
  readonly jobs: number
}

/**
 * Queues what is due: one job for each vantage point, in one transaction with the next due time, so that several
 * processes may do it side by side. A round that still waits is not queued a second time. Gives what was queued.
 */
export async function scheduleDue(database: Database, queue: JobQueue, now: Date): Promise<Scheduled> {
  return database.transaction(async (queries) => {
    const due = await queries.query<{ id: string; vantages: string[]; every_seconds: number | null }>(
      `select id, vantages, every_seconds from endpoint where due_at <= $1 and removed_at is null
       order by due_at, id limit ${CLAIMED_AT_ONCE} for no key update skip locked`,
      [now],
    )
    if (due.length === 0) return { endpoints: 0, jobs: 0 }
    const defaults = await readSchedule(queries)
    const everyOf = (one: (typeof due)[number]) => one.every_seconds ?? defaults.everySeconds
    await writeDue(
      queries,
      due.map((one) => ({ id: one.id, due_at: nextDue(one.id, everyOf(one), now) })),
    )
    const slots = due.flatMap(({ id, vantages }) =>
      vantages.map((vantage) => ({ endpointId: id, vantage, slot: now })),
    )
    const everySeconds = Math.min(...due.map(everyOf))
    const lostSeconds = Math.max(LOST_SECONDS, LOST_ROUNDS * everySeconds)
    const marked = await markQueued(queries, slots, new Date(now.getTime() - lostSeconds * 1_000))
    const jobs = new Map<string, ProbeJob[]>()
    for (const { endpointId, vantage, slot } of marked) {
      const own = jobs.get(vantage) ?? []
      own.push({ endpointId, vantage, slot: slot.toISOString(), attempt: 1 })
      jobs.set(vantage, own)
    }
    for (const [vantage, own] of jobs) await queue.add(queueOf(vantage), own, queries)
    return { endpoints: due.length, jobs: marked.length }
  })
}

/** The defaults are shorter now: whoever follows them comes no later than they say. */
export async function hastenFollowers(
  queries: Queries,
  { everySeconds }: Pick<Schedule, 'everySeconds'>,
  now: Date,
): Promise<void> {
  const followers = await queries.query<{ id: string; due_at: Date }>(
    'select id, due_at from endpoint where every_seconds is null and removed_at is null order by id for no key update',
  )
  const sooner = followers
    .map(({ id, due_at }) => ({ id, due_at: nextDue(id, everySeconds, now), before: due_at }))
    .filter(({ due_at, before }) => due_at < before)
  await writeDue(queries, sooner)
}

async function writeDue(
  queries: Queries,
  rows: readonly { readonly id: string; readonly due_at: Date }[],
): Promise<void> {
  await queries.query(
    `update endpoint set due_at = t.due_at from jsonb_to_recordset($1::jsonb) as t (id text, due_at timestamptz)
     where endpoint.id = t.id`,
    [bulk(rows)],
  )
}

/**
 * Endpoints of one interval are spread over it, each at a place of its own that stays: never all at once, and after a
 * break not sooner than half an interval.
 */
export function nextDue(id: string, everySeconds: number, now: Date): Date {
  const everyMs = everySeconds * 1_000
  const phase = createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32
  const earliest = now.getTime() + everyMs / 2
  const offset = phase * everyMs
  return new Date(Math.ceil((earliest - offset) / everyMs) * everyMs + offset)
}
