import { deriveEcdhKey } from '../../crypto/ecdh.ts'
import { equalBytes } from '../../crypto/equal.ts'
import { type HashName, hash } from '../../crypto/hash.ts'
import type { Seed } from '../../crypto/seed.ts'
import { type ClientHello, decodeClientHello } from '../client-hello.ts'
import { contentTypes } from '../content-types.ts'
import { encodeFinished, encodeHandshake } from '../handshake-message.ts'
import { handshakeTypes } from '../handshake-types.ts'
import {
  deriveSecret,
  earlySecret,
  finishedMac,
  nextSecret,
  nextTrafficSecret,
  trafficKeys,
} from '../key-schedule-13.ts'
import type { HandshakeMessage } from '../message-reader.ts'
import {
  decodeKeyUpdate,
  encodeCertificate13,
  encodeCertificateVerify13,
  encodeKeyUpdate,
  helloRetryRandom,
  signedContent,
} from '../messages-13.ts'
import { findNamedGroup } from '../named-groups.ts'
import type { AeadProtection } from '../record-ciphers.ts'
import { createOpener13, createSealer13, type InnerOpener } from '../record-protection-13.ts'
import type { RecordWriter } from '../record-writer.ts'
import { type Refusal, refuse, unexpected, unsupported } from '../refusal.ts'
import { findSignatureScheme } from '../signature-schemes.ts'
import type { StepBuilder } from '../step.ts'
import { versions } from '../versions.ts'
import { chooseFor, has, type ServerChoice } from './server-choice.ts'
import {
  encodeEncryptedExtensions,
  encodeServerHello,
  extension,
  keyShareOf,
  type ServerExtension,
} from './server-messages.ts'
import { type HandshakeParts, sizeAnswers, type TlsServerOptions, writeFlight } from './server-options.ts'

/** The server's side of a full handshake of TLS 1.3, RFC 8446 §2, without PSK, early data and client certificates. */
export class ServerHandshake13 {
  readonly #options: TlsServerOptions
  readonly #writer: RecordWriter
  readonly #seed: Seed
  readonly #transcript: Uint8Array[] = []
  #choice: ServerChoice
  #hello: ClientHello
  #retried = false
  #secret: Uint8Array = new Uint8Array(0)
  #clientSecret: Uint8Array = new Uint8Array(0)
  #nextClientSecret: Uint8Array = new Uint8Array(0)
  #serverSecret: Uint8Array = new Uint8Array(0)
  #state: 'second-hello' | 'finished' | 'established' = 'finished'
  /** Of records received; undefined while they come in the clear. */
  opener: InnerOpener | undefined

  constructor(options: TlsServerOptions, parts: HandshakeParts) {
    this.#options = options
    this.#writer = parts.writer
    this.#seed = parts.seed
    this.#choice = parts.choice
    this.#hello = parts.hello
  }

  get established(): boolean {
    return this.#state === 'established'
  }

  /** Records that do not decrypt are early data that is not taken, RFC 8446 §4.2.10. */
  get skipsUnreadable(): boolean {
    return !this.established && has(this.#hello, 'early_data')
  }

  /** Answers the ClientHello, the whole message of which is `bytes`. */
  start(bytes: Uint8Array, step: StepBuilder): Refusal | undefined {
    this.#transcript.push(bytes)
    return this.#choice.clientShare === undefined ? this.#retry(step) : this.#answer(step)
  }

  take(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const { type } = message
    if (this.#state === 'second-hello' && type === handshakeTypes.client_hello.code)
      return this.#takeSecondHello(message, step)
    if (this.#state === 'finished' && type === handshakeTypes.finished.code)
      return this.#takeFinished(message, step)
    if (this.#state === 'established' && type === handshakeTypes.key_update.code) {
      this.#takeKeyUpdate(message, step)
      return undefined
    }
    return unexpected(`handshake message ${type} at ${this.#state}`)
  }

  /** RFC 8446 §4.1.4: in the transcript the first hello stands as a message of its hash. */
  #retry(step: StepBuilder): Refusal | undefined {
    this.#retried = true
    const first = encodeHandshake(handshakeTypes.message_hash.code, (w) => w.bytes(this.#hash()))
    const retry = this.#encodeHello(helloRetryRandom, keyShareOf(this.#choice.group!))
    this.#transcript.splice(0, this.#transcript.length, first, retry)
    writeFlight([retry], { cut: this.#options.cut, writer: this.#writer, step })
    this.#enterCompatibility(step)
    this.#state = 'second-hello'
    return undefined
  }

  #takeSecondHello({ body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    this.#hello = decodeClientHello(body)
    const choice = chooseFor(this.#hello, {
      ...this.#options.means,
      groups: [this.#choice.group!],
    })
    if (choice?.clientShare === undefined || choice.suite !== this.#choice.suite)
      return refuse(
        'unexpected-message',
        'the second ClientHello lacks what was asked for',
        'illegal_parameter',
      )
    this.#choice = choice
    this.#transcript.push(bytes)
    return this.#answer(step)
  }

  #answer(step: StepBuilder): Refusal | undefined {
    const { group, clientShare, suite, version } = this.#choice
    const own = deriveEcdhKey(findNamedGroup(group!)!.curve!, this.#seed)
    const shared = own.sharedSecret(clientShare!)
    if (shared === undefined)
      return unsupported("the client's share is no point of its group", 'illegal_parameter')
    const hello = this.#encodeHello(this.#seed.expand('server random', 32), keyShareOf(group!, own.publicKey))
    this.#transcript.push(hello)
    step.emit({
      kind: 'server-hello',
      version,
      cipherSuite: suite.code,
      sessionIdBytes: this.#hello.sessionId.length,
      extensions: [],
    })
    writeFlight([hello], { cut: this.#options.cut, writer: this.#writer, step })
    this.#secret = nextSecret(this.#hashName, earlySecret(this.#hashName), shared)
    this.#clientSecret = this.#derive('c hs traffic')
    this.#serverSecret = this.#derive('s hs traffic')
    if (!this.#retried) this.#enterCompatibility(step)
    this.#protect()
    this.#open()
    return this.#sendFlight(step)
  }

  #sendFlight(step: StepBuilder): Refusal | undefined {
    const flight: Uint8Array[] = []
    const add = (message: Uint8Array) => {
      flight.push(message)
      this.#transcript.push(message)
    }
    add(encodeEncryptedExtensions(sizeAnswers(this.#hello, this.#options, this.#choice.version)))
    add(encodeCertificate13(new Uint8Array(0), this.#options.certificates))
    const proof = this.#sign()
    if (proof === undefined) return unsupported("the leaf's key can make no signature that was asked for")
    add(encodeCertificateVerify13(proof))
    add(encodeFinished(finishedMac(this.#hashName, this.#serverSecret, this.#hash())))
    writeFlight(flight, { cut: this.#options.cut, writer: this.#writer, step })
    this.#secret = nextSecret(this.#hashName, this.#secret)
    this.#nextClientSecret = this.#derive('c ap traffic')
    this.#serverSecret = this.#derive('s ap traffic')
    this.#protect()
    this.#state = 'finished'
    return undefined
  }

  #sign(): { readonly signatureScheme: number; readonly signature: Uint8Array } | undefined {
    const content = signedContent('server', this.#hash())
    for (const signatureScheme of this.#choice.schemes) {
      const algorithm = findSignatureScheme(signatureScheme)?.algorithm
      const signature = algorithm && this.#options.signer.sign(algorithm, content)
      if (signature !== undefined) return { signatureScheme, signature }
    }
    return undefined
  }

  #takeFinished({ body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    if (!equalBytes(body, finishedMac(this.#hashName, this.#clientSecret, this.#hash())))
      return refuse('bad-finished', "the client's Finished does not match the handshake", 'decrypt_error')
    this.#transcript.push(bytes)
    this.#clientSecret = this.#nextClientSecret
    this.#open()
    this.#state = 'established'
    step.emit({ kind: 'established', resumed: false })
    return undefined
  }

  /** RFC 8446 §4.6.3. */
  #takeKeyUpdate({ body }: HandshakeMessage, step: StepBuilder): void {
    const requested = decodeKeyUpdate(body)
    this.#clientSecret = nextTrafficSecret(this.#hashName, this.#clientSecret)
    this.#open()
    if (!requested) return
    this.#writer.write(contentTypes.handshake.code, encodeKeyUpdate(false), step)
    this.#serverSecret = nextTrafficSecret(this.#hashName, this.#serverSecret)
    this.#protect()
  }

  #encodeHello(random: Uint8Array, keyShare: ServerExtension): Uint8Array {
    return encodeServerHello({
      version: versions['TLSv1.2'].code,
      random,
      sessionId: this.#hello.sessionId,
      cipherSuite: this.#choice.suite.code,
      extensions: [extension('supported_versions', (w) => w.u16(this.#choice.version)), keyShare],
    })
  }

  /** RFC 8446 §D.4: for a client that asks for it by a session id. */
  #enterCompatibility(step: StepBuilder): void {
    if (this.#hello.sessionId.length > 0)
      this.#writer.write(contentTypes.change_cipher_spec.code, Uint8Array.of(1), step)
  }

  #protect(): void {
    this.#writer.protect(createSealer13(this.#protection, this.#keys(this.#serverSecret)))
  }

  #open(): void {
    this.opener = createOpener13(this.#protection, this.#keys(this.#clientSecret))
  }

  #keys(secret: Uint8Array) {
    return trafficKeys(this.#hashName, secret, this.#protection.keyBytes)
  }

  #derive(label: string): Uint8Array {
    return deriveSecret(this.#hashName, this.#secret, label, this.#hash())
  }

  #hash(): Uint8Array {
    return hash(this.#hashName, ...this.#transcript)
  }

  get #hashName(): HashName {
    return this.#choice.suite.hash === 'sha384' ? 'sha384' : 'sha256'
  }

  /** `chooseFor` gives nothing else for TLS 1.3. */
  get #protection(): AeadProtection {
    return this.#choice.protection as AeadProtection
  }
}
