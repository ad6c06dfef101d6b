import { Registry } from './registry.ts'

/**
 * IANA "TLS HandshakeType" registry, RFC 8446 §4 and RFC 5246 §7.4; `title` is the name of the struct,
 * as people say it.
 */
// biome-ignore format: one row a message, columns aligned
export const handshakeTypes = {
  hello_request:          { code: 0,   title: 'HelloRequest' },
  client_hello:           { code: 1,   title: 'ClientHello' },
  server_hello:           { code: 2,   title: 'ServerHello' },
  hello_verify_request:   { code: 3,   title: 'HelloVerifyRequest' },
  new_session_ticket:     { code: 4,   title: 'NewSessionTicket' },
  end_of_early_data:      { code: 5,   title: 'EndOfEarlyData' },
  hello_retry_request:    { code: 6,   title: 'HelloRetryRequest' },
  encrypted_extensions:   { code: 8,   title: 'EncryptedExtensions' },
  request_connection_id:  { code: 9,   title: 'RequestConnectionId' },
  new_connection_id:      { code: 10,  title: 'NewConnectionId' },
  certificate:            { code: 11,  title: 'Certificate' },
  server_key_exchange:    { code: 12,  title: 'ServerKeyExchange' },
  certificate_request:    { code: 13,  title: 'CertificateRequest' },
  server_hello_done:      { code: 14,  title: 'ServerHelloDone' },
  certificate_verify:     { code: 15,  title: 'CertificateVerify' },
  client_key_exchange:    { code: 16,  title: 'ClientKeyExchange' },
  finished:               { code: 20,  title: 'Finished' },
  certificate_url:        { code: 21,  title: 'CertificateURL' },
  certificate_status:     { code: 22,  title: 'CertificateStatus' },
  supplemental_data:      { code: 23,  title: 'SupplementalData' },
  key_update:             { code: 24,  title: 'KeyUpdate' },
  compressed_certificate: { code: 25,  title: 'CompressedCertificate' },
  ekt_key:                { code: 26,  title: 'EKTKey' },
  message_hash:           { code: 254, title: 'MessageHash' },
} as const satisfies Record<string, { readonly code: number; readonly title: string }>

export type HandshakeTypeName = keyof typeof handshakeTypes

const registry = new Registry<{ readonly code: number; readonly title: string }>(
  handshakeTypes,
  (code) => `handshake(${code})`,
)

const names = new Map<number, HandshakeTypeName>(
  Object.entries(handshakeTypes).map(([name, { code }]) => [code, name as HandshakeTypeName]),
)

/** undefined for a code that the registry does not have. */
export function handshakeTypeName(code: number): HandshakeTypeName | undefined {
  return names.get(code)
}

/** `ServerHello`, or `handshake(99)`. */
export function formatHandshakeType(code: number): string {
  return registry.find(code)?.title ?? registry.format(code)
}
