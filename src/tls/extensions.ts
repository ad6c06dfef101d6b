/** Extension, RFC 8446 §4.2 (RFC 5246 §7.4.1.4). The code stays a number, the data stays as sent. */
export interface Extension {
  readonly code: number
  readonly data: Uint8Array
}
