import type { Device } from '../device/device.ts'
import type { FrontConnection, FrontFailure, Secured } from '../front/front.ts'
import type { HttpEnd } from '../front/http-connection.ts'
import type { HttpExchange } from '../front/http-exchange.ts'
import type { SuitesServed } from '../front/served-suites.ts'
import type { RefusalReason } from '../http/request-head.ts'
import { matchHello } from '../observe/hello-match.ts'
import { helloSentOf } from '../observe/hello-sent.ts'
import type { HelloSent } from '../observe/observation.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import type { Absent, Fetched } from './file-handler.ts'

/** Requests of one connection that are kept one by one; the rest is counted. */
const MAX_REQUESTS_KEPT = 50

/** One answered request. */
export interface RequestReport {
  readonly method: string
  /** Without query. Hostile text. */
  readonly path: string
  readonly status: number
  /** Why there was nothing to send, where that is not said by the status. Plain. */
  readonly absent: string | undefined
  /** Undefined: the whole, or no file. */
  readonly range: { readonly first: number; readonly last: number } | undefined
  /** Of the file; undefined where none was found. */
  readonly size: number | undefined
  readonly headBytes: number
  readonly bodyBytes: number
  /** False: the client left, or the connection was cut, before the end. */
  readonly whole: boolean
}

/** What one connection came to. */
export interface ConnectionReport {
  readonly id: number
  readonly client: string
  readonly server: string
  readonly startedAt: Date
  readonly endedAt: Date
  /** Undefined in plain HTTP, and where no hello came. */
  readonly hello: HelloSent | undefined
  /** Ids of profiles that such a hello could be of. */
  readonly devices: readonly string[]
  readonly secured: Pick<Secured, 'version' | 'cipherSuite' | 'resumed' | 'handshakeBytesSent'> | undefined
  readonly identity: 'ecdsa' | 'rsa' | undefined
  /** Undefined in plain HTTP. */
  readonly served: SuitesServed | undefined
  readonly requests: readonly RequestReport[]
  readonly requestCount: number
  /** Of responses, heads and bodies, before TLS. */
  readonly headBytes: number
  readonly bodyBytes: number
  /** A head that was not taken. */
  readonly refused: RefusalReason | undefined
  /** How HTTP ended; undefined where it never began. */
  readonly end: HttpEnd | undefined
  readonly failure: FrontFailure | undefined
}

/** Collects what becomes of one connection. */
export class ConnectionTrace {
  readonly base: FrontConnection
  secured: Secured | undefined
  failure: FrontFailure | undefined
  end: HttpEnd | undefined
  refused: RefusalReason | undefined
  readonly #requests: RequestReport[] = []
  #count = 0
  #headBytes = 0
  #bodyBytes = 0

  constructor(base: FrontConnection) {
    this.base = base
  }

  exchange(exchange: HttpExchange): void {
    this.#count++
    this.#headBytes += exchange.headBytesSent
    this.#bodyBytes += exchange.bodyBytesSent
    if (this.#requests.length >= MAX_REQUESTS_KEPT) return
    const note = exchange.note as Fetched | Absent | undefined
    const absent = note !== undefined && 'absent' in note ? note.absent : undefined
    const fetched = note !== undefined && 'path' in note ? note : undefined
    this.#requests.push({
      method: exchange.head.method,
      path: fetched?.path ?? exchange.head.target.split('?', 1)[0]!,
      status: exchange.status,
      absent,
      range: fetched?.range,
      size: fetched?.size,
      headBytes: exchange.headBytesSent,
      bodyBytes: exchange.bodyBytesSent,
      whole: exchange.whole,
    })
  }

  report(devices: () => readonly Device[], endedAt: Date, served?: SuitesServed): ConnectionReport {
    const { base, secured } = this
    const hello = base.hello && helloSentOf(base.hello, helloBytes(base.hello))
    return {
      id: base.id,
      client: hostPort(base.remoteAddress, base.remotePort),
      server: hostPort(base.localAddress, base.localPort),
      startedAt: base.startedAt,
      endedAt,
      hello,
      devices: hello === undefined ? [] : matchHello(hello, devices()).map(({ device }) => device.id),
      secured: secured && {
        version: secured.version,
        cipherSuite: secured.cipherSuite,
        resumed: secured.resumed,
        handshakeBytesSent: secured.handshakeBytesSent,
      },
      identity: base.identity,
      served,
      requests: this.#requests,
      requestCount: this.#count,
      headBytes: this.#headBytes,
      bodyBytes: this.#bodyBytes,
      refused: this.refused,
      end: this.end,
      failure: this.failure,
    }
  }
}

/** Size of the handshake message, RFC 8446 §4.1.2, its 4-byte header included. */
function helloBytes(hello: ClientHello): number {
  const extensions = hello.extensions.reduce((sum, { data }) => sum + 4 + data.length, 0)
  const body = 2 + 32 + 1 + hello.sessionId.length + 2 + 2 * hello.cipherSuites.length + 1
  return 4 + body + hello.compressionMethods.length + (hello.extensions.length > 0 ? 2 + extensions : 0)
}

function hostPort(address: string, port: number): string {
  const plain = address.replace(/^::ffff:/, '')
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}
