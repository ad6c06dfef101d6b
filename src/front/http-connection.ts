import type { Duplex } from 'node:stream'
import { DecodeError } from '../codec/decode-error.ts'
import { BodyDecoder } from '../http/body.ts'
import { type HeadRefusal, type RequestHead, readRequestHead } from '../http/request-head.ts'
import { formatResponseHead } from '../http/write-head.ts'
import { Deadlined, type DeadlineSweep, monotonicMs } from './deadlines.ts'
import { HttpExchange } from './http-exchange.ts'

/** Times in milliseconds. What a slow or silent peer may cost. */
export interface HttpLimits {
  /** From the first byte of a head, or from the start of the connection, to the head's end. */
  readonly headMs: number
  /** Between a response and the next request. */
  readonly idleMs: number
  /** A peer that takes nothing of a response, or gives nothing of its body. */
  readonly stallMs: number
  /** One request, from its head to the end of its response. */
  readonly exchangeMs: number
  /** Bytes that wait behind the request at hand before the socket is no longer read. */
  readonly pipelinedBytes: number
}

export const defaultHttpLimits: HttpLimits = {
  headMs: 15_000,
  idleMs: 120_000,
  stallMs: 60_000,
  exchangeMs: 6 * 3_600_000,
  pipelinedBytes: 16_384,
}

/** Answers one request: at once, or later. Its exchange is the only one of the connection until it has ended. */
export type HttpHandler = (exchange: HttpExchange) => void

/** Why a connection ended. */
export type HttpEnd =
  | 'peer' // the client closed, or asked for it
  | 'reset'
  | 'refused' // a head or body was not taken
  | 'idle'
  | 'slow-head'
  | 'stalled'
  | 'too-long' // past `exchangeMs`
  | 'cut' // a response could not be finished as it was begun
  | 'stopped' // by us

export interface HttpEvents {
  /** A response is over, whole or not. */
  readonly onExchange?: ((exchange: HttpExchange) => void) | undefined
  readonly onRefused?: ((refusal: HeadRefusal) => void) | undefined
  /** An error thrown by the handler: ours. The client has got 500, or its connection was cut. */
  readonly onFault?: ((error: unknown) => void) | undefined
  readonly onClose?: ((end: HttpEnd) => void) | undefined
}

const EMPTY = Buffer.alloc(0)
/** After a refusal the rest of what the client sends is read for so long, so that no reset overtakes the answer. */
const LINGER_MS = 2_000

/**
 * HTTP/1.1 on one socket, TLS or not: heads read, requests answered in order, one at a time. Knows nothing of files or
 * upstreams. Nothing on the way of a small response allocates a promise or a timer.
 */
export class HttpConnection extends Deadlined {
  readonly #socket: Duplex
  readonly #handler: HttpHandler
  readonly #limits: HttpLimits
  readonly #events: HttpEvents
  #bytes: Buffer = EMPTY
  #exchange: HttpExchange | undefined
  #body: BodyDecoder | undefined
  #state: 'open' | 'lingering' | 'closed' = 'open'
  #advancing = false
  /** The peer takes less than we write. */
  #blocked = false
  #paused = false
  #exchangeEndsAt = 0
  #waits: 'head' | 'idle' | 'peer' | 'us' = 'head'
  #end: HttpEnd = 'peer'

  constructor(
    socket: Duplex,
    handler: HttpHandler,
    sweep: DeadlineSweep,
    limits: HttpLimits = defaultHttpLimits,
    events: HttpEvents = {},
  ) {
    super(sweep)
    this.#socket = socket
    this.#handler = handler
    this.#limits = limits
    this.#events = events
    this.deadlineIn(limits.headMs)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('drain', () => this.#drained())
    socket.on('error', () => this.#over('reset'))
    // A client that has said all may still listen.
    socket.allowHalfOpen = true
    socket.on('end', () => this.#peerEnded())
    socket.on('close', () => this.#over('peer'))
  }

  /** Whether a request is being answered. */
  get busy(): boolean {
    return this.#exchange !== undefined
  }

  /** Ends after the response at hand, or at once where there is none. */
  stop(): void {
    if (this.#exchange === undefined) this.destroy('stopped')
    else this.#exchange.keepAlive = false
  }

  /** Ends now; a response at hand stays cut, which its Content-Length tells the client. */
  destroy(end: HttpEnd): void {
    this.#over(end)
    this.#socket.destroy()
  }

  /** Of `Deadlined`. */
  expire(): void {
    if (this.#state === 'lingering') this.#socket.destroy()
    else if (this.#waits === 'idle') this.destroy('idle')
    else if (this.#waits === 'peer') this.destroy('stalled')
    else if (this.#waits === 'us') this.destroy('too-long')
    // Whoever sent a part of a head may read an answer; a silent peer has asked nothing.
    else if (this.#bytes.length === 0) this.destroy('slow-head')
    else this.#endWith(408, 'slow-head')
  }

  #receive(chunk: Buffer): void {
    if (this.#state !== 'open') return
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#advance()
    if (this.#bytes.length > this.#limits.pipelinedBytes) this.#pause()
  }

  /** Takes requests off the bytes that came, until one has to wait. */
  #advance(): void {
    if (this.#advancing) return
    this.#advancing = true
    while (this.#state === 'open' && !this.#blocked && this.#step()) {}
    this.#advancing = false
    if (this.#paused && this.#bytes.length <= this.#limits.pipelinedBytes && this.#mayRead()) this.#resume()
  }

  #step(): boolean {
    if (this.#exchange !== undefined) return this.#feedBody()
    if (this.#bytes.length === 0) return false
    if (this.#waits === 'idle') this.#wait('head', this.#limits.headMs)
    const result = readRequestHead(this.#bytes)
    if (result.kind === 'more') return false
    if (result.kind === 'refused') {
      this.#events.onRefused?.(result.refusal)
      this.#endWith(result.refusal.status, 'refused')
      return false
    }
    this.#bytes = result.end === this.#bytes.length ? EMPTY : this.#bytes.subarray(result.end)
    this.#begin(result.head)
    return true
  }

  #begin(head: RequestHead): void {
    if (head.body.kind !== 'none') this.#body = new BodyDecoder(head.body, { strict: true })
    this.#exchangeEndsAt = monotonicMs() + this.#limits.exchangeMs
    this.#wait('us', this.#limits.exchangeMs)
    const exchange = new HttpExchange(head, this.#link)
    this.#exchange = exchange
    try {
      this.#handler(exchange)
    } catch (error) {
      this.#events.onFault?.(error)
      exchange.fail()
    }
  }

  /** What an exchange may do to its connection. */
  readonly #link = {
    write: (bytes: Buffer, taken: (() => void) | undefined) => this.#write(bytes, taken),
    writeTwo: (head: Buffer, body: Uint8Array, taken: (() => void) | undefined) => {
      this.#socket.cork()
      this.#socket.write(head)
      this.#write(body, taken)
      this.#socket.uncork()
    },
    bodyLeft: () => this.#body !== undefined && !this.#body.done,
    readBody: () => {
      if (this.#socket.isPaused()) this.#resume()
      this.#wait('peer', this.#limits.stallMs)
      this.#advance()
    },
    finished: (whole: boolean) => this.#finish(whole),
  }

  #write(bytes: Uint8Array, taken: (() => void) | undefined): void {
    if (this.#state === 'closed') return
    if (taken === undefined) {
      this.#blocked = !this.#socket.write(bytes)
      return
    }
    this.#wait('peer', this.#limits.stallMs)
    this.#blocked = !this.#socket.write(bytes, (error) => {
      if (error || this.#state === 'closed') return
      if (this.#exchange !== undefined) this.#wait('us', this.#exchangeEndsAt - monotonicMs())
      taken()
    })
  }

  #drained(): void {
    this.#blocked = false
    if (this.#state !== 'open') return
    if (this.#exchange === undefined) this.#wait('idle', this.#limits.idleMs)
    this.#advance()
  }

  /** Hands body bytes on while their reader takes them. False: nothing more to do for now. */
  #feedBody(): boolean {
    const exchange = this.#exchange
    const body = this.#body
    if (exchange === undefined || body === undefined || body.done || this.#bytes.length === 0) return false
    if (!exchange.takesBody) return false
    try {
      const { parts, consumed } = body.push(this.#bytes)
      this.#bytes = this.#bytes.subarray(consumed)
      this.#wait('peer', this.#limits.stallMs)
      for (const part of parts) exchange.bodyPart(part)
      if (!exchange.takesBody) this.#wait('us', this.#exchangeEndsAt - monotonicMs())
      if (body.done) {
        this.#wait('us', this.#exchangeEndsAt - monotonicMs())
        exchange.bodyEnd()
      }
      return true
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#events.onRefused?.({ status: 400, reason: 'transfer-encoding' })
      this.destroy('refused')
      return false
    }
  }

  #finish(whole: boolean): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#exchange = undefined
    const bodyLeft = this.#body !== undefined && !this.#body.done
    this.#body = undefined
    this.#events.onExchange?.(exchange)
    if (this.#state !== 'open') return
    if (!whole) this.destroy('cut')
    else if (!exchange.keepAlive && bodyLeft) this.#linger('peer')
    else if (!exchange.keepAlive) this.#close('peer')
    else {
      if (this.#blocked) this.#wait('peer', this.#limits.stallMs)
      else this.#wait('idle', this.#limits.idleMs)
      this.#advance()
    }
  }

  /** An answer of our own to what is no request, then the end. */
  #endWith(status: number, end: HttpEnd): void {
    const fields: [string, string][] = status === 405 ? [['Allow', 'GET, HEAD']] : []
    const head = formatResponseHead({ status, fields, contentLength: 0, connection: 'close' })
    this.#socket.write(head, 'latin1')
    this.#linger(end)
  }

  #linger(end: HttpEnd): void {
    this.#close(end)
    if (!this.#blocked) this.deadlineIn(LINGER_MS)
  }

  /** Says no more; what was written leaves first. */
  #close(end: HttpEnd): void {
    if (this.#state !== 'open') return
    this.#end = end
    this.#state = 'lingering'
    this.#bytes = EMPTY
    this.deadlineIn(this.#limits.stallMs)
    this.#socket.end()
    this.#socket.resume()
  }

  #peerEnded(): void {
    if (this.#exchange !== undefined && !this.#exchange.takesBody) this.#exchange.keepAlive = false
    else if (this.#exchange !== undefined) this.destroy('peer')
    else this.#close('peer')
  }

  #over(end: HttpEnd): void {
    if (this.#state === 'closed') return
    const reason = this.#state === 'lingering' ? this.#end : end
    this.#state = 'closed'
    this.#bytes = EMPTY
    this.noDeadline()
    const exchange = this.#exchange
    this.#exchange = undefined
    if (exchange !== undefined) {
      exchange.connectionClosed()
      this.#events.onExchange?.(exchange)
    }
    this.#events.onClose?.(reason)
  }

  #wait(what: 'head' | 'idle' | 'peer' | 'us', ms: number): void {
    this.#waits = what
    this.deadlineIn(what === 'peer' ? Math.min(ms, this.#exchangeEndsAt - monotonicMs()) : ms)
  }

  #mayRead(): boolean {
    return this.#exchange === undefined || this.#exchange.takesBody
  }

  #pause(): void {
    if (this.#paused || this.#state !== 'open') return
    this.#paused = true
    this.#socket.pause()
  }

  #resume(): void {
    this.#paused = false
    this.#socket.resume()
  }
}
