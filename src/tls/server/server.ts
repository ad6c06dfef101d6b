import { DecodeError } from '../../codec/decode-error.ts'
import { Seed } from '../../crypto/seed.ts'
import { decodeAlerts, encodeAlert } from '../alert.ts'
import { alertLevels, alerts } from '../alerts.ts'
import { decodeClientHello } from '../client-hello.ts'
import { contentTypes } from '../content-types.ts'
import { handshakeTypes } from '../handshake-types.ts'
import { type HandshakeMessage, MessageReader } from '../message-reader.ts'
import { refuseUndecrypted } from '../received-record.ts'
import { MAX_PLAINTEXT_BYTES, RecordReader, type TlsRecord } from '../record-reader.ts'
import { RecordWriter } from '../record-writer.ts'
import { type Refusal, unexpected, unsupported } from '../refusal.ts'
import { type Step, StepBuilder } from '../step.ts'
import { versions } from '../versions.ts'
import { chooseFor } from './server-choice.ts'
import { ServerHandshake12 } from './server-handshake-12.ts'
import { ServerHandshake13 } from './server-handshake-13.ts'
import type { TlsServerOptions } from './server-options.ts'

/** A client's message is a hello at most, RFC 8446 §4.1.2. */
const MAX_MESSAGE_BYTES = 65_536
/** Room in the length field of a record for what a cipher adds. */
const MAX_RECORD_BYTES = 65_535 - 256
/** Records of early data that are passed over. */
const MAX_SKIPPED = 64

/**
 * The server's side of TLS 1.0 to 1.3, for measuring what clients take and for nothing else: its records are as its caller
 * cuts them, also where that breaks what was agreed, and its answers do not hide what is secret by their timing. Bytes in,
 * bytes and events out, as `TlsClient`.
 */
export class TlsServer {
  readonly #options: TlsServerOptions
  readonly #seed: Seed
  readonly #writer = new RecordWriter(MAX_RECORD_BYTES)
  readonly #records = new RecordReader()
  readonly #messages = new MessageReader(MAX_MESSAGE_BYTES)
  #handshake: ServerHandshake12 | ServerHandshake13 | undefined
  #skipped = 0
  #finished = false

  /** Throws `RangeError` for a seed that is too short. */
  constructor(options: TlsServerOptions) {
    this.#options = options
    this.#seed = new Seed(options.seed)
  }

  get established(): boolean {
    return this.#handshake?.established === true
  }

  /** Broken off, by either side; what comes after it is ignored. */
  get finished(): boolean {
    return this.#finished
  }

  /** Bytes from the client, cut anywhere. Views of them are kept. */
  receive(bytes: Uint8Array, nowMs: number): Step {
    const step = new StepBuilder(nowMs)
    if (this.#finished) return step.finish()
    this.#records.push(bytes)
    try {
      while (!this.#finished) {
        const refusal = this.#takeNext(step)
        if (refusal === 'nothing') break
        if (refusal !== undefined) this.#stop(refusal, step)
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#sendAlert(alertLevels.fatal, alerts.decode_error.code, step)
      step.emit({ kind: 'malformed', field: error.field, offset: error.offset, detail: error.message })
      this.#finished = true
    }
    return step.finish()
  }

  /**
   * Application data, in records of so many bytes of plaintext; more than 2^14 is what no server may send. Throws before the
   * handshake is done.
   */
  send(data: Uint8Array, nowMs: number, recordBytes: number = MAX_PLAINTEXT_BYTES): Step {
    if (!this.established) throw new Error('send: the handshake is not done')
    if (recordBytes < 1) throw new RangeError(`recordBytes must be at least 1, is ${recordBytes}`)
    const step = new StepBuilder(nowMs)
    if (this.#finished) return step.finish()
    for (let at = 0; at < data.length; at += recordBytes)
      this.#writer.write(contentTypes.application_data.code, data.subarray(at, at + recordBytes), step)
    return step.finish()
  }

  /** Says close_notify. */
  close(nowMs: number): Step {
    const step = new StepBuilder(nowMs)
    if (!this.#finished) this.#sendAlert(alertLevels.warning, alerts.close_notify.code, step)
    this.#finished = true
    return step.finish()
  }

  #takeNext(step: StepBuilder): Refusal | 'nothing' | undefined {
    const message = this.#messages.next()
    if (message !== undefined) return this.#takeMessage(message, step)
    const record = this.#records.next()
    return record === undefined ? 'nothing' : this.#takeRecord(record, step)
  }

  #takeRecord(record: TlsRecord, step: StepBuilder): Refusal | undefined {
    const opened = this.#open(record)
    step.emit({
      kind: 'record',
      direction: 'received',
      contentType: opened?.contentType ?? record.contentType,
      version: record.version,
      fragmentBytes: record.fragment.length,
      plaintextBytes: opened?.plaintext.length,
      encrypted: opened?.encrypted ?? true,
    })
    if (opened === undefined) {
      const handshake = this.#handshake
      if (
        handshake instanceof ServerHandshake13 &&
        handshake.skipsUnreadable &&
        this.#skipped < MAX_SKIPPED
      ) {
        this.#skipped++
        return undefined
      }
      return refuseUndecrypted(record)
    }
    const { contentType, plaintext, encrypted } = opened
    switch (contentType) {
      case contentTypes.alert.code:
        for (const { level, description } of decodeAlerts(plaintext)) {
          step.emit({ kind: 'alert', direction: 'received', level, description, encrypted })
          if (level === alertLevels.fatal) this.#finished = true
        }
        return undefined
      case contentTypes.handshake.code:
        if (plaintext.length > 0) this.#messages.push(plaintext)
        return undefined
      case contentTypes.change_cipher_spec.code:
        // Of TLS 1.3 it says nothing, RFC 8446 §D.4.
        return this.#handshake instanceof ServerHandshake12
          ? this.#handshake.takeChangeCipherSpec()
          : undefined
      case contentTypes.application_data.code:
        if (!this.established) return unexpected('application data in the handshake')
        step.emit({ kind: 'application-data', direction: 'received', data: plaintext })
        return undefined
      default:
        return unexpected(`content type ${contentType}`)
    }
  }

  /** Undefined: it does not decrypt. */
  #open({ contentType, version, fragment }: TlsRecord) {
    const handshake = this.#handshake
    if (handshake instanceof ServerHandshake13) {
      if (contentType !== contentTypes.application_data.code)
        return { contentType, plaintext: fragment, encrypted: false }
      const inner = handshake.opener?.open(version, fragment)
      return inner && { contentType: inner.contentType, plaintext: inner.content, encrypted: true }
    }
    const opener = handshake?.opener
    if (opener === undefined) return { contentType, plaintext: fragment, encrypted: false }
    const plaintext = opener.open(contentType, version, fragment)
    return plaintext && { contentType, plaintext, encrypted: true }
  }

  #takeMessage(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const { type, bytes, records, largestRecordBytes } = message
    step.emit({
      kind: 'message',
      direction: 'received',
      type,
      messageBytes: bytes.length,
      records,
      largestRecordBytes,
    })
    const handshake = this.#handshake
    if (handshake === undefined) return this.#takeHello(message, step)
    if (handshake instanceof ServerHandshake12 && handshake.established) {
      // A client may ask for another handshake, and is refused, RFC 5246 §7.2.2.
      this.#sendAlert(alertLevels.warning, alerts.no_renegotiation.code, step)
      return undefined
    }
    return handshake.take(message, step)
  }

  #takeHello({ type, body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    if (type !== handshakeTypes.client_hello.code) return unexpected(`handshake message ${type} first`)
    const hello = decodeClientHello(body)
    step.emit({ kind: 'client-hello', message: bytes })
    const choice = chooseFor(hello, this.#options.means)
    if (choice === undefined) return unsupported('the hello offers nothing that this server can do')
    this.#writer.agree(Math.min(choice.version, versions['TLSv1.2'].code), MAX_RECORD_BYTES)
    const Handshake = choice.version === versions['TLSv1.3'].code ? ServerHandshake13 : ServerHandshake12
    this.#handshake = new Handshake(this.#options, {
      writer: this.#writer,
      seed: this.#seed,
      choice,
      hello,
    })
    return this.#handshake.start(bytes, step)
  }

  #stop({ reason, detail, alert }: Refusal, step: StepBuilder): void {
    this.#sendAlert(alertLevels.fatal, alert, step)
    step.emit({ kind: 'stopped', reason, detail })
    this.#finished = true
  }

  #sendAlert(level: number, description: number, step: StepBuilder): void {
    const encrypted = this.#writer.encrypted
    this.#writer.write(contentTypes.alert.code, encodeAlert({ level, description }), step)
    step.emit({ kind: 'alert', direction: 'sent', level, description, encrypted })
  }
}
