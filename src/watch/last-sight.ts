import type { Network } from '../io/network.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Database } from '../store/database.ts'
import { digestBytes } from '../store/rows/bulk.ts'
import { readEndpoints } from '../store/rows/endpoints.ts'
import { readFleets, type StoredFleet } from '../store/rows/fleets.ts'
import { readSighting } from '../store/rows/sightings.ts'
import { readStandings } from '../store/rows/standings.ts'
import { askEndpoint } from './asked-endpoint.ts'
import { judgeForFleets, type ProbeContext, seeForFleets } from './probe-endpoint.ts'
import { fleetsOf } from './watch-view.ts'

/** A hello that was not sent in that round is not sent now. */
class NotSeen extends Error {}

const noNetwork: Network = {
  resolve: () => Promise.reject(new NotSeen()),
  open: () => Promise.reject(new NotSeen()),
}

/** What was last seen, as it is for one fleet. */
export interface FleetSight {
  readonly fleet: Pick<StoredFleet, 'id' | 'name'>
  readonly verdicts: readonly Verdict[]
}

/**
 * Verdicts of what was last seen of an endpoint, from the first vantage point that reached it, judged now; of one
 * fleet, or of all. Undefined where nothing was seen for them, or the endpoint is not watched.
 */
export async function lastSight(
  database: Database,
  context: ProbeContext,
  endpointId: string,
  fleetId: string | undefined,
): Promise<readonly FleetSight[] | undefined> {
  const [endpoint] = await readEndpoints(database, [endpointId])
  if (endpoint === undefined) return undefined
  const standings = await readStandings(database, [endpointId])
  const standing = endpoint.vantages
    .map((vantage) => standings.find((one) => one.vantage === vantage))
    .find((one) => one?.sighting !== undefined)
  if (standing?.sighting === undefined) return undefined
  const seen = await readSighting(database, digestBytes(standing.sighting))
  if (seen === undefined) return undefined
  const fleets = fleetsOf(endpoint, await readFleets(database)).filter(
    ({ id }) => fleetId === undefined || id === fleetId,
  )
  const open = await Promise.all(fleets.map((fleet) => context.devices.open(fleet)))
  const asked = await askEndpoint(endpoint, context)
  const remembered = new Map(seen.map(({ plan, observations }) => [plan, observations]))
  try {
    const sights = await seeForFleets(
      asked,
      open,
      { ...context, runNetwork: noNetwork, remembered },
      undefined,
    )
    return await judgeForFleets(asked, sights, { ...context, now: context.now() })
  } catch (error) {
    if (error instanceof NotSeen) return undefined
    throw error
  }
}
