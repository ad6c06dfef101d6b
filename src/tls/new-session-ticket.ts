import { Reader } from '../codec/reader.ts'

/** NewSessionTicket of TLS 1.2, RFC 5077 §3.3. */
export interface NewSessionTicket {
  /** Seconds; 0 where the server leaves it open. */
  readonly lifetimeHint: number
  /** Empty when the server has none after all. */
  readonly ticket: Uint8Array
}

/** `body` is one whole handshake body, header removed. Throws `DecodeError`. */
export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  const r = new Reader(body, 'NewSessionTicket')
  const message = { lifetimeHint: r.u32('ticket_lifetime_hint'), ticket: r.vector16('ticket') }
  r.end()
  return message
}
