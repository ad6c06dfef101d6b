import { randomUUID } from 'node:crypto'
import { isPublicAddress } from '../io/public-address.ts'
import type { Database } from '../store/database.ts'
import { readChannels, type StoredChannel } from '../store/rows/channels.ts'
import { type AlertMessage, testMessage } from './channels/alert-message.ts'
import { type TellOptions, tell } from './channels/tell.ts'
import { Notifier, type NotifierOptions } from './notifier.ts'
import { type OpenSecret, partOpener } from './open-secret.ts'

export interface AlertTellerDeps {
  readonly database: Database
  /** Of channels of the file. */
  readonly openSecret: OpenSecret
  /** What is sealed with a channel of the API, by its parts. */
  readonly channelSecrets: (channelId: string) => Promise<Readonly<Record<string, string>>>
  /** Channels of the API may lead to addresses of this network, too. */
  readonly privateTargets: boolean
  readonly now: () => Date
  /** Address of the dashboard. */
  readonly link: string | undefined
  readonly onError: (error: unknown) => void
  readonly notifier?: Partial<NotifierOptions> | undefined
}

/** A receiver that hangs is told again by the next process. */
const STOP_MS = 3_000

/** Tells channels what the store has for them, as long as it runs. */
export class AlertTeller {
  readonly #deps: AlertTellerDeps
  readonly #notifier: Notifier<StoredChannel>

  constructor(deps: AlertTellerDeps) {
    const { database, link, onError } = deps
    this.#deps = deps
    const notifierDeps = {
      ...{ database, onError, random: Math.random },
      channelOf: (id: string) => this.#channel(id),
      tell: (channel: StoredChannel, message: AlertMessage) => tell(channel, message, this.#telling(channel)),
      linkOf: (endpointId: string) =>
        link === undefined || endpointId === ''
          ? link
          : `${link}/#/endpoints/${encodeURIComponent(endpointId)}`,
    }
    this.#notifier = new Notifier(notifierDeps, deps.notifier)
  }

  start(): void {
    this.#notifier.start()
  }

  /** There is something new to tell: after the transaction that wrote it. */
  wake(): void {
    this.#notifier.wake()
  }

  async test(channelId: string): Promise<{ readonly ok: boolean; readonly error?: string | undefined }> {
    const channel = await this.#channel(channelId)
    if (channel === undefined) return { ok: false, error: 'there is no such channel' }
    const { now, link } = this.#deps
    const message = testMessage(channel, now(), randomUUID(), link)
    const outcome = await tell(channel, message, this.#telling(channel))
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

  async #channel(id: string): Promise<StoredChannel | undefined> {
    return (await readChannels(this.#deps.database)).find((channel) => channel.id === id)
  }

  /**
   * A channel of the file is written by whoever runs the watch: it may be in the same network. One of the API reaches the
   * Internet alone, and of secrets its own: neither a variable nor a file of this machine.
   */
  #telling({ id, origin }: StoredChannel): TellOptions {
    const { openSecret, channelSecrets, privateTargets, now } = this.#deps
    if (origin === 'file') return { openSecret, now, mayConnect: () => true }
    const mayConnect = privateTargets ? () => true : isPublicAddress
    return { openSecret: partOpener(() => channelSecrets(id)), now, mayConnect }
  }
}
