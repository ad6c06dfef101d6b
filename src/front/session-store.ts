import { Server } from 'node:net'
import type { SessionStore } from './front.ts'
import { SESSION_SECONDS } from './secure-contexts.ts'

/** A session takes 120 bytes and the client certificate, if there was one. */
const MAX_SESSIONS = 10_000
/** An answer of a shared store that comes later counts as none: the client gets a whole handshake. */
const STORE_TIMEOUT_MS = 500

/** Sessions of one process, the oldest of which go when there are too many. */
export class MemorySessions implements SessionStore {
  readonly #sessions = new Map<string, { readonly session: Uint8Array; readonly until: number }>()
  readonly #most: number
  readonly #now: () => number

  constructor(most = MAX_SESSIONS, now: () => number = Date.now) {
    this.#most = most
    this.#now = now
  }

  get size(): number {
    return this.#sessions.size
  }

  put(id: string, session: Uint8Array): void {
    this.#sessions.delete(id)
    this.#sessions.set(id, { session, until: this.#now() + SESSION_SECONDS * 1000 })
    for (const [oldest] of this.#sessions) {
      if (this.#sessions.size <= this.#most) break
      this.#sessions.delete(oldest)
    }
  }

  get(id: string): Uint8Array | undefined {
    const found = this.#sessions.get(id)
    if (found === undefined) return undefined
    if (found.until > this.#now()) return found.session
    this.#sessions.delete(id)
    return undefined
  }
}

/**
 * What a server-side TLSSocket takes as its `server`: it asks that one for sessions by `resumeSession` and hands new
 * ones to `newSession`. It never listens.
 */
export function sessionServer(store: SessionStore): Server {
  const server = new Server()
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    store.put(id.toString('hex'), session)
    done()
  })
  server.on('resumeSession', (id: Buffer, done: (error: null, session: Buffer | null) => void) => {
    const found = store.get(id.toString('hex'))
    if (found instanceof Promise) void settle(found, done)
    else done(null, asBuffer(found))
  })
  return server
}

async function settle(
  found: Promise<Uint8Array | undefined>,
  done: (error: null, session: Buffer | null) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), STORE_TIMEOUT_MS)
  })
  const session = await Promise.race([found.catch(() => undefined), late])
  clearTimeout(timer)
  done(null, asBuffer(session))
}

function asBuffer(session: Uint8Array | undefined): Buffer | null {
  return session === undefined ? null : Buffer.from(session.buffer, session.byteOffset, session.byteLength)
}
