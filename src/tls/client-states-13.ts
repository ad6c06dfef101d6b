import type { ExtensionName } from './extension-types.ts'
import type { HandshakeTypeName } from './handshake-types.ts'

/** What a TLS 1.3 client waits for, after the last message that it took. */
export type ClientState13 =
  | 'after-client-hello'
  | 'after-second-client-hello'
  | 'after-server-hello'
  | 'after-encrypted-extensions'
  | 'after-certificate-request'
  | 'after-certificate'
  | 'after-certificate-verify'
  | 'after-server-finished'
  | 'established'

export interface Transition13 {
  readonly state: ClientState13
  readonly message: HandshakeTypeName
  readonly next: ClientState13
  /** Only where a pre-shared key was (not) chosen; absent: in both. */
  readonly resumed?: boolean
  /** Only when the client sent this extension. */
  readonly offered?: ExtensionName
}

/**
 * Legal messages, RFC 8446 Appendix A.1. A HelloRetryRequest is a ServerHello on the wire and leads to
 * `after-second-client-hello`. `after-server-finished` has no row: the engine waits there for its caller.
 */
// biome-ignore format: one row a transition, columns aligned
export const transitions13: readonly Transition13[] = [
  { state: 'after-client-hello',         message: 'server_hello',           next: 'after-server-hello' },
  { state: 'after-second-client-hello',  message: 'server_hello',           next: 'after-server-hello' },
  { state: 'after-server-hello',         message: 'encrypted_extensions',   next: 'after-encrypted-extensions' },
  { state: 'after-encrypted-extensions', message: 'finished',               next: 'after-server-finished', resumed: true },
  { state: 'after-encrypted-extensions', message: 'certificate_request',    next: 'after-certificate-request', resumed: false },
  { state: 'after-encrypted-extensions', message: 'certificate',            next: 'after-certificate', resumed: false },
  { state: 'after-encrypted-extensions', message: 'compressed_certificate', next: 'after-certificate', resumed: false, offered: 'compress_certificate' },
  { state: 'after-certificate-request',  message: 'certificate',            next: 'after-certificate' },
  { state: 'after-certificate-request',  message: 'compressed_certificate', next: 'after-certificate', offered: 'compress_certificate' },
  { state: 'after-certificate',          message: 'certificate_verify',     next: 'after-certificate-verify' },
  { state: 'after-certificate-verify',   message: 'finished',               next: 'after-server-finished' },
  { state: 'established',                message: 'new_session_ticket',     next: 'established' },
  { state: 'established',                message: 'key_update',             next: 'established' },
  { state: 'established',                message: 'certificate_request',    next: 'established', offered: 'post_handshake_auth' },
]
