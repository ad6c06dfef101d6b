import { Reader } from '../codec/reader.ts'
import { extensionTypes } from './extension-types.ts'
import { decodeExtensions, decodeSelectedVersion, type Extension, findExtension } from './extensions.ts'

/** ServerHello, RFC 5246 §7.4.1.3 (RFC 8446 §4.1.3). Codes stay numbers. */
export interface ServerHello {
  /** The version negotiated: that of supported_versions when the server sent it, else server_version. */
  readonly version: number
  /** 32 bytes; a HelloRetryRequest has a fixed value here. */
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cipherSuite: number
  readonly compressionMethod: number
  /** In wire order, duplicates kept. Empty when a TLS 1.2 server sends none. */
  readonly extensions: readonly Extension[]
}

/** `body` is one whole handshake body, header removed. Throws `DecodeError`. */
export function decodeServerHello(body: Uint8Array): ServerHello {
  const r = new Reader(body, 'ServerHello')
  const serverVersion = r.u16('server_version')
  const hello = {
    random: r.bytes(32, 'random'),
    sessionId: sessionIdOf(r),
    cipherSuite: r.u16('cipher_suite'),
    compressionMethod: r.u8('compression_method'),
    extensions: r.atEnd ? [] : decodeExtensions(r.inside(r.vector16('extensions'), 'extensions')),
  }
  r.end()
  const selected = findExtension(hello.extensions, extensionTypes.supported_versions.code)
  return { version: selected === undefined ? serverVersion : decodeSelectedVersion(selected), ...hello }
}

/** SessionID<0..32>, RFC 5246 §7.4.1.3: what is longer no client reads any further. */
export const MAX_SESSION_ID_BYTES = 32

function sessionIdOf(r: Reader): Uint8Array {
  const id = r.vector8('session_id')
  if (id.length > MAX_SESSION_ID_BYTES) throw r.error('length', 'session_id', `${id.length} bytes`)
  return id
}
