import { equalBytes } from '../crypto/equal.ts'
import { hash } from '../crypto/hash.ts'
import { verifySignature } from '../crypto/signature.ts'
import { type ClientCredential, chooseProof } from './client-credential.ts'
import { type Opening, type OpeningOptions, openTls13 } from './client-opening-13.ts'
import { type ClientState13, transitions13 } from './client-states-13.ts'
import { contentTypes } from './content-types.ts'
import { extensionTypes } from './extension-types.ts'
import { codeOf } from './extensions.ts'
import { encodeFinished, encodeHandshake } from './handshake-message.ts'
import {
  formatHandshakeType,
  type HandshakeTypeName,
  handshakeTypeName,
  handshakeTypes,
} from './handshake-types.ts'
import {
  deriveSecret,
  earlySecret,
  finishedMac,
  nextSecret,
  nextTrafficSecret,
  ticketPsk,
  trafficKeys,
} from './key-schedule-13.ts'
import type { HandshakeMessage } from './message-reader.ts'
import {
  decodeCertificate13,
  decodeCertificateRequest13,
  decodeCertificateVerify,
  decodeEncryptedExtensions,
  decodeKeyUpdate,
  decodeNewSessionTicket13,
  encodeCertificate13,
  encodeCertificateVerify13,
  encodeKeyUpdate,
  helloRetryRandom,
  signedContent,
} from './messages-13.ts'
import {
  canRetry,
  readAnswers,
  readKeyAgreement,
  readRetry,
  readSuite,
  type Suite13,
} from './negotiation-13.ts'
import { createOpener13, createSealer13, type InnerOpener } from './record-protection-13.ts'
import { MAX_PLAINTEXT_BYTES } from './record-reader.ts'
import type { RecordWriter } from './record-writer.ts'
import { type Refusal, refuse, unexpected, unoffered, unsupported } from './refusal.ts'
import { refuseCertificate13, refuseCertificateRequest } from './server-certificate.ts'
import { decodeServerHello, type ServerHello } from './server-hello.ts'
import { findSignatureScheme, formatSignatureScheme } from './signature-schemes.ts'
import { isSchemeOf13 } from './signatures-13.ts'
import type { StepBuilder } from './step.ts'
import { TicketSession } from './ticket-session.ts'
import { versions } from './versions.ts'

export interface Handshake13Options {
  /** The hello that was sent. */
  readonly opening: Opening
  /** What it was made from, for a second one. */
  readonly openingOptions: OpeningOptions
  readonly writer: RecordWriter
  readonly keyLog: boolean
}

/**
 * A TLS 1.3 handshake as the client lives it, from the server's first answer on, RFC 8446: which message may come, what
 * is in it, what is answered; and what may come after it. Sends through the writer, and says with which keys to read.
 */
export class ClientHandshake13 {
  readonly #o: Handshake13Options
  readonly #writer: RecordWriter
  readonly #transcript: Uint8Array[]
  #opening: Opening
  #state: ClientState13 = 'after-client-hello'
  #retried: Suite13 | undefined
  #suite: Suite13 | undefined
  #group = 0
  #resumed = false
  #leaf: Uint8Array | undefined
  #request: { readonly context: Uint8Array; readonly signatureSchemes: readonly number[] } | undefined
  #opener: InnerOpener | undefined
  /** Traffic secrets of the phase, and the secret that the next comes from. */
  #secret: Uint8Array = new Uint8Array(0)
  #clientSecret: Uint8Array = new Uint8Array(0)
  #serverSecret: Uint8Array = new Uint8Array(0)
  #resumptionMaster: Uint8Array = new Uint8Array(0)

  constructor(options: Handshake13Options) {
    this.#o = options
    this.#writer = options.writer
    this.#opening = options.opening
    this.#transcript = [options.opening.message]
  }

  /** The server's flight is whole: `reply` goes on. */
  get waitsForReply(): boolean {
    return this.#state === 'after-server-finished'
  }

  get established(): boolean {
    return this.#state === 'established'
  }

  /** What the server's next record is opened with; undefined while they are in clear. */
  get opener(): InnerOpener | undefined {
    return this.#opener
  }

  /**
   * Takes the server's next message. `more`: bytes of another message follow in the same record, which must not be where
   * keys change, RFC 8446 §5.1. Throws `DecodeError`.
   */
  take(message: HandshakeMessage, step: StepBuilder, more: boolean): Refusal | undefined {
    const name = handshakeTypeName(message.type)
    const row = transitions13.find(
      (row) => row.state === this.#state && row.message === name && this.#allows(row),
    )
    if (name === undefined || row === undefined) return this.#unexpected(formatHandshakeType(message.type))
    if (more && endsKeys.has(name))
      return this.#unexpected(`a record shared by ${formatHandshakeType(message.type)} and what follows it`)
    if (name === 'server_hello') return this.#takeServerHello(message, step)
    if (this.#state === 'established') return this.#takeLate(name, message, step)
    const refusal = this.#read(name, message, step)
    if (refusal !== undefined) return refusal
    if (name !== 'finished') this.#transcript.push(message.bytes) // Finished is pushed when it is verified
    this.#state = row.next
    if (name !== 'finished') return undefined
    if (!this.#resumed) {
      step.emit({ kind: 'server-flight', clientCertificateRequested: this.#request !== undefined })
      return undefined
    }
    return this.reply(undefined, step)
  }

  /** A change_cipher_spec says nothing in TLS 1.3 and is dropped up to the server's Finished, RFC 8446 §5. */
  takeChangeCipherSpec(): Refusal | undefined {
    if (this.#state === 'established') return this.#unexpected('ChangeCipherSpec')
    return undefined
  }

  /** Sends our flight, Finished included. Throws for a credential that cannot be used as `ClientCredential` says. */
  reply(credential: ClientCredential | undefined, step: StepBuilder): Refusal | undefined {
    const { hashName } = this.#suite!
    const proof =
      this.#request &&
      credential &&
      chooseProof(credential, this.#request.signatureSchemes.filter(isSchemeOf13), 'tls13')
    // The application secrets cover the messages up to the server's Finished, RFC 8446 §7.1.
    const covered = this.#hash()
    const client = this.#derive('c ap traffic', covered, 'CLIENT_TRAFFIC_SECRET_0', step)
    if (this.#request !== undefined) {
      this.#send(encodeCertificate13(this.#request.context, proof?.certificates ?? []), step)
    }
    if (proof?.signatureScheme !== undefined) {
      const signature = proof.sign(signedContent('client', this.#hash()))
      this.#send(encodeCertificateVerify13({ signatureScheme: proof.signatureScheme, signature }), step)
    }
    this.#send(encodeFinished(finishedMac(hashName, this.#clientSecret, this.#hash())), step)
    this.#resumptionMaster = deriveSecret(hashName, this.#secret, 'res master', this.#hash())
    this.#clientSecret = client
    this.#protect()
    this.#transcript.length = 0 // nothing is signed or hashed over it any more
    this.#state = 'established'
    step.emit({ kind: 'established', resumed: this.#resumed })
    return undefined
  }

  /** Sends a KeyUpdate, and goes on with new keys, RFC 8446 §4.6.3. */
  updateKeys(requestPeer: boolean, step: StepBuilder): void {
    this.#writer.writeMessage(encodeKeyUpdate(requestPeer), step)
    this.#clientSecret = nextTrafficSecret(this.#suite!.hashName, this.#clientSecret)
    this.#protect()
  }

  #takeServerHello(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const hello = decodeServerHello(message.body)
    const { version, cipherSuite, sessionId, extensions } = hello
    const helloRetryRequest = equalBytes(hello.random, helloRetryRandom)
    const sessionIdBytes = sessionId.length
    step.emit({ kind: 'server-hello', version, cipherSuite, sessionIdBytes, extensions, helloRetryRequest })
    if (version !== versions['TLSv1.3'].code)
      return unoffered('the server chose another version after its HelloRetryRequest')
    const suite = readSuite(this.#opening, hello)
    if ('reason' in suite) return suite
    if (this.#retried !== undefined && this.#retried.suite !== suite.suite) {
      return unoffered('the server chose another suite than in its HelloRetryRequest')
    }
    return helloRetryRequest
      ? this.#retry(hello, suite, message, step)
      : this.#agree(hello, suite, message, step)
  }

  /** RFC 8446 §4.1.4: the second hello. In the transcript the first stands as a message of its hash. */
  #retry(
    hello: ServerHello,
    suite: Suite13,
    { bytes }: HandshakeMessage,
    step: StepBuilder,
  ): Refusal | undefined {
    if (this.#retried !== undefined) return this.#unexpected('a second HelloRetryRequest')
    const retry = readRetry(this.#opening, hello)
    if ('reason' in retry) return retry
    const refusal = canRetry(retry.group, this.#o.openingOptions.seed)
    if (refusal !== undefined) return refusal
    const { hashName } = suite
    this.#retried = suite
    const first = encodeHandshake(handshakeTypes.message_hash.code, (w) => w.bytes(this.#hash(hashName)))
    this.#transcript.splice(0, this.#transcript.length, first, bytes)
    this.#opening = openTls13(this.#o.openingOptions, {
      ...retry,
      hashName,
      transcript: [...this.#transcript],
    })
    this.#enterCompatibility(step)
    this.#state = 'after-second-client-hello'
    this.#send(this.#opening.message, step)
    step.emit({ kind: 'client-hello', message: this.#opening.message })
    return undefined
  }

  #agree(
    hello: ServerHello,
    suite: Suite13,
    { bytes }: HandshakeMessage,
    step: StepBuilder,
  ): Refusal | undefined {
    const agreement = readKeyAgreement(this.#opening, hello, suite)
    if ('reason' in agreement) return agreement
    const { hashName } = suite
    this.#suite = suite
    this.#group = agreement.group
    this.#resumed = agreement.resumed
    this.#transcript.push(bytes)
    const psk = agreement.resumed ? this.#opening.ticket?.revealPsk() : undefined
    this.#secret = nextSecret(hashName, earlySecret(hashName, psk), agreement.shared)
    const covered = this.#hash()
    this.#clientSecret = this.#derive('c hs traffic', covered, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', step)
    this.#serverSecret = this.#derive('s hs traffic', covered, 'SERVER_HANDSHAKE_TRAFFIC_SECRET', step)
    if (this.#retried === undefined) this.#enterCompatibility(step)
    this.#protect()
    this.#open()
    this.#state = 'after-server-hello'
    return undefined
  }

  #read(name: HandshakeTypeName, { body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    switch (name) {
      case 'encrypted_extensions': {
        const extensions = decodeEncryptedExtensions(body)
        step.emit({ kind: 'encrypted-extensions', extensions })
        const answers = readAnswers(this.#opening.offer, extensions)
        if ('reason' in answers) return answers
        this.#writer.agree(versions['TLSv1.2'].code, answers.recordLimit)
        return undefined
      }
      case 'certificate_request': {
        const { context, namesSchemes, ...request } = decodeCertificateRequest13(body)
        this.#request = { context, signatureSchemes: request.signatureSchemes }
        step.emit({ kind: 'certificate-request', ...request })
        return refuseCertificateRequest(context, namesSchemes)
      }
      case 'certificate': {
        const message = decodeCertificate13(body)
        const { certificates } = message
        this.#leaf = certificates[0]
        step.emit({ kind: 'certificate', certificates, messageBytes: bytes.length })
        return refuseCertificate13(this.#opening.offer, message)
      }
      case 'compressed_certificate':
        return unsupported('the server compressed its Certificate')
      case 'certificate_verify':
        return this.#readCertificateVerify(body, step)
      default:
        return this.#readFinished(body, bytes, step)
    }
  }

  #readCertificateVerify(body: Uint8Array, step: StepBuilder): Refusal | undefined {
    const { signatureScheme, signature } = decodeCertificateVerify(body)
    const algorithm = findSignatureScheme(signatureScheme)?.algorithm
    const signatureValid =
      this.#leaf &&
      algorithm &&
      verifySignature(this.#leaf, algorithm, signedContent('server', this.#hash()), signature)
    step.emit({
      kind: 'server-key-exchange',
      namedGroup: this.#group,
      signatureScheme,
      signatureValid,
      dhBits: undefined,
    })
    const name = formatSignatureScheme(signatureScheme)
    for (const extension of this.#opening.offer.extensions) {
      if (extension.kind === 'signature_algorithms' && !extension.schemes.includes(signatureScheme)) {
        return unoffered(`the server chose ${name}`)
      }
    }
    if (!isSchemeOf13(signatureScheme))
      return unoffered(`the server signed with ${name}, which TLS 1.3 does not take`)
    if (signatureValid !== false) return undefined
    const detail = `the CertificateVerify is not signed with the leaf's key (${name})`
    return refuse('bad-signature', detail, 'decrypt_error')
  }

  #readFinished(body: Uint8Array, bytes: Uint8Array, step: StepBuilder): Refusal | undefined {
    const { hashName } = this.#suite!
    if (!equalBytes(body, finishedMac(hashName, this.#serverSecret, this.#hash()))) {
      return refuse('bad-finished', "the server's Finished does not match the handshake", 'decrypt_error')
    }
    this.#transcript.push(bytes)
    this.#secret = nextSecret(hashName, this.#secret)
    this.#serverSecret = this.#derive('s ap traffic', this.#hash(), 'SERVER_TRAFFIC_SECRET_0', step)
    this.#open()
    return undefined
  }

  /** What may come once established, RFC 8446 §4.6. */
  #takeLate(name: HandshakeTypeName, { body }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    if (name === 'certificate_request')
      return unsupported('the server asked for a certificate after the handshake')
    const { hashName, suite } = this.#suite!
    if (name === 'new_session_ticket') {
      const { nonce, ...parts } = decodeNewSessionTicket13(body)
      const psk = ticketPsk(hashName, this.#resumptionMaster, nonce)
      step.emit({
        kind: 'session-ticket',
        session: new TicketSession({ cipherSuite: suite.code, hashName, psk, ...parts }),
      })
      return undefined
    }
    const requested = decodeKeyUpdate(body)
    this.#serverSecret = nextTrafficSecret(hashName, this.#serverSecret)
    this.#open()
    if (requested) this.updateKeys(false, step)
    return undefined
  }

  /** RFC 8446 §D.4: a change_cipher_spec makes the rest look like TLS 1.2 to what stands between. */
  #enterCompatibility(step: StepBuilder): void {
    this.#writer.agree(versions['TLSv1.2'].code, MAX_PLAINTEXT_BYTES)
    this.#writer.write(contentTypes.change_cipher_spec.code, Uint8Array.of(1), step)
  }

  #protect(): void {
    const { hashName, protection } = this.#suite!
    this.#writer.protect(
      createSealer13(protection, trafficKeys(hashName, this.#clientSecret, protection.keyBytes)),
    )
  }

  #open(): void {
    const { hashName, protection } = this.#suite!
    this.#opener = createOpener13(protection, trafficKeys(hashName, this.#serverSecret, protection.keyBytes))
  }

  #derive(label: string, covered: Uint8Array, logLabel: string, step: StepBuilder): Uint8Array {
    const secret = deriveSecret(this.#suite!.hashName, this.#secret, label, covered)
    if (this.#o.keyLog)
      step.emit({ kind: 'secret', label: logLabel, clientRandom: this.#opening.random, secret })
    return secret
  }

  #hash(hashName = this.#suite!.hashName): Uint8Array {
    return hash(hashName, ...this.#transcript)
  }

  #allows({ resumed, offered }: (typeof transitions13)[number]): boolean {
    if (resumed !== undefined && resumed !== this.#resumed) return false
    return (
      offered === undefined ||
      this.#opening.offer.extensions.some((e) => codeOf(e) === extensionTypes[offered].code)
    )
  }

  #unexpected(what: string): Refusal {
    return unexpected(`${what} ${this.#state.replaceAll('-', ' ')}`)
  }

  #send(message: Uint8Array, step: StepBuilder): void {
    this.#transcript.push(message)
    this.#writer.writeMessage(message, step)
  }
}

/** Messages after which the server's keys change. */
const endsKeys = new Set<HandshakeTypeName>(['server_hello', 'finished', 'key_update'])
