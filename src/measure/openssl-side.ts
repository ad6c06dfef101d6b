import type { Socket } from 'node:net'
import { type SecureContext, type Server, TLSSocket } from 'node:tls'
import type { Serving } from '../exam/serving.ts'
import { versionCodeOf } from './negotiated.ts'
import { ShapedSocket } from './shaped-socket.ts'
import type { TlsSide, TlsSideEvents } from './tls-side.ts'

/** OpenSSL's TLS: what travels in the clear is cut as the serving says, what is sealed as OpenSSL likes. */
export class OpenSslSide implements TlsSide {
  readonly #shaped: ShapedSocket
  readonly #tls: TLSSocket
  #version: number | undefined
  #resumed = false

  constructor(
    raw: Socket,
    firstBytes: Uint8Array,
    {
      serving,
      context,
      sessions,
    }: { readonly serving: Serving; readonly context: SecureContext; readonly sessions: Server | undefined },
    events: TlsSideEvents,
  ) {
    this.#shaped = new ShapedSocket(raw, firstBytes, serving)
    this.#shaped.on('error', () => {})
    this.#tls = new TLSSocket(this.#shaped, {
      isServer: true,
      secureContext: context,
      ...(sessions === undefined ? {} : { server: sessions }),
    })
    this.#tls.once('secure', () =>
      setImmediate(() => {
        // Node forgets them when the connection is over.
        this.#version = versionCodeOf(this.#tls.getProtocol())
        this.#resumed = this.#tls.isSessionReused()
        events.established()
      }),
    )
    this.#tls.on('_tlsError', events.failed)
    this.#tls.on('error', events.failed)
    this.#tls.on('data', events.received)
    this.#tls.once('end', events.ended)
  }

  get passed() {
    return this.#shaped.passed
  }

  get version() {
    return this.#version
  }

  get resumed() {
    return this.#resumed
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#tls.writable) this.#tls.write(bytes, () => resolve())
      else resolve()
    })
  }

  end(): void {
    this.#tls.end()
  }

  destroy(): void {
    this.#tls.destroy()
  }

  deafen(): void {
    this.#shaped.removeAllListeners('data')
  }

  renegotiate(done: () => void): void {
    this.#tls.renegotiate({}, (error) => {
      if (error === null) done()
    })
  }
}
