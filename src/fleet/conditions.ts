import { changedConditions } from './changed-conditions.ts'
import type { Condition } from './condition.ts'
import { type EndpointState, hitting } from './endpoint-state.ts'
import { expiryConditions } from './expiry-conditions.ts'
import type { FleetForecast } from './fleet-forecast.ts'
import { marginConditions } from './margin-conditions.ts'
import { verdictConditions } from './verdict-conditions.ts'

/** What somebody should know of the endpoint: one condition for each cause, worst first. */
export function conditionsOf(state: EndpointState): Condition[] {
  const expiry = expiryConditions(state)
  const verdicts = verdictConditions(state, expiry)
  const margins = marginConditions(state, verdicts)
  const told = [...verdicts, ...margins]
  const all = [
    ...unreachable(state),
    ...told,
    ...changedConditions(state, told),
    ...state.forecasts.map((forecast) => forecastCondition(state, forecast)),
  ]
  return all.sort((a, b) => rankOf(a) - rankOf(b) || b.deviceCount - a.deviceCount)
}

function rankOf({ severity }: Condition): number {
  return { critical: 0, warning: 1, info: 2 }[severity]
}

function unreachable(state: EndpointState): Condition[] {
  const views = state.views.filter((view) => view.unreachable !== undefined)
  const [first] = views
    .flatMap(({ unreachable }) => unreachable ?? [])
    .sort((a, b) => (a.since < b.since ? -1 : 1))
  if (first === undefined) return []
  const vantages = views.map(({ vantage }) => vantage)
  const reachedFrom = state.views
    .map(({ vantage }) => vantage)
    .filter((vantage) => !vantages.includes(vantage))
  return [
    {
      kind: 'unreachable',
      cause: `unreachable:${state.endpoint.id}`,
      severity: reachedFrom.length === 0 ? 'critical' : 'warning',
      ...hitting(state, new Set(state.fleets.map(({ id }) => id))),
      vantages,
      once: false,
      detail: { ...first, reachedFrom },
    },
  ]
}

/** Sooner than this is soon enough to act now. */
const forecastDays = 90
const DAY_MS = 86_400_000

/** From when on what is to come of a forecast is soon. */
export function nextForecastStep(forecasts: readonly FleetForecast[], now: Date): number | undefined {
  const steps = forecasts
    .flatMap(({ from }) => (from === undefined ? [] : [new Date(from).getTime() - forecastDays * DAY_MS]))
    .filter((ms) => ms > now.getTime())
  return steps.length === 0 ? undefined : Math.min(...steps)
}

function forecastCondition(state: EndpointState, forecast: FleetForecast): Condition {
  const { deviceCount: _, ...detail } = forecast
  const { entry, candidate, host, certain, timing, from } = detail
  const days = from === undefined ? Number.NaN : (new Date(from).getTime() - state.now.getTime()) / DAY_MS
  const isSoon = timing === 'now' || timing === 'late' || days <= forecastDays
  return {
    kind: 'forecast',
    cause: ['forecast', state.endpoint.id, entry, candidate ?? '', host ?? ''].join(':').replace(/:+$/, ''),
    severity: certain && isSoon ? 'warning' : 'info',
    ...hitting(state, new Set(detail.fleets.map(({ fleetId }) => fleetId))),
    vantages: state.views.map(({ vantage }) => vantage),
    once: false,
    detail,
  }
}
