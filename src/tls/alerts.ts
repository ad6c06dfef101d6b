import { Registry } from './registry.ts'

/** IANA "TLS Alerts" registry: RFC 8446 §6, RFC 5246 §7.2, RFC 6066, RFC 7301; 41 is SSL 3.0's. */
// biome-ignore format: one row an alert, columns aligned
export const alerts = {
  close_notify:                    { code: 0 },
  unexpected_message:              { code: 10 },
  bad_record_mac:                  { code: 20 },
  decryption_failed:               { code: 21 },
  record_overflow:                 { code: 22 },
  decompression_failure:           { code: 30 },
  handshake_failure:               { code: 40 },
  no_certificate:                  { code: 41 },
  bad_certificate:                 { code: 42 },
  unsupported_certificate:         { code: 43 },
  certificate_revoked:             { code: 44 },
  certificate_expired:             { code: 45 },
  certificate_unknown:             { code: 46 },
  illegal_parameter:               { code: 47 },
  unknown_ca:                      { code: 48 },
  access_denied:                   { code: 49 },
  decode_error:                    { code: 50 },
  decrypt_error:                   { code: 51 },
  too_many_cids_requested:         { code: 52 },
  export_restriction:              { code: 60 },
  protocol_version:                { code: 70 },
  insufficient_security:           { code: 71 },
  internal_error:                  { code: 80 },
  inappropriate_fallback:          { code: 86 },
  user_canceled:                   { code: 90 },
  no_renegotiation:                { code: 100 },
  missing_extension:               { code: 109 },
  unsupported_extension:           { code: 110 },
  certificate_unobtainable:        { code: 111 },
  unrecognized_name:               { code: 112 },
  bad_certificate_status_response: { code: 113 },
  bad_certificate_hash_value:      { code: 114 },
  unknown_psk_identity:            { code: 115 },
  certificate_required:            { code: 116 },
  no_application_protocol:         { code: 120 },
  ech_required:                    { code: 121 },
} as const satisfies Record<string, { readonly code: number }>

export type AlertName = keyof typeof alerts

/** AlertLevel, RFC 5246 §7.2. */
export const alertLevels = { warning: 1, fatal: 2 } as const

const registry = new Registry(alerts, (code) => `alert(${code})`)

/** `unknown_ca`, or `alert(177)` for a code that the registry does not have. */
export function formatAlert(code: number): string {
  return registry.format(code)
}
