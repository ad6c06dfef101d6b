import type { Socket } from 'node:net'
import type { Outcome, SentSizes } from '../exam/outcome.ts'
import type { Serving } from '../exam/serving.ts'
import { alertReceived } from '../front/front-failure.ts'
import { encodeAlert } from '../tls/alert.ts'
import { contentTypes } from '../tls/content-types.ts'
import { versions } from '../tls/versions.ts'
import { OpenSslSide } from './openssl-side.ts'
import { OwnSide } from './own-side.ts'
import { RequestReader } from './request-reader.ts'
import { answerBytes, type BytesToSend } from './served-answer.ts'
import type { TlsToServe } from './serving-context.ts'
import type { TlsSide, TlsSideEvents } from './tls-side.ts'

export interface MeasuringSettings {
  readonly serving: Serving
  /** Certificate, key, suites and groups of the serving. */
  readonly tls: TlsToServe
  /** By which the device asks. */
  readonly host: string
  /** Of the measuring server, for a redirect to plain http. */
  readonly port: number
  readonly sent: Pick<SentSizes, 'certificateBytes' | 'pathCertificates' | 'messageBytes'>
  /** The records of the ClientHello. */
  readonly hello: Uint8Array | undefined
  /** From the accept to the end of the handshake. */
  readonly handshakeTimeoutMs: number
  /**
   * How long a device that has what was asked for is watched: if it still waits then, it took it. A device whose handshake
   * was slow, by its link or its processor, is watched for longer.
   */
  readonly holdMs: number
  readonly at: Date
}

/**
 * Does on one connection what a serving says, and tells what the device did. `firstBytes` were read of it already.
 * Never rejects: whatever a peer does is an outcome. Ends within the handshake's time and twice the hold, each bounded.
 */
export function holdConnection(
  raw: Socket,
  firstBytes: Uint8Array,
  settings: MeasuringSettings,
): Promise<Outcome> {
  return new Promise((resolve) => new MeasuringConnection(raw, firstBytes, settings, resolve))
}

class MeasuringConnection {
  readonly #raw: Socket
  readonly #address: string
  readonly #settings: MeasuringSettings
  readonly #tell: (outcome: Outcome) => void
  readonly #tls: TlsSide
  readonly #requests = new RequestReader()
  readonly #alerts: number[] = []
  readonly #beganAt = performance.now()
  #holdMs: number
  #timer: NodeJS.Timeout
  #reached: Outcome['reached']
  #end: Outcome['end'] = 'closed'
  #renegotiation: Outcome['renegotiation']
  #answering = false
  #settledAt = 0
  #dataRecordBytes = 0
  #headBytes = 0
  #over = false

  constructor(
    raw: Socket,
    firstBytes: Uint8Array,
    settings: MeasuringSettings,
    tell: (outcome: Outcome) => void,
  ) {
    const { serving, hello } = settings
    this.#raw = raw
    // Gone once the socket is closed.
    this.#address = raw.remoteAddress ?? ''
    this.#settings = settings
    this.#holdMs = settings.holdMs
    this.#tell = tell
    this.#reached = hello === undefined ? 'connected' : 'hello'
    this.#timer = setTimeout(() => this.#giveUp(), settings.handshakeTimeoutMs)
    raw.once('close', () => this.#finish())
    raw.on('error', (error) => this.#broken(error))
    this.#tls = openSide(raw, firstBytes, settings, {
      established: () => this.#established(),
      received: (bytes) => this.#received(bytes),
      failed: (error) => this.#failed(error),
      // The device has closed its half: that ends what is watched.
      ended: () => raw.end(),
    })
    this.#disturbEarly(serving)
  }

  /** Alerts and closes that come before OpenSSL has a say. */
  #disturbEarly({ disturbance }: Serving): void {
    if (disturbance === undefined || !('after' in disturbance) || disturbance.after !== 'hello') return
    if (disturbance.kind === 'alert') {
      const alert = encodeAlert({ level: FATAL, description: disturbance.description })
      this.#raw.write(Buffer.concat([Buffer.from([contentTypes.alert.code, 3, 3, 0, alert.length]), alert]))
    }
    this.#tls.deafen()
    this.#raw.end()
  }

  #established(): void {
    if (this.#over) return
    this.#reached = 'established'
    this.#settledAt = performance.now()
    const handshakeMs = this.#settledAt - this.#beganAt
    this.#holdMs = Math.max(this.#holdMs, Math.min(MOST_HOLD_MS, HANDSHAKES_TO_WAIT * handshakeMs))
    const { disturbance } = this.#settings.serving
    if (disturbance !== undefined && 'after' in disturbance && disturbance.after === 'handshake') {
      this.#raw.end()
      return
    }
    if (disturbance?.kind === 'renegotiation') this.#renegotiate()
    this.#wait(() => this.#dismiss(), this.#silenceMs)
  }

  /** TLS 1.3 has none, RFC 8446 §4.1.2. */
  #renegotiate(): void {
    if (this.#tls.version === versions['TLSv1.3'].code) return
    this.#renegotiation = 'ignored'
    this.#tls.renegotiate(() => {
      this.#renegotiation = 'accepted'
    })
  }

  /** Undefined: as long as for every other question. */
  get #silenceMs(): number | undefined {
    const { answer } = this.#settings.serving
    return answer.kind === 'silence' ? answer.mostMs : undefined
  }

  #received(bytes: Buffer): void {
    this.#requests.push(bytes)
    if (this.#requests.seen.length === 0 || this.#over) return
    if (this.#reached === 'established') this.#reached = 'request'
    if (!this.#answering) void this.#answer()
  }

  /** Requests in the order they came, the next once the one before has its whole answer. */
  async #answer(): Promise<void> {
    const read = this.#requests.take()
    if (read === undefined || this.#over) return
    this.#answering = true
    const { serving, host, port } = this.#settings
    const answer = answerBytes(serving.answer, read, { host, port })
    for (const piece of answer.now) await this.#write(piece)
    this.#headBytes = Math.max(this.#headBytes, answer.headBytes)
    this.#reached = 'answered'
    this.#settledAt = performance.now()
    if (serving.answer.kind === 'silence') this.#wait(() => this.#dismiss(), this.#silenceMs)
    else if (answer.later.length > 0 && this.#end !== 'kept')
      this.#wait(() => void this.#closing(answer.later, read.closes))
    else await this.#goOn(answer.later, read.closes)
  }

  async #goOn(rest: readonly BytesToSend[], closes: boolean): Promise<void> {
    for (const piece of rest) await this.#write(piece)
    if (closes && this.#settings.serving.disturbance === undefined) {
      this.#farewell()
      return
    }
    this.#wait(() => this.#dismiss())
    this.#answering = false
    await this.#answer()
  }

  async #write(piece: BytesToSend): Promise<void> {
    this.#dataRecordBytes = Math.max(this.#dataRecordBytes, piece.length)
    if (!this.#over) await this.#tls.write(piece)
  }

  /** The device has waited as long as was to be seen: it gets the rest, so that it ends well. */
  async #closing(rest: readonly BytesToSend[], closes: boolean): Promise<void> {
    this.#end = 'kept'
    await this.#goOn(rest, closes)
  }

  #wait(then: () => void, ms: number = this.#holdMs): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
  }

  #dismiss(): void {
    if (this.#over) return
    this.#end = 'kept'
    this.#tls.end()
    this.#wait(() => this.#raw.destroy(), DISMISS_MS)
  }

  /** The device wants the server to close: a broker after a DISCONNECT, a server of HTTP once it has answered. */
  #farewell(): void {
    if (this.#over) return
    if (this.#requests.seen[0]?.kind === 'http') this.#end = 'kept'
    this.#tls.end()
    this.#wait(() => this.#raw.destroy())
  }

  #giveUp(): void {
    this.#end = 'kept'
    this.#raw.destroy()
  }

  #failed(error: NodeJS.ErrnoException | undefined): void {
    const alert = error && alertReceived(error)
    if (error?.code === 'ERR_SSL_NO_RENEGOTIATION') this.#renegotiation = 'refused'
    if (alert !== undefined && !this.#tls.passed.alerts.includes(alert)) this.#alerts.push(alert)
    this.#broken(error)
    if (!this.#raw.destroyed) this.#raw.destroySoon()
  }

  /** One that waited as long as was to be seen has shown what was asked for, however it ends. */
  #broken(error: NodeJS.ErrnoException | undefined): void {
    if (error?.code === 'ECONNRESET' && this.#end !== 'kept') this.#end = 'reset'
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    const settings = this.#settings
    const { passed, version, resumed } = this.#tls
    const hidesAlerts = version === versions['TLSv1.3'].code && settings.tls.engine === 'openssl'
    const fatal = [...passed.alerts.filter((one) => one !== CLOSE_NOTIFY), ...this.#alerts]
    const outcome: Outcome = {
      at: settings.at,
      address: this.#address,
      host: settings.host,
      hello: settings.hello,
      reached: this.#reached,
      version,
      suite: undefined,
      resumed,
      renegotiation: this.#renegotiation,
      alerts: fatal,
      requests: this.#requests.seen,
      cameInPlain: false,
      end: this.#end,
      closeNotify: hidesAlerts
        ? undefined
        : passed.sealedAlerts > this.#alerts.length || passed.alerts.includes(CLOSE_NOTIFY),
      waitedMs: this.#settledAt === 0 ? 0 : Math.round(performance.now() - this.#settledAt),
      sent: {
        ...settings.sent,
        flightRecordBytes: passed.flightRecordBytes,
        flightBytes: passed.flightBytes,
        deviceFlightBytes: passed.receivedFlightBytes,
        // Ciphertext is longer than what it holds: where it is not, the record was cut.
        dataRecordBytes: Math.min(this.#dataRecordBytes, passed.sealedRecordBytes),
        headBytes: this.#headBytes,
      },
    }
    this.#tls.destroy()
    this.#tell(outcome)
  }
}

function openSide(
  raw: Socket,
  firstBytes: Uint8Array,
  { serving, tls }: MeasuringSettings,
  events: TlsSideEvents,
): TlsSide {
  if (tls.engine === 'openssl') return new OpenSslSide(raw, firstBytes, { serving, ...tls }, events)
  return new OwnSide(raw, firstBytes, tls.options, events)
}

const FATAL = 2
/** A device needs about as long for the next step as for the handshake. */
const HANDSHAKES_TO_WAIT = 4
const MOST_HOLD_MS = 20_000
const CLOSE_NOTIFY = 0
/** Until a device that was sent away must be gone. */
const DISMISS_MS = 300
