import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Faults } from './faults.ts'
import { type ArmedFaults, LATE_MS, nameOfCall, refused, type StoreFault } from './store-faults.ts'

// Types of messages, PostgreSQL 15 §55.7.
const QUERY = 0x51
const PARSE = 0x50
const SYNC = 0x53
const TERMINATE = 0x58
const READY = 0x5a
/** Type, length and the state of the transaction. */
const READY_BYTES = 6

/** Stands before a PostgreSQL server and counts what is asked, on all connections together; the call that `faults` names goes wrong. */
export class FaultyPostgres implements ArmedFaults {
  faults = new Faults()
  fault: StoreFault = 'ends'
  readonly #server: Server
  readonly #to: number
  readonly #clients = new Set<Socket>()

  private constructor(to: number) {
    this.#to = to
    this.#server = createServer((client) => this.#serve(client))
  }

  /** Before the server that listens on port `to` of loopback. */
  static async before(to: number): Promise<FaultyPostgres> {
    const one = new FaultyPostgres(to)
    one.#server.listen(0, '127.0.0.1')
    await once(one.#server, 'listening')
    return one
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that are open. */
  get open(): number {
    return this.#clients.size
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(client: Socket): void {
    const server = connect(this.#to, '127.0.0.1')
    this.#clients.add(client)
    const end = () => {
      client.destroy()
      server.destroy()
      this.#clients.delete(client)
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    let endsWithAnswer = false
    let answer = Buffer.alloc(0)
    server.on('data', (bytes) => {
      if (!endsWithAnswer) return void client.write(bytes)
      // It may come in pieces, its last message too.
      answer = Buffer.concat([answer, bytes]).subarray(-READY_BYTES)
      if (isReady(answer)) end()
    })
    const ask = (call: Buffer, text: string) => {
      if (isLook(text) || !this.faults.hits(nameOfCall(text))) return server.write(call)
      const { fault } = this
      if (fault === 'ends') return end()
      if (fault === 'conflict' || fault === 'full') return server.write(queryOf(refused(text, fault)))
      endsWithAnswer = fault === 'lost'
      if (fault === 'hangs') {
        server.pause()
        setTimeout(() => server.resume(), LATE_MS)
      }
      return server.write(call)
    }
    const take = callsOf((bytes) => server.write(bytes), ask)
    client.on('data', take)
  }
}

/** Cuts what a client sends into calls: a query, or all of one up to its Sync. What else there is goes to `pass`. */
function callsOf(
  pass: (message: Buffer) => unknown,
  ask: (call: Buffer, text: string) => unknown,
): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  let call: Buffer[] = []
  let text = ''
  let isStarted = false
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      // The first message has no type.
      const head = isStarted ? 1 : 0
      if (rest.length < head + 4) return
      const length = head + rest.readUInt32BE(head)
      if (rest.length < length) return
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      const type = isStarted ? message[0] : undefined
      if (type === undefined || type === TERMINATE) pass(message)
      else call.push(message)
      isStarted = true
      if (type === QUERY) text = message.toString('utf8', 5, length - 1)
      if (type === PARSE)
        text = message.toString(
          'utf8',
          message.indexOf(0, 5) + 1,
          message.indexOf(0, message.indexOf(0, 5) + 1),
        )
      if (type !== QUERY && type !== SYNC) continue
      ask(Buffer.concat(call), text)
      call = []
    }
  }
}

function queryOf(text: string): Buffer {
  const head = Buffer.from([QUERY, 0, 0, 0, 0])
  const body = Buffer.from(`${text}\0`)
  head.writeUInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

/** ReadyForQuery is the last of an answer. */
function isReady(bytes: Buffer): boolean {
  return bytes.length === READY_BYTES && bytes[0] === READY && bytes.readUInt32BE(1) === READY_BYTES - 1
}

/** The store asks the server what became of a call that takes long, on a slow machine more often: none of its calls. */
function isLook(text: string): boolean {
  return text.includes('pg_stat_activity')
}
