import { listDevices } from '../src/device/catalogue.ts'
import { defaultThresholds, retentionOf } from '../src/fleet/watch-parts.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { openStore } from '../src/store/open-store.ts'
import { syncWatch } from '../src/watch/sync-watch.ts'
import { WatchService } from '../src/watch/watch-service.ts'
import { answerLines, usage } from './part.ts'

const VERSION = 'bench'
const HOUR = 3_600

/** All of one length, since that of the Host line counts. */
export function endpointAt(index: number): { readonly id: string; readonly address: string } {
  return {
    id: `endpoint-${index}`,
    address: `127.100.${100 + Math.floor(index / 150)}.${100 + (index % 150)}`,
  }
}

/** A process that plans, probes or both, as it is told line by line: `watch COUNT PORT`, `round`, `usage`. */
export async function watch(
  where: string,
  {
    vantage,
    plans,
    sideBySide,
  }: { vantage: string | undefined; plans: boolean; sideBySide?: number | undefined },
): Promise<void> {
  const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }
  const database = await openStore(where, new Date())
  const service = await WatchService.open({
    ...{ ...data, database, now: () => new Date(), env: {}, version: VERSION, vantage, plans, sideBySide },
    log: { note: (event, fields) => /failed/.test(event) && console.error(event, fields) },
  })
  service.start()
  let watched = 0
  await answerLines(async ([act, ...args]) => {
    if (act === 'usage') return usage()
    if (act === 'watch') {
      watched = Number(args[0])
      const due = new Date(Date.now() + 2 * HOUR * 1_000)
      await syncWatch(database, configOf(watched, Number(args[1])), due)
      return {}
    }
    const startedMs = performance.now()
    const since = new Date()
    await database.query('update endpoint set due_at = $1 where removed_at is null', [since])
    await service.settingsChanged()
    for (;;) {
      const [row] = await database.query<{ probes: number; connections: number }>(
        'select count(*) as probes, sum(connections) as connections from probe where slot >= $1',
        [since],
      )
      if (row !== undefined && Number(row.probes) >= watched) {
        const seconds = (performance.now() - startedMs) / 1_000
        return { seconds, probes: Number(row.probes), connections: Number(row.connections) }
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })
  await service.stop()
  await database.close()
}

function configOf(count: number, port: number): Parameters<typeof syncWatch>[1] {
  const clock = { kind: 'right' } as const
  return {
    endpoints: Array.from({ length: count }, (_, index) => {
      const { id, address } = endpointAt(index)
      const target = `https://${address}:${port}/`
      return {
        id,
        name: id,
        target,
        headers: [],
        everySeconds: HOUR,
        vantages: ['local'],
        thresholds: defaultThresholds,
      }
    }),
    fleets: listDevices(openCatalogue()).map(({ id: device }) => {
      const id = device.replaceAll(/[^a-z0-9]+/g, '-')
      return { id, name: device, device, count: 100, verify: 'full', clock }
    }),
    ...{ channels: [], vantages: ['local'], thresholds: defaultThresholds, maintenance: [] },
    retries: { count: 2, afterSeconds: 5 },
    retention: retentionOf({}),
  }
}
