import { Reader } from '../codec/reader.ts'
import type { ClientOffer } from './client-offer.ts'
import { decodeExtensions, type Extension, encodeExtension } from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import { handshakeTypes } from './handshake-types.ts'

/** ClientHello, RFC 5246 §7.4.1.2 (RFC 8446 §4.1.2). Codes stay numbers, in wire order. */
export interface ClientHello {
  readonly version: number
  /** 32 bytes. */
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cipherSuites: readonly number[]
  readonly compressionMethods: readonly number[]
  /** Empty also when the hello ends after the compression methods. */
  readonly extensions: readonly Extension[]
}

/**
 * The whole handshake message, header included. Without extensions in the offer the block is left out, as TLS 1.0
 * clients do. `sessionId`: of a session to resume. Throws `RangeError` for a value that its field cannot hold.
 */
export function encodeClientHello(
  offer: ClientOffer,
  random: Uint8Array,
  sessionId: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return encodeHandshake(handshakeTypes.client_hello.code, (w) => {
    w.u16(offer.version)
    w.bytes(random)
    w.vector8(() => w.bytes(sessionId))
    w.vector16(() => {
      for (const suite of offer.cipherSuites) w.u16(suite)
    })
    w.vector8(() => w.u8(0)) // compression_methods: null
    if (offer.extensions.length === 0) return
    w.vector16(() => {
      for (const extension of offer.extensions) encodeExtension(w, extension)
    })
  })
}

/** `body` is one whole handshake body, header removed. Throws `DecodeError`. */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const r = new Reader(body, 'ClientHello')
  const hello = {
    version: r.u16('client_version'),
    random: r.bytes(32, 'random'),
    sessionId: r.vector8('session_id'),
    cipherSuites: r.u16List16('cipher_suites'),
    compressionMethods: r.u8List8('compression_methods'),
    extensions: r.atEnd ? [] : decodeExtensions(r.inside(r.vector16('extensions'), 'extensions')),
  }
  r.end()
  return hello
}
