import type { Server, Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'

/**
 * A server-side TLSSocket on a socket whose first bytes were read and put back. `tls.Server` would make the same one
 * but does not tell which connection a failed handshake was of, and lets no context be chosen by signature algorithms.
 * Three things that Node does not document are used, here and nowhere else; the tests of the front hold each of them:
 * the event `secure`, the event `_tlsError` of an error after the handshake, and `ssl.verifyError()`.
 */
export interface ServerSocketOptions {
  readonly context: SecureContext
  readonly askForCertificate: 'no' | 'optional' | 'required'
  /** Keeps sessions by id, see `sessionServer`; undefined: tickets only. */
  readonly sessions: Server | undefined
}

export interface ServerSocketEvents {
  /** The handshake is over, and all that belongs to it is on its way. */
  readonly secure: () => void
  /** In the handshake or after it: the socket closes next. */
  readonly error: (error: Error) => void
  readonly close: () => void
}

export function openServerSocket(
  raw: Socket,
  options: ServerSocketOptions,
  events: ServerSocketEvents,
): TLSSocket {
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext: options.context,
    requestCert: options.askForCertificate !== 'no',
    rejectUnauthorized: options.askForCertificate === 'required',
    ...(options.sessions === undefined ? {} : { server: options.sessions }),
  })
  let isSecure = false
  socket.once('secure', () => {
    isSecure = true
    // Node tells it from within OpenSSL, before the last flight with its tickets is written.
    setImmediate(events.secure)
  })
  socket.on('_tlsError', (error: Error) => {
    events.error(error)
    // Before the handshake's end Node destroys the socket itself, after it this is left to a `tls.Server`.
    if (isSecure) socket.destroy(error)
  })
  socket.on('error', events.error)
  socket.on('close', events.close)
  return socket
}

/**
 * Whether the client's certificate verified, once `secure` was told and a certificate is there. Node asks OpenSSL to go
 * on with any certificate, so this decides; what it does not understand is not verified.
 */
export function isVerified(socket: TLSSocket): boolean {
  const { ssl } = socket as unknown as { readonly ssl?: { readonly verifyError?: () => Error | null } }
  return typeof ssl?.verifyError === 'function' && !ssl.verifyError()
}
