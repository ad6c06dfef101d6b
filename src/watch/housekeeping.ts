import { alertSteps } from '../fleet/alert-steps.ts'
import { type AnchorUse, anchorConditions, anchorUsed, type HeldFacts } from '../fleet/expiry-conditions.ts'
import { openWindows } from '../fleet/maintenance.ts'
import type { Snapshot } from '../fleet/snapshot.ts'
import type { Retention } from '../fleet/watch-config.ts'
import { stepText } from '../report/alert-words.ts'
import type { Database, Queries } from '../store/database.ts'
import { dropPartitions, makePartitions } from '../store/partitions.ts'
import { type AppliedStep, applyAlertSteps, readOpenAlerts } from '../store/rows/alerts.ts'
import { readSilences } from '../store/rows/silences.ts'
import type { OpenFleet } from './fleet-devices.ts'
import type { WatchView } from './watch-view.ts'

const DAY_MS = 86_400_000
/** A clock that is off by a month, or a process that sleeps over a turn of months, finds its partition. */
const MONTHS_AHEAD = 2
const EVENTS_DAYS = 1
/** What was delivered is known for so long, for whoever asks whether it was. */
const DELIVERIES_DAYS = 90
/** Rows of what was seen are taken out in pieces: nobody waits for long. */
const SWEPT_AT_ONCE = 5_000

/** Makes the months to come, and lets go of what is older than it is to be kept. */
export async function keepHouse(database: Database, retention: Retention, now: Date): Promise<void> {
  const ahead = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + MONTHS_AHEAD, 1))
  await makePartitions(database, now, ahead)
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS)
  await dropPartitions(database, 'probe', daysAgo(retention.probesDays))
  for (const table of ['verdict_history', 'snapshot', 'change']) {
    await dropPartitions(database, table, daysAgo(retention.historyDays))
  }
  await database.query('delete from event where at < $1', [daysAgo(EVENTS_DAYS)])
  await database.query('delete from delivery where delivered_at < $1 or given_up_at < $1', [
    daysAgo(DELIVERIES_DAYS),
  ])
  await database.query('delete from alert where recovered_at < $1', [daysAgo(retention.alertsDays)])
  await database.query('delete from silence where ends_at < $1', [daysAgo(retention.alertsDays)])
  await database.query('delete from session where expires_at < $1', [now])
  await database.query('delete from worker where seen_at < $1', [daysAgo(EVENTS_DAYS)])
  await sweepSightings(database, daysAgo(1))
}

/**
 * What nothing names any more. Whoever puts a part in again while it goes makes it new: then it stays. Chains stay: they
 * are few, and history tells of them.
 */
async function sweepSightings(database: Database, before: Date): Promise<void> {
  await database.query(
    `delete from sighting where put_at < $1 and digest in (
       select digest from sighting where put_at < $1
       and not exists (select from probe where probe.sighting = sighting.digest)
       and not exists (select from standing where standing.sighting = sighting.digest) limit ${SWEPT_AT_ONCE})`,
    [before],
  )
  await database.query(
    `delete from observation where put_at < $1 and digest in (
       select digest from observation where put_at < $1 and not exists (select from sighting where
         members @> jsonb_build_array(jsonb_build_object('observation', encode(observation.digest, 'hex'))))
       limit ${SWEPT_AT_ONCE})`,
    [before],
  )
}

/**
 * Anchors that devices hold and that end are of fleets, not of one endpoint: one alert for each, whatever rests on it.
 * In one transaction; nobody else judges anchors meanwhile.
 */
export async function judgeAnchors(
  database: Database,
  fleets: readonly OpenFleet[],
  view: WatchView,
  now: Date,
): Promise<readonly AppliedStep[]> {
  return database.transaction(async (queries) => {
    await queries.query('select pg_advisory_xact_lock($1)', [ANCHORS_LOCK])
    const conditions = anchorConditions(await usesOf(queries, fleets), view.settings.thresholds, now)
    const steps = alertSteps(await readOpenAlerts(queries, ['']), conditions, {
      channels: view.channels,
      silences: [...(await readSilences(queries, now)), ...openWindows(view.settings.maintenance, now)],
      toldOnce: new Set(),
      now,
    })
    const nameOf = (id: string) => view.fleets.find((fleet) => fleet.id === id)?.name ?? id
    const names = { endpoint: (id: string) => id, fleet: nameOf }
    return applyAlertSteps(
      queries,
      steps.map((step) => ({
        endpointId: '',
        step,
        body: {
          ...{ act: step.act, at: now.toISOString(), condition: step.condition },
          endpoint: { id: '', name: '', target: '' },
          fleets: view.fleets
            .filter(({ id }) => step.condition.fleetIds.includes(id))
            .map(({ id, name, device, count }) => ({ id, name, device, count })),
          ...stepText(step, names),
        },
      })),
      now,
    )
  })
}

/** Any number: whoever holds it judges anchors. */
const ANCHORS_LOCK = 7_160_215

async function usesOf(queries: Queries, fleets: readonly OpenFleet[]): Promise<AnchorUse[]> {
  const facts = fleets.flatMap(({ fleet, held }) =>
    held === undefined ? [] : [{ fleet, held: held.map(factsOf) }],
  )
  if (facts.length === 0) return []
  const rows = await queries.query<{ id: string; fleets: string[] | null; snapshot: Snapshot }>(
    `select endpoint.id, endpoint.settings -> 'fleets' as fleets, snapshot from standing
     join endpoint on endpoint.id = endpoint_id where removed_at is null and snapshot is not null`,
  )
  return rows.flatMap(({ id, fleets: ids, snapshot }) =>
    facts
      .filter(({ fleet }) => ids === null || ids.includes(fleet.id))
      .flatMap(({ fleet, held }) => {
        const anchor = anchorUsed(snapshot, held)
        return anchor === undefined ? [] : [{ fleet, anchor, endpointId: id }]
      }),
  )
}

function factsOf({ certificate }: NonNullable<OpenFleet['held']>[number]): HeldFacts {
  const { sha256, subject, notAfter } = certificate
  return {
    sha256,
    subject: subject.commonName ?? subject.text,
    notAfter: Number.isNaN(notAfter.getTime()) ? 'unknown' : notAfter.toISOString(),
  }
}
