import { connect, createServer, type Server, type Socket } from 'node:net'
import { Faults } from './faults.ts'
import type { SocketFault } from './faulty-socket.ts'

/** `none`: all goes through, and only `Faults` is told. */
export type WireFault = SocketFault | 'none'

/**
 * TCP between whoever dials `port` and a server behind it. Each connection, each piece of bytes up to the server or down
 * from it, and each end of a side is a call that may go wrong: reset, silence until a side ends, both sides closed, or half
 * of it and then closed.
 */
export class FaultyWire {
  faults = new Faults()
  fault: WireFault = 'none'
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #behind = 0

  static async open(): Promise<FaultyWire> {
    const wire = new FaultyWire()
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve))
    return wire
  }

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (dialler) => this.#accept(dialler))
  }

  get port(): number {
    const at = this.#server.address()
    return at !== null && typeof at === 'object' ? at.port : 0
  }

  /** Sockets of both sides. */
  get held(): number {
    return this.#open.size
  }

  lead(port: number): this {
    this.#behind = port
    return this
  }

  /** From the next call on: the one of number `at` goes wrong; none where it is negative. */
  strike(fault: WireFault, at: number, onFault?: (call: string) => void): void {
    this.fault = fault
    this.faults = new Faults(at, onFault)
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await new Promise((done) => this.#server.close(done))
  }

  #accept(dialler: Socket): void {
    this.#keep(dialler)
    const isHit = this.faults.hits('connect')
    if (isHit && this.fault !== 'none') {
      if (this.fault === 'error') reset(dialler)
      else if (this.fault !== 'hang') dialler.destroy()
      // Silent, until it is left.
      else dialler.resume().on('end', () => dialler.destroy())
      return
    }
    const server = connect({ port: this.#behind, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.#keep(server)
    const wire = { isDeaf: false }
    this.#carry(dialler, server, 'up', wire)
    this.#carry(server, dialler, 'down', wire)
  }

  #keep(socket: Socket): void {
    this.#open.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#open.delete(socket))
  }

  #carry(from: Socket, to: Socket, way: 'up' | 'down', wire: { isDeaf: boolean }): void {
    const both = (act: (socket: Socket) => void) => [from, to].forEach(act)
    from.on('data', (chunk: Buffer) => {
      if (wire.isDeaf) return
      if (!this.faults.hits(way) || this.fault === 'none') {
        to.write(chunk)
        return
      }
      if (this.fault === 'hang') wire.isDeaf = true
      else if (this.fault === 'error') both(reset)
      else if (this.fault === 'close') both((socket) => socket.destroy())
      else to.write(chunk.subarray(0, chunk.length >> 1), () => both((socket) => socket.destroy()))
    })
    from.on('end', () => {
      if (wire.isDeaf) both((socket) => socket.destroy())
      else if (!this.faults.hits(`end ${way}`) || this.fault === 'none') to.end()
      else if (this.fault === 'error') both(reset)
      else both((socket) => socket.destroy())
    })
    from.on('close', () => to.destroy())
  }
}

/** A socket whose end is being sent cannot be reset: its handle would stay open (libuv, `uv_tcp_close_reset`). */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
