import type { TLSSocket } from 'node:tls'
import { Deadlined, monotonicMs } from '../../front/deadlines.ts'
import type { Secured } from '../../front/front.ts'
import { type BrokerWord, readBrokerWord } from '../../mqtt/answer.ts'
import type { ConnectPacket, ProtocolLevel } from '../../mqtt/connect-packet.ts'
import { PacketStream, type PacketType } from '../../mqtt/packet-stream.ts'
import { encodeDisconnect, encodeRefusal, type Refusal } from '../../mqtt/refusal.ts'
import type { GatewayEvent } from '../gateway-log.ts'
import { ConnectReader } from './connect-reader.ts'
import type { SessionPlace } from './session-place.ts'
import { type Ending, SessionStory } from './session-story.ts'
import type { Admitted } from './upstream-identities.ts'
import { keepAlive, openUpstream, upstreamFailure } from './upstream-socket.ts'

/** The broker closes a silent session after one and a half keep-alive times; this comes after it. */
const KEEP_ALIVE_MARGIN_MS = 5_000
/** After the last word what the peer still sends is read for so long, so that no reset overtakes it. */
const LINGER_MS = 2_000
/** Reason codes of a DISCONNECT of MQTT 5.0, §3.14.2.1. */
const SHUTTING_DOWN = 0x8b
const KEEP_ALIVE_TIMEOUT = 0x8d

/**
 * One device and its connection to the broker. `connect`: its CONNECT comes; `dialling`: TLS to the broker; `connack`:
 * all goes both ways, the broker's answer is awaited; `open`: it came; `closing`: one side said its last; `over`.
 */
type State = 'connect' | 'dialling' | 'connack' | 'open' | 'closing' | 'over'

export class MqttSession extends Deadlined {
  readonly #device: TLSSocket
  readonly #secured: Secured
  readonly #place: SessionPlace
  readonly #story: SessionStory
  readonly #onOver: () => void
  readonly #reader = new ConnectReader()
  #state: State = 'connect'
  #upstream: TLSSocket | undefined
  #up: PacketStream | undefined
  #down: PacketStream | undefined
  #level: ProtocolLevel | undefined
  #admitted: Admitted | undefined
  /** Came with the CONNECT, or while the broker was dialled. */
  #early: Uint8Array[] = []
  /** Undefined: the device asked for no keep alive. */
  #idleMs: number | undefined
  #lastFromDevice = 0
  /** Since when a side takes nothing of what waits for it. */
  #deviceStuckSince: number | undefined
  #upstreamStuckSince: number | undefined
  /** Bytes that had not left when it was last looked, in `closing`, and since when they do not. */
  #pending = Number.POSITIVE_INFINITY
  #progressAt = 0

  constructor(secured: Secured, place: SessionPlace, onOver: () => void) {
    super(place.sweep)
    this.#secured = secured
    this.#device = secured.socket
    this.#place = place
    this.#story = new SessionStory(secured, place)
    this.#onOver = onOver
    this.deadlineIn(place.limits.headMs)
    const device = this.#device
    device.allowHalfOpen = true
    keepAlive(device)
    device.on('data', (chunk: Buffer) => this.#fromDevice(chunk))
    device.on('drain', () => this.#deviceDrained())
    device.on('end', () => this.#deviceEnded('close'))
    device.on('error', () => this.#deviceEnded('reset'))
    device.on('close', () => this.#deviceClosed())
  }

  /** Ends it: MQTT 5.0 devices are told why. */
  stop(): void {
    if (this.#state === 'connect')
      this.#refuse(undefined, 'stopped', { what: 'mqtt-end', level: 'info', message: 'the gateway stopped' })
    else if (this.#state === 'dialling') this.#unavailable('the gateway stopped')
    else this.#endByUs('stopped', SHUTTING_DOWN)
  }

  /** Of `Deadlined`. */
  expire(): void {
    const { headMs } = this.#place.limits
    switch (this.#state) {
      case 'connect': {
        const came = this.#reader.begun ? 'no whole CONNECT' : 'not a byte'
        const message = `${came} in ${headMs / 1_000} s`
        this.#refuse(undefined, 'slow-connect', { what: 'refused-head', level: 'warn', message })
        return
      }
      case 'dialling':
        this.#unavailable(`no TLS in ${this.#place.target.timeoutMs / 1_000} s`)
        return
      case 'connack':
        this.#unavailable(`no CONNACK in ${this.#place.target.timeoutMs / 1_000} s`)
        return
      case 'open':
        if (this.#deviceStuckSince !== undefined || this.#upstreamStuckSince !== undefined) this.#stuck()
        else this.#endByUs('keep-alive', KEEP_ALIVE_TIMEOUT)
        return
      case 'closing':
        this.#lingered()
        return
      case 'over':
    }
  }

  #fromDevice(chunk: Buffer): void {
    switch (this.#state) {
      case 'connect':
        this.#readConnect(chunk)
        return
      case 'dialling':
        this.#early.push(chunk)
        return
      case 'connack':
      case 'open':
        this.#story.bytesUp += chunk.length
        this.#up?.push(chunk)
        this.#lastFromDevice = monotonicMs()
        if (this.#upstream?.write(chunk) === false) {
          this.#device.pause()
          this.#upstreamStuckSince = monotonicMs()
        }
        this.#setDeadline()
    }
  }

  #readConnect(chunk: Buffer): void {
    const read = this.#reader.push(chunk)
    if (read === undefined) return
    if (read.kind === 'refused') {
      this.#level = read.level
      this.#refuse(read.refusal, 'malformed', {
        what: 'refused-head',
        level: 'warn',
        message: `no CONNECT to pass on: ${read.why}`,
      })
      return
    }
    this.#device.pause()
    if (read.rest.length > 0) this.#early.push(read.rest)
    this.#connect(read.packet)
  }

  #connect(packet: ConnectPacket): void {
    this.#level = packet.level
    this.#idleMs = idleMs(packet.keepAliveSeconds)
    const admitted = this.#place.identities.admit(this.#secured.clientCertificate, packet)
    this.#story.connect(packet, admitted)
    if (admitted.kind === 'denied') {
      const what = admitted.refusal === 'unavailable' ? 'upstream-failed' : 'denied'
      this.#refuse(admitted.refusal, 'denied', { what, level: 'warn', message: admitted.why })
      return
    }
    this.#admitted = admitted
    this.#state = 'dialling'
    this.deadlineIn(this.#place.target.timeoutMs)
    const upstream = openUpstream(this.#place.target, admitted.context)
    this.#upstream = upstream
    upstream.on('secureConnect', () => this.#dialled(upstream, admitted))
    upstream.on('data', (chunk: Buffer) => this.#fromUpstream(chunk))
    upstream.on('drain', () => this.#upstreamDrained())
    upstream.on('end', () => this.#upstreamEnded(undefined))
    upstream.on('error', (error) => this.#upstreamEnded(error))
    upstream.on('close', () => this.#upstreamClosed())
  }

  #dialled(upstream: TLSSocket, { connect }: Admitted): void {
    if (this.#state !== 'dialling') return
    this.#state = 'connack'
    this.#story.dialled(upstream)
    this.deadlineIn(this.#place.target.timeoutMs)
    const level = this.#level ?? 4
    this.#up = new PacketStream(
      (type) => type === 'DISCONNECT',
      (_, bytes) => this.#story.deviceDisconnects(readBrokerWord(bytes, level)),
    )
    this.#down = new PacketStream(
      (type) => type === 'CONNACK' || type === 'DISCONNECT',
      (type, bytes) => this.#heard(type, readBrokerWord(bytes, level)),
    )
    this.#up.push(connect)
    this.#story.bytesUp = connect.length
    upstream.write(connect)
    this.#lastFromDevice = monotonicMs()
    const early = this.#early
    this.#early = []
    for (const chunk of early) this.#fromDevice(Buffer.from(chunk))
    if (this.#upstreamStuckSince === undefined) this.#device.resume()
  }

  #fromUpstream(chunk: Buffer): void {
    if (this.#state !== 'connack' && this.#state !== 'open' && this.#state !== 'closing') return
    this.#story.bytesDown += chunk.length
    this.#down?.push(chunk)
    if (this.#device.writable && !this.#device.write(chunk)) {
      this.#upstream?.pause()
      this.#deviceStuckSince = monotonicMs()
    }
    this.#setDeadline()
  }

  #heard(type: PacketType, word: BrokerWord | undefined): void {
    if (type === 'DISCONNECT') this.#story.brokerDisconnects(word)
    if (type !== 'CONNACK' || this.#state !== 'connack') return
    this.#state = 'open'
    if (word?.serverKeepAliveSeconds !== undefined) this.#idleMs = idleMs(word.serverKeepAliveSeconds)
    this.#story.connack(word)
  }

  #deviceDrained(): void {
    this.#deviceStuckSince = undefined
    this.#upstream?.resume()
    this.#setDeadline()
  }

  #upstreamDrained(): void {
    this.#upstreamStuckSince = undefined
    if (this.#state !== 'connack' && this.#state !== 'open') return
    this.#lastFromDevice = monotonicMs()
    this.#device.resume()
    this.#setDeadline()
  }

  #setDeadline(): void {
    if (this.#state === 'connack') {
      this.deadlineIn(this.#place.target.timeoutMs)
    } else if (this.#state === 'open') {
      const { stallMs } = this.#place.limits
      const stuck = [this.#deviceStuckSince, this.#upstreamStuckSince].filter((one) => one !== undefined)
      // A device that may not speak, since the broker takes nothing, is not silent.
      const idle = this.#upstreamStuckSince === undefined && this.#idleMs !== undefined
      this.deadline = Math.min(
        ...stuck.map((since) => since + stallMs),
        idle ? this.#lastFromDevice + this.#idleMs! : Number.POSITIVE_INFINITY,
      )
    }
  }

  #stuck(): void {
    const stalled = monotonicMs() - this.#place.limits.stallMs
    const deviceStuck = (this.#deviceStuckSince ?? Number.POSITIVE_INFINITY) <= stalled
    const upstreamStuck = (this.#upstreamStuckSince ?? Number.POSITIVE_INFINITY) <= stalled
    if (!deviceStuck && !upstreamStuck) {
      this.#endByUs('keep-alive', KEEP_ALIVE_TIMEOUT)
      return
    }
    this.#story.ended({ by: 'gateway', how: deviceStuck ? 'device-stalled' : 'broker-stalled' })
    this.#device.destroy()
    this.#upstream?.destroy()
  }

  #deviceEnded(how: 'close' | 'reset'): void {
    if (this.#state === 'connect') {
      const message = this.#reader.begun
        ? 'the device closed within its CONNECT'
        : 'the device closed before its CONNECT'
      this.#refuse(undefined, 'closed', { what: 'mqtt-end', level: 'info', message })
    } else if (this.#state === 'dialling') {
      this.#story.ended({ by: 'device', how })
      this.#state = 'closing'
      this.#device.end()
      this.#upstream?.destroy()
    } else if (this.#state === 'connack' || this.#state === 'open') {
      this.#story.ended({ by: 'device', how })
      this.#linger()
      // What it sent goes out first: its last message, its DISCONNECT.
      this.#upstream?.end()
    }
  }

  #upstreamEnded(error: Error | undefined): void {
    if (
      this.#state === 'dialling' ||
      (this.#state === 'connack' && error !== undefined && this.#story.bytesDown === 0)
    ) {
      const failure =
        error && upstreamFailure(error, this.#upstream!, this.#admitted?.clientCertificate === true)
      // A reset after the CONNECT is the broker's answer to it; an alert is about our certificate.
      if (this.#state === 'dialling' || failure?.kind === 'alert') {
        this.#unavailable(failure?.message ?? 'closed in the TLS handshake')
        return
      }
    }
    if (this.#state === 'connack' || this.#state === 'open') {
      this.#story.ended({ by: 'broker', how: error === undefined ? 'close' : 'reset' })
      this.#linger()
      this.#upstream?.end()
    }
    if (this.#state === 'closing') this.#device.end()
  }

  #deviceClosed(): void {
    if (this.#state === 'over') return
    // A close without an end before it: destroyed, by the front or by us.
    if (this.#state !== 'closing') this.#deviceEnded('reset')
    if (this.#upstream === undefined || this.#upstream.destroyed) this.#over()
    else if (!this.#upstream.writableEnded) this.#upstream.end()
  }

  #upstreamClosed(): void {
    if (this.#state === 'dialling' || this.#state === 'connack' || this.#state === 'open')
      this.#upstreamEnded(undefined)
    if (this.#device.destroyed) this.#over()
    else if (this.#state === 'closing' && !this.#device.writableEnded) this.#device.end()
  }

  #endByUs(how: Ending['how'], reasonCode: number): void {
    if (this.#state !== 'connack' && this.#state !== 'open') return
    this.#story.ended({ by: 'gateway', how })
    const mayTell = this.#level === 5 && this.#state === 'open' && this.#down?.betweenPackets === true
    this.#linger()
    if (mayTell) this.#device.write(encodeDisconnect(reasonCode))
    this.#device.end()
    // Without a DISCONNECT of the device's, so that its will is published.
    this.#upstream?.end()
  }

  #unavailable(why: string): void {
    const message = `${this.#place.upstream} (${this.#place.target.host}): ${why}`
    this.#refuse('unavailable', 'upstream-failed', { what: 'upstream-failed', level: 'error', message })
  }

  /** Answers where the version has a word for it, and closes. */
  #refuse(
    refusal: Refusal | undefined,
    how: Ending['how'],
    event: Pick<GatewayEvent, 'what' | 'level' | 'message'>,
  ): void {
    this.#story.refused(event, refusal, how)
    this.#linger()
    this.#upstream?.destroy()
    const answer = refusal && this.#level && encodeRefusal(refusal, this.#level)
    if (answer !== undefined) this.#device.write(answer)
    this.#device.end()
  }

  #linger(): void {
    this.#state = 'closing'
    this.#early = []
    this.deadlineIn(LINGER_MS)
    this.#device.resume()
    this.#upstream?.resume()
  }

  /** What waits for a slow peer may still leave, as long as it does leave. */
  #lingered(): void {
    const pending = this.#device.writableLength + (this.#upstream?.writableLength ?? 0)
    const now = monotonicMs()
    if (pending < this.#pending) {
      this.#pending = pending
      this.#progressAt = now
    }
    if (pending > 0 && now - this.#progressAt < this.#place.limits.stallMs) {
      this.deadlineIn(LINGER_MS)
      return
    }
    this.#device.destroy()
    this.#upstream?.destroy()
  }

  #over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.noDeadline()
    this.#story.over(this.#up, this.#down)
    this.#onOver()
  }
}

function idleMs(keepAliveSeconds: number): number | undefined {
  return keepAliveSeconds === 0 ? undefined : keepAliveSeconds * 1_500 + KEEP_ALIVE_MARGIN_MS
}
