import type { FrontOptions, FrontRules, TicketKeys } from '../front/front.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { ListenerFile } from './config-schema.ts'
import { Doors, type OpeningDoors } from './doors.ts'
import { frontRulesOf } from './front-rules.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayLog } from './gateway-log.ts'
import { HelloFamilies } from './hello-families.ts'
import { ListenerService, type ServiceLinks } from './listener-service.ts'
import { GatewayMetrics, type MetricsSnapshot } from './metrics.ts'
import { Upstreams } from './upstreams.ts'

/** What a gateway is opened with, and reloaded with: a configuration, and what its listeners show. */
export interface GatewayPlan {
  readonly config: GatewayConfig
  /** By listener name. */
  readonly identities: ReadonlyMap<string, FrontRules['identities']>
  /** By upstream name: bytes that a handshake with it brings down. */
  readonly directBytes: ReadonlyMap<string, number>
}

/** What workers share. */
export type SharedTls = Required<Pick<FrontOptions, 'sessions' | 'ticketKeys'>>

/**
 * The data plane of one process: listeners, what is behind them, and what they count. Certificates are given, signals
 * are handled and files of certificates are read elsewhere.
 */
export class Gateway {
  readonly #log: GatewayLog
  readonly #doors = new Doors()
  readonly #services = new Map<string, ListenerService>()
  readonly #leaving = new Set<ListenerService>()
  readonly #families = new HelloFamilies(openCatalogue)
  readonly metrics: GatewayMetrics
  #upstreams: Upstreams | undefined
  #shared: Partial<SharedTls>
  #stopped = false

  /** Throws `IdentityError`, `FrontError`, `SecretError` or the system's error where the plan cannot be served. */
  static async open(plan: GatewayPlan, log: GatewayLog, shared: Partial<SharedTls> = {}): Promise<Gateway> {
    const gateway = new Gateway(log, shared)
    try {
      await gateway.reload(plan)
      return gateway
    } catch (error) {
      await gateway.stop(0)
      throw error
    }
  }

  private constructor(log: GatewayLog, shared: Partial<SharedTls>) {
    this.#shared = shared
    this.metrics = new GatewayMetrics(
      () => new Map([...this.#services].map(([name, { connections }]) => [name, connections])),
      () => this.#upstreams?.cacheCounters,
    )
    this.#log = (event) => {
      this.metrics.event(event)
      log(event)
    }
  }

  /** By the address asked for, as in the configuration. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#doors.addresses
  }

  get connections(): number {
    return [...this.#services.values(), ...this.#leaving].reduce(
      (sum, { connections }) => sum + connections,
      0,
    )
  }

  /** The plan is served from now on, or an error is thrown and nothing has changed. Open connections live on. */
  async reload(plan: GatewayPlan): Promise<void> {
    const { config } = plan
    const rules = new Map(
      config.listeners.map((listener) => [
        listener.name,
        frontRulesOf(config, listener, plan.identities.get(listener.name) ?? {}),
      ]),
    )
    const upstreams = await Upstreams.open(plan, this.#log, this.#upstreams)
    const fresh = new Map<string, ListenerService>()
    let opening: OpeningDoors | undefined
    try {
      for (const listener of config.listeners) {
        // A front that takes these rules: those of before are replaced only when all of them are known to do.
        fresh.set(listener.name, await this.#openService(listener, rules.get(listener.name)!))
      }
      opening = await this.#doors.open(this.#doorsOf(config, fresh))
      if (this.#stopped) throw new Error('the gateway has stopped')
      this.#apply(config, rules, fresh, upstreams)
      opening.apply()
    } catch (error) {
      opening?.discard()
      upstreams.discard()
      for (const service of fresh.values()) await service.close()
      throw error
    }
  }

  renewTicketKeys(keys: TicketKeys): void {
    this.#shared = { ...this.#shared, ticketKeys: keys }
    for (const service of [...this.#services.values(), ...this.#leaving]) service.renewTicketKeys(keys)
  }

  snapshot(): Promise<MetricsSnapshot> {
    return this.metrics.snapshot()
  }

  /** No new connections; those there end after their response, or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#doors.shut()
    const services = [...this.#services.values(), ...this.#leaving]
    const until = Date.now() + graceMs
    for (const service of services) service.drain()
    this.#upstreams?.drain()
    while (this.connections > 0 && Date.now() < until) await new Promise((done) => setTimeout(done, 50))
    await Promise.all(services.map((service) => service.close()))
    await this.#upstreams?.close()
  }

  #apply(
    config: GatewayConfig,
    rules: ReadonlyMap<string, FrontRules>,
    fresh: ReadonlyMap<string, ListenerService>,
    upstreams: Upstreams,
  ): void {
    const before = this.#upstreams
    this.#upstreams = upstreams
    before?.retire(upstreams)
    for (const listener of config.listeners) {
      const kept = this.#services.get(listener.name)
      const made = fresh.get(listener.name)!
      if (kept === undefined) this.#services.set(listener.name, made)
      else {
        kept.replace(listener, rules.get(listener.name)!)
        void made.close()
      }
    }
    for (const [name, service] of this.#services) {
      if (!config.listeners.some((listener) => listener.name === name)) this.#dismiss(name, service)
    }
  }

  /** A listener that is no longer there ends its connections as they come to a rest. */
  #dismiss(name: string, service: ListenerService): void {
    this.#services.delete(name)
    this.#leaving.add(service)
    service.drain()
    const timer = setInterval(() => {
      if (service.connections > 0) return
      clearInterval(timer)
      this.#leaving.delete(service)
      void service.close()
    }, 1_000).unref()
  }

  #openService(listener: ListenerFile, rules: FrontRules): Promise<ListenerService> {
    const links: ServiceLinks = {
      log: this.#log,
      metrics: this.metrics,
      families: this.#families,
      backend: () => this.#upstreams!,
    }
    return ListenerService.open(listener, rules, links, this.#shared)
  }

  #doorsOf(config: GatewayConfig, fresh: ReadonlyMap<string, ListenerService>) {
    return new Map(
      config.listeners.flatMap(({ name, listen }) =>
        listen.map((address) => {
          const service = this.#services.get(name) ?? fresh.get(name)!
          return [address, (socket: Parameters<ListenerService['take']>[0]) => service.take(socket)] as const
        }),
      ),
    )
  }
}
