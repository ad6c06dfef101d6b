import { formatUnknown16 } from './grease.ts'
import { Registry } from './registry.ts'

/** IANA "TLS ExtensionType Values" registry, and widely seen codes that were never registered (marked). */
// biome-ignore format: one row an extension, columns aligned
export const extensionTypes = {
  server_name:                            { code: 0 },
  max_fragment_length:                    { code: 1 },
  client_certificate_url:                 { code: 2 },
  trusted_ca_keys:                        { code: 3 },
  truncated_hmac:                         { code: 4 },
  status_request:                         { code: 5 },
  user_mapping:                           { code: 6 },
  client_authz:                           { code: 7 },
  server_authz:                           { code: 8 },
  cert_type:                              { code: 9 },
  supported_groups:                       { code: 10 },
  ec_point_formats:                       { code: 11 },
  srp:                                    { code: 12 },
  signature_algorithms:                   { code: 13 },
  use_srtp:                               { code: 14 },
  heartbeat:                              { code: 15 },
  application_layer_protocol_negotiation: { code: 16 },
  status_request_v2:                      { code: 17 },
  signed_certificate_timestamp:           { code: 18 },
  client_certificate_type:                { code: 19 },
  server_certificate_type:                { code: 20 },
  padding:                                { code: 21 },
  encrypt_then_mac:                       { code: 22 },
  extended_master_secret:                 { code: 23 },
  token_binding:                          { code: 24 },
  cached_info:                            { code: 25 },
  tls_lts:                                { code: 26 },
  compress_certificate:                   { code: 27 },
  record_size_limit:                      { code: 28 },
  pwd_protect:                            { code: 29 },
  pwd_clear:                              { code: 30 },
  password_salt:                          { code: 31 },
  ticket_pinning:                         { code: 32 },
  tls_cert_with_extern_psk:               { code: 33 },
  delegated_credential:                   { code: 34 },
  session_ticket:                         { code: 35 },
  TLMSP:                                  { code: 36 },
  TLMSP_proxying:                         { code: 37 },
  TLMSP_delegate:                         { code: 38 },
  supported_ekt_ciphers:                  { code: 39 },
  pre_shared_key:                         { code: 41 },
  early_data:                             { code: 42 },
  supported_versions:                     { code: 43 },
  cookie:                                 { code: 44 },
  psk_key_exchange_modes:                 { code: 45 },
  certificate_authorities:                { code: 47 },
  oid_filters:                            { code: 48 },
  post_handshake_auth:                    { code: 49 },
  signature_algorithms_cert:              { code: 50 },
  key_share:                              { code: 51 },
  transparency_info:                      { code: 52 },
  connection_id:                          { code: 54 },
  external_id_hash:                       { code: 55 },
  external_session_id:                    { code: 56 },
  quic_transport_parameters:              { code: 57 },
  ticket_request:                         { code: 58 },
  dnssec_chain:                           { code: 59 },
  next_protocol_negotiation:              { code: 13_172 }, // unregistered
  application_settings:                   { code: 17_513 }, // unregistered
  channel_id:                             { code: 30_032 }, // unregistered
  encrypted_client_hello:                 { code: 0xfe0d },
  renegotiation_info:                     { code: 0xff01 },
} as const satisfies Record<string, { readonly code: number }>

export type ExtensionName = keyof typeof extensionTypes

const registry = new Registry(extensionTypes, formatUnknown16('extension'))

/** `server_name`, `GREASE(0x0a0a)` or `extension(0x1234)`. */
export function formatExtensionType(code: number): string {
  return registry.format(code)
}

/** Code of an exact registry name; undefined when there is none. */
export function parseExtensionType(name: string): number | undefined {
  return registry.parse(name)
}
