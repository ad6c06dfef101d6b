import { Writer } from '../../codec/writer.ts'
import { type ExtensionName, extensionTypes } from '../extension-types.ts'
import { encodeHandshake } from '../handshake-message.ts'
import { handshakeTypes } from '../handshake-types.ts'

/** An extension that the server answers with. */
export interface ServerExtension {
  readonly name: ExtensionName
  readonly data: Uint8Array
}

export interface ServerHelloToWrite {
  /** server_version: of TLS 1.3 that of 1.2, RFC 8446 §4.1.3. */
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cipherSuite: number
  readonly extensions: readonly ServerExtension[]
}

/** The whole handshake message. Without extensions the block is left out, as RFC 5246 §7.4.1.3 allows. */
export function encodeServerHello(hello: ServerHelloToWrite): Uint8Array {
  return encodeHandshake(handshakeTypes.server_hello.code, (w) => {
    w.u16(hello.version).bytes(hello.random)
    w.vector8(() => w.bytes(hello.sessionId))
    w.u16(hello.cipherSuite).u8(0) // compression_method: null
    if (hello.extensions.length > 0) writeExtensions(w, hello.extensions)
  })
}

/** RFC 8446 §4.3.1. */
export function encodeEncryptedExtensions(extensions: readonly ServerExtension[]): Uint8Array {
  return encodeHandshake(handshakeTypes.encrypted_extensions.code, (w) => writeExtensions(w, extensions))
}

/** ServerECDHParams, RFC 8422 §5.4: what is signed after the two randoms. */
export function encodeEcdhParams(group: number, publicKey: Uint8Array): Uint8Array {
  const w = new Writer()
  w.u8(NAMED_CURVE).u16(group)
  w.vector8(() => w.bytes(publicKey))
  return w.finish()
}

/** ServerKeyExchange with a signature; `scheme` is undefined before TLS 1.2. */
export function encodeServerKeyExchange(
  params: Uint8Array,
  { scheme, signature }: { readonly scheme: number | undefined; readonly signature: Uint8Array },
): Uint8Array {
  return encodeHandshake(handshakeTypes.server_key_exchange.code, (w) => {
    w.bytes(params)
    if (scheme !== undefined) w.u16(scheme)
    w.vector16(() => w.bytes(signature))
  })
}

export function encodeServerHelloDone(): Uint8Array {
  return encodeHandshake(handshakeTypes.server_hello_done.code, () => {})
}

/** The server's key_share, RFC 8446 §4.2.8; without a key that of a HelloRetryRequest. */
export function keyShareOf(group: number, publicKey?: Uint8Array): ServerExtension {
  return extension('key_share', (w) => {
    w.u16(group)
    if (publicKey !== undefined) w.vector16(() => w.bytes(publicKey))
  })
}

export function extension(name: ExtensionName, write: (w: Writer) => void = () => {}): ServerExtension {
  const w = new Writer()
  write(w)
  return { name, data: w.finish() }
}

function writeExtensions(w: Writer, extensions: readonly ServerExtension[]): void {
  w.vector16(() => {
    for (const { name, data } of extensions) w.u16(extensionTypes[name].code).vector16(() => w.bytes(data))
  })
}

const NAMED_CURVE = 3
