import type { Socket } from 'node:net'
import { contentTypes } from '../tls/content-types.ts'
import { TlsServer } from '../tls/server/server.ts'
import type { TlsServerOptions } from '../tls/server/server-options.ts'
import type { Step } from '../tls/step.ts'
import type { RecordEvent, TlsEvent } from '../tls/tls-event.ts'
import { versions } from '../tls/versions.ts'
import { Passed, type TlsSide, type TlsSideEvents } from './tls-side.ts'

/** Our own TLS, which cuts every record as it is told, and tells of each what was in it. */
export class OwnSide implements TlsSide {
  readonly passed = new Passed()
  readonly resumed = false
  readonly #raw: Socket
  readonly #server: TlsServer
  readonly #events: TlsSideEvents
  #chosen: number | undefined
  #deaf = false

  constructor(raw: Socket, firstBytes: Uint8Array, options: TlsServerOptions, events: TlsSideEvents) {
    this.#raw = raw
    this.#server = new TlsServer(options)
    this.#events = events
    raw.setNoDelay(true)
    raw.on('data', (bytes: Buffer) => this.#receive(bytes))
    raw.once('end', events.ended)
    // Whoever made it has it by then.
    queueMicrotask(() => {
      this.#receive(firstBytes)
      raw.resume()
    })
  }

  get version(): number | undefined {
    return this.#server.established ? this.#chosen : undefined
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#raw.destroyed || this.#raw.writableEnded || this.#server.finished) return Promise.resolve()
    return this.#carryOut(this.#server.send(bytes, performance.now()))
  }

  end(): void {
    void this.#carryOut(this.#server.close(performance.now()))
    this.#raw.end()
  }

  destroy(): void {
    this.#raw.destroy()
  }

  deafen(): void {
    this.#deaf = true
  }

  /** Whoever asks for that asks for OpenSSL. */
  renegotiate(): void {
    throw new Error('renegotiate: our own TLS shakes hands once')
  }

  #receive(bytes: Uint8Array): void {
    if (this.#deaf || bytes.length === 0 || this.#raw.destroyed) return
    void this.#carryOut(this.#server.receive(bytes, performance.now()))
  }

  /** Resolves when the bytes are handed to TCP, or the connection is over. */
  #carryOut({ send, events }: Step): Promise<void> {
    const sent = new Promise<void>((resolve) => {
      if (send.length === 0 || this.#raw.destroyed || this.#raw.writableEnded) resolve()
      else this.#raw.write(send, () => resolve())
    })
    for (const event of events) this.#tell(event)
    return sent
  }

  #tell(event: TlsEvent): void {
    switch (event.kind) {
      case 'record':
        this.#count(event)
        break
      case 'server-hello':
        this.#chosen = event.version
        break
      case 'established':
        this.#events.established()
        break
      case 'application-data':
        this.#events.received(Buffer.from(event.data))
        break
      case 'alert':
        if (event.direction === 'received') this.#takeAlert(event.description)
        break
      case 'stopped':
      case 'malformed':
        this.#events.failed(undefined)
        break
    }
  }

  #count({ direction, contentType, plaintextBytes = 0, encrypted }: RecordEvent): void {
    const { passed } = this
    if (contentType === contentTypes.application_data.code && direction === 'sent')
      passed.sealedRecordBytes = Math.max(passed.sealedRecordBytes, plaintextBytes)
    if (contentType !== contentTypes.handshake.code) return
    if (direction === 'received') {
      if (!encrypted) passed.receivedFlightBytes += plaintextBytes
      return
    }
    // The Finished of TLS 1.2 is sealed for OpenSSL, too: what is counted is the same for both.
    if (encrypted && this.#chosen !== versions['TLSv1.3'].code) return
    passed.flightBytes += plaintextBytes
    passed.flightRecordBytes = Math.max(passed.flightRecordBytes, plaintextBytes)
  }

  #takeAlert(description: number): void {
    this.passed.alerts.push(description)
    if (description === CLOSE_NOTIFY) this.#events.ended()
    else if (this.#server.finished) this.#events.failed(undefined)
  }
}

const CLOSE_NOTIFY = 0
