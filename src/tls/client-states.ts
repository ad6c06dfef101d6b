import type { ExtensionName } from './extension-types.ts'
import type { HandshakeTypeName } from './handshake-types.ts'

/** What a TLS 1.2 client waits for, after the last message that it took. */
export type ClientState =
  | 'after-client-hello'
  | 'after-server-hello'
  | 'after-certificate'
  | 'after-certificate-status'
  | 'after-server-key-exchange'
  | 'after-certificate-request'
  | 'after-server-hello-done'
  | 'after-client-finished'
  | 'after-new-session-ticket'
  | 'after-server-change-cipher-spec'
  | 'after-resuming-server-hello'
  | 'after-resuming-new-session-ticket'
  | 'established'

/** change_cipher_spec is no handshake message, but has its place among them. */
export type Incoming = HandshakeTypeName | 'change_cipher_spec'

export interface Transition {
  readonly state: ClientState
  readonly message: Incoming
  readonly next: ClientState
  /** The message may only come when the client sent this extension. */
  readonly offered?: ExtensionName
}

/**
 * Legal messages of a full handshake and, with `resuming` in their states, of an abbreviated one, RFC 5246 §7.3. Which of the optional ones a suite needs is not said here: a
 * flight is read whole for any suite, since its chain is what matters. `after-server-hello-done` has no row: the
 * engine waits there for its caller, who moves it to `after-client-finished`.
 */
// biome-ignore format: one row a transition, columns aligned
export const transitions: readonly Transition[] = [
  { state: 'after-client-hello',              message: 'server_hello',        next: 'after-server-hello' },
  { state: 'after-server-hello',              message: 'certificate',         next: 'after-certificate' },
  { state: 'after-server-hello',              message: 'server_key_exchange', next: 'after-server-key-exchange' },
  { state: 'after-server-hello',              message: 'certificate_request', next: 'after-certificate-request' },
  { state: 'after-server-hello',              message: 'server_hello_done',   next: 'after-server-hello-done' },
  { state: 'after-certificate',               message: 'certificate_status',  next: 'after-certificate-status', offered: 'status_request' },
  { state: 'after-certificate',               message: 'server_key_exchange', next: 'after-server-key-exchange' },
  { state: 'after-certificate',               message: 'certificate_request', next: 'after-certificate-request' },
  { state: 'after-certificate',               message: 'server_hello_done',   next: 'after-server-hello-done' },
  { state: 'after-certificate-status',        message: 'server_key_exchange', next: 'after-server-key-exchange' },
  { state: 'after-certificate-status',        message: 'certificate_request', next: 'after-certificate-request' },
  { state: 'after-certificate-status',        message: 'server_hello_done',   next: 'after-server-hello-done' },
  { state: 'after-server-key-exchange',       message: 'certificate_request', next: 'after-certificate-request' },
  { state: 'after-server-key-exchange',       message: 'server_hello_done',   next: 'after-server-hello-done' },
  { state: 'after-certificate-request',       message: 'server_hello_done',   next: 'after-server-hello-done' },
  { state: 'after-client-finished',           message: 'new_session_ticket',  next: 'after-new-session-ticket', offered: 'session_ticket' },
  { state: 'after-client-finished',           message: 'change_cipher_spec',  next: 'after-server-change-cipher-spec' },
  { state: 'after-new-session-ticket',        message: 'change_cipher_spec',  next: 'after-server-change-cipher-spec' },
  { state: 'after-server-change-cipher-spec', message: 'finished',            next: 'established' },
  { state: 'after-resuming-server-hello',     message: 'new_session_ticket',  next: 'after-resuming-new-session-ticket', offered: 'session_ticket' },
  { state: 'after-resuming-server-hello',     message: 'change_cipher_spec',  next: 'after-server-change-cipher-spec' },
  { state: 'after-resuming-new-session-ticket', message: 'change_cipher_spec', next: 'after-server-change-cipher-spec' },
]
