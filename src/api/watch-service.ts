import type { FleetSight } from '../watch/last-sight.ts'

/** What the API asks of the running watch. */
export interface WatchService {
  /** Makes the endpoint due: the worker of each of its vantage points looks at it next. */
  probeNow(endpointId: string): Promise<void>
  /** What is watched was edited in the store: whoever holds it in memory reads it again. */
  settingsChanged(): Promise<void>
  /**
   * What the newest sight of the endpoint comes to for one fleet, or for all that use it; undefined where nothing was
   * seen yet.
   */
  lastSight(endpointId: string, fleetId: string | undefined): Promise<readonly FleetSight[] | undefined>
  /** Tells the channel that this is a test; `error` never has a secret in it. */
  testChannel(channelId: string): Promise<{ readonly ok: boolean; readonly error?: string | undefined }>
}
