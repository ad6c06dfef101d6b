import { randomBytes } from 'node:crypto'
import { ConnectionObserver, type ConnectionStart } from '../observe/connection-observer.ts'
import type { Connection, TcpAttempt, Withheld } from '../observe/observation.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { type ClientCredential, TlsClient } from '../tls/client.ts'
import type { ClientOffer } from '../tls/client-offer.ts'
import { verifyStandard } from '../trust/verify-standard.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { DecodedOnce } from '../x509/decoded-once.ts'
import { MAX_CONNECTIONS, WIRE_OVERHEAD_BYTES } from './bounds.ts'
import type { KeyLog } from './key-log.ts'
import type { Network } from './network.ts'
import { TlsSession } from './tls-session.ts'

/** Bytes of chance that a `TlsClient` draws its randoms and keys from. */
const SEED_BYTES = 64

export interface DialSettings {
  readonly network: Network
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Body bytes that may be read of one connection. */
  readonly byteLimit: number
  /** Roots that count for standard verification of what was sent: those given and those of the system. */
  readonly standardAnchors: (sent: readonly Certificate[]) => readonly Certificate[]
  /** Certificates that the target sent to earlier hellos, too. */
  readonly decoded: DecodedOnce
  readonly credential: ClientCredential | undefined
  readonly sendSecrets: boolean
  readonly keyLog?: KeyLog | undefined
}

export interface DialGoal {
  readonly role: Connection['role']
  /** Name or literal that the server has to prove. */
  readonly host: string
  readonly address: string
  readonly port: number
  readonly offer: ClientOffer
  /** Where to stop: a probe that only asks what the server chooses goes no further than its flight. */
  readonly until: 'server-flight' | 'established'
}

/** An established connection. */
export interface Dialled {
  readonly session: TlsSession
  readonly observer: ConnectionObserver
  readonly host: string
  /** Passed full standard verification, proof of its key included. */
  readonly verified: boolean
  /** Why not; empty when verified. */
  readonly reason: string
}

/**
 * Opens the TLS connections of one observation and keeps what was seen of them. It verifies every server before a
 * secret leaves: the key proof of the client certificate here, the rest by asking `mayReceive`.
 */
export class Dialler {
  readonly #settings: DialSettings
  readonly #attempts: TcpAttempt[] = []
  readonly #observers: ConnectionObserver[] = []
  readonly #sessions: TlsSession[] = []
  #withheld: Withheld | undefined

  constructor(settings: DialSettings) {
    this.#settings = settings
  }

  get attempts(): readonly TcpAttempt[] {
    return this.#attempts
  }

  get withheld(): Withheld | undefined {
    return this.#withheld
  }

  get connections(): Connection[] {
    return this.#observers.map((observer) => observer.toConnection())
  }

  /** Adds attempts made elsewhere to explain one of ours. */
  addAttempts(attempts: readonly TcpAttempt[]): void {
    this.#attempts.push(...attempts)
  }

  /** Undefined unless established (or, for a probe of the flight, always): `connections` and `attempts` say why. */
  async dial(goal: DialGoal): Promise<Dialled | undefined> {
    if (this.#observers.length >= MAX_CONNECTIONS) return undefined
    const { network, timeoutMs, signal, byteLimit } = this.#settings
    const { role, host, address, port } = goal
    const { attempt, socket, startedMs } = await network.open(host, address, port, {
      timeoutMs,
      signal,
      purpose: 'target',
    })
    this.#attempts.push(attempt)
    if (!socket) return undefined
    const observer = new ConnectionObserver({ role, host, address, port })
    this.#observers.push(observer)
    const { keyLog } = this.#settings
    const client = new TlsClient({
      offer: goal.offer,
      seed: new Uint8Array(randomBytes(SEED_BYTES)),
      keyLog: keyLog !== undefined,
    })
    const session = new TlsSession({
      socket,
      client,
      observer,
      keyLog,
      startedMs,
      timeoutMs,
      maxWireBytes: byteLimit + Math.ceil(byteLimit / 8) + WIRE_OVERHEAD_BYTES,
      signal,
    })
    this.#sessions.push(session)
    return this.#handshake(goal, session, observer)
  }

  /** Closes whatever is still open, as after an abort. */
  close(): void {
    for (const session of this.#sessions) session.abandon()
  }

  /** A hop of the device's way that no TCP connection led to. */
  noteUnreached(start: ConnectionStart): void {
    if (this.#observers.length < MAX_CONNECTIONS) this.#observers.push(new ConnectionObserver(start))
  }

  /** Whether `what` may be sent to that server; notes it as withheld when not. */
  mayReceive(connection: Dialled, what: Withheld['what']): boolean {
    if (what.length === 0 || connection.verified || this.#settings.sendSecrets) return true
    this.#withhold(what, connection.host, connection.reason)
    return false
  }

  async #handshake(
    goal: DialGoal,
    session: TlsSession,
    observer: ConnectionObserver,
  ): Promise<Dialled | undefined> {
    let state = await session.hello()
    const verification = this.#verify(observer.toConnection())
    if (verification) observer.verified(verification)
    const verified = verification?.ok ?? false
    const reason = verification?.reason ?? (verified ? '' : 'no-certificate')
    if (goal.until === 'server-flight') {
      session.close()
      return undefined
    }
    if (state === 'server-flight') {
      state = await session.proceed(this.#credentialFor(goal, observer, verified, reason))
    }
    return state === 'established' ? { session, observer, host: goal.host, verified, reason } : undefined
  }

  #verify(connection: Connection): Connection['standardVerification'] {
    const { chain, keyExchange, negotiated, host } = connection
    if (!chain || host === undefined) return undefined
    const sent = chain.certificates.flatMap((der) => this.#settings.decoded.get(der) ?? [])
    if (sent.length < chain.certificates.length) return { ok: false, reason: 'malformed' }
    // The user's --time is for the device's clock; whether a secret may leave is for the real one.
    const anchors = this.#settings.standardAnchors(sent)
    const { ok, reason } = verifyStandard({ sent, anchors, host: host.split('%')[0]!, now: new Date() })
    if (!ok) return { ok, reason: reason ?? 'untrusted' }
    // A chain is public: only its key says who sent it, by the signature of ServerKeyExchange, or by RSA key exchange,
    // where nobody else can read what follows.
    const encrypts = negotiated !== undefined && findCipherSuite(negotiated.cipherSuite)?.kx === 'rsa'
    return keyExchange?.signatureValid === true || encrypts
      ? { ok: true, reason: undefined }
      : { ok: false, reason: 'signature' }
  }

  #credentialFor(
    goal: DialGoal,
    observer: ConnectionObserver,
    verified: boolean,
    reason: string,
  ): ClientCredential | undefined {
    const { credential, sendSecrets } = this.#settings
    if (!credential || !observer.toConnection().clientCertificateRequest) return undefined
    if (verified || sendSecrets) return credential
    this.#withhold(['client-certificate'], goal.host, reason)
    return undefined
  }

  #withhold(what: Withheld['what'], host: string, reason: string): void {
    const before = this.#withheld
    this.#withheld =
      before && before.host === host
        ? { ...before, what: [...new Set([...before.what, ...what])] }
        : (before ?? { what, host, reason })
  }
}
