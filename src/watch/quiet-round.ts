import { createHash } from 'node:crypto'
import type { Silence } from '../fleet/alert-step.ts'
import { nextForecastStep } from '../fleet/conditions.ts'
import type { EndpointView } from '../fleet/endpoint-state.ts'
import { nextExpiryStep } from '../fleet/expiry-conditions.ts'
import type { FleetForecast } from '../fleet/fleet-forecast.ts'
import { openWindows } from '../fleet/maintenance.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import type { Settled, Standing, StandingHead } from '../store/rows/standings.ts'
import type { ProbeFound } from './probe-endpoint.ts'
import type { ProbeDone } from './probe-job.ts'
import type { WatchView } from './watch-view.ts'

interface QuietContext {
  readonly silences: readonly Silence[]
  readonly view: WatchView
  readonly now: Date
}

/** Whether a round that stood on the sight that is known now may be written down as nothing but that. */
export function isQuiet(
  { found, job }: ProbeDone,
  head: StandingHead | undefined,
  endpoint: StoredEndpoint,
  context: QuietContext,
): boolean {
  if (found?.stands === undefined || head?.settled === undefined || head.slot === undefined) return false
  const { until, silences: silenced } = head.settled
  return (
    head.unreachedSince === undefined &&
    head.slot < new Date(job.slot) &&
    sameSight(head, found.stands) &&
    (until === undefined || context.now.toISOString() < until) &&
    silenced === silencesOf(endpoint, context)
  )
}

/** Until when a round that meets the same has nothing to tell; undefined where something is under way. */
export function settledOf(
  endpoint: StoredEndpoint,
  views: readonly EndpointView[],
  forecasts: readonly FleetForecast[],
  context: QuietContext,
): Settled | undefined {
  if (views.some(({ changes, unreachable }) => changes.length > 0 || unreachable !== undefined))
    return undefined
  const certificates = views.flatMap(({ snapshot, toCome = [] }) =>
    [...(snapshot?.chains ?? []), ...toCome].flatMap((chain) => chain.certificates),
  )
  const steps = [
    nextExpiryStep(certificates, endpoint.thresholds, context.now),
    nextForecastStep(forecasts, context.now),
  ].filter((one) => one !== undefined)
  return {
    until: steps.length === 0 ? undefined : new Date(Math.min(...steps)).toISOString(),
    silences: silencesOf(endpoint, context),
  }
}

export function sameSight(
  known: Pick<Standing, 'sighting' | 'thoroughSlot'> | undefined,
  stands: NonNullable<ProbeFound['stands']>,
): boolean {
  return (
    known?.sighting === stands.sighting && known.thoroughSlot?.getTime() === stands.thoroughSlot.getTime()
  )
}

/** Who would be told and what silences it, as far as it is of this endpoint. */
function silencesOf(
  { id }: StoredEndpoint,
  { silences, view: { channels, settings }, now }: QuietContext,
): string {
  const active = [...silences, ...openWindows(settings.maintenance, now)].filter(
    ({ endpointIds }) => endpointIds === undefined || endpointIds.includes(id),
  )
  const wants = channels.map(({ id, from, endpoints, fleets }) => [id, from, endpoints, fleets])
  return createHash('sha256')
    .update(JSON.stringify([wants, active]))
    .digest('base64')
}
