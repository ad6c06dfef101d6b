import type { Silence } from './alert-step.ts'
import type { MaintenanceWindow } from './watch-config.ts'

const DAY_MS = 86_400_000

/** The windows that are open now, as silences; of one that comes every week the one that began last. */
export function openWindows(windows: readonly MaintenanceWindow[], now: Date): Silence[] {
  const at = now.toISOString()
  return windows.flatMap((window) => {
    const { startsAt, endsAt } = spanOf(window, now)
    if (startsAt > at || at >= endsAt) return []
    const { endpoints: endpointIds, fleets: fleetIds } = window
    return [{ kind: 'maintenance', endpointIds, fleetIds, startsAt, endsAt }]
  })
}

function spanOf(
  window: MaintenanceWindow,
  now: Date,
): { readonly startsAt: string; readonly endsAt: string } {
  if (window.kind === 'once') return { startsAt: window.from, endsAt: window.to }
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())
  const daysSince = (now.getUTCDay() - window.day + 7) % 7
  const latest = midnight - daysSince * DAY_MS + window.minute * 60_000
  const start = latest > now.getTime() ? latest - 7 * DAY_MS : latest
  return {
    startsAt: new Date(start).toISOString(),
    endsAt: new Date(start + window.seconds * 1_000).toISOString(),
  }
}
