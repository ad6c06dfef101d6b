import type { Queries } from '../store/database.ts'
import { readAlerts } from '../store/rows/alerts.ts'
import { readChanges } from '../store/rows/changes.ts'
import { readEndpoints, type StoredEndpoint } from '../store/rows/endpoints.ts'
import { readFleets } from '../store/rows/fleets.ts'
import { type ProbeRow, readProbes } from '../store/rows/probes.ts'
import { readSizes, readStates } from '../store/rows/read-history.ts'
import { readStandings } from '../store/rows/standings.ts'
import { readVerdicts } from '../store/rows/verdicts.ts'
import { alertInfos, changeInfo } from './alert-infos.ts'
import { unknown } from './api-failure.ts'
import type { EndpointHistory, EndpointInfo, EndpointPage, ProbeInfo, SizeSeries } from './contract.ts'
import { loggedInfos } from './logged-infos.ts'

const CHANGES = 50
const ALERTS = 100
const POINTS = 5_000

export async function readOneEndpoint(queries: Queries, id: string): Promise<StoredEndpoint> {
  const [endpoint] = await readEndpoints(queries, [id])
  if (endpoint === undefined) throw unknown('endpoint')
  return endpoint
}

/** What is known of one endpoint; `vantage`: whose snapshot and last probe, the first that saw something otherwise. */
export async function endpointPage(
  queries: Queries,
  id: string,
  vantage: string | undefined,
): Promise<EndpointPage> {
  const endpoint = await readOneEndpoint(queries, id)
  const [fleets, verdicts, standings, alerts, changes, probes] = await Promise.all([
    readFleets(queries),
    readVerdicts(queries, [id]),
    readStandings(queries, [id]),
    readAlerts(queries, { endpointId: id, open: true, limit: ALERTS }),
    readChanges(queries, { endpointId: id, limit: CHANGES }),
    readProbes(queries, id, { limit: endpoint.vantages.length + 1 }),
  ])
  const of = (one: { readonly vantage: string }) =>
    vantage === undefined ? endpoint.vantages.includes(one.vantage) : one.vantage === vantage
  const standing = standings.filter(of).find(({ snapshot }) => snapshot !== undefined)
  const uses = endpoint.fleets === undefined ? undefined : new Set(endpoint.fleets)
  const lastProbe = probes.find(of)
  return {
    endpoint: endpointInfo(endpoint),
    fleets: fleets
      .filter((fleet) => uses === undefined || uses.has(fleet.id))
      .flatMap((fleet) =>
        endpoint.vantages.map((from) => {
          const verdict = verdicts.find((one) => one.fleetId === fleet.id && one.vantage === from)
          const { id: fleetId, name, device, count } = fleet
          const head = { id: fleetId, name, device, count, vantage: from }
          return { ...head, verdict: verdict?.summary, since: verdict?.since.toISOString() }
        }),
      ),
    standings: standings
      .filter((one) => endpoint.vantages.includes(one.vantage))
      .map((one) => ({
        vantage: one.vantage,
        reachedAt: one.reachedSlot?.toISOString(),
        thoroughAt: one.thoroughSlot?.toISOString(),
        unreachedSince: one.unreachedSince?.toISOString(),
        failure: one.failure,
      })),
    snapshot: standing?.snapshot,
    alerts: await alertInfos(queries, alerts),
    changes: changes.map(changeInfo),
    lastProbe: lastProbe && probeInfo(lastProbe),
    logged: loggedInfos(
      standings.filter((one) => endpoint.vantages.includes(one.vantage)).flatMap(({ untold = [] }) => untold),
    ),
  }
}

export function endpointInfo(endpoint: StoredEndpoint): EndpointInfo {
  const { id, name, target, everySeconds, thoroughSeconds } = endpoint
  const own = {
    every: endpoint.own.everySeconds !== undefined,
    thorough: endpoint.own.thoroughSeconds !== undefined,
  }
  const { vantages, origin, dueAt, thresholds, fleets, sni, connect } = endpoint
  const head = { id, name, target, everySeconds, thoroughSeconds, own, vantages, origin }
  return { ...head, dueAt: dueAt.toISOString(), thresholds, fleets, sni, connect }
}

function probeInfo(probe: ProbeRow): ProbeInfo {
  const { slot, vantage, startedAt, durationMs, connections, bytesReceived, attempts, failure } = probe
  const counts = { durationMs, connections, bytesReceived, attempts }
  return { slot: slot.toISOString(), vantage, startedAt: startedAt.toISOString(), ...counts, failure }
}

export async function endpointHistory(queries: Queries, id: string, since: Date): Promise<EndpointHistory> {
  await readOneEndpoint(queries, id)
  const [sizes, changes, states] = await Promise.all([
    readSizes(queries, id, since, POINTS),
    readChanges(queries, { endpointId: id, since, limit: POINTS }),
    readStates(queries, id, since, POINTS),
  ])
  const columns = {
    chain: 'chain',
    certificate: 'certificate',
    'handshake-record': 'handshake_record',
    'data-record': 'data_record',
  } as const
  const series: SizeSeries[] = []
  for (const vantage of new Set(sizes.map((row) => row.vantage))) {
    const own = sizes.filter((row) => row.vantage === vantage)
    for (const [of, column] of Object.entries(columns)) {
      const points = changesOf(
        own.flatMap((row): [number, number][] => {
          const bytes = row[column]
          return bytes === null ? [] : [[row.at.getTime(), bytes]]
        }),
      )
      if (points.length > 0) series.push({ vantage, of: of as SizeSeries['of'], points })
    }
  }
  return {
    series,
    changes: changes.map(changeInfo),
    verdicts: states.map(({ at, fleet_id, vantage, state, stage }) => ({
      at: at.toISOString(),
      fleetId: fleet_id,
      vantage,
      state,
      stage: stage ?? undefined,
    })),
  }
}

/** The first of each run of the same size. */
function changesOf(points: readonly (readonly [number, number])[]): [number, number][] {
  return points
    .filter(([, bytes], at) => at === 0 || points[at - 1]?.[1] !== bytes)
    .map(([atMs, bytes]) => [atMs, bytes])
}
