import { randomUUID } from 'node:crypto'
import type { Channel } from '../fleet/watch-config.ts'
import type { Database } from '../store/database.ts'
import { readChannels } from '../store/rows/channels.ts'
import { testMessage } from './channels/alert-message.ts'
import { tell } from './channels/tell.ts'
import { Notifier } from './notifier.ts'
import type { OpenSecret } from './open-secret.ts'

export interface AlertTellerDeps {
  readonly database: Database
  readonly openSecret: OpenSecret
  readonly now: () => Date
  /** Address of the dashboard. */
  readonly link: string | undefined
  readonly onError: (error: unknown) => void
}

/** A receiver that hangs is told again by the next process. */
const STOP_MS = 3_000

/** Tells channels what the store has for them, as long as it runs. */
export class AlertTeller {
  readonly #deps: AlertTellerDeps
  readonly #notifier: Notifier

  constructor(deps: AlertTellerDeps) {
    const { database, link, onError } = deps
    this.#deps = deps
    this.#notifier = new Notifier({
      ...{ database, onError, random: Math.random },
      channelOf: (id) => this.#channel(id),
      tell: (channel, message) => tell(channel, message, this.#telling),
      linkOf: (endpointId) =>
        link === undefined || endpointId === ''
          ? link
          : `${link}/#/endpoints/${encodeURIComponent(endpointId)}`,
    })
  }

  start(): void {
    this.#notifier.start()
  }

  async test(channelId: string): Promise<{ readonly ok: boolean; readonly error?: string | undefined }> {
    const channel = await this.#channel(channelId)
    if (channel === undefined) return { ok: false, error: 'there is no such channel' }
    const { now, link } = this.#deps
    const outcome = await tell(channel, testMessage(channel, now(), randomUUID(), link), this.#telling)
    return outcome.told ? { ok: true } : { ok: false, error: outcome.error }
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS)
    })
    await Promise.race([this.#notifier.stop(), enough])
    clearTimeout(timer)
  }

  async #channel(id: string): Promise<Channel | undefined> {
    return (await readChannels(this.#deps.database)).find((channel) => channel.id === id)
  }

  get #telling() {
    const { openSecret, now } = this.#deps
    // Channels are written by whoever runs the watch: they may be in the same network.
    return { openSecret, now, mayConnect: () => true }
  }
}
