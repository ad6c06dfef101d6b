import { DeadlineSweep } from '../../front/deadlines.ts'
import type { Secured } from '../../front/front.ts'
import type { MqttListenerFile } from '../config-schema.ts'
import type { GatewayConfig } from '../gateway-config.ts'
import type { GatewayLog } from '../gateway-log.ts'
import { MqttSession } from './mqtt-session.ts'
import type { SessionPlace } from './session-place.ts'
import { UpstreamIdentities } from './upstream-identities.ts'
import { upstreamTarget } from './upstream-socket.ts'

/** The MQTT devices of one listener, each with a connection of its own to the broker. */
export class MqttProxy {
  readonly #place: SessionPlace
  readonly #sessions = new Set<MqttSession>()
  #closed = false

  /** `upstream`: its name. Throws `SecretError` where a file or a secret of it is not to be had. */
  constructor(config: GatewayConfig, listener: MqttListenerFile, upstream: string, log: GatewayLog) {
    const broker = config.upstreams[upstream]
    if (broker?.protocol !== 'mqtts') throw new RangeError(`upstream: ${upstream} is none of mqtts`)
    const { headSeconds = 30, stallSeconds = 60 } = listener.limits
    this.#place = {
      listener: listener.name,
      upstream,
      target: upstreamTarget(broker),
      identities: new UpstreamIdentities(config, upstream, broker),
      limits: { headMs: headSeconds * 1_000, stallMs: stallSeconds * 1_000 },
      sweep: new DeadlineSweep(),
      log,
    }
  }

  get connections(): number {
    return this.#sessions.size
  }

  /** Serves a connection whose handshake is over, nothing read from it yet. */
  take(secured: Secured): void {
    if (this.#closed) {
      secured.socket.destroy()
      return
    }
    const session: MqttSession = new MqttSession(secured, this.#place, () => this.#sessions.delete(session))
    this.#sessions.add(session)
  }

  /** Ends every session, with a word where the version has one, and takes no more. */
  close(): void {
    this.#closed = true
    for (const session of [...this.#sessions]) session.stop()
  }
}
