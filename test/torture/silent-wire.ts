import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** BackendKeyData with its length, PostgreSQL 15 §55.7: the process's number follows. */
const KEY_DATA = Buffer.from([0x4b, 0, 0, 0, 12])

/** Stands before a PostgreSQL server and can fall silent: connections stay open, are made anew even, and nothing comes. */
export class SilentWire {
  /** Every connection is told this number in place of that of its process, as a pooler does. */
  pid: number | undefined
  /** Connections that were made so far. */
  made = 0
  readonly #server: Server
  readonly #to: number
  readonly #ends = new Set<Socket>()
  #isSilent = false

  private constructor(to: number) {
    this.#to = to
    this.#server = createServer((client) => this.#serve(client))
  }

  /** Before the server that listens on port `to` of loopback. */
  static async before(to: number): Promise<SilentWire> {
    const wire = new SilentWire(to)
    wire.#server.listen(0, '127.0.0.1')
    await once(wire.#server, 'listening')
    return wire
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Nothing comes through any more, on no connection. */
  hush(): void {
    this.#isSilent = true
    this.hushOpen()
  }

  /** Nothing comes through on those that are open now, as where a router forgot them. */
  hushOpen(): void {
    for (const socket of this.#ends) socket.pause()
  }

  /** What was held back comes through. */
  speak(): void {
    this.#isSilent = false
    for (const socket of this.#ends) socket.resume()
  }

  async close(): Promise<void> {
    for (const socket of this.#ends) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(client: Socket): void {
    this.made++
    const server = connect(this.#to, '127.0.0.1')
    const pair = [client, server]
    const end = () => {
      for (const socket of pair) {
        socket.destroy()
        this.#ends.delete(socket)
      }
    }
    for (const socket of pair) {
      this.#ends.add(socket)
      socket.on('error', end).on('close', end)
    }
    client.on('data', (bytes) => server.write(bytes))
    server.on('data', (bytes) => client.write(this.#told(bytes)))
    if (this.#isSilent) for (const socket of pair) socket.pause()
  }

  #told(bytes: Buffer): Buffer {
    const at = this.pid === undefined ? -1 : bytes.indexOf(KEY_DATA)
    if (at >= 0) bytes.writeUInt32BE(this.pid ?? 0, at + KEY_DATA.length)
    return bytes
  }
}
