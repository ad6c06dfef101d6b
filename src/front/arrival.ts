import type { Server, Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { ClientHelloPeek, type Peeked } from './client-hello-peek.ts'
import type {
  ClientCertificateRule,
  Failed,
  FrontConnection,
  FrontEvents,
  FrontFailure,
  FrontRules,
  IdentityKind,
  Secured,
  StageReached,
} from './front.ts'
import { alertReceived, failureOf } from './front-failure.ts'
import { factsOf, type HelloFacts } from './hello-facts.ts'
import { isVerified, openServerSocket } from './server-socket.ts'

/** What a listener does for a connection that has arrived. */
export interface Reception {
  readonly rules: Pick<FrontRules, 'clientCertificates' | 'handshakeTimeoutMs' | 'maxRecordBytes'>
  choose(facts: HelloFacts | undefined): { readonly kind: IdentityKind; readonly context: SecureContext }
  /** For clients that can resume by session id only. */
  readonly sessions: Server
  readonly events: FrontEvents
}

const plainHttpAnswer = (() => {
  const body = 'This port speaks TLS: use https://\n'
  const head = ['HTTP/1.1 400 Bad Request', 'connection: close', 'content-type: text/plain']
  return `${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`
})()

/** One TCP connection from its accept to the end of its handshake, and a little beyond: what it came to is told once. */
export class Arrival {
  readonly #raw: Socket
  readonly #at: Reception
  readonly #timer: NodeJS.Timeout
  #base: FrontConnection
  #facts: HelloFacts | undefined
  #peek: ClientHelloPeek | undefined = new ClientHelloPeek()
  #state: 'peeking' | 'handshake' | 'secured' | 'over' = 'peeking'
  #error: Error | undefined

  constructor(id: number, raw: Socket, at: Reception) {
    this.#raw = raw
    this.#at = at
    this.#base = baseOf(id, raw)
    this.#timer = setTimeout(() => this.#timeout(), at.rules.handshakeTimeoutMs).unref()
    raw.on('error', this.#keepError)
    raw.on('close', this.#onRawClose)
    raw.on('data', this.#onData)
  }

  readonly #keepError = (error: Error): void => {
    this.#error ??= error
  }

  readonly #onData = (chunk: Buffer): void => {
    const peeked = this.#peek?.push(chunk)
    if (peeked === undefined) return
    this.#raw.off('data', this.#onData)
    this.#raw.pause()
    this.#seen(peeked)
  }

  #seen(peeked: Peeked): void {
    switch (peeked.kind) {
      case 'hello':
        this.#handshake(peeked)
        return
      case 'alert':
        this.#fail({ kind: 'alert-received', description: peeked.description })
        break
      case 'not-tls':
        this.#fail(peeked)
        if (peeked.plainHttp) this.#raw.write(plainHttpAnswer)
    }
    this.#raw.destroySoon()
  }

  #handshake({ hello }: Extract<Peeked, { kind: 'hello' }>): void {
    const facts = hello && factsOf(hello)
    const { kind, context } = this.#at.choose(facts)
    const { clientCertificates } = this.#at.rules
    this.#facts = facts
    this.#base = { ...this.#base, hello, serverName: facts?.serverName, identity: kind }
    this.#raw.unshift(this.#peek!.bytes)
    this.#peek = undefined
    this.#state = 'handshake'
    const byId = facts !== undefined && !facts.takesTickets && !facts.offersTls13
    const socket: TLSSocket = openServerSocket(
      this.#raw,
      {
        context,
        askForCertificate: clientCertificates.ask,
        sessions: byId ? this.#at.sessions : undefined,
      },
      {
        secure: () => this.#secure(socket),
        error: this.#keepError,
        close: () => this.#onTlsClose(socket),
      },
    )
  }

  #secure(socket: TLSSocket): void {
    if (this.#state !== 'handshake' || socket.destroyed) return
    const { clientCertificates, maxRecordBytes } = this.#at.rules
    const clientCertificate = certificateOf(socket, clientCertificates)
    const lacks = clientCertificates.ask === 'required' && clientCertificate === undefined
    if (lacks || clientCertificate?.verified === false) {
      this.#fail({ kind: 'refused', reason: 'client-certificate', detail: 'certificate verify failed' })
      socket.destroy()
      return
    }
    // Only now: what belongs to the handshake must not be cut.
    socket.setMaxSendFragment(maxRecordBytes)
    clearTimeout(this.#timer)
    this.#state = 'secured'
    const { standardName } = socket.getCipher()
    const secured: Secured = {
      ...this.#base,
      handshakeBytesSent: this.#raw.bytesWritten,
      socket,
      version: socket.getProtocol() ?? '',
      cipherSuite: standardName,
      resumed: socket.isSessionReused(),
      maxFragmentLength: this.#facts?.maxFragmentLength,
      clientCertificate,
    }
    this.#facts = undefined
    this.#at.events.secured(secured)
  }

  #onTlsClose(socket: TLSSocket): void {
    if (this.#state === 'secured') this.#failLate(socket)
    else this.#failWithError()
  }

  readonly #onRawClose = (): void => {
    if (this.#state === 'peeking') this.#failWithError()
  }

  #failWithError(): void {
    if (this.#state !== 'over') this.#fail(failureOf(this.#error, this.#stage()))
  }

  /** A fatal alert or a close before the first byte of data: the client did not take us after all. */
  #failLate(socket: TLSSocket): void {
    this.#state = 'over'
    if (socket.bytesRead > 0) return
    const alert = this.#error && alertReceived(this.#error)
    // Where we said something, or ended it ourselves, a close says nothing of the handshake.
    const clientLeft = socket.bytesWritten === 0 && (socket.readableEnded || this.#error !== undefined)
    if (alert === undefined && !clientLeft) return
    this.#tell(failureOf(this.#error, 'handshake'), true)
  }

  #timeout(): void {
    this.#fail({ kind: 'timeout', after: this.#stage() })
    this.#raw.destroy()
  }

  #stage(): StageReached {
    if (this.#raw.bytesRead === 0) return 'connect'
    return this.#raw.bytesWritten > 0 ? 'server-flight' : 'client-hello'
  }

  #fail(failure: FrontFailure): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#timer)
    this.#tell(failure, false)
  }

  #tell(failure: FrontFailure, late: boolean): void {
    const failed: Failed = { ...this.#base, failure, late }
    this.#at.events.failed(failed)
  }
}

/** What is known of a connection before its first byte. */
export function baseOf(id: number, raw: Socket): FrontConnection {
  return {
    id,
    remoteAddress: raw.remoteAddress ?? '',
    remotePort: raw.remotePort ?? 0,
    localAddress: raw.localAddress ?? '',
    localPort: raw.localPort ?? 0,
    startedAt: new Date(),
    hello: undefined,
    serverName: undefined,
    identity: undefined,
  }
}

function certificateOf(socket: TLSSocket, rule: ClientCertificateRule): Secured['clientCertificate'] {
  const certificate = rule.ask === 'no' ? undefined : socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  // Of a session that is resumed OpenSSL remembers that it verified once, and asks no date again.
  const isOver = Date.parse(certificate.validTo) < Date.now()
  return { der: certificate.raw, verified: isVerified(socket) && !isOver }
}
