import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:tls'

/** Sessions kept by their id at most; the oldest goes first. */
const MOST_SESSIONS = 64

/** What lets a device come back to a session: the keys of tickets, and sessions by their id for those that know no tickets. */
export class ResumableSessions {
  readonly ticketKeys = randomBytes(48)
  /** Never listens: Node asks the server of a socket for its sessions. */
  readonly server: Server = createServer()
  readonly #byId = new Map<string, Buffer>()

  constructor() {
    this.server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
      if (this.#byId.size >= MOST_SESSIONS) this.#byId.delete(this.#byId.keys().next().value!)
      this.#byId.set(id.toString('hex'), session)
      done()
    })
    this.server.on('resumeSession', (id: Buffer, done: (error: null, session: Buffer | null) => void) => {
      done(null, this.#byId.get(id.toString('hex')) ?? null)
    })
  }
}
