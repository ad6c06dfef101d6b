/**
 * Everything a caller decides about a ClientHello. Codes are registry numbers in the order they go
 * on the wire; an extension is sent where `extensions` lists it, in that order, and nowhere else.
 */
export interface ClientOffer {
  /** legacy_version of the hello: 0x0303 for TLS 1.2. */
  readonly version: number
  readonly cipherSuites: readonly number[]
  readonly extensions: readonly OfferedExtension[]
}

/** One extension of the offer. `raw` sends any bytes under any code. */
export type OfferedExtension =
  | { readonly kind: 'server_name'; readonly host: string }
  | { readonly kind: 'max_fragment_length'; readonly bytes: 512 | 1024 | 2048 | 4096 }
  | { readonly kind: 'supported_groups'; readonly groups: readonly number[] }
  | { readonly kind: 'ec_point_formats'; readonly formats: readonly number[] }
  | { readonly kind: 'signature_algorithms'; readonly schemes: readonly number[] }
  | { readonly kind: 'application_layer_protocol_negotiation'; readonly protocols: readonly string[] }
  | { readonly kind: 'encrypt_then_mac' }
  | { readonly kind: 'extended_master_secret' }
  /** Without a ticket it asks for one. */
  | { readonly kind: 'session_ticket'; readonly ticket?: Uint8Array }
  /** RFC 8449: most plaintext bytes of a record that we take. */
  | { readonly kind: 'record_size_limit'; readonly bytes: number }
  | { readonly kind: 'renegotiation_info' }
  /** With TLS 1.3 in it the engine speaks that, too. */
  | { readonly kind: 'supported_versions'; readonly versions: readonly number[] }
  /** Groups that a share is sent of, in order; the engine makes the shares. */
  | { readonly kind: 'key_share'; readonly groups: readonly number[] }
  | { readonly kind: 'psk_key_exchange_modes'; readonly modes: readonly number[] }
  | { readonly kind: 'raw'; readonly code: number; readonly data: Uint8Array }

/** How well the hello of a device is known; an assumed part never decides a negotiation. */
export type HelloOrigin = 'recorded' | 'derived' | 'assumed'
