import type { Socket } from 'node:net'
import { ClientHelloPeek } from '../front/client-hello-peek.ts'
import type { ClientHello } from '../tls/client-hello.ts'

/** What came instead of a hello. */
export type NoHello = 'silent' | 'broken-hello' | 'not-tls' | 'plain-http'

export interface HelloDoorOptions {
  /** From the accept to the end of the hello. */
  readonly timeoutMs: number
  /** `bytes`: all that was read of it, the hello's records first. */
  readonly onHello: (raw: Socket, hello: ClientHello, bytes: Uint8Array) => void
  readonly onOther: (address: string, what: NoHello, firstBytes: Uint8Array) => void
}

/** Connections that wait for their hello, all together and of one address. The oldest makes room for the newest. */
const MOST_WAITING = 48
const MOST_WAITING_OF_ADDRESS = 12

interface Waiting {
  readonly address: string
  readonly raw: Socket
}

/** Reads the hello of each connection, and keeps what sends none from taking up the room of what does. */
export class HelloDoor {
  readonly #options: HelloDoorOptions
  readonly #waiting = new Set<Waiting>()
  #closed = false

  constructor(options: HelloDoorOptions) {
    this.#options = options
  }

  accept(raw: Socket): void {
    raw.on('error', () => {})
    const waiting = { address: raw.remoteAddress ?? '', raw }
    this.#makeRoom(waiting.address)
    this.#waiting.add(waiting)
    const peek = new ClientHelloPeek()
    let bytesRead = 0
    const leave = () => {
      clearTimeout(timer)
      raw.off('data', onData)
      raw.off('close', gaveUp)
      this.#waiting.delete(waiting)
    }
    const other = (what: NoHello, first: Uint8Array) => {
      leave()
      raw.destroy()
      if (!this.#closed) this.#options.onOther(waiting.address, what, first)
    }
    const gaveUp = () => other(bytesRead === 0 ? 'silent' : 'broken-hello', new Uint8Array())
    const onData = (bytes: Buffer) => {
      bytesRead += bytes.length
      const peeked = peek.push(bytes)
      if (peeked === undefined) return
      if (peeked.kind === 'not-tls')
        return other(peeked.plainHttp ? 'plain-http' : 'not-tls', peeked.firstBytes)
      if (peeked.kind === 'alert' || peeked.hello === undefined)
        return other('broken-hello', new Uint8Array())
      leave()
      raw.pause()
      this.#options.onHello(raw, peeked.hello, peek.bytes)
    }
    const timer = setTimeout(gaveUp, this.#options.timeoutMs)
    raw.on('data', onData)
    raw.once('close', gaveUp)
  }

  /** From now on nothing is told any more. */
  close(): void {
    this.#closed = true
  }

  #makeRoom(address: string): void {
    const all = [...this.#waiting]
    const own = all.filter((one) => one.address === address)
    if (own.length >= MOST_WAITING_OF_ADDRESS) own[0]!.raw.destroy()
    else if (all.length >= MOST_WAITING) crowd(all)[0]!.raw.destroy()
  }
}

/** Those of the address that has the most. */
function crowd(all: readonly Waiting[]): readonly Waiting[] {
  const byAddress = new Map<string, Waiting[]>()
  for (const one of all) byAddress.set(one.address, [...(byAddress.get(one.address) ?? []), one])
  return [...byAddress.values()].reduce((most, one) => (one.length > most.length ? one : most))
}
