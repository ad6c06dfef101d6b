import type { TLSSocket } from 'node:tls'
import type { Secured } from '../../front/front.ts'
import type { BrokerWord } from '../../mqtt/answer.ts'
import type { ConnectPacket } from '../../mqtt/connect-packet.ts'
import type { PacketStream, PacketType } from '../../mqtt/packet-stream.ts'
import { connackMeaning, formatCode, reasonMeaning } from '../../mqtt/reason-codes.ts'
import type { Refusal } from '../../mqtt/refusal.ts'
import { BLANK } from '../../observe/secrets.ts'
import { escapeText } from '../../report/escape.ts'
import type { GatewayEvent } from '../gateway-log.ts'
import { likelyCause, type Service, serviceOf, type TurnedAway } from './likely-cause.ts'
import type { SessionPlace } from './session-place.ts'
import type { Admitted, Denied } from './upstream-identities.ts'

/** Who ended a session, and how. */
export interface Ending {
  readonly by: 'device' | 'broker' | 'gateway'
  readonly how:
    | 'close'
    | 'reset'
    // by us
    | 'keep-alive'
    | 'device-stalled'
    | 'broker-stalled'
    | 'stopped'
    // before the broker was asked
    | 'malformed'
    | 'slow-connect'
    | 'closed'
    | 'denied'
    | 'upstream-failed'
}

type Facts = NonNullable<GatewayEvent['facts']>

const versions = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' } as const

/** What became of one connection, for the log: user names, passwords and payloads are never told. */
export class SessionStory {
  bytesUp = 0
  bytesDown = 0
  readonly #place: SessionPlace
  readonly #secured: Pick<Secured, 'id' | 'remoteAddress'>
  readonly #service: Service
  readonly #startedAt = performance.now()
  #name = 'a device'
  #facts: Facts = {}
  #secrets: readonly string[] = []
  #sentAt = 0
  #answered = false
  #told = false
  #deviceWord: BrokerWord | 'unread' | undefined
  #brokerWord: BrokerWord | 'unread' | undefined
  #ending: Ending | undefined

  constructor({ id, remoteAddress }: Secured, place: SessionPlace) {
    this.#secured = { id, remoteAddress }
    this.#place = place
    this.#service = serviceOf(place.target.host)
  }

  connect(packet: ConnectPacket, admitted: Admitted | Denied): void {
    const { clientId, level, keepAliveSeconds, cleanStart } = packet
    const name = escapeText(clientId)
    this.#name = clientId === '' ? 'a device without client id' : `"${name}"`
    const { commonName } = admitted
    this.#facts = {
      protocol: versions[level],
      clientId: name,
      commonName: commonName === undefined ? undefined : escapeText(commonName),
      keepAliveSeconds,
      cleanStart,
    }
    if (admitted.kind === 'denied') return
    this.#secrets = admitted.secrets.filter((secret) => secret !== '')
    this.#facts = {
      ...this.#facts,
      clientCertificateUpstream: admitted.clientCertificate,
      credentials: admitted.credentials,
    }
  }

  dialled({ alpnProtocol }: TLSSocket): void {
    this.#sentAt = performance.now()
    const alpn = typeof alpnProtocol === 'string' ? escapeText(alpnProtocol) : undefined
    this.#facts = { ...this.#facts, upstreamTlsMs: this.#sinceStart(), alpn }
  }

  /** Undefined: it came, and breaks its format. */
  connack(word: BrokerWord | undefined): void {
    this.#answered = true
    const connackMs = Math.round(performance.now() - this.#sentAt)
    if (word === undefined) {
      this.#log({ what: 'mqtt-connect', level: 'warn', message: 'the CONNACK cannot be read' }, { connackMs })
      return
    }
    const { code, level, sessionPresent } = word
    const meaning = connackMeaning(code, level)
    const likely = code === 0 ? undefined : this.#likely({ kind: 'refused', code, level })
    const told = code === 0 ? 'accepted' : `the broker refuses: ${formatCode(code, level)}, ${meaning}`
    this.#log(
      { what: 'mqtt-connect', level: code === 0 ? 'info' : 'warn', message: `${told}${likelyText(likely)}` },
      { connackMs, code, meaning, sessionPresent, reason: this.#plain(word.reason), likely },
    )
  }

  /** Undefined where it breaks its format, or is one of 3.1.1, which says nothing. */
  deviceDisconnects(word: BrokerWord | undefined): void {
    this.#deviceWord ??= word ?? 'unread'
  }

  brokerDisconnects(word: BrokerWord | undefined): void {
    this.#brokerWord ??= word ?? 'unread'
  }

  /** What is told first stays. */
  ended(ending: Ending): void {
    this.#ending ??= ending
  }

  /** Turned away by us, before the broker answered. */
  refused(
    event: Pick<GatewayEvent, 'what' | 'level' | 'message'>,
    refusal: Refusal | undefined,
    how: Ending['how'],
  ): void {
    if (this.#told) return
    this.#told = true
    this.#log(event, { refusal, how, durationMs: this.#sinceStart() })
  }

  over(up: PacketStream | undefined, down: PacketStream | undefined): void {
    if (this.#told) return
    this.#told = true
    const { by, how } = this.#closer()
    const last = up?.lastType
    const likely = by === 'broker' ? this.#whyBrokerCloses(last) : undefined
    const word = by === 'device' ? this.#deviceWord : this.#brokerWord
    const said = typeof word === 'object' ? word : undefined
    const meaning = said && reasonMeaning(said.code)
    this.#log(
      {
        what: 'mqtt-end',
        level: by === 'device' || how === 'stopped' ? 'info' : 'warn',
        message: `${this.#ends(by, how, last)}${meaning === undefined ? '' : `: ${meaning}`}${likelyText(likely)}`,
      },
      {
        closedBy: by,
        how,
        durationMs: this.#sinceStart(),
        bytesUp: this.bytesUp,
        bytesDown: this.bytesDown,
        packetsUp: up?.packets,
        packetsDown: down?.packets,
        lastUp: last,
        lastDown: down?.lastType,
        code: said?.code,
        meaning,
        reason: this.#plain(said?.reason),
        likely,
      },
    )
  }

  /** Whoever said DISCONNECT has ended it, whichever side closed first then. */
  #closer(): { readonly by: Ending['by']; readonly how: Ending['how'] | 'disconnect' } {
    if (this.#deviceWord !== undefined) return { by: 'device', how: 'disconnect' }
    if (this.#brokerWord !== undefined) return { by: 'broker', how: 'disconnect' }
    return this.#ending ?? { by: 'device', how: 'reset' }
  }

  #ends(by: Ending['by'], how: Ending['how'] | 'disconnect', last: PacketType | undefined): string {
    if (how === 'keep-alive') return 'closed: nothing from the device in one and a half keep-alive times'
    if (how === 'device-stalled') return 'closed: the device takes nothing'
    if (how === 'broker-stalled') return 'closed: the broker takes nothing'
    if (how === 'stopped') return 'closed: the gateway stopped'
    const verb = { close: 'closed', reset: 'reset', disconnect: 'disconnected' }[how as 'close'] ?? 'closed'
    if (by === 'broker' && !this.#answered) return `the broker ${verb} after CONNECT, without a CONNACK`
    return by === 'broker' ? `the broker ${verb} after ${last ?? 'CONNECT'}` : `the ${by} ${verb}`
  }

  #whyBrokerCloses(last: PacketType | undefined): string | undefined {
    // It said why itself.
    if (this.#brokerWord !== undefined || this.#refusedByBroker) return undefined
    return this.#likely(this.#answered ? { kind: 'closed', after: last } : { kind: 'no-connack' })
  }

  get #refusedByBroker(): boolean {
    return typeof this.#facts.code === 'number' && this.#facts.code !== 0
  }

  #likely(turned: TurnedAway): string | undefined {
    return likelyCause(this.#service, turned)
  }

  #sinceStart(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  /** Free text of the broker; blanked where it repeats a secret. */
  #plain(text: string | undefined): string | undefined {
    if (text === undefined) return undefined
    return escapeText(this.#secrets.reduce((plain, secret) => plain.replaceAll(secret, BLANK), text))
  }

  #log(event: Pick<GatewayEvent, 'what' | 'level' | 'message'>, facts: Facts): void {
    const { listener, upstream, log } = this.#place
    const all = { ...this.#facts, ...facts }
    if (event.what === 'mqtt-connect') this.#facts = { ...this.#facts, code: facts.code }
    log({
      ...event,
      message: `${this.#name}: ${event.message}`,
      listener,
      connection: this.#secured.id,
      remote: this.#secured.remoteAddress,
      upstream,
      facts: all,
    })
  }
}

function likelyText(likely: string | undefined): string {
  return likely === undefined ? '' : `; likely: ${likely}`
}
