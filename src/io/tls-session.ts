import type { Socket } from 'node:net'
import type { ConnectionObserver } from '../observe/connection-observer.ts'
import type { Close } from '../observe/observation.ts'
import type { ClientCredential, Step, TlsClient } from '../tls/client.ts'
import type { TlsEvent } from '../tls/tls-event.ts'
import { LINGER_MS, MAX_HANDSHAKE_WIRE_BYTES } from './bounds.ts'
import type { KeyLog } from './key-log.ts'
import { SocketReader } from './socket-reader.ts'

export interface SessionOptions {
  readonly socket: Socket
  readonly client: TlsClient
  readonly observer: ConnectionObserver
  readonly keyLog?: KeyLog | undefined
  /** `performance.now()` when the TCP connect began: the zero of every time. */
  readonly startedMs: number
  /** For each flight of the handshake, and for a silence later. */
  readonly timeoutMs: number
  /** Wire bytes read in all, once established. */
  readonly maxWireBytes: number
  readonly signal: AbortSignal | undefined
}

/** One record of application data. */
export interface Plaintext {
  readonly bytes: Uint8Array
  /** Position of its first byte in the plaintext of the connection. */
  readonly offset: number
  /** Plaintext of the record that carried it. */
  readonly recordBytes: number
}

/** Why no more plaintext comes. */
export type SessionEnd = Close['how']

/**
 * Drives a `TlsClient` over a socket, within bounds of time and bytes, and tells the observer everything. The world
 * being wrong is a value; every method rejects only when aborted.
 */
export class TlsSession {
  readonly #o: SessionOptions
  readonly #reader: SocketReader
  readonly #plaintext: Plaintext[] = []
  #offset = 0
  #wireBytes = 0
  #atFlight = false
  #end: SessionEnd | undefined

  constructor(options: SessionOptions) {
    this.#o = options
    this.#reader = new SocketReader(options.socket)
  }

  /** Why the connection ended; undefined while it is open. */
  get end(): SessionEnd | undefined {
    return this.#end
  }

  get nowMs(): number {
    return performance.now() - this.#o.startedMs
  }

  /** Sends the hello and reads the server's flight. */
  async hello(): Promise<'server-flight' | 'established' | 'ended'> {
    this.#apply(this.#o.client.start(this.nowMs))
    return this.#handshake()
  }

  /** Goes on after `server-flight`, with the client's certificate where the server asked and one may be shown. */
  async proceed(
    credential: ClientCredential | undefined,
  ): Promise<'server-flight' | 'established' | 'ended'> {
    this.#atFlight = false
    this.#apply(this.#o.client.proceed(credential === undefined ? {} : { credential }, this.nowMs))
    return this.#handshake()
  }

  send(data: Uint8Array): void {
    if (this.#end === undefined) this.#apply(this.#o.client.send(data, this.nowMs))
  }

  /** The next record of application data; undefined at the end, or when `timeoutMs` pass (then `end` is `timeout`). */
  async read(timeoutMs = this.#o.timeoutMs): Promise<Plaintext | undefined> {
    const deadlineMs = performance.now() + timeoutMs
    while (this.#plaintext.length === 0 && this.#end === undefined) await this.#pull(deadlineMs)
    return this.#plaintext.shift()
  }

  /** Ends the connection from our side, if it is still open: close_notify, then the socket. */
  close(how: SessionEnd = 'done'): void {
    if (this.#end === undefined && !this.#o.client.finished) this.#apply(this.#o.client.close(this.nowMs))
    this.#ended('us', how)
  }

  /** Drops the socket of a session that nobody will go on with. */
  abandon(): void {
    if (this.#end === undefined) this.#o.socket.destroy()
  }

  async #handshake(): Promise<'server-flight' | 'established' | 'ended'> {
    const deadlineMs = performance.now() + this.#o.timeoutMs
    for (;;) {
      if (this.#o.client.established) return 'established'
      if (this.#end !== undefined) return 'ended'
      if (this.#atFlight) return 'server-flight'
      await this.#pull(deadlineMs)
    }
  }

  async #pull(deadlineMs: number): Promise<void> {
    const { client, signal } = this.#o
    const pulled = await this.#reader
      .next(Math.max(0, deadlineMs - performance.now()), signal)
      .catch((error) => {
        this.#o.socket.destroy()
        throw error
      })
    switch (pulled.kind) {
      case 'bytes': {
        this.#wireBytes += pulled.bytes.length
        this.#apply(client.receive(pulled.bytes, this.nowMs))
        if (client.finished) await this.#linger()
        else if (this.#wireBytes > this.#maxWireBytes()) this.close('byte-limit')
        return
      }
      case 'fin':
        this.#ended('peer', this.#o.observer.closeNotifyReceived ? 'close_notify' : 'fin')
        return
      case 'reset':
        this.#ended('peer', 'reset')
        return
      case 'timeout':
        this.close('timeout')
        return
    }
  }

  #maxWireBytes(): number {
    return this.#o.client.established ? this.#o.maxWireBytes : MAX_HANDSHAKE_WIRE_BYTES
  }

  /** TLS is over: was it the peer (an alert of its own), and how does it end TCP? */
  async #linger(): Promise<void> {
    const { observer, signal } = this.#o
    if (observer.closeNotifyReceived) {
      this.#ended('peer', 'close_notify')
      return
    }
    if (!observer.peerGaveUp) {
      this.#ended('us', 'done')
      return
    }
    const deadlineMs = performance.now() + LINGER_MS
    for (;;) {
      const pulled = await this.#reader.next(Math.max(0, deadlineMs - performance.now()), signal)
      if (pulled.kind === 'bytes') continue
      if (pulled.kind === 'timeout') this.#ended('us', 'done')
      else this.#ended('peer', pulled.kind)
      return
    }
  }

  #apply(step: Step): void {
    const { observer, socket } = this.#o
    observer.take(step.events)
    for (const event of step.events) this.#note(event)
    if (step.send.length > 0 && socket.writable) socket.write(step.send)
  }

  #note(event: TlsEvent): void {
    if (event.kind === 'secret') this.#o.keyLog?.(event)
    if (event.kind === 'server-flight') this.#atFlight = true
    if (event.kind !== 'application-data' || event.direction !== 'received') return
    const { data } = event
    this.#plaintext.push({ bytes: data, offset: this.#offset, recordBytes: data.length })
    this.#offset += data.length
  }

  #ended(by: Close['by'], how: SessionEnd): void {
    if (this.#end !== undefined) return
    this.#end = how
    this.#o.observer.closed(by, how, this.nowMs)
    const { socket } = this.#o
    // Our last alert must reach the peer: destroying at once may throw it away.
    if (socket.writable && by === 'us') {
      socket.end()
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      // A session that is over is not held any longer than its socket.
      socket.once('close', () => clearTimeout(timer))
    } else {
      socket.destroy()
    }
  }
}
