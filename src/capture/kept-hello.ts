import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import { helloRetryRandom } from '../tls/messages-13.ts'
import { decodeServerHello, type ServerHello } from '../tls/server-hello.ts'
import type { ByteStore } from './byte-store.ts'
import { decodeDtlsClientHello } from './dtls-client-hello.ts'
import { DTLS_MESSAGE_HEADER_BYTES } from './dtls-messages.ts'
import { isClientHello, type ServerChoice } from './hello-scan.ts'
import type { SeenHello } from './session.ts'

/** Where the random lies in the body of either hello. */
const RANDOM = 2
const RANDOM_END = 34

/** How a ClientHello comes over TCP and over UDP. */
interface HelloForm {
  readonly headerBytes: number
  readonly header: (bodyBytes: number, sequence: number) => Uint8Array
  /** Of the body. Throws DecodeError. */
  readonly decode: (body: Uint8Array) => ClientHello
  readonly wellFormed: (body: Uint8Array) => boolean
}

export const helloForms: Readonly<Record<'tcp' | 'udp', HelloForm>> = {
  tcp: {
    headerBytes: 4,
    header: (bodyBytes) => Uint8Array.of(handshakeTypes.client_hello.code, ...uint24(bodyBytes)),
    decode: decodeClientHello,
    wellFormed: (body) => isClientHello(body, false),
  },
  udp: {
    headerBytes: DTLS_MESSAGE_HEADER_BYTES,
    // As if it had come in one fragment.
    header: (bodyBytes, sequence) => {
      const length = uint24(bodyBytes)
      const place = [sequence >> 8, sequence & 0xff, 0, 0, 0]
      return Uint8Array.of(handshakeTypes.client_hello.code, ...length, ...place, ...length)
    },
    decode: decodeDtlsClientHello,
    wellFormed: (body) => isClientHello(body, true),
  },
}

/** Bytes alone are kept: decoded, a hello takes several times their room. */
export class KeptHello implements SeenHello {
  /** The whole message, as if it had come in one fragment. */
  readonly bytes: Uint8Array
  readonly atMs: number
  readonly #form: HelloForm

  /** `sequence` is the message_seq of DTLS. */
  constructor(form: HelloForm, body: Uint8Array, sequence: number, store: ByteStore, atMs: number) {
    this.#form = form
    this.bytes = store.copy(body, form.header(body.length, sequence))
    this.atMs = atMs
  }

  get random(): Uint8Array {
    const body = this.bytes.subarray(this.#form.headerBytes)
    return body.subarray(RANDOM, RANDOM_END)
  }

  get hello(): ClientHello {
    return this.#form.decode(this.bytes.subarray(this.#form.headerBytes))
  }
}

/** Likewise; the body has been found well-formed, so that decoding does not throw. */
export class KeptServerHello implements ServerHello {
  readonly #body: Uint8Array
  readonly version: number
  readonly cipherSuite: number

  constructor(body: Uint8Array, { version, cipherSuite }: ServerChoice) {
    this.#body = body
    this.version = version
    this.cipherSuite = cipherSuite
  }

  get random(): Uint8Array {
    return this.#body.subarray(RANDOM, RANDOM_END)
  }

  get sessionId(): Uint8Array {
    return decodeServerHello(this.#body).sessionId
  }

  get compressionMethod(): number {
    return decodeServerHello(this.#body).compressionMethod
  }

  get extensions(): ServerHello['extensions'] {
    return decodeServerHello(this.#body).extensions
  }
}

/** The body of a ServerHello is that of a HelloRetryRequest, RFC 8446 §4.1.3. */
export function isRetry(body: Uint8Array): boolean {
  return (
    body.length >= RANDOM_END &&
    body[RANDOM] === helloRetryRandom[0] &&
    Buffer.compare(body.subarray(RANDOM, RANDOM_END), helloRetryRandom) === 0
  )
}

function uint24(value: number): readonly [number, number, number] {
  return [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]
}
