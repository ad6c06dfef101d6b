import { DecodeError } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import { Reader } from '../codec/reader.ts'
import { Seed } from '../crypto/seed.ts'
import { type Alert, decodeAlerts, encodeAlert } from './alert.ts'
import { alertLevels, alerts } from './alerts.ts'
import type { ClientCredential } from './client-credential.ts'
import { ClientHandshake } from './client-handshake.ts'
import { ClientHandshake13, type Handshake13Options } from './client-handshake-13.ts'
import type { ClientOffer } from './client-offer.ts'
import { offersTls13, openTls13 } from './client-opening-13.ts'
import { contentTypes, formatContentType } from './content-types.ts'
import { handshakeTypes } from './handshake-types.ts'
import type { PreSharedKey } from './key-agreement.ts'
import { type HandshakeMessage, MAX_MESSAGE_BYTES, MessageReader } from './message-reader.ts'
import { openRecord, openRecord13, refuseRecord13, refuseUndecrypted } from './received-record.ts'
import type { Opener } from './record-protection.ts'
import { MAX_PLAINTEXT_BYTES, RecordReader, type TlsRecord } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'
import { type Refusal, refuse, unexpected } from './refusal.ts'
import type { ResumableSession } from './resumable-session.ts'
import { decodeServerHello } from './server-hello.ts'
import { type Step, StepBuilder } from './step.ts'
import type { TicketSession } from './ticket-session.ts'
import { versions } from './versions.ts'

export type { ClientCredential } from './client-credential.ts'
export type { PreSharedKey } from './key-agreement.ts'
export type { ResumableSession } from './resumable-session.ts'
export type { Step } from './step.ts'
export type { TicketSession } from './ticket-session.ts'

/** Most things in a row that bring nothing forward: empty records, warning alerts, HelloRequests. */
export const MAX_IDLE = 32

/** Most bytes kept while the engine waits for `proceed`: by rights a server sends nothing then. */
export const MAX_WAITING_BYTES = 1_048_576

/** Bytes shown of what is no TLS. */
const SHOWN_BYTES = 16

/**
 * A client of TLS 1.0 to 1.3 without socket, clock or randomness: bytes and times go in, bytes and events come out. It is a
 * diagnostic client: it checks no certificate, and reads on where a stricter one would stop, as long as the
 * handshake can be carried out. Whatever the server does is an event; only its caller's mistakes throw.
 */
export class TlsClient {
  readonly #records = new RecordReader()
  readonly #messages: MessageReader
  readonly #writer = new RecordWriter(MAX_PLAINTEXT_BYTES)
  /** That of TLS 1.2 and before also sends the hello; the server's answer decides which goes on. */
  #handshake: ClientHandshake | ClientHandshake13
  /** TLS 1.3 was offered, and no answer has come yet. */
  #opening: Handshake13Options | undefined
  /** `closing`: we sent close_notify and only listen until the server's comes. */
  #phase: 'new' | 'open' | 'closing' | 'finished' = 'new'
  #opener: Opener | undefined
  #sawRecord = false
  #idle = 0

  /**
   * `seed`: at least 32 random bytes for this connection alone (`RangeError` otherwise). `maxMessageBytes` bounds
   * one handshake message. `psk`: for suites with a pre-shared key; at most 65,535 bytes of each part.
   * `session`: of an earlier connection's `session` event, to be resumed; `ticket`: of a `session-ticket` event, which
   * came `ticketAgeMs` ago. `keyLog`: emit `secret` events. Throws as `start` does for an offer of TLS 1.3.
   */
  constructor(options: {
    offer: ClientOffer
    seed: Uint8Array
    maxMessageBytes?: number
    psk?: PreSharedKey | undefined
    session?: ResumableSession | undefined
    ticket?: TicketSession | undefined
    ticketAgeMs?: number | undefined
    keyLog?: boolean | undefined
  }) {
    this.#messages = new MessageReader(options.maxMessageBytes ?? MAX_MESSAGE_BYTES)
    const seed = new Seed(options.seed)
    if (offersTls13(options.offer)) {
      const { offer, session, ticket, ticketAgeMs = 0, keyLog = false } = options
      const openingOptions = { offer, seed, session, ticket, ticketAgeMs }
      this.#opening = { opening: openTls13(openingOptions), openingOptions, writer: this.#writer, keyLog }
    }
    const { offer = options.offer, message: hello } = this.#opening?.opening ?? {}
    this.#handshake = new ClientHandshake({ ...options, offer, seed, writer: this.#writer, hello })
  }

  /** Both Finished are exchanged; stays true when the connection ends. */
  get established(): boolean {
    return this.#handshake.established
  }

  /** Nothing more will be sent. After `close` the server's last records may still be passed to `receive`. */
  get finished(): boolean {
    return this.#phase === 'closing' || this.#phase === 'finished'
  }

  /** The ClientHello. Throws `RangeError` for an offer that its fields cannot hold. */
  start(nowMs: number): Step {
    if (this.#phase !== 'new') throw new Error('start: the client was started before')
    const step = new StepBuilder(nowMs)
    if (this.#handshake instanceof ClientHandshake) this.#handshake.start(step)
    this.#phase = 'open'
    return step.finish()
  }

  /**
   * Bytes from the server, cut anywhere. Views of them are kept: the caller must not write into them again. What
   * comes after the end is ignored.
   */
  receive(bytes: Uint8Array, nowMs: number): Step {
    if (this.#phase === 'new') throw new Error('receive: the client was not started')
    const step = new StepBuilder(nowMs)
    if (this.#phase === 'finished') return step.finish()
    this.#records.push(bytes)
    this.#drive(step)
    return step.finish()
  }

  /**
   * Goes on after `server-flight`: with the credential when the server asked for one, with an empty Certificate when
   * it asked and there is none. Throws when the flight is not whole, or for a credential that cannot be used.
   */
  proceed(options: { credential?: ClientCredential }, nowMs: number): Step {
    const step = new StepBuilder(nowMs)
    if (this.#phase === 'finished') return step.finish()
    if (!this.#handshake.waitsForReply) throw new Error("proceed: the server's flight is not whole")
    this.#guard(step, () => this.#handshake.reply(options.credential, step))
    this.#drive(step)
    return step.finish()
  }

  /** Application data, in one event and as many records as it takes. Nothing is sent once the connection ended. */
  send(data: Uint8Array, nowMs: number): Step {
    if (!this.established) throw new Error('send: the handshake is not done')
    const step = new StepBuilder(nowMs)
    if (this.finished) return step.finish()
    this.#writer.write(contentTypes.application_data.code, data, step)
    step.emit({ kind: 'application-data', direction: 'sent', data })
    return step.finish()
  }

  /** TLS 1.3: a KeyUpdate, which may ask for one of the server's. Throws before, and in other versions. */
  updateKeys(options: { requestPeer: boolean }, nowMs: number): Step {
    const handshake = this.#handshake
    if (!(handshake instanceof ClientHandshake13) || !handshake.established) {
      throw new Error('updateKeys: no TLS 1.3 connection is established')
    }
    const step = new StepBuilder(nowMs)
    if (!this.finished) handshake.updateKeys(options.requestPeer, step)
    return step.finish()
  }

  /** Sends close_notify; the connection may be dropped after it. */
  close(nowMs: number): Step {
    if (this.#phase === 'new') throw new Error('close: the client was not started')
    const step = new StepBuilder(nowMs)
    if (this.finished) return step.finish()
    this.#sendAlert(closeNotify, step)
    this.#phase = this.established ? 'closing' : 'finished'
    return step.finish()
  }

  /** Takes messages and records as long as there are whole ones. */
  #drive(step: StepBuilder): void {
    while (this.#phase !== 'finished') {
      if (this.#handshake.waitsForReply) {
        this.#boundWaiting(step)
        return
      }
      if (!this.#guard(step, () => this.#takeNext(step))) return
    }
  }

  /** The one place where broken bytes turn into an event. False when there was nothing to do. */
  #guard(step: StepBuilder, act: () => Refusal | 'nothing' | undefined): boolean {
    try {
      const result = act()
      if (result === 'nothing') return false
      if (result !== undefined) this.#stop(result, step)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#break(error, step)
    }
    return true
  }

  #takeNext(step: StepBuilder): Refusal | 'nothing' | undefined {
    const message = this.#messages.next()
    if (message !== undefined) return this.#takeMessage(message, step)
    const record = this.#records.next()
    if (record === undefined) return 'nothing'
    this.#sawRecord = true
    return this.#takeRecord(record, step)
  }

  #takeRecord(record: TlsRecord, step: StepBuilder): Refusal | undefined {
    const session13 = this.#handshake instanceof ClientHandshake13 ? this.#handshake : undefined
    const opened = session13 ? openRecord13(record, session13.opener) : openRecord(record, this.#opener)
    const { contentType, plaintext, encrypted } = opened
    step.emit({
      kind: 'record',
      direction: 'received',
      contentType,
      version: record.version,
      fragmentBytes: record.fragment.length,
      plaintextBytes: plaintext?.length,
      encrypted,
    })
    const refusal = session13 && refuseRecord13(record, opened, session13)
    if (refusal !== undefined) return refusal
    if (plaintext === undefined) return refuseUndecrypted(record)
    if (plaintext.length === 0) return this.#countIdle()
    if (contentType === contentTypes.alert.code) {
      return this.#takeAlerts(plaintext, encrypted, step) ?? this.#refuseBetween(contentType)
    }
    if (contentType === contentTypes.handshake.code) {
      this.#messages.push(plaintext)
      return undefined
    }
    if (this.#messages.pending) {
      return unexpected(`${formatContentType(contentType)} within a handshake message`)
    }
    if (contentType === contentTypes.change_cipher_spec.code) return this.#takeChangeCipherSpec(plaintext)
    this.#idle = 0
    if (contentType === contentTypes.application_data.code && this.established) {
      step.emit({ kind: 'application-data', direction: 'received', data: plaintext })
      return undefined
    }
    return unexpected(`${formatContentType(contentType)} ${this.established ? 'after' : 'in'} the handshake`)
  }

  /** RFC 8446 §5.1: a handshake message is not interleaved; an alert that ends the connection is read all the same. */
  #refuseBetween(contentType: number): Refusal | undefined {
    const may = !(this.#handshake instanceof ClientHandshake13) || this.finished || !this.#messages.pending
    return may ? undefined : unexpected(`${formatContentType(contentType)} within a handshake message`)
  }

  #takeMessage(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const { type, bytes, records, largestRecordBytes, headerCut } = message
    const messageBytes = bytes.length
    step.emit({
      kind: 'message',
      direction: 'received',
      type,
      messageBytes,
      records,
      largestRecordBytes,
      ...(headerCut && { headerCut }),
    })
    if (type === handshakeTypes.hello_request.code && !(this.#handshake instanceof ClientHandshake13)) {
      // RFC 5246 §7.4.1.1: ignored in a handshake, not part of its hashes; after it, refused by this warning.
      if (this.established) {
        this.#sendAlert({ level: alertLevels.warning, description: alerts.no_renegotiation.code }, step)
      }
      return this.#countIdle()
    }
    this.#chooseVersion(message)
    const handshake = this.#handshake
    if (handshake instanceof ClientHandshake) {
      this.#idle = 0
      return handshake.take(message, step)
    }
    const late = handshake.established
    if (!late) this.#idle = 0
    const refusal = handshake.take(message, step, this.#messages.pending)
    // Tickets and key updates may go on for ever: they count until data comes.
    return refusal ?? (late ? this.#countIdle() : undefined)
  }

  /** The first answer to an offer of TLS 1.3 says who goes on. */
  #chooseVersion({ type, body }: HandshakeMessage): void {
    const opening = this.#opening
    this.#opening = undefined
    if (opening === undefined || type !== handshakeTypes.server_hello.code) return
    if (decodeServerHello(body).version !== versions['TLSv1.3'].code) return
    this.#handshake = new ClientHandshake13(opening)
  }

  #takeChangeCipherSpec(plaintext: Uint8Array): Refusal | undefined {
    if (this.#handshake instanceof ClientHandshake13 && (plaintext.length !== 1 || plaintext[0] !== 1)) {
      return unexpected('a ChangeCipherSpec of another value') // RFC 8446 §5
    }
    const r = new Reader(plaintext, 'ChangeCipherSpec')
    const type = r.u8('type')
    if (type !== 1) throw r.error('value', 'type', `type ${type}`)
    r.end()
    // Before the version is known it may be one of a TLS 1.3 server, to be dropped as in the rest of that handshake.
    if (this.#opening !== undefined) return this.#countIdle()
    if (this.#handshake instanceof ClientHandshake13) {
      return this.#handshake.takeChangeCipherSpec() ?? this.#countIdle()
    }
    const opener = this.#handshake.takeChangeCipherSpec()
    if ('reason' in opener) return opener
    this.#idle = 0
    this.#opener = opener
    return undefined
  }

  #takeAlerts(plaintext: Uint8Array, encrypted: boolean, step: StepBuilder): Refusal | undefined {
    for (const alert of decodeAlerts(plaintext)) {
      step.emit({ kind: 'alert', direction: 'received', ...alert, encrypted })
      if (alert.description === alerts.close_notify.code) {
        this.#sendAlert(closeNotify, step) // RFC 5246 §7.2.1: answered by one of our own
        this.#phase = 'finished'
        return undefined
      }
      if (alert.level !== alertLevels.warning || this.#isFatal(alert)) {
        this.#phase = 'finished'
        return undefined
      }
    }
    return this.#countIdle()
  }

  /** In TLS 1.3 the level says nothing: all but two are errors, RFC 8446 §6. */
  #isFatal({ description }: Alert): boolean {
    return this.#handshake instanceof ClientHandshake13 && description !== alerts.user_canceled.code
  }

  #countIdle(): Refusal | undefined {
    this.#idle++
    if (this.#idle <= MAX_IDLE) return undefined
    const detail = `over ${MAX_IDLE} empty records, warning alerts, HelloRequests, tickets or key updates in a row`
    return refuse('too-large', detail, 'unexpected_message')
  }

  #boundWaiting(step: StepBuilder): void {
    if (this.#records.buffered <= MAX_WAITING_BYTES) return
    const detail = `over ${MAX_WAITING_BYTES} bytes sent after the server's flight`
    this.#stop(refuse('too-large', detail, 'internal_error'), step)
  }

  #break(error: DecodeError, step: StepBuilder): void {
    const { code, field, offset, message } = error
    const refusal = this.#refusalOf(error)
    if (refusal !== undefined) {
      this.#stop(refusal, step)
      return
    }
    const description = code === 'value' ? alerts.illegal_parameter.code : alerts.decode_error.code
    this.#sendAlert({ level: alertLevels.fatal, description }, step)
    this.#phase = 'finished'
    step.emit({ kind: 'malformed', field, offset, detail: message })
  }

  /** Broken bytes that have a stop reason of their own. */
  #refusalOf({ code, field, message }: DecodeError): Refusal | undefined {
    if (code === 'too-large') {
      return refuse(
        'too-large',
        message,
        field.startsWith('TLSRecord') ? 'record_overflow' : 'internal_error',
      )
    }
    if (this.#sawRecord) return undefined
    return refuse('not-tls', formatHex(this.#records.peek(SHOWN_BYTES)), 'unexpected_message')
  }

  #stop({ reason, detail, alert }: Refusal, step: StepBuilder): void {
    this.#sendAlert({ level: alertLevels.fatal, description: alert }, step)
    this.#phase = 'finished'
    step.emit({ kind: 'stopped', reason, detail })
  }

  /** After our own close_notify nothing more is said. */
  #sendAlert(alert: Alert, step: StepBuilder): void {
    if (this.finished) return
    this.#writer.write(contentTypes.alert.code, encodeAlert(alert), step)
    step.emit({ kind: 'alert', direction: 'sent', ...alert, encrypted: this.#writer.encrypted })
  }
}

const closeNotify: Alert = { level: alertLevels.warning, description: alerts.close_notify.code }
