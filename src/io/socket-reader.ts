import type { Socket } from 'node:net'
import { within } from './within.ts'

/** What came from a socket. `fin`: the peer ended its side; `reset`: the connection broke, with the system's code. */
export type Pulled =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'fin' }
  | { readonly kind: 'reset'; readonly code: string }
  | { readonly kind: 'timeout' }

/**
 * Pulls bytes from a socket: nothing is read that nobody asked for, beyond the socket's own buffer. Bytes that came
 * before a reset are given before it.
 */
export class SocketReader {
  readonly #socket: Socket
  #ended = false
  #brokenBy: string | undefined
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    const wake = () => this.#wake?.()
    socket.on('readable', wake)
    socket.on('end', () => {
      this.#ended = true
      wake()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#brokenBy ??= error.code ?? 'EUNKNOWN'
      wake()
    })
    socket.on('close', () => {
      if (!this.#ended) this.#brokenBy ??= 'ECLOSED'
      wake()
    })
  }

  /** The next bytes or the end, within `timeoutMs`. Rejects when aborted. */
  async next(timeoutMs: number, signal: AbortSignal | undefined): Promise<Pulled> {
    signal?.throwIfAborted()
    const deadlineMs = performance.now() + timeoutMs
    for (;;) {
      const bytes: Uint8Array | null = this.#socket.read()
      if (bytes !== null) return { kind: 'bytes', bytes }
      if (this.#ended) return { kind: 'fin' }
      if (this.#brokenBy !== undefined) return { kind: 'reset', code: this.#brokenBy }
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) return { kind: 'timeout' }
      const woken = new Promise<true>((resolve) => {
        this.#wake = () => resolve(true)
      })
      await within(woken, leftMs, signal)
    }
  }
}
