import { Writer } from '../codec/writer.ts'
import { hash, hashBytes } from '../crypto/hash.ts'
import type { Seed } from '../crypto/seed.ts'
import { encodeClientHello } from './client-hello.ts'
import type { ClientOffer, OfferedExtension } from './client-offer.ts'
import { extensionTypes } from './extension-types.ts'
import { deriveSecret, earlySecret, finishedMac } from './key-schedule-13.ts'
import { deriveKeyShare, type KeyShare } from './key-shares.ts'
import { offerSession, type ResumableSession } from './resumable-session.ts'
import type { TicketSession } from './ticket-session.ts'
import { versions } from './versions.ts'

/** Whether an offer is one of TLS 1.3: by its `supported_versions`; one sent `raw` is the caller's own affair. */
export function offersTls13(offer: ClientOffer): boolean {
  return offer.extensions.some(
    (extension) =>
      extension.kind === 'supported_versions' && extension.versions.includes(versions['TLSv1.3'].code),
  )
}

/** What a HelloRetryRequest asks of the second hello. */
export interface Retry {
  /** undefined: the shares stay. */
  readonly group: number | undefined
  readonly cookie: Uint8Array | undefined
  /** The hello and the HelloRetryRequest in the transcript, which the binder covers. */
  readonly transcript: readonly Uint8Array[]
  /** The suite's hash: a ticket with another is offered no more. */
  readonly hashName: TicketSession['hashName']
}

/** One ClientHello of a TLS 1.3 offer: the message, and what is kept for the answer to it. */
export interface Opening {
  /** With key_share, cookie and pre_shared_key as sent. */
  readonly offer: ClientOffer
  readonly message: Uint8Array
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly shares: readonly KeyShare[]
  /** The ticket in pre_shared_key. */
  readonly ticket: TicketSession | undefined
}

export interface OpeningOptions {
  readonly offer: ClientOffer
  readonly seed: Seed
  readonly ticket: TicketSession | undefined
  readonly ticketAgeMs: number
  /** A session of TLS 1.2, asked for beside. */
  readonly session: ResumableSession | undefined
}

/** The first hello, or with `retry` the second, RFC 8446 §4.1.2. Throws `RangeError` as `encodeClientHello` does. */
export function openTls13(options: OpeningOptions, retry?: Retry): Opening {
  const { seed, ticketAgeMs } = options
  const asked = offerSession(options.offer, options.session, seed)
  // RFC 8446 §4.1.2: in compatibility mode the field is filled, and unpredictable.
  const sessionId = asked.sessionId.length > 0 ? asked.sessionId : seed.expand('legacy_session_id', 32)
  const random = seed.expand('client random', 32)
  const groups = sharedGroups(asked.offer, retry)
  const shares = groups.map((group) => deriveKeyShare(group, seed)).filter((share) => share !== undefined)
  const extensions = asked.offer.extensions.map((extension) =>
    extension.kind === 'key_share' ? raw('key_share', encodeShares(shares)) : extension,
  )
  if (retry?.cookie !== undefined) extensions.push(raw('cookie', retry.cookie))
  const ticket = usableTicket(options, retry)
  const offer = { ...asked.offer, extensions }
  if (ticket === undefined) {
    return { offer, message: encodeClientHello(offer, random, sessionId), random, sessionId, shares, ticket }
  }
  const age = (ticketAgeMs + ticket.ageAdd) % 2 ** 32
  const psk = raw('pre_shared_key', encodePreSharedKey(ticket, age))
  const withPsk = { ...asked.offer, extensions: [...extensions, psk] }
  const message = encodeClientHello(withPsk, random, sessionId)
  bind(message, ticket, retry?.transcript ?? [])
  return { offer: withPsk, message, random, sessionId, shares, ticket }
}

function sharedGroups({ extensions }: ClientOffer, retry: Retry | undefined): readonly number[] {
  if (retry?.group !== undefined) return [retry.group]
  return extensions.flatMap((extension) => (extension.kind === 'key_share' ? extension.groups : []))
}

/** RFC 8446 §4.2.9: a pre_shared_key goes only with psk_key_exchange_modes; §4.1.4: and with the suite's hash. */
function usableTicket({ offer, ticket }: OpeningOptions, retry: Retry | undefined) {
  if (!offer.extensions.some(({ kind }) => kind === 'psk_key_exchange_modes')) return undefined
  return retry === undefined || retry.hashName === ticket?.hashName ? ticket : undefined
}

function raw(name: keyof typeof extensionTypes, data: Uint8Array): OfferedExtension {
  return { kind: 'raw', code: extensionTypes[name].code, data }
}

/** KeyShareClientHello, RFC 8446 §4.2.8. */
function encodeShares(shares: readonly KeyShare[]): Uint8Array {
  const w = new Writer()
  w.vector16(() => {
    for (const { group, publicKey } of shares) w.u16(group).vector16(() => w.bytes(publicKey))
  })
  return w.finish()
}

/** OfferedPsks of one identity, its binder still zeros, RFC 8446 §4.2.11. */
function encodePreSharedKey({ ticket, hashName }: TicketSession, obfuscatedAge: number): Uint8Array {
  const w = new Writer()
  w.vector16(() => {
    w.vector16(() => w.bytes(ticket))
    w.u32(obfuscatedAge)
  })
  w.vector16(() => w.vector8(() => w.bytes(new Uint8Array(hashBytes[hashName]))))
  return w.finish()
}

/** Puts the binder in place: it covers all before the list of binders, RFC 8446 §4.2.11.2. */
function bind(message: Uint8Array, ticket: TicketSession, before: readonly Uint8Array[]): void {
  const { hashName } = ticket
  const size = hashBytes[hashName]
  const key = deriveSecret(hashName, earlySecret(hashName, ticket.revealPsk()), 'res binder', hash(hashName))
  const covered = message.subarray(0, message.length - size - 3)
  message.set(finishedMac(hashName, key, hash(hashName, ...before, covered)), message.length - size)
}
