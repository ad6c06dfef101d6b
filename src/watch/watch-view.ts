import type { Queries } from '../store/database.ts'
import { readChannels, type StoredChannel } from '../store/rows/channels.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import { readFleets, type StoredFleet } from '../store/rows/fleets.ts'
import { readWatchSettings, type WatchSettings } from '../store/rows/settings.ts'

/** What is of the whole watch, as it stands in the store: for whom, by which rules, who is told. */
export interface WatchView {
  readonly settings: WatchSettings
  readonly fleets: readonly StoredFleet[]
  readonly channels: readonly StoredChannel[]
}

export async function readWatchView(queries: Queries): Promise<WatchView> {
  return {
    settings: await readWatchSettings(queries),
    fleets: await readFleets(queries),
    channels: await readChannels(queries),
  }
}

/** In the order of the config. */
export function fleetsOf(
  { fleets }: Pick<StoredEndpoint, 'fleets'>,
  all: readonly StoredFleet[],
): readonly StoredFleet[] {
  return fleets === undefined ? all : all.filter(({ id }) => fleets.includes(id))
}
