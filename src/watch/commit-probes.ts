import type { Database, Queries } from '../store/database.ts'
import type { JobQueue } from '../store/job-queue.ts'
import {
  type AppliedStep,
  applyAlertSteps,
  mutedAlerts,
  readOpenAlerts,
  toldOnce,
} from '../store/rows/alerts.ts'
import { insertChanges, insertSnapshots } from '../store/rows/changes.ts'
import { lockEndpoints, type StoredEndpoint } from '../store/rows/endpoints.ts'
import { insertEvents, type NewEvent } from '../store/rows/events.ts'
import { insertProbes, type ProbeRow } from '../store/rows/probes.ts'
import { insertSightings, type PackedSighting } from '../store/rows/sightings.ts'
import { readSilences } from '../store/rows/silences.ts'
import { readStandingHeads, readStandings, touchStandings, writeStandings } from '../store/rows/standings.ts'
import { readVerdicts, removeVerdictsBut, writeVerdicts } from '../store/rows/verdicts.ts'
import { EndpointRound, rememberSeconds } from './endpoint-round.ts'
import { type ProbeDone, type ProbeJob, queueOf } from './probe-job.ts'
import { isQuiet } from './quiet-round.ts'
import type { WatchView } from './watch-view.ts'

/** What was said of all fleets before is read and held for so many endpoints: some 0.4 MB of JSON each with all profiles. */
const JUDGED_AT_ONCE = 8

/** What became of the results of one commit. */
export interface Committed {
  /** Rows that were written: one for each slot. */
  readonly probes: readonly ProbeRow[]
  /** Jobs to be tried again before anybody is told. */
  readonly retries: number
  readonly steps: readonly AppliedStep[]
}

/**
 * Writes results and all that follows from them, and marks their jobs as done: all in one transaction, or nothing of
 * it. A second result of a slot is dropped whole, so that a job that was done twice is told once.
 */
export async function commitProbes(
  database: Database,
  queue: JobQueue,
  done: readonly ProbeDone[],
  view: WatchView,
  now: Date,
): Promise<Committed> {
  return database.transaction(async (queries) => {
    const endpoints = new Map(
      (await lockEndpoints(queries, [...new Set(done.map(({ job }) => job.endpointId))])).map((one) => [
        one.id,
        one,
      ]),
    )
    const committed: { probes: ProbeRow[]; steps: AppliedStep[] } = { probes: [], steps: [] }
    const retries: ProbeJob[] = []
    const events: NewEvent[] = []
    const sightings: PackedSighting[] = []
    // Of an endpoint and vantage point one result after the other, in the order of their slots.
    for (const wave of wavesOf(done)) {
      const [quiet, rest] = await partQuiet(queries, wave, { endpoints, view, now })
      for (const few of inPieces(rest, JUDGED_AT_ONCE)) {
        const told = await commitWave(queries, few, { endpoints, view, now })
        committed.probes.push(...told.probes)
        committed.steps.push(...told.steps)
        retries.push(...told.retries)
        events.push(...told.events)
        sightings.push(...told.sightings)
      }
      const same = await commitQuiet(queries, quiet, now)
      committed.probes.push(...same.probes)
      events.push(...same.events)
    }
    // Many endpoints share them: all at once, in their own order, or two commits would come to wait for each other.
    await insertSightings(queries, sightings, now)
    await insertEvents(queries, events)
    for (const [vantage, jobs] of byVantage(retries, (job) => job)) {
      const { afterSeconds } = view.settings.retries
      await queue.add(queueOf(vantage), jobs, queries, { afterSeconds, nameOf: nameOfRetry })
    }
    for (const [vantage, own] of byVantage(done, ({ job }) => job)) {
      await queue.complete(
        queueOf(vantage),
        own.map(({ jobId }) => jobId),
        queries,
      )
    }
    return { ...committed, retries: retries.length }
  })
}

/** Whoever commits a second time, since the answer to the first was lost or another took the job over, makes no second one. */
function nameOfRetry({ endpointId, vantage, slot, attempt }: ProbeJob): string {
  return JSON.stringify([endpointId, vantage, slot, attempt])
}

function wavesOf(done: readonly ProbeDone[]): ProbeDone[][] {
  const waves: ProbeDone[][] = []
  const seen = new Map<string, number>()
  for (const one of [...done].sort((a, b) => (a.job.slot < b.job.slot ? -1 : 1))) {
    const key = keyOf(one.job.endpointId, one.job.vantage)
    const at = seen.get(key) ?? 0
    seen.set(key, at + 1)
    waves[at] ??= []
    waves[at].push(one)
  }
  return waves
}

function inPieces<T>(all: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / length) }, (_, at) =>
    all.slice(at * length, (at + 1) * length),
  )
}

interface WaveContext {
  readonly endpoints: ReadonlyMap<string, StoredEndpoint>
  readonly view: WatchView
  readonly now: Date
}

interface WaveTold {
  readonly probes: readonly ProbeRow[]
  readonly sightings: readonly PackedSighting[]
  readonly retries: readonly ProbeJob[]
  readonly steps: readonly AppliedStep[]
  readonly events: readonly NewEvent[]
}

/** Those of which a row is all there is to write, and the others. */
async function partQuiet(
  queries: Queries,
  wave: readonly ProbeDone[],
  { endpoints, view, now }: WaveContext,
): Promise<readonly [quiet: ProbeDone[], rest: ProbeDone[]]> {
  const asked = wave.flatMap(({ job, found }) => (found?.stands === undefined ? [] : [job.endpointId]))
  if (asked.length === 0) return [[], [...wave]]
  const heads = new Map(
    (await readStandingHeads(queries, asked)).map((head) => [keyOf(head.endpointId, head.vantage), head]),
  )
  const muted = await mutedAlerts(queries, asked)
  const context = { silences: await readSilences(queries, now), view, now }
  const [quiet, rest]: [ProbeDone[], ProbeDone[]] = [[], []]
  for (const one of wave) {
    const { endpointId, vantage } = one.job
    const endpoint = endpoints.get(endpointId)
    const head = heads.get(keyOf(endpointId, vantage))
    const isSo = endpoint !== undefined && !muted.has(endpointId) && isQuiet(one, head, endpoint, context)
    if (isSo) quiet.push(one)
    else rest.push(one)
  }
  return [quiet, rest]
}

async function commitQuiet(
  queries: Queries,
  quiet: readonly ProbeDone[],
  now: Date,
): Promise<Pick<WaveTold, 'probes' | 'events'>> {
  const probes = await insertProbes(queries, quiet.map(rowOf))
  await touchStandings(queries, probes)
  const events = probes.map(({ endpointId, vantage, slot, durationMs }) => ({
    ...{ at: now, kind: 'probe' as const, endpointId },
    detail: { vantage, slot, durationMs: Math.round(durationMs) },
  }))
  return { probes, events }
}

function keyOf(endpointId: string, vantage: string): string {
  return JSON.stringify([endpointId, vantage])
}

async function commitWave(
  queries: Queries,
  wave: readonly ProbeDone[],
  { endpoints, view, now }: WaveContext,
): Promise<WaveTold> {
  if (wave.length === 0) return { probes: [], sightings: [], retries: [], steps: [], events: [] }
  const rounds = new Map<string, EndpointRound>()
  const ids = [...new Set(wave.map(({ job }) => job.endpointId))].filter((id) => endpoints.has(id))
  const standings = grouped(await readStandings(queries, ids), ({ endpointId }) => endpointId)
  for (const id of ids) {
    const endpoint = endpoints.get(id) as StoredEndpoint
    rounds.set(id, new EndpointRound(endpoint, standings.get(id) ?? [], view, now))
  }
  const retries: ProbeJob[] = []
  const counted: ProbeDone[] = []
  for (const one of wave) {
    const retry = rounds.get(one.job.endpointId)?.retryOf(one)
    if (retry !== undefined) retries.push(retry)
    else if (one.found !== undefined && rounds.has(one.job.endpointId)) counted.push(one)
  }
  const rows = new Map(counted.map((one) => [rowOf(one), one]))
  const probes = await insertProbes(queries, [...rows.keys()])
  for (const row of probes) rounds.get(row.endpointId)?.take(rows.get(row) as ProbeDone)

  const taken = [...rounds.values()].filter((round) => round.isTaken)
  if (taken.length === 0) return { probes, sightings: [], retries, steps: [], events: [] }
  const needed = taken.filter((round) => round.needsVerdicts).map(({ id }) => id)
  const verdicts = grouped(
    needed.length === 0 ? [] : await readVerdicts(queries, needed),
    ({ endpointId }) => endpointId,
  )
  for (const round of taken) round.judge(verdicts.get(round.id) ?? [])
  await writeVerdicts(
    queries,
    taken.flatMap((round) => round.verdictRows),
  )
  for (const round of taken) {
    if (round.staleVerdicts) await removeVerdictsBut(queries, round.id, round.fleetIds, round.vantages)
  }
  await insertSnapshots(
    queries,
    taken.flatMap((round) => round.snapshotRows),
  )
  await insertChanges(
    queries,
    taken.flatMap((round) => round.changeRows),
  )
  const takenIds = taken.map(({ id }) => id)
  const open = grouped(await readOpenAlerts(queries, takenIds), ({ endpointId }) => endpointId)
  const remembered = Math.max(...taken.map((round) => rememberSeconds(round.endpoint)))
  const told = await toldOnce(queries, takenIds, new Date(now.getTime() - remembered * 1_000))
  const silences = await readSilences(queries, now)
  const toTell = taken.flatMap((round) => round.alertSteps(open.get(round.id) ?? [], told, silences))
  // After that: whether something is told now says whether there may be more in the next round.
  await writeStandings(
    queries,
    taken.flatMap((round) => round.standingUpdates),
  )
  const steps = await applyAlertSteps(queries, toTell, now)
  const events = taken.flatMap((round) => round.events)
  for (const { alertId, endpointId, step } of steps) {
    const { act, condition } = step
    const { kind, severity, cause } = condition
    events.push({ at: now, kind: 'alert', endpointId, detail: { act, alertId, kind, severity, cause } })
  }
  const sightings = taken.flatMap((round) => round.newSightings)
  return { probes, sightings, retries, steps, events }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

function rowOf({ job, found }: ProbeDone): ProbeRow {
  const { startedAt, durationMs, traffic, sight, stands, failure } = found as NonNullable<typeof found>
  return {
    endpointId: job.endpointId,
    vantage: job.vantage,
    slot: new Date(job.slot),
    startedAt,
    durationMs,
    connections: traffic.connections,
    bytesReceived: traffic.bytesReceived,
    attempts: job.attempt,
    sighting: sight?.sighting.digest ?? stands?.sighting,
    failure,
  }
}

function byVantage<T>(items: readonly T[], jobOf: (item: T) => ProbeJob): Map<string, T[]> {
  return grouped(items, (item) => jobOf(item).vantage)
}
