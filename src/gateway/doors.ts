import { createServer, type Server, type Socket } from 'node:net'
import { listenAddress } from './gateway-config.ts'

/** Waiting to be accepted: a fleet that reconnects at once after an outage is no reason to refuse. */
const BACKLOG = 4_096

/**
 * The addresses that a gateway listens on, each with what takes its connections. Addresses come and go with the
 * configuration; the connections that came by them stay.
 */
export class Doors {
  readonly #open = new Map<string, Door>()

  /** Real addresses, by those asked for: a port of 0 becomes one. */
  get addresses(): ReadonlyMap<string, string> {
    return new Map([...this.#open].map(([asked, { address }]) => [asked, address]))
  }

  /** Opens what is new, and leaves the rest to what comes back. Throws the system's error, and has changed nothing then. */
  async open(wanted: ReadonlyMap<string, (socket: Socket) => void>): Promise<OpeningDoors> {
    const opened: [string, Door][] = []
    const discard = () => {
      for (const [, door] of opened) door.shut()
    }
    try {
      for (const [asked, take] of wanted) {
        if (!this.#open.has(asked)) opened.push([asked, await Door.open(asked, take)])
      }
    } catch (error) {
      discard()
      throw error
    }
    const apply = () => {
      for (const [asked, door] of opened) this.#open.set(asked, door)
      for (const [asked, door] of this.#open) {
        const take = wanted.get(asked)
        if (take !== undefined) door.take = take
        else {
          door.shut()
          this.#open.delete(asked)
        }
      }
    }
    return { apply, discard }
  }

  /** No new connections. */
  shut(): void {
    for (const door of this.#open.values()) door.shut()
    this.#open.clear()
  }
}

/** Doors that are open, and not yet those of the gateway. */
export interface OpeningDoors {
  /** They take their places, and what is no longer wanted is shut. */
  readonly apply: () => void
  readonly discard: () => void
}

class Door {
  readonly #server: Server
  take: (socket: Socket) => void

  static open(asked: string, take: (socket: Socket) => void): Promise<Door> {
    const door = new Door(take)
    const { host, port } = listenAddress(asked)
    return new Promise((resolve, reject) => {
      door.#server.once('error', reject)
      door.#server.listen({ host, port, ipv6Only: true, backlog: BACKLOG }, () => {
        door.#server.off('error', reject)
        // Such as no file descriptor left: the next connection may fare better.
        door.#server.on('error', () => {})
        resolve(door)
      })
    })
  }

  private constructor(take: (socket: Socket) => void) {
    this.take = take
    // Heads and bodies leave as written: with Nagle's algorithm each range would wait for a delayed ACK.
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      socket.on('error', () => socket.destroy())
      this.take(socket)
    })
  }

  get address(): string {
    const at = this.#server.address()
    if (at === null || typeof at === 'string') return ''
    return at.address.includes(':') ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`
  }

  shut(): void {
    this.#server.close()
  }
}
