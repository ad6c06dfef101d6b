import type { Catalogue } from '../device/catalogue.ts'
import type { TicketKeys } from '../front/front.ts'
import { nextTicketKeys } from '../front/secure-contexts.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { admissionEvents } from './admission-events.ts'
import type { DataPlane, PlanMessage } from './data-plane.ts'
import { endsOf, expirySnapshot } from './expiry.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { OrderIdentities } from './identities/identities.ts'
import { admitDevices, type LoadedPlan, loadPlan, messageOf } from './load-plan.ts'
import { measureUpstream } from './measure-upstream.ts'
import { formatMetrics, type MetricsSnapshot } from './metrics.ts'
import { type Health, Operations } from './operations.ts'

/** How often certificates are looked at: files that were renewed, leaves that run out. */
const REFRESH_MS = 3_600_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** What runs out this soon is told. */
const WARN_DAYS = 14

/** What went wrong last, until it goes well. */
type Fault = 'reload' | 'certificates' | 'measures'

export interface ControlOptions {
  readonly file: string
  readonly log: GatewayLog
  readonly now: () => Date
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly order: OrderIdentities
  readonly openPlane: (plan: PlanMessage, config: GatewayConfig, keys: TicketKeys) => Promise<DataPlane>
}

/**
 * The one process that decides: it reads the configuration and the certificates, asks the judge, renews, and tells the
 * data plane. Nothing of it stands in the way of a device's bytes.
 */
export class GatewayControl {
  readonly #options: ControlOptions
  #loaded: LoadedPlan
  #plane!: DataPlane
  #operations: Operations | undefined
  #keys: TicketKeys = nextTicketKeys()
  #directBytes: ReadonlyMap<string, number> = new Map()
  readonly #faults = new Map<Fault, string>()
  readonly #timers: NodeJS.Timeout[] = []
  /** Reloads follow one another. */
  #busy: Promise<unknown> = Promise.resolve()
  #stopping = false

  /** Throws what `loadPlan` and `Gateway.open` throw, and the system's error where it cannot listen. */
  static async start(loaded: LoadedPlan, options: ControlOptions): Promise<GatewayControl> {
    const control = new GatewayControl(loaded, options)
    control.#plane = await options.openPlane(
      messageOf(loaded, control.#directBytes),
      loaded.config,
      control.#keys,
    )
    try {
      await control.#openOperations()
    } catch (error) {
      await control.#plane.stop(0)
      throw error
    }
    control.#tellLoaded('started')
    control.#startTimers()
    void control.#measure()
    return control
  }

  private constructor(loaded: LoadedPlan, options: ControlOptions) {
    this.#loaded = loaded
    this.#options = options
  }

  /** Real addresses, by those of the configuration. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#plane.addresses
  }

  /** Port of `/healthz` and `/metrics`; undefined where there is none. */
  get operationsPort(): number | undefined {
    return this.#operations?.port
  }

  /** Reads the configuration anew. A bad one is told and changes nothing. */
  reload(): Promise<boolean> {
    return this.#inTurn(async () => {
      const loaded = await loadPlan(this.#options.file, { ...this.#options, now: this.#options.now() })
      await this.#serve(loaded)
      this.#tellLoaded('reloaded')
    }, 'reload')
  }

  /** Renews what runs out and takes up certificate files that have changed. */
  refresh(): Promise<boolean> {
    return this.#inTurn(async () => {
      // The configuration as it was loaded: a file that is being edited is nobody's order.
      const { openIdentities } = await import('./identities/identities.ts')
      const { config } = this.#loaded
      const identities = await openIdentities(config, this.#options.now(), this.#options.order)
      const before = JSON.stringify([...this.#loaded.identities])
      this.#tellDates(identities)
      if (JSON.stringify([...identities]) === before) return
      // A CA may change its chains from one renewal to the next: devices are asked for as at the start.
      const admissions = await admitDevices(config, identities, {
        ...this.#options,
        now: this.#options.now(),
      })
      await this.#serve({ ...this.#loaded, identities, admissions })
      this.#options.log({ level: 'info', what: 'certificate', message: 'new certificates are served' })
    }, 'certificates')
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    for (const timer of this.#timers) clearInterval(timer)
    const until = performance.now() + graceMs
    // A disk or a directory that does not answer is no reason to stay.
    await this.#busyFor(graceMs)
    await this.#plane.stop(Math.max(0, until - performance.now()))
    await this.#operations?.close()
    this.#options.log({ level: 'info', what: 'stopped' })
  }

  async #busyFor(longestMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestMs)
    })
    await Promise.race([this.#busy, late])
    clearTimeout(timer)
  }

  async #serve(loaded: LoadedPlan): Promise<void> {
    await this.#plane.reload(messageOf(loaded, this.#directBytes))
    this.#loaded = loaded
  }

  async #inTurn(act: () => Promise<void>, what: Fault): Promise<boolean> {
    const done = this.#busy.then(async () => {
      if (this.#stopping) return false
      try {
        await act()
        this.#faults.delete(what)
        return true
      } catch (error) {
        if (this.#stopping) return false
        const message = error instanceof Error ? error.message : 'unknown'
        const hint = error instanceof Error && 'hint' in error ? String(error.hint) : undefined
        this.#faults.set(what, message)
        this.#options.log({
          level: 'error',
          what: what === 'certificates' ? 'certificate' : 'reload-failed',
          message: `${message}; what was served before is still served`,
          facts: { hint },
        })
        return false
      }
    })
    this.#busy = done
    return done
  }

  #startTimers(): void {
    const { operations } = this.#loaded.config
    const keyHours = operations?.ticketKeyHours ?? 12
    const every = (ms: number, act: () => void) => this.#timers.push(setInterval(act, ms).unref())
    every(keyHours * HOUR_MS, () => this.#renewKeys())
    every(REFRESH_MS, () => void this.refresh().then(() => this.#measure()))
  }

  #renewKeys(): void {
    this.#keys = nextTicketKeys(this.#keys)
    this.#plane.renewTicketKeys(this.#keys)
  }

  /** What devices would receive from the upstreams themselves: it is what the gateway saves them. */
  async #measure(): Promise<void> {
    const { config } = this.#loaded
    const measured = new Map<string, number>()
    for (const [name, upstream] of Object.entries(config.upstreams)) {
      const bytes = await measureUpstream(config, upstream).catch(() => undefined)
      if (bytes !== undefined) measured.set(name, bytes)
    }
    if (this.#stopping || JSON.stringify([...measured]) === JSON.stringify([...this.#directBytes])) return
    this.#directBytes = measured
    await this.#inTurn(() => this.#serve(this.#loaded), 'measures')
  }

  async #openOperations(): Promise<void> {
    const { operations } = this.#loaded.config
    if (operations === undefined) return
    this.#operations = await Operations.open(operations.listen, {
      health: () => this.#health(),
      metrics: async () => formatMetrics([...(await this.#plane.snapshots()), await this.#expiry()]),
    })
  }

  #expiry(): Promise<MetricsSnapshot> {
    return expirySnapshot([...this.#loaded.identities].map(([name, { identities }]) => [name, identities]))
  }

  #health(): Health {
    const { workers } = this.#plane
    const faults = [...this.#faults.values()]
    const ok = faults.length === 0 && workers.running === workers.wanted
    return { state: this.#stopping ? 'stopping' : ok ? 'ok' : 'degraded', workers, faults }
  }

  #tellLoaded(what: 'started' | 'reloaded'): void {
    const { log } = this.#options
    const { config, admissions, risks, identities } = this.#loaded
    for (const { name, protocol, listen } of config.listeners) {
      const at = listen.map((address) => this.#plane.addresses.get(address) ?? address).join(' ')
      log({ level: 'info', what, listener: name, facts: { protocol, at } })
    }
    for (const risk of risks) log({ level: 'warn', what: 'risk', message: risk })
    for (const event of admissions.flatMap(admissionEvents)) log(event)
    this.#tellDates(identities)
  }

  #tellDates(identities: LoadedPlan['identities']): void {
    const now = this.#options.now().getTime()
    for (const [listener, { identities: shown }] of identities) {
      for (const [kind, ends] of endsOf(shown)) {
        const days = Math.floor((ends - now) / DAY_MS)
        if (days > WARN_DAYS) continue
        this.#options.log({
          level: 'warn',
          what: 'certificate',
          listener,
          message: `the ${kind} chain ends in ${days} days`,
        })
      }
    }
  }
}
