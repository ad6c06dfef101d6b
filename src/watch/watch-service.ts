import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Catalogue } from '../device/catalogue.ts'
import type { LoggedCertificate } from '../fleet/log-feed.ts'
import type { ChainFacts } from '../fleet/snapshot.ts'
import type { SecretReference, Transparency } from '../fleet/watch-config.ts'
import { openForecast } from '../io/forecast-files.ts'
import { RunNetwork } from '../io/network.ts'
import { parseTarget } from '../observe/target.ts'
import type { Database } from '../store/database.ts'
import { JobQueue } from '../store/job-queue.ts'
import { makeDue, readEndpoints, type StoredEndpoint } from '../store/rows/endpoints.ts'
import { forgetForecastsOf } from '../store/rows/standings.ts'
import { removeWorker } from '../store/rows/workers.ts'
import { matchHost } from '../trust/name-match.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { AlertTeller } from './alert-teller.ts'
import { FleetDevices, type OpenFleet } from './fleet-devices.ts'
import { judgeAnchors, keepHouse } from './housekeeping.ts'
import { LabTargets } from './lab-targets.ts'
import { Lanes } from './lanes.ts'
import { type FleetSight, lastSight } from './last-sight.ts'
import { LatestMap } from './latest-map.ts'
import { type LoadedWatch, loadWatch } from './load-watch.ts'
import { LogWatch } from './log-watch.ts'
import { SecretError, secretOpener } from './open-secret.ts'
import type { ProbeContext } from './probe-endpoint.ts'
import { queueOf } from './probe-job.ts'
import { ProbeWorker } from './probe-worker.ts'
import { scheduleDue } from './schedule.ts'
import { type Synced, syncWatch } from './sync-watch.ts'
import { WatchCounters } from './watch-counters.ts'
import type { WatchLog } from './watch-log.ts'
import { readWatchView } from './watch-view.ts'

export interface WatchOptions {
  readonly database: Database
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly now: () => Date
  readonly env: { readonly [name: string]: string | undefined }
  /** Of the store's sealed credentials. */
  readonly credential?: ((name: string) => Promise<string | undefined>) | undefined
  /** What is sealed with a channel of the API, by its parts. */
  readonly channelSecrets?: ((channelId: string) => Promise<Readonly<Record<string, string>>>) | undefined
  /** Endpoints and channels of the API may lead to addresses of this network, too. */
  readonly privateTargets?: boolean | undefined
  readonly log: WatchLog
  readonly version: string
  /** Whose jobs are done here; undefined: this process only plans and keeps house. */
  readonly vantage: string | undefined
  /** Plans, keeps house and has the lab: `tlsfit watch`. Else this is a worker. */
  readonly plans: boolean
  readonly sideBySide?: number | undefined
  /** A job of whose worker nothing is heard for so long is another's. Well above `KEEP_MS` of the worker. */
  readonly leaseSeconds?: number | undefined
  /** Address of the dashboard, as messages name it. */
  readonly link?: string | undefined
}

const SCHEDULE_MS = 500
const HOUSE_MS = 3_600_000
const LOOKUPS_MS = 60_000
const CHAINS_READ = 20_000
/** Those with every hello. Each takes some 4 MB, and more of them keep no processor busier. */
const THOROUGH_SIDE_BY_SIDE = 32
const DEFAULT_LEASE_SECONDS = 60
const DEFAULT_WATCHED_SIDE_BY_SIDE = 256

/** The watch in one process: plans what is due, probes it, keeps house. */
export class WatchService {
  readonly counters = new WatchCounters()
  readonly #options: WatchOptions
  readonly #queue: JobQueue
  readonly #context: ProbeContext
  readonly #worker: ProbeWorker | undefined
  readonly #workerId = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  readonly #lab: LabTargets | undefined
  readonly #teller: AlertTeller
  readonly #logWatch: LogWatch
  #timers: NodeJS.Timeout[] = []
  #planning: Promise<void> | undefined
  #housekeeping: Promise<void> | undefined
  #isStopping = false

  private constructor(options: WatchOptions, queue: JobQueue) {
    const { database, catalogue, knownRoots, now, env, vantage, version, log } = options
    this.#options = options
    this.#queue = queue
    this.#logWatch = new LogWatch({ log, onNews: (news) => this.#lookAgain(news) })
    this.#lab = options.plans ? new LabTargets(now) : undefined
    this.#context = {
      ...{ catalogue, knownRoots, now, version, lab: this.#lab },
      network: new RunNetwork({ polite: true, rememberLookupsMs: LOOKUPS_MS }),
      decoded: new DecodedOnce(),
      chainsRead: new LatestMap<string, ChainFacts>(CHAINS_READ),
      devices: new FleetDevices(catalogue, this.#lab),
      privateTargets: options.privateTargets,
      openSecret: secretOpener({ env, credential: options.credential ?? (async () => undefined) }),
      forecast: openForecast(knownRoots, []),
      logged: () => this.#logWatch.logged,
      thorough: new Lanes(THOROUGH_SIDE_BY_SIDE),
      judging: new Lanes(1),
    }
    const { openSecret } = this.#context
    const onError = (error: unknown) => log.note('telling failed', { error: textOf(error) })
    const { link, privateTargets = false, channelSecrets = noKey } = options
    const telling = { database, openSecret, channelSecrets, privateTargets, now, link, onError }
    this.#teller = new AlertTeller(telling)
    if (vantage === undefined) return
    this.#worker = new ProbeWorker(database, queue, this.#context, {
      ...{ id: this.#workerId, vantage, version, log, counters: this.counters },
      sideBySide: options.sideBySide ?? DEFAULT_WATCHED_SIDE_BY_SIDE,
      onAlerts: () => this.#teller.wake(),
    })
  }

  /** The store is open, and stays its owner's to close. */
  static async open(options: WatchOptions): Promise<WatchService> {
    const { database, vantage, log, leaseSeconds = DEFAULT_LEASE_SECONDS } = options
    const { settings } = await readWatchView(database)
    const vantages = new Set([...settings.vantages, ...(vantage === undefined ? [] : [vantage])])
    const queue = await JobQueue.open(database, {
      queues: [...vantages].map(queueOf),
      expireSeconds: leaseSeconds,
      maintenanceSeconds: options.plans ? Math.max(1, Math.round(leaseSeconds / 4)) : undefined,
      onError: (error) => log.note('queue failed', { error: error.message }),
    })
    return new WatchService(options, queue)
  }

  /** Reads the file and brings the store to it. Throws what `loadWatch` throws, and then nothing has changed. */
  async load(file: string): Promise<Synced> {
    const { catalogue, knownRoots } = this.#options
    return this.sync(await loadWatch(file, { catalogue, knownRoots }))
  }

  async sync(config: LoadedWatch): Promise<Synced> {
    await this.#queue.make(config.vantages.map(queueOf))
    const synced = await syncWatch(this.#options.database, config, this.#options.now())
    await this.settingsChanged()
    return synced
  }

  /** Certificates that Certificate Transparency tells of are judged before they are served. */
  watchLogs(where: Transparency | undefined): Promise<void> {
    return this.#logWatch.watch(where)
  }

  /** What is to come of the endpoints whose names stand in a certificate that was logged is judged anew, at once. */
  async #lookAgain(news: readonly LoggedCertificate[]): Promise<void> {
    const { database, now } = this.#options
    const endpoints = await readEndpoints(database)
    const concerned = endpoints.filter((endpoint) => {
      const host = hostOf(endpoint)
      return host !== undefined && news.some(({ certificate }) => matchHost(certificate, host).matched)
    })
    if (concerned.length === 0) return
    const ids = concerned.map(({ id }) => id)
    await database.transaction(async (queries) => {
      await forgetForecastsOf(queries, ids)
      for (const id of ids) await makeDue(queries, id, now())
    })
    await this.#plan()
  }

  /** What a store that is opened again after a kill has under way is nobody's: it is given back. */
  async reclaim(): Promise<void> {
    if (this.#options.database.kind === 'embedded') await this.#queue.reclaimAll()
  }

  start(): void {
    this.#worker?.start()
    if (!this.#options.plans) return
    this.#teller.start()
    this.#every(SCHEDULE_MS, () => this.#plan())
    this.#every(HOUSE_MS, () => this.#keepHouse())
    void this.#plan()
    this.#housekeeping = this.#keepHouse()
  }

  /** The worker of each of its vantage points looks at it next. */
  async probeNow(endpointId: string): Promise<void> {
    await makeDue(this.#options.database, endpointId, this.#options.now())
    await this.#plan()
  }

  /** What is watched was edited in the store. */
  async settingsChanged(): Promise<void> {
    this.#worker?.forgetView()
    await this.#plan()
  }

  /** What the newest sight of the endpoint comes to, judged now; undefined where nothing was seen. */
  lastSight(endpointId: string, fleetId: string | undefined): Promise<readonly FleetSight[] | undefined> {
    return lastSight(this.#options.database, this.#context, endpointId, fleetId)
  }

  /** Tells the channel that this is a test. */
  testChannel(channelId: string): Promise<{ readonly ok: boolean; readonly error?: string | undefined }> {
    return this.#teller.test(channelId)
  }

  openSecret(reference: SecretReference): Promise<string> {
    return this.#context.openSecret(reference)
  }

  /** Jobs that nobody has taken, by vantage point. */
  async waiting(): Promise<ReadonlyMap<string, number>> {
    const { settings } = await readWatchView(this.#options.database)
    const waiting = new Map<string, number>()
    for (const vantage of settings.vantages) waiting.set(vantage, await this.#queue.waiting(queueOf(vantage)))
    return waiting
  }

  /** Ends within seconds: what is under way is given back. The store stays open. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#options.database.endSoon()
    for (const timer of this.#timers) clearInterval(timer)
    await this.#logWatch.stop()
    await this.#worker?.stop()
    await this.#planning
    await this.#housekeeping
    await this.#teller.stop()
    await removeWorker(this.#options.database, this.#workerId).catch(() => {})
    await this.#queue.close()
    await this.#lab?.close()
  }

  #every(ms: number, act: () => Promise<void>): void {
    const timer = setInterval(() => void act(), ms)
    this.#timers.push(timer)
  }

  /** One at a time; whoever asks meanwhile waits for the one that runs. */
  #plan(): Promise<void> {
    if (!this.#options.plans || this.#isStopping) return Promise.resolve()
    this.#planning ??= this.#planned().finally(() => {
      this.#planning = undefined
    })
    return this.#planning
  }

  async #planned(): Promise<void> {
    const { database, now, log } = this.#options
    try {
      for (;;) {
        const { endpoints, jobs } = await scheduleDue(database, this.#queue, now())
        if (jobs > 0) this.#worker?.kick()
        if (endpoints === 0 || this.#isStopping) return
      }
    } catch (error) {
      log.note('schedule failed', { error: textOf(error) })
    }
  }

  async #keepHouse(): Promise<void> {
    const { database, now, log } = this.#options
    try {
      const view = await readWatchView(database)
      await keepHouse(database, view.settings.retention, now())
      const fleets: OpenFleet[] = []
      for (const fleet of view.fleets) {
        const open = await this.#context.devices.open(fleet).catch((error: Error) => {
          log.note('fleet cannot be judged', { fleet: fleet.id, error: error.message })
        })
        if (open !== undefined) fleets.push(open)
      }
      for (const { step, body } of await judgeAnchors(database, fleets, view, now())) {
        const { severity, kind } = step.condition
        log.note(`alert ${step.act}`, { severity, kind, title: body.title })
      }
      this.#teller.wake()
    } catch (error) {
      log.note('housekeeping failed', { error: textOf(error) })
    }
  }
}

/** Without the key that sealed it nothing of it is had. */
async function noKey(): Promise<never> {
  throw new SecretError('the key that seals secrets is not given')
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The name that the certificate is to be for. */
function hostOf({ target, sni }: StoredEndpoint): string | undefined {
  if (sni !== undefined && sni !== 'none') return sni
  try {
    return parseTarget(target).target.host
  } catch {
    // Of the lab, which has no name in any log.
    return undefined
  }
}
