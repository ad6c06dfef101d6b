import { sign } from 'node:crypto'
import { Reader } from '../../src/codec/reader.ts'
import { Writer } from '../../src/codec/writer.ts'
import { x25519Key } from '../../src/crypto/ecdh.ts'
import { type HashName, hash } from '../../src/crypto/hash.ts'
import { decodeClientHello } from '../../src/tls/client-hello.ts'
import { type Extension, findExtension } from '../../src/tls/extensions.ts'
import { encodeHandshake } from '../../src/tls/handshake-message.ts'
import {
  deriveSecret,
  earlySecret,
  finishedMac,
  nextSecret,
  nextTrafficSecret,
  trafficKeys,
} from '../../src/tls/key-schedule-13.ts'
import { encodeCertificate13, signedContent } from '../../src/tls/messages-13.ts'
import type { Sealer } from '../../src/tls/record-protection.ts'
import { createSealer13 } from '../../src/tls/record-protection-13.ts'
import { small } from './small-pki.ts'

const hashName: HashName = 'sha256'
const protection = {
  kind: 'aead',
  cipher: 'aes-128-gcm',
  keyBytes: 16,
  tagBytes: 16,
  explicitNonceBytes: 0,
} as const

/** What a test may have the server say otherwise than a good one would. */
export interface ServerHelloChanges {
  readonly random?: Uint8Array
  readonly sessionId?: Uint8Array
  readonly cipherSuite?: number
  readonly compressionMethod?: number
  readonly group?: number
  readonly share?: Uint8Array
  /** In place of supported_versions and key_share. */
  readonly extensions?: readonly Extension[]
  /** Behind the others. */
  readonly more?: readonly Extension[]
}

/**
 * The server's side of one TLS_AES_128_GCM_SHA256 handshake on X25519, message by message, so that a test can leave any
 * out, change it or send it twice. Each message made is part of the transcript.
 */
export class ScriptedServer13 {
  readonly leaf = small({ name: 'server.test', altNames: ['server.test'] })
  readonly #hello: ReturnType<typeof decodeClientHello>
  readonly #transcript: Uint8Array[]
  #secret = new Uint8Array(0) as Uint8Array
  #serverSecret = new Uint8Array(0) as Uint8Array
  #sealer: Sealer | undefined

  constructor(clientHello: Uint8Array) {
    this.#hello = decodeClientHello(clientHello.subarray(4))
    this.#transcript = [clientHello]
  }

  /** The message; from here on records are protected with the handshake keys. */
  serverHello(changes: ServerHelloChanges = {}): Uint8Array {
    const key = x25519Key(new Uint8Array(32).fill(7))
    const message = this.#push(
      encodeHandshake(2, (w) => {
        w.u16(0x0303).bytes(changes.random ?? new Uint8Array(32).fill(9))
        w.vector8(() => w.bytes(changes.sessionId ?? this.#hello.sessionId))
        w.u16(changes.cipherSuite ?? 0x1301).u8(changes.compressionMethod ?? 0)
        const usual = [
          { code: 43, data: Uint8Array.of(3, 4) },
          { code: 51, data: encodeShare(changes.group ?? 0x1d, changes.share ?? key.publicKey) },
        ]
        writeExtensions(w, [...(changes.extensions ?? usual), ...(changes.more ?? [])])
      }),
    )
    const shared = key.sharedSecret(this.#clientShare() ?? key.publicKey) as Uint8Array
    this.#secret = nextSecret(hashName, earlySecret(hashName), shared)
    this.#serverSecret = deriveSecret(hashName, this.#secret, 's hs traffic', this.#hash())
    this.#seal()
    return message
  }

  encryptedExtensions(extensions: readonly Extension[] = []): Uint8Array {
    return this.#push(encodeHandshake(8, (w) => writeExtensions(w, extensions)))
  }

  certificateRequest(): Uint8Array {
    return this.#push(
      encodeHandshake(13, (w) => {
        w.vector8(() => {})
        writeExtensions(w, [{ code: 13, data: Uint8Array.of(0, 2, 4, 3) }])
      }),
    )
  }

  /** Any message, as part of the handshake. */
  other(type: number, body: Uint8Array): Uint8Array {
    return this.#push(encodeHandshake(type, (w) => w.bytes(body)))
  }

  otherMessage(message: Uint8Array): Uint8Array {
    return this.#push(message)
  }

  certificate(certificates: readonly Uint8Array[] = [this.leaf.der]): Uint8Array {
    return this.#push(encodeCertificate13(new Uint8Array(0), certificates))
  }

  certificateVerify(change: (signature: Uint8Array) => Uint8Array = (it) => it, scheme = 0x0403): Uint8Array {
    const signature = sign('sha256', signedContent('server', this.#hash()), this.leaf.issued.key)
    return this.#push(encodeHandshake(15, (w) => w.u16(scheme).vector16(() => w.bytes(change(signature)))))
  }

  finished(change: (data: Uint8Array) => Uint8Array = (it) => it): Uint8Array {
    const data = finishedMac(hashName, this.#serverSecret, this.#hash())
    return this.#push(encodeHandshake(20, (w) => w.bytes(change(data))))
  }

  /** Goes on with the application keys. */
  enterApplication(): void {
    const master = nextSecret(hashName, this.#secret)
    this.#serverSecret = deriveSecret(hashName, master, 's ap traffic', this.#hash())
    this.#seal()
  }

  /** Goes on with the next application keys, as after a KeyUpdate. */
  updateKeys(): void {
    this.#serverSecret = nextTrafficSecret(hashName, this.#serverSecret)
    this.#seal()
  }

  /** One protected record. */
  sealed(contentType: number, ...parts: readonly Uint8Array[]): Uint8Array {
    const content = Buffer.concat(parts)
    return record(23, Buffer.concat([...this.#sealer!.seal(contentType, 0x0303, content)]))
  }

  /** The whole flight of a good server after its ServerHello, in one record each. */
  flight(): Uint8Array {
    const messages = [
      () => this.encryptedExtensions(),
      () => this.certificate(),
      () => this.certificateVerify(),
      () => this.finished(),
    ]
    return Buffer.concat(messages.map((make) => this.sealed(22, make())))
  }

  #clientShare(): Uint8Array | undefined {
    const data = findExtension(this.#hello.extensions, 51)
    if (data === undefined) return undefined
    const r = new Reader(data, 'key_share')
    const list = r.inside(r.vector16('shares'), 'shares')
    while (!list.atEnd) {
      const group = list.u16('group')
      const share = list.vector16('share')
      if (group === 0x1d) return share
    }
    return undefined
  }

  #seal(): void {
    const keys = trafficKeys(hashName, this.#serverSecret, protection.keyBytes)
    this.#sealer = createSealer13(protection, keys)
  }

  #push(message: Uint8Array): Uint8Array {
    this.#transcript.push(message)
    return message
  }

  #hash(): Uint8Array {
    return hash(hashName, ...this.#transcript)
  }
}

/** A record as it goes on the wire. */
export function record(contentType: number, fragment: Uint8Array): Uint8Array {
  const header = Uint8Array.of(contentType, 3, 3, fragment.length >> 8, fragment.length & 0xff)
  return Buffer.concat([header, fragment])
}

function encodeShare(group: number, share: Uint8Array): Uint8Array {
  const w = new Writer()
  w.u16(group).vector16(() => w.bytes(share))
  return w.finish()
}

function writeExtensions(w: Writer, extensions: readonly Extension[]): void {
  w.vector16(() => {
    for (const { code, data } of extensions) w.u16(code).vector16(() => w.bytes(data))
  })
}
