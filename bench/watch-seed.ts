import { observationFromJson, observationToJson } from '../src/observe/observation-json.ts'
import type { Database } from '../src/store/database.ts'
import { bulk, digestBytes } from '../src/store/rows/bulk.ts'
import { readEndpoints } from '../src/store/rows/endpoints.ts'
import { readFleets } from '../src/store/rows/fleets.ts'
import { readSighting, sightDigest } from '../src/store/rows/sightings.ts'
import { readStandings } from '../src/store/rows/standings.ts'
import { basisOf } from '../src/watch/spot-round.ts'

/**
 * Endpoints that stand as the first one does, which was looked at: the same server at addresses of their own. What their
 * rounds have to meet is what that one met, with the address in its place; were it wrong, every hello would be sent.
 */
export async function standAsFirst(
  database: Database,
  [first, ...others]: readonly { readonly id: string; readonly address: string }[],
  version: string,
): Promise<void> {
  if (first === undefined) return
  const [standing] = await readStandings(database, [first.id])
  const { sighting, spot } = standing ?? {}
  if (sighting === undefined || spot === undefined) throw new Error('the first endpoint has no spots')
  const seen = await readSighting(database, digestBytes(sighting))
  const met = spot.hellos.map(({ plan }) =>
    JSON.stringify(seen?.find((one) => one.plan === plan)?.observations.map(observationToJson)),
  )
  const fleets = await readFleets(database)
  const endpoints = new Map((await readEndpoints(database)).map((one) => [one.id, one]))
  const basisFor = (id: string) => {
    const endpoint = endpoints.get(id)
    return endpoint === undefined ? '' : basisOf(endpoint, fleets, version)
  }
  for (let at = 0; at < others.length; at += 500) {
    const rows = others.slice(at, at + 500).map(({ id, address }) => ({
      id,
      spot: {
        ...spot,
        basis: basisFor(id),
        hellos: spot.hellos.map((hello, index) => {
          const text = (met[index] ?? '').replaceAll(first.address, address)
          const observations = (JSON.parse(text) as unknown[]).map(observationFromJson)
          return { ...hello, met: sightDigest(observations) }
        }),
      },
    }))
    await database.query(
      `insert into standing (endpoint_id, vantage, slot, reached_slot, sighting, thorough_slot, spot, settled, snapshot,
         memory, verdicts, forecasts, forecast_at, attempts)
       select t.id, s.vantage, s.slot, s.reached_slot, s.sighting, s.thorough_slot, t.spot, s.settled, s.snapshot,
         s.memory, s.verdicts, s.forecasts, s.forecast_at, s.attempts
       from standing s, jsonb_to_recordset($1::jsonb) as t (id text, spot json) where s.endpoint_id = $2
       on conflict do nothing`,
      [bulk(rows), first.id],
    )
    await database.query(
      `insert into verdict select t.id, v.vantage, v.fleet_id, v.state, v.stage, v.nearest, v.room, v.summary, v.sighting,
         v.since, v.judged_at from verdict v, jsonb_to_recordset($1::jsonb) as t (id text) where v.endpoint_id = $2
       on conflict do nothing`,
      [bulk(rows), first.id],
    )
    await database.query(
      `insert into alert (endpoint_id, cause, kind, severity, fleet_ids, device_count, condition, raised_at, updated_at)
       select t.id, replace(a.cause, $2, t.id), a.kind, a.severity, a.fleet_ids, a.device_count,
         replace(a.condition::text, $2, t.id)::jsonb,
         a.raised_at, a.updated_at
       from alert a, jsonb_to_recordset($1::jsonb) as t (id text) where a.endpoint_id = $2 and recovered_at is null
       on conflict do nothing`,
      [bulk(rows), first.id],
    )
  }
}
