import { DecodeError } from '../codec/decode-error.ts'
import { Reader } from '../codec/reader.ts'
import { deriveEcdhKey, type EcdhKey } from '../crypto/ecdh.ts'
import { equalBytes } from '../crypto/equal.ts'
import { type HashName, hash } from '../crypto/hash.ts'
import type { Seed } from '../crypto/seed.ts'
import { verifySignature } from '../crypto/signature.ts'
import { alerts } from './alerts.ts'
import { decodeCertificateMessage, encodeCertificateMessage } from './certificate-message.ts'
import { type CertificateRequest, decodeCertificateRequest } from './certificate-request.ts'
import { formatCipherSuite } from './cipher-suites.ts'
import { type CertificateProof, type ClientCredential, chooseProof } from './client-credential.ts'
import { encodeClientHello } from './client-hello.ts'
import type { ClientOffer } from './client-offer.ts'
import { type ClientState, type Incoming, transitions } from './client-states.ts'
import { contentTypes } from './content-types.ts'
import { type ExtensionName, extensionTypes } from './extension-types.ts'
import { codeOf } from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import { formatHandshakeType, type HandshakeTypeName, handshakeTypes } from './handshake-types.ts'
import { expandKeys, extendedMasterSecret, masterSecret, type Randoms, verifyData } from './key-schedule.ts'
import type { HandshakeMessage } from './message-reader.ts'
import { findNamedGroup, formatNamedGroup } from './named-groups.ts'
import { type Negotiated, negotiate } from './negotiation.ts'
import { createOpener, createSealer, keySizes, type Opener, protectionOf } from './record-protection.ts'
import type { RecordWriter } from './record-writer.ts'
import { decodeServerHello, type ServerHello } from './server-hello.ts'
import { decodeEcdheServerKeyExchange, type EcdheServerKeyExchange } from './server-key-exchange.ts'
import { findSignatureScheme, formatSignatureScheme } from './signature-schemes.ts'
import type { Refusal, StepBuilder } from './step.ts'

/** Offset of `public`'s bytes in a ServerKeyExchange, RFC 8422 §5.4: type, curve and length come before. */
const PUBLIC_KEY_OFFSET = 4

/** A suite's hash in the PRF, as far as the engine has it. */
const prfHashes: Readonly<Record<string, HashName>> = { sha256: 'sha256', sha384: 'sha384' }

/**
 * The messages of a full TLS 1.2 handshake as the client lives it: which may come, what is in them, what is answered.
 * Knows nothing of records beyond the writer it sends through.
 */
export class ClientHandshake {
  readonly #offer: ClientOffer
  readonly #seed: Seed
  readonly #writer: RecordWriter
  readonly #transcript: Uint8Array[] = []
  readonly #clientRandom: Uint8Array
  #state: ClientState = 'after-client-hello'
  #hello: ServerHello | undefined
  #negotiated: Negotiated | undefined
  #leaf: Uint8Array | undefined
  #keyExchange: EcdheServerKeyExchange | undefined
  #request: CertificateRequest | undefined
  #opener: Opener | undefined
  #expectedFinished: (() => Uint8Array) | undefined

  constructor(offer: ClientOffer, seed: Seed, writer: RecordWriter) {
    this.#offer = offer
    this.#seed = seed
    this.#writer = writer
    this.#clientRandom = seed.expand('client random', 32)
  }

  /** The server's flight is whole: `reply` goes on. */
  get waitsForReply(): boolean {
    return this.#state === 'after-server-hello-done'
  }

  get established(): boolean {
    return this.#state === 'established'
  }

  start(step: StepBuilder): void {
    const message = encodeClientHello(this.#offer, this.#clientRandom)
    this.#send(message, step)
    step.emit({ kind: 'client-hello', message })
  }

  /** Takes the server's next message. Throws `DecodeError`. */
  take(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const name = nameOf(message.type)
    const next = name && this.#nextState(name)
    if (name === undefined || next === undefined) return this.#unexpected(formatHandshakeType(message.type))
    const refusal = this.#read(name, message, step)
    if (refusal !== undefined) return refusal
    this.#transcript.push(message.bytes)
    this.#state = next
    if (next === 'established') {
      this.#transcript.length = 0 // nothing is signed or hashed over it any more
      step.emit({ kind: 'established', resumed: false })
    }
    return undefined
  }

  /** The server's change_cipher_spec: what its records are opened with from now on. */
  takeChangeCipherSpec(): Opener | Refusal {
    const next = this.#nextState('change_cipher_spec')
    if (next === undefined || this.#opener === undefined) return this.#unexpected('ChangeCipherSpec')
    this.#state = next
    return this.#opener
  }

  /**
   * Sends our flight, Finished included. `unsupported` when the engine cannot do what both sides agreed to. Throws
   * `DecodeError` for a public key that is none, and for a credential that cannot be used as `ClientCredential` says.
   */
  reply(credential: ClientCredential | undefined, step: StepBuilder): Refusal | undefined {
    const means = this.#findMeans()
    if ('reason' in means) return means
    const { negotiated, protection, hashName, key, exchange, randoms } = means
    const request = this.#request
    const proof = request && credential && chooseProof(credential, request.signatureSchemes)
    const premaster = key.sharedSecret(exchange.publicKey)
    if (premaster === undefined) {
      const detail = `no point of ${formatNamedGroup(exchange.namedGroup)}`
      throw new DecodeError('value', 'ServerKeyExchange.public', PUBLIC_KEY_OFFSET, detail)
    }

    if (request !== undefined) this.#send(encodeCertificateMessage(proof?.certificates ?? []), step)
    this.#send(encodeClientKeyExchange(key.publicKey), step)
    const master = negotiated.extendedMasterSecret
      ? extendedMasterSecret(hashName, premaster, hash(hashName, ...this.#transcript))
      : masterSecret(hashName, premaster, randoms)
    if (proof !== undefined) this.#send(encodeCertificateVerify(proof, this.#transcript), step)

    const keys = expandKeys(hashName, master, randoms, keySizes(protection))
    this.#writer.write(contentTypes.change_cipher_spec.code, Uint8Array.of(1), step)
    const drawIv = (sequence: number): Uint8Array => this.#seed.expand(`record iv ${sequence}`, 16)
    this.#writer.protect(createSealer(protection, keys.client, drawIv))
    this.#opener = createOpener(protection, keys.server)

    const transcriptHash = (): Uint8Array => hash(hashName, ...this.#transcript)
    this.#send(encodeFinished(verifyData(hashName, master, 'client', transcriptHash())), step)
    this.#expectedFinished = () => verifyData(hashName, master, 'server', transcriptHash())
    this.#state = 'after-client-finished'
    return undefined
  }

  #read(name: HandshakeTypeName, { body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    switch (name) {
      case 'server_hello':
        return this.#readServerHello(decodeServerHello(body), step)
      case 'certificate': {
        const certificates = decodeCertificateMessage(body)
        this.#leaf = certificates[0]
        step.emit({ kind: 'certificate', certificates, messageBytes: bytes.length })
        return undefined
      }
      case 'server_key_exchange':
        // Other exchanges have other forms; they are counted as messages and left unread.
        return this.#signsEcdhe ? this.#readKeyExchange(decodeEcdheServerKeyExchange(body), step) : undefined
      case 'certificate_request':
        this.#request = decodeCertificateRequest(body)
        step.emit({ kind: 'certificate-request', ...this.#request })
        return undefined
      case 'server_hello_done':
        new Reader(body, 'ServerHelloDone').end()
        if (this.#signsEcdhe && this.#keyExchange === undefined) return this.#unexpected('ServerHelloDone')
        step.emit({ kind: 'server-flight', clientCertificateRequested: this.#request !== undefined })
        return undefined
      case 'finished':
        return this.#readFinished(body)
      default:
        return undefined
    }
  }

  #readServerHello(hello: ServerHello, step: StepBuilder): Refusal | undefined {
    const { version, cipherSuite, extensions } = hello
    const sessionIdBytes = hello.sessionId.length
    step.emit({ kind: 'server-hello', version, cipherSuite, sessionIdBytes, extensions })
    const negotiated = negotiate(this.#offer, hello)
    if ('reason' in negotiated) return negotiated
    this.#hello = hello
    this.#negotiated = negotiated
    this.#writer.agree(negotiated.version, negotiated.recordLimit)
    return undefined
  }

  #readKeyExchange(exchange: EcdheServerKeyExchange, step: StepBuilder): Refusal | undefined {
    const { namedGroup, signatureScheme } = exchange
    const signatureValid = this.#verify(exchange)
    step.emit({ kind: 'server-key-exchange', namedGroup, signatureScheme, signatureValid })
    for (const extension of this.#offer.extensions) {
      if (extension.kind === 'supported_groups' && !extension.groups.includes(namedGroup)) {
        return unoffered(formatNamedGroup(namedGroup))
      }
      if (extension.kind === 'signature_algorithms' && !extension.schemes.includes(signatureScheme)) {
        return unoffered(formatSignatureScheme(signatureScheme))
      }
    }
    if (signatureValid === false) {
      const detail = `the ServerKeyExchange is not signed with the leaf's key (${formatSignatureScheme(signatureScheme)})`
      return { reason: 'bad-signature', detail, alert: alerts.decrypt_error.code }
    }
    this.#keyExchange = exchange
    return undefined
  }

  /** undefined: no leaf, no key in it that can be read, or a scheme that the engine does not have. */
  #verify({ signatureScheme, params, signature }: EcdheServerKeyExchange): boolean | undefined {
    const algorithm = findSignatureScheme(signatureScheme)?.algorithm
    if (this.#leaf === undefined || this.#hello === undefined || algorithm === undefined) return undefined
    // RFC 8422 §5.4: the signature covers both randoms and the parameters.
    const signed = Buffer.concat([this.#clientRandom, this.#hello.random, params])
    return verifySignature(this.#leaf, algorithm, signed, signature)
  }

  #readFinished(body: Uint8Array): Refusal | undefined {
    if (this.#expectedFinished !== undefined && equalBytes(body, this.#expectedFinished())) return undefined
    const detail = "the server's Finished does not match the handshake"
    return { reason: 'bad-finished', detail, alert: alerts.decrypt_error.code }
  }

  /** Whether the suite's ServerKeyExchange is that of RFC 8422 §5.4, which must come. */
  get #signsEcdhe(): boolean {
    const suite = this.#negotiated?.suite
    return suite?.kx === 'ecdhe' && (suite.auth === 'rsa' || suite.auth === 'ecdsa')
  }

  /** What the rest of the handshake needs, or the first of it that the engine lacks. */
  #findMeans(): Means | Refusal {
    const negotiated = this.#negotiated!
    const { suite, encryptThenMac } = negotiated
    const protection = protectionOf(suite, encryptThenMac)
    const hashName = prfHashes[suite.hash]
    const exchange = this.#keyExchange
    if (exchange === undefined || protection === undefined || hashName === undefined) {
      return unsupported(formatCipherSuite(suite.code))
    }
    const curve = findNamedGroup(exchange.namedGroup)?.curve
    if (curve === undefined) return unsupported(formatNamedGroup(exchange.namedGroup))
    const randoms = { client: this.#clientRandom, server: this.#hello!.random }
    const key = deriveEcdhKey(curve, this.#seed)
    return { negotiated, protection, hashName, key, exchange, randoms }
  }

  #nextState(message: Incoming): ClientState | undefined {
    const row = transitions.find((row) => row.state === this.#state && row.message === message)
    if (row?.offered !== undefined && !this.#offered(row.offered)) return undefined
    return row?.next
  }

  #offered(name: ExtensionName): boolean {
    return this.#offer.extensions.some((extension) => codeOf(extension) === extensionTypes[name].code)
  }

  #unexpected(what: string): Refusal {
    const detail = `${what} ${this.#state.replaceAll('-', ' ')}`
    return { reason: 'unexpected-message', detail, alert: alerts.unexpected_message.code }
  }

  #send(message: Uint8Array, step: StepBuilder): void {
    const spread = this.#writer.write(contentTypes.handshake.code, message, step)
    this.#transcript.push(message)
    step.emit({
      kind: 'message',
      direction: 'sent',
      type: message[0]!,
      messageBytes: message.length,
      ...spread,
    })
  }
}

interface Means {
  readonly negotiated: Negotiated
  readonly protection: NonNullable<ReturnType<typeof protectionOf>>
  readonly hashName: HashName
  readonly key: EcdhKey
  readonly exchange: EcdheServerKeyExchange
  readonly randoms: Randoms
}

const namesByCode = new Map<number, HandshakeTypeName>(
  Object.entries(handshakeTypes).map(([name, { code }]) => [code, name as HandshakeTypeName]),
)

function nameOf(type: number): HandshakeTypeName | undefined {
  return namesByCode.get(type)
}

/** ClientECDiffieHellmanPublic explicit, RFC 8422 §5.7. */
function encodeClientKeyExchange(publicKey: Uint8Array): Uint8Array {
  return encodeHandshake(handshakeTypes.client_key_exchange.code, (w) => {
    w.vector8(() => w.bytes(publicKey))
  })
}

/** RFC 5246 §7.4.8: the signature covers all handshake messages so far. */
function encodeCertificateVerify(proof: CertificateProof, transcript: readonly Uint8Array[]): Uint8Array {
  return encodeHandshake(handshakeTypes.certificate_verify.code, (w) => {
    w.u16(proof.signatureScheme)
    w.vector16(() => w.bytes(proof.sign(Buffer.concat(transcript))))
  })
}

/** RFC 5246 §7.4.9. */
function encodeFinished(data: Uint8Array): Uint8Array {
  return encodeHandshake(handshakeTypes.finished.code, (w) => w.bytes(data))
}

function unoffered(what: string): Refusal {
  return { reason: 'unoffered', detail: `the server chose ${what}`, alert: alerts.illegal_parameter.code }
}

function unsupported(what: string): Refusal {
  return { reason: 'unsupported', detail: `the server chose ${what}`, alert: alerts.handshake_failure.code }
}
