import { Reader } from '../../codec/reader.ts'
import { deriveEcdhKey, type EcdhKey } from '../../crypto/ecdh.ts'
import { equalBytes } from '../../crypto/equal.ts'
import { type HashName, hash } from '../../crypto/hash.ts'
import type { Seed } from '../../crypto/seed.ts'
import type { SignatureAlgorithm } from '../../crypto/signature.ts'
import { encodeCertificateMessage } from '../certificate-message.ts'
import type { ClientHello } from '../client-hello.ts'
import { contentTypes } from '../content-types.ts'
import { encodeFinished } from '../handshake-message.ts'
import { handshakeTypes } from '../handshake-types.ts'
import { expandKeys, extendedMasterSecret, masterSecret, verifyData } from '../key-schedule.ts'
import type { HandshakeMessage } from '../message-reader.ts'
import { findNamedGroup } from '../named-groups.ts'
import { createOpener, createSealer, keySizes, type Opener, type Sealer } from '../record-protection.ts'
import type { RecordWriter } from '../record-writer.ts'
import { type Refusal, refuse, unexpected, unsupported } from '../refusal.ts'
import { findSignatureScheme } from '../signature-schemes.ts'
import type { StepBuilder } from '../step.ts'
import { versions } from '../versions.ts'
import { has, type ServerChoice } from './server-choice.ts'
import {
  encodeEcdhParams,
  encodeServerHello,
  encodeServerHelloDone,
  encodeServerKeyExchange,
  extension,
  type ServerExtension,
} from './server-messages.ts'
import { type HandshakeParts, sizeAnswers, type TlsServerOptions, writeFlight } from './server-options.ts'

/** The server's side of a full handshake of TLS 1.0 to 1.2, RFC 5246 §7.3, without a certificate of the client. */
export class ServerHandshake12 {
  readonly #options: TlsServerOptions
  readonly #writer: RecordWriter
  readonly #seed: Seed
  readonly #choice: ServerChoice
  readonly #hello: ClientHello
  readonly #random: Uint8Array
  readonly #transcript: Uint8Array[] = []
  #ephemeral: EcdhKey | undefined
  #master: Uint8Array = new Uint8Array(0)
  #state: 'key-exchange' | 'change-cipher-spec' | 'finished' | 'established' = 'key-exchange'
  #nextOpener: Opener | undefined
  #sealer: Sealer | undefined
  /** Of records received; undefined while they come in the clear. */
  opener: Opener | undefined

  constructor(options: TlsServerOptions, parts: HandshakeParts) {
    this.#options = options
    this.#writer = parts.writer
    this.#seed = parts.seed
    this.#choice = parts.choice
    this.#hello = parts.hello
    const random = parts.seed.expand('server random', 32)
    this.#random = options.saysDowngrade === true ? withSentinel(random, parts.choice.version) : random
  }

  get established(): boolean {
    return this.#state === 'established'
  }

  /** Answers the ClientHello, the whole message of which is `bytes`. */
  start(bytes: Uint8Array, step: StepBuilder): Refusal | undefined {
    const { version, suite } = this.#choice
    const extensions = this.#extensions()
    const hello = encodeServerHello({
      version,
      random: this.#random,
      sessionId: new Uint8Array(0), // the session cannot be resumed, RFC 5246 §7.4.1.3
      cipherSuite: suite.code,
      extensions,
    })
    const keyExchange = this.#keyExchange()
    if (keyExchange !== undefined && 'reason' in keyExchange) return keyExchange
    const flight = [
      hello,
      encodeCertificateMessage(this.#options.certificates),
      ...(keyExchange === undefined ? [] : [keyExchange]),
      encodeServerHelloDone(),
    ]
    this.#transcript.push(bytes, ...flight)
    step.emit({
      kind: 'server-hello',
      version,
      cipherSuite: suite.code,
      sessionIdBytes: 0,
      extensions: [],
    })
    writeFlight(flight, { cut: this.#options.cut, writer: this.#writer, step })
    return undefined
  }

  take(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    if (this.#state === 'key-exchange' && message.type === handshakeTypes.client_key_exchange.code)
      return this.#takeKeyExchange(message)
    if (this.#state === 'finished' && message.type === handshakeTypes.finished.code)
      return this.#takeFinished(message, step)
    return this.#unexpected(`handshake message ${message.type}`)
  }

  takeChangeCipherSpec(): Refusal | undefined {
    if (this.#state !== 'change-cipher-spec') return this.#unexpected('ChangeCipherSpec')
    this.opener = this.#nextOpener
    this.#state = 'finished'
    return undefined
  }

  #extensions(): ServerExtension[] {
    const { protection, group, version } = this.#choice
    const offers = (name: Parameters<typeof has>[1]) => has(this.#hello, name)
    const secure = offers('renegotiation_info') || this.#hello.cipherSuites.includes(RENEGOTIATION_SCSV)
    return [
      ...(secure ? [extension('renegotiation_info', (w) => w.vector8(() => {}))] : []),
      ...(group !== undefined && offers('ec_point_formats')
        ? [extension('ec_point_formats', (w) => w.vector8(() => w.u8(0)))]
        : []),
      ...sizeAnswers(this.#hello, this.#options, version),
      ...(protection.kind === 'cbc' && protection.encryptThenMac ? [extension('encrypt_then_mac')] : []),
      ...(offers('extended_master_secret') ? [extension('extended_master_secret')] : []),
    ]
  }

  /** Undefined where the suite has none. */
  #keyExchange(): Uint8Array | Refusal | undefined {
    const curve = this.#choice.group === undefined ? undefined : findNamedGroup(this.#choice.group)?.curve
    if (curve === undefined) return undefined
    this.#ephemeral = deriveEcdhKey(curve, this.#seed)
    const params = encodeEcdhParams(this.#choice.group!, this.#ephemeral.publicKey)
    const signed = Buffer.concat([this.#hello.random, this.#random, params])
    for (const { scheme, algorithm } of this.#algorithms()) {
      const signature = this.#options.signer.sign(algorithm, signed)
      if (signature !== undefined) return encodeServerKeyExchange(params, { scheme, signature })
    }
    return unsupported("the leaf's key can make no signature that was asked for")
  }

  #algorithms(): readonly { readonly scheme: number | undefined; readonly algorithm: SignatureAlgorithm }[] {
    const { version, schemes } = this.#choice
    if (version < versions['TLSv1.2'].code) {
      // RFC 4346 §7.4.3, RFC 8422 §5.4.
      const { leafKey } = this.#options.means
      const rsa = { kind: 'rsa-pkcs1', hash: 'md5-sha1' } as const
      const ecdsa = { kind: 'ecdsa', hash: 'sha1' } as const
      return [{ scheme: undefined, algorithm: leafKey === 'rsa' ? rsa : ecdsa }]
    }
    return schemes.flatMap((scheme) => {
      const algorithm = findSignatureScheme(scheme)?.algorithm
      return algorithm === undefined ? [] : [{ scheme, algorithm }]
    })
  }

  #takeKeyExchange({ body, bytes }: HandshakeMessage): Refusal | undefined {
    const premaster = this.#premaster(body)
    if (premaster === undefined)
      return unsupported("the client's public key is no point of its group", 'illegal_parameter')
    this.#transcript.push(bytes)
    const randoms = { client: this.#hello.random, server: this.#random }
    const { protection } = this.#choice
    this.#master = has(this.#hello, 'extended_master_secret')
      ? extendedMasterSecret(this.#prfHash, premaster, this.#transcriptHash())
      : masterSecret(this.#prfHash, premaster, randoms)
    const keys = expandKeys(this.#prfHash, this.#master, randoms, keySizes(protection))
    this.#nextOpener = createOpener(protection, keys.client)
    this.#sealer = createSealer(protection, keys.server, (sequence) =>
      this.#seed.expand(`server iv ${sequence}`, 16),
    )
    this.#state = 'change-cipher-spec'
    return undefined
  }

  #premaster(body: Uint8Array): Uint8Array | undefined {
    const r = new Reader(body, 'ClientKeyExchange')
    if (this.#ephemeral !== undefined) {
      const point = r.vector8('ecdh_Yc')
      r.end()
      return this.#ephemeral.sharedSecret(point)
    }
    const encrypted = r.vector16('encrypted_pre_master_secret')
    r.end()
    const secret = this.#options.decrypt(encrypted)
    // RFC 5246 §7.4.7.1: what is broken shows in the Finished only.
    return secret?.length === PREMASTER_BYTES ? secret : this.#seed.expand('no premaster', PREMASTER_BYTES)
  }

  #takeFinished({ body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const expected = verifyData(this.#prfHash, this.#master, 'client', this.#transcriptHash())
    if (!equalBytes(body, expected))
      return refuse('bad-finished', "the client's Finished does not match the handshake", 'decrypt_error')
    this.#transcript.push(bytes)
    const finished = encodeFinished(verifyData(this.#prfHash, this.#master, 'server', this.#transcriptHash()))
    this.#writer.write(contentTypes.change_cipher_spec.code, Uint8Array.of(1), step)
    this.#writer.protect(this.#sealer!)
    writeFlight([finished], { cut: this.#options.cut, writer: this.#writer, step })
    this.#state = 'established'
    step.emit({ kind: 'established', resumed: false })
    return undefined
  }

  get #prfHash(): HashName {
    const { version, suite } = this.#choice
    if (version < versions['TLSv1.2'].code) return 'md5-sha1'
    return suite.hash === 'sha384' ? 'sha384' : 'sha256'
  }

  #transcriptHash(): Uint8Array {
    return hash(this.#prfHash, ...this.#transcript)
  }

  #unexpected(what: string): Refusal {
    return unexpected(`${what} while waiting for ${this.#state}`)
  }
}

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746 §3.3. */
const RENEGOTIATION_SCSV = 0x00ff
const PREMASTER_BYTES = 48

/** `DOWNGRD`, and 1 for TLS 1.2 or 0 for less: RFC 8446 §4.1.3. */
function withSentinel(random: Uint8Array, version: number): Uint8Array {
  const last = version === versions['TLSv1.2'].code ? 1 : 0
  const sentinel = [...Buffer.from('DOWNGRD', 'latin1'), last]
  return Uint8Array.from([...random.subarray(0, random.length - sentinel.length), ...sentinel])
}
