import type { Channel } from '../fleet/watch-config.ts'
import type { Database } from '../store/database.ts'
import { refreshDeliveries } from '../store/rows/refresh-deliveries.ts'
import {
  markDelivered,
  markFailed,
  type TakenDelivery,
  takeDeliveries,
} from '../store/rows/take-deliveries.ts'
import { type BackOff, backOffMs } from './back-off.ts'
import { type AlertMessage, alertMessage } from './channels/alert-message.ts'
import type { Outcome } from './channels/outcome.ts'
import { TELL_TIMEOUT_MS } from './channels/tell.ts'

export interface NotifierDeps<Told extends Channel> {
  readonly database: Database
  /** As it is configured now; undefined where there is none of this id. */
  readonly channelOf: (id: string) => Promise<Told | undefined>
  /** `tell` of `channels/tell.ts`; never rejects. */
  readonly tell: (channel: Told, message: AlertMessage) => Promise<Outcome>
  /** Address of the endpoint's page in the dashboard. */
  readonly linkOf: (endpointId: string) => string | undefined
  /** 0 to 1. */
  readonly random: () => number
  /** The store did not do what was asked; it is asked again. */
  readonly onError: (error: unknown) => void
}

export interface NotifierOptions {
  /** Looks for deliveries that often, beside being woken. */
  readonly pollMs: number
  /** What a process that ended had taken is another's after that; longer than telling takes. */
  readonly leaseMs: number
  /** What `tell` takes at most. */
  readonly tellMs: number
  readonly backOff: BackOff
  /** What has not got through by then is not tried any more. */
  readonly giveUpAfterMs: number
  /** Open alerts are told again that often to an Alertmanager, which forgets them when it starts anew. */
  readonly refreshMs: number
}

const defaultNotifierOptions: NotifierOptions = {
  pollMs: 2_000,
  leaseMs: 120_000,
  tellMs: 2 * TELL_TIMEOUT_MS,
  backOff: { firstMs: 15_000, longestMs: 3_600_000 },
  giveUpAfterMs: 3 * 86_400_000,
  refreshMs: 300_000,
}

/** A receiver that is down is tried no less often than that while there is something new for it. */
const LONGEST_PAUSE_MS = 300_000

/** Kinds that do not know any more what holds when they start anew. */
const forgetful = ['alertmanager'] as const

interface Pause {
  readonly failures: number
  readonly untilMs: number
}

/** Tells what is due, one message at a time to each channel; a channel that is slow or down holds up no other. */
export class Notifier<Told extends Channel = Channel> {
  readonly #deps: NotifierDeps<Told>
  readonly #options: NotifierOptions
  readonly #busy = new Map<string, Promise<void>>()
  readonly #pauses = new Map<string, Pause>()
  #running: Promise<void> | undefined
  #refreshAtMs = 0
  #stopping = false
  #woken = false
  #wakeUp: (() => void) | undefined

  constructor(deps: NotifierDeps<Told>, options: Partial<NotifierOptions> = {}) {
    this.#deps = deps
    this.#options = { ...defaultNotifierOptions, ...options }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** There is something new: after the transaction that wrote it. */
  wake(): void {
    this.#woken = true
    this.#wakeUp?.()
  }

  /** Resolves when what is being told is told or failed. The rest stays for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#running
    await Promise.all(this.#busy.values())
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false
      const startedMs = performance.now()
      const taken = await this.#take()
      for (const delivery of taken) this.#begin(delivery, startedMs)
      if (taken.length === 0) await this.#rest()
    }
  }

  async #take(): Promise<TakenDelivery[]> {
    const { leaseMs } = this.#options
    const paused = [...this.#pauses].filter(([, { untilMs }]) => untilMs > performance.now())
    const busy = [...this.#busy.keys(), ...paused.map(([id]) => id)]
    try {
      await this.#refresh()
      return await takeDeliveries(this.#deps.database, { busy, leaseMs })
    } catch (error) {
      this.#deps.onError(error)
      return []
    }
  }

  async #refresh(): Promise<void> {
    const { refreshMs } = this.#options
    if (performance.now() < this.#refreshAtMs) return
    this.#refreshAtMs = performance.now() + refreshMs / 2
    await refreshDeliveries(this.#deps.database, forgetful, refreshMs)
  }

  async #rest(): Promise<void> {
    if (this.#woken) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wakeUp = undefined
  }

  #begin(delivery: TakenDelivery, startedMs: number): void {
    const { channelId } = delivery
    const telling = this.#tell(delivery, startedMs)
      .catch((error) => this.#deps.onError(error))
      .finally(() => {
        this.#busy.delete(channelId)
        this.wake()
      })
    this.#busy.set(channelId, telling)
  }

  async #tell(delivery: TakenDelivery, startedMs: number): Promise<void> {
    const { channelOf, tell, linkOf, database } = this.#deps
    const { leaseMs, tellMs } = this.#options
    const channel = await channelOf(delivery.channelId)
    // A process that was held up leaves it to whoever has it by then.
    if (performance.now() - startedMs > leaseMs - tellMs) return
    if (channel === undefined) {
      return this.#failed(delivery, { told: false, error: 'there is no such channel', messageOnly: true })
    }
    const { told, severitiesBefore, body } = delivery
    const link = linkOf(body.endpoint.id)
    const outcome = await tell(channel, alertMessage(delivery, { told, severitiesBefore, link }))
    if (!outcome.told) return this.#failed(delivery, outcome)
    this.#pauses.delete(delivery.channelId)
    await markDelivered(database, delivery.id, outcome.note)
  }

  async #failed(delivery: TakenDelivery, outcome: Outcome & { told: false }): Promise<void> {
    const { database, random } = this.#deps
    const { backOff, giveUpAfterMs } = this.#options
    const { error, retryAfterMs, messageOnly } = outcome
    if (!messageOnly) this.#pause(delivery.channelId, retryAfterMs)
    const againInMs = retryAfterMs ?? backOffMs(delivery.attempts, backOff, random())
    await markFailed(database, delivery, { error, againInMs, giveUpAfterMs })
  }

  /** The other messages of the channel would fail too: they wait in their turn without being tried. */
  #pause(channelId: string, retryAfterMs: number | undefined): void {
    const failures = (this.#pauses.get(channelId)?.failures ?? 0) + 1
    const longestMs = Math.min(this.#options.backOff.longestMs, LONGEST_PAUSE_MS)
    const pauseMs = retryAfterMs ?? backOffMs(failures, { ...this.#options.backOff, longestMs }, 0)
    this.#pauses.set(channelId, { failures, untilMs: performance.now() + pauseMs })
  }
}
