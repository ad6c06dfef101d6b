import { equalBytes } from '../crypto/equal.ts'
import type { Seed } from '../crypto/seed.ts'
import { formatCipherSuite } from './cipher-suites.ts'
import type { ClientOffer } from './client-offer.ts'
import type { Negotiated } from './negotiation.ts'
import { type Refusal, unoffered } from './refusal.ts'
import { formatVersion } from './versions.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly version: number
  readonly cipherSuite: number
  readonly extendedMasterSecret: boolean
  /** As the server named it; empty when it named none. */
  readonly sessionId: Uint8Array
  /** RFC 5077; undefined when none came. */
  readonly ticket: Uint8Array | undefined
  /** ticket_lifetime_hint in seconds, 0 where the server leaves it open. */
  readonly ticketLifetimeSeconds: number | undefined
  readonly masterSecret: Uint8Array
}

/** A session of TLS 1.0 to 1.2 that a later connection may resume. Its secret shows in no output of it. */
export class ResumableSession implements Omit<SessionParts, 'masterSecret'> {
  readonly version: number
  readonly cipherSuite: number
  readonly extendedMasterSecret: boolean
  readonly sessionId: Uint8Array
  readonly ticket: Uint8Array | undefined
  readonly ticketLifetimeSeconds: number | undefined
  readonly #masterSecret: Uint8Array

  constructor(parts: SessionParts) {
    this.version = parts.version
    this.cipherSuite = parts.cipherSuite
    this.extendedMasterSecret = parts.extendedMasterSecret
    this.sessionId = parts.sessionId
    this.ticket = parts.ticket
    this.ticketLifetimeSeconds = parts.ticketLifetimeSeconds
    this.#masterSecret = parts.masterSecret
  }

  revealMasterSecret(): Uint8Array {
    return this.#masterSecret
  }
}

/**
 * The offer that asks for the session, and the session_id of its hello. With a ticket the id is one of our own, whose
 * echo says that the ticket was taken, RFC 5077 §3.4; a ticket goes only where the offer has a session_ticket.
 */
export function offerSession(
  offer: ClientOffer,
  session: ResumableSession | undefined,
  seed: Seed,
): { readonly offer: ClientOffer; readonly sessionId: Uint8Array } {
  const ticket = session?.ticket
  if (ticket === undefined || !offer.extensions.some(({ kind }) => kind === 'session_ticket')) {
    return { offer, sessionId: session?.sessionId ?? new Uint8Array(0) }
  }
  const extensions = offer.extensions.map((extension) =>
    extension.kind === 'session_ticket' ? { ...extension, ticket } : extension,
  )
  return { offer: { ...offer, extensions }, sessionId: seed.expand('session id', 32) }
}

/** Whether the server takes the session up: it echoes the id, RFC 5246 §7.4.1.3. */
export function isResumed(offered: Uint8Array, echoed: Uint8Array): boolean {
  return offered.length > 0 && equalBytes(offered, echoed)
}

/** A session goes on with the version and suite that it had, RFC 5246 §7.4.1.3, and binds its secret alike, RFC 7627 §5.3. */
export function refuseResumption(session: ResumableSession, negotiated: Negotiated): Refusal | undefined {
  const { version, suite, extendedMasterSecret } = negotiated
  const differs =
    version !== session.version
      ? formatVersion(version)
      : suite.code !== session.cipherSuite
        ? formatCipherSuite(suite.code)
        : undefined
  if (differs !== undefined) {
    return unoffered(`the server resumed a session with ${differs}, which it did not have`)
  }
  if (extendedMasterSecret !== session.extendedMasterSecret) {
    const detail = `the server resumed a session ${extendedMasterSecret ? 'with' : 'without'} extended_master_secret, unlike before`
    return unoffered(detail, 'handshake_failure')
  }
  return undefined
}
