import { DecodeError, unlessBroken } from '../codec/decode-error.ts'
import { Reader } from '../codec/reader.ts'
import { decodeAlerts } from '../tls/alert.ts'
import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts'
import { contentTypes } from '../tls/content-types.ts'
import { HANDSHAKE_HEADER_BYTES } from '../tls/handshake-message.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import { RECORD_HEADER_BYTES, RecordReader } from '../tls/record-reader.ts'

/** Largest hello taken: one with post-quantum shares, a ticket and padding has 3 kB. */
const MAX_HELLO_BYTES = 16_384
/** Most bytes read while looking for it: room for a hello cut into small records. */
export const MAX_PEEK_BYTES = 32_768
/** What is kept of a connection that is not TLS. */
const FIRST_BYTES = 64

/** What the first bytes of a connection are. */
export type Peeked =
  /** `hello` is undefined where the message is there and broken: OpenSSL then says so to the client. */
  | { readonly kind: 'hello'; readonly hello: ClientHello | undefined; readonly sslv2: boolean }
  | { readonly kind: 'alert'; readonly description: number }
  | { readonly kind: 'not-tls'; readonly firstBytes: Uint8Array; readonly plainHttp: boolean }

/**
 * Reads a ClientHello from the start of a byte stream, however TCP and the record layer cut it, and keeps all bytes.
 * Bounded: it answers within `MAX_PEEK_BYTES`, and its work grows with the bytes pushed only, however small the pieces.
 */
export class ClientHelloPeek {
  readonly #chunks: Uint8Array[] = []
  #length = 0
  /** The first bytes, as far as they are there. */
  #first: Buffer = empty
  readonly #records = new RecordReader()
  readonly #parts: Uint8Array[] = []
  #partsBytes = 0
  /** Header included; undefined until it is read. */
  #messageBytes: number | undefined

  /** Everything pushed, in order. */
  get bytes(): Uint8Array {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  /** Undefined: more bytes are needed. `chunk` must not be written into again. */
  push(chunk: Uint8Array): Peeked | undefined {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#first.length < FIRST_BYTES) {
      const more = chunk.subarray(0, FIRST_BYTES - this.#first.length)
      this.#first = this.#first.length === 0 ? asBuffer(more) : Buffer.concat([this.#first, more])
    }
    const peeked = this.#look(chunk)
    return peeked === undefined && this.#length >= MAX_PEEK_BYTES ? this.#notTls() : peeked
  }

  #look(chunk: Uint8Array): Peeked | undefined {
    const first = this.#first[0]
    if (first === undefined) return undefined
    if (first >= 0x80) return this.#lookAtSslv2()
    if (first !== contentTypes.handshake.code && first !== contentTypes.alert.code) return this.#lookAtText()
    this.#records.push(chunk)
    try {
      return this.#lookAtRecords(first)
    } catch (error) {
      if (error instanceof DecodeError) return this.#notTls()
      throw error
    }
  }

  #lookAtRecords(first: number): Peeked | undefined {
    for (let record = this.#records.next(); record !== undefined; record = this.#records.next()) {
      if (first === contentTypes.alert.code) return alertOf(record.fragment) ?? this.#notTls()
      if (record.contentType !== contentTypes.handshake.code) return this.#notTls()
      this.#parts.push(record.fragment)
      this.#partsBytes += record.fragment.length
      if (this.#messageBytes === undefined && this.#partsBytes >= HANDSHAKE_HEADER_BYTES) {
        const [type, high, middle, low] = this.#joined()
        if (type !== handshakeTypes.client_hello.code) return this.#notTls()
        this.#messageBytes = HANDSHAKE_HEADER_BYTES + high! * 65_536 + middle! * 256 + low!
        if (this.#messageBytes > MAX_HELLO_BYTES) return this.#notTls()
      }
      if (this.#messageBytes !== undefined && this.#partsBytes >= this.#messageBytes) {
        return helloOf(this.#joined().subarray(HANDSHAKE_HEADER_BYTES, this.#messageBytes))
      }
    }
    // The first byte behind the first header is the message type: noise shows before its record is whole.
    const type = this.#first[RECORD_HEADER_BYTES]
    const isNoise = first === contentTypes.handshake.code && type !== handshakeTypes.client_hello.code
    return type !== undefined && isNoise && lengthOf(this.#first) > 0 ? this.#notTls() : undefined
  }

  #joined(): Uint8Array {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
  }

  /** CLIENT-HELLO of SSL 2.0 that offers SSL 3.0 or later, RFC 5246 §E.2. */
  #lookAtSslv2(): Peeked | undefined {
    const [high, low, type, major] = this.#first
    if (low === undefined) return undefined
    const length = (high! & 0x7f) * 256 + low
    const impossible = length < 9 || length > MAX_HELLO_BYTES
    if (impossible || (type !== undefined && type !== 1) || (major !== undefined && major !== 3)) {
      return this.#notTls()
    }
    if (this.#length < 2 + length) return undefined
    return { kind: 'hello', hello: decodeSslv2Hello(this.bytes.subarray(2, 2 + length)), sslv2: true }
  }

  /** A request line is waited for as long as it can still be one. */
  #lookAtText(): Peeked | undefined {
    const text = this.#first.toString('latin1')
    return methods.some((method) => method.startsWith(text) && text !== method) ? undefined : this.#notTls()
  }

  #notTls(): Peeked {
    const text = this.#first.toString('latin1')
    const plainHttp = methods.some((method) => text.startsWith(method))
    return { kind: 'not-tls', firstBytes: Uint8Array.from(this.#first), plainHttp }
  }
}

const empty = Buffer.alloc(0)

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Length that the record header at the start declares. */
function lengthOf(bytes: Uint8Array): number {
  return bytes[3]! * 256 + bytes[4]!
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'PATCH', 'TRACE', 'PRI'].map(
  (method) => `${method} `,
)

function alertOf(fragment: Uint8Array): Peeked | undefined {
  const [alert] = decodeAlerts(fragment)
  return alert && { kind: 'alert', description: alert.description }
}

function helloOf(body: Uint8Array): Peeked {
  return { kind: 'hello', hello: unlessBroken(() => decodeClientHello(Uint8Array.from(body))), sslv2: false }
}

/** As the ClientHello it stands for: no extensions, the challenge as random, specs of SSL 2.0 left out. */
function decodeSslv2Hello(message: Uint8Array): ClientHello | undefined {
  return unlessBroken(() => {
    const r = new Reader(message, 'SSLv2 CLIENT-HELLO')
    r.u8('msg_type')
    const version = r.u16('version')
    const specsBytes = r.u16('cipher_spec_length')
    const sessionIdBytes = r.u16('session_id_length')
    const challengeBytes = r.u16('challenge_length')
    const specs = r.bytes(specsBytes, 'cipher_specs')
    const sessionId = Uint8Array.from(r.bytes(sessionIdBytes, 'session_id'))
    const challenge = r.bytes(challengeBytes, 'challenge')
    r.end()
    const random = new Uint8Array(32)
    random.set(challenge.subarray(-32), 32 - Math.min(32, challenge.length))
    const cipherSuites: number[] = []
    for (let at = 0; at + 3 <= specs.length; at += 3) {
      if (specs[at] === 0) cipherSuites.push(specs[at + 1]! * 256 + specs[at + 2]!)
    }
    return { version, random, sessionId, cipherSuites, compressionMethods: [0], extensions: [] }
  })
}
