import type { FrontRules, SessionStore, TicketKeys } from '../front/front.ts'
import { MemorySessions } from '../front/session-store.ts'
import { Gateway, type GatewayPlan } from './gateway.ts'
import { parseGatewayConfig } from './gateway-config.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { MetricsSnapshot } from './metrics.ts'

/** A plan as it travels to a worker: the configuration as its text, so that all workers read the same. */
export interface PlanMessage {
  readonly file: string
  readonly text: string
  readonly identities: readonly (readonly [listener: string, identities: FrontRules['identities']])[]
  readonly directBytes: readonly (readonly [upstream: string, bytes: number])[]
}

/** Throws `DataFileError`. */
export function planOf({ file, text, identities, directBytes }: PlanMessage): GatewayPlan {
  return {
    config: parseGatewayConfig(text, file),
    identities: new Map(identities),
    directBytes: new Map(directBytes),
  }
}

/** Where connections are served: in this process, or in workers. */
export interface DataPlane {
  /** Real addresses, by those of the configuration. */
  readonly addresses: ReadonlyMap<string, string>
  readonly workers: { readonly running: number; readonly wanted: number }
  /** Serves the plan from now on, or rejects and goes on as before. */
  reload(plan: PlanMessage): Promise<void>
  renewTicketKeys(keys: TicketKeys): void
  snapshots(): Promise<readonly MetricsSnapshot[]>
  stop(graceMs: number): Promise<void>
}

/** The data plane in this very process. */
export class LocalPlane implements DataPlane {
  readonly #gateway: Gateway

  static async open(plan: PlanMessage, log: GatewayLog, ticketKeys: TicketKeys): Promise<LocalPlane> {
    const sessions: SessionStore = new MemorySessions()
    return new LocalPlane(await Gateway.open(planOf(plan), log, { ticketKeys, sessions }))
  }

  private constructor(gateway: Gateway) {
    this.#gateway = gateway
  }

  get addresses(): ReadonlyMap<string, string> {
    return this.#gateway.addresses
  }

  get workers(): { running: number; wanted: number } {
    return { running: 1, wanted: 1 }
  }

  reload(plan: PlanMessage): Promise<void> {
    return this.#gateway.reload(planOf(plan))
  }

  renewTicketKeys(keys: TicketKeys): void {
    this.#gateway.renewTicketKeys(keys)
  }

  async snapshots(): Promise<readonly MetricsSnapshot[]> {
    return [await this.#gateway.snapshot()]
  }

  stop(graceMs: number): Promise<void> {
    return this.#gateway.stop(graceMs)
  }
}
