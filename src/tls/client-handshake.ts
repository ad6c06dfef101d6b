import { Reader } from '../codec/reader.ts'
import { bitLength } from '../crypto/dh.ts'
import { equalBytes } from '../crypto/equal.ts'
import { type HashName, hash } from '../crypto/hash.ts'
import type { Seed } from '../crypto/seed.ts'
import { verifySignature } from '../crypto/signature.ts'
import { decodeCertificateMessage, encodeCertificateMessage } from './certificate-message.ts'
import { type CertificateRequest, decodeCertificateRequest } from './certificate-request.ts'
import { formatCipherSuite } from './cipher-suites.ts'
import {
  type CertificateProof,
  type ClientCredential,
  chooseProof,
  unnamedAlgorithms,
} from './client-credential.ts'
import { encodeClientHello } from './client-hello.ts'
import type { ClientOffer } from './client-offer.ts'
import { type ClientState, type Incoming, transitions } from './client-states.ts'
import { contentTypes } from './content-types.ts'
import { type ExtensionName, extensionTypes } from './extension-types.ts'
import { codeOf } from './extensions.ts'
import { encodeFinished, encodeHandshake } from './handshake-message.ts'
import {
  formatHandshakeType,
  type HandshakeTypeName,
  handshakeTypeName,
  handshakeTypes,
} from './handshake-types.ts'
import { agree, type PreSharedKey } from './key-agreement.ts'
import { expandKeys, extendedMasterSecret, masterSecret, type Randoms, verifyData } from './key-schedule.ts'
import type { HandshakeMessage } from './message-reader.ts'
import { refuseDuplicates } from './messages-13.ts'
import { formatNamedGroup } from './named-groups.ts'
import { type Negotiated, negotiate } from './negotiation.ts'
import { decodeNewSessionTicket, type NewSessionTicket } from './new-session-ticket.ts'
import { protectionOf } from './record-ciphers.ts'
import { createOpener, createSealer, keySizes, type Opener } from './record-protection.ts'
import type { RecordWriter } from './record-writer.ts'
import { type Refusal, refuse, unexpected, unoffered, unsupported } from './refusal.ts'
import { isResumed, offerSession, ResumableSession, refuseResumption } from './resumable-session.ts'
import { refuseNoCertificates } from './server-certificate.ts'
import { decodeServerHello, type ServerHello } from './server-hello.ts'
import {
  decodeServerKeyExchange,
  hasServerKeyExchange,
  needsServerKeyExchange,
  type ServerKeyExchange,
  type ServerSignature,
} from './server-key-exchange.ts'
import { findSignatureScheme, formatSignatureScheme } from './signature-schemes.ts'
import type { StepBuilder } from './step.ts'
import { versions } from './versions.ts'

/** A suite's hash in the PRF, as far as the engine has it. */
const prfHashes: Readonly<Record<string, HashName>> = { sha256: 'sha256', sha384: 'sha384' }

/**
 * The messages of a full handshake of TLS 1.0 to 1.2 as the client lives it: which may come, what is in them, what is answered.
 * Knows nothing of records beyond the writer it sends through.
 */
export class ClientHandshake {
  readonly #offer: ClientOffer
  readonly #seed: Seed
  readonly #writer: RecordWriter
  readonly #psk: PreSharedKey | undefined
  /** The session to resume, and the session_id sent for it. */
  readonly #session: ResumableSession | undefined
  readonly #sessionId: Uint8Array
  readonly #keyLog: boolean
  readonly #hello13: Uint8Array | undefined
  readonly #transcript: Uint8Array[] = []
  readonly #clientRandom: Uint8Array
  #state: ClientState = 'after-client-hello'
  #hello: ServerHello | undefined
  #negotiated: Negotiated | undefined
  #leaf: Uint8Array | undefined
  #keyExchange: ServerKeyExchange | undefined
  #request: CertificateRequest | undefined
  #opener: Opener | undefined
  #expectedFinished: (() => Uint8Array) | undefined
  #resumed = false
  #ticket: NewSessionTicket | undefined
  #master: Uint8Array | undefined
  /** Sends our change_cipher_spec and Finished. */
  #finish: ((step: StepBuilder) => void) | undefined

  constructor({ offer, seed, writer, hello, psk, session, keyLog = false }: HandshakeOptions) {
    const asked = offerSession(offer, session, seed)
    this.#offer = asked.offer
    this.#sessionId = asked.sessionId
    this.#session = session
    this.#psk = psk
    this.#hello13 = hello
    this.#keyLog = keyLog
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
    const message = this.#hello13 ?? encodeClientHello(this.#offer, this.#clientRandom, this.#sessionId)
    this.#send(message, step)
    step.emit({ kind: 'client-hello', message })
  }

  /** Takes the server's next message. Throws `DecodeError`. */
  take(message: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    const name = handshakeTypeName(message.type)
    const next = name && this.#nextState(name)
    if (name === undefined || next === undefined) return this.#unexpected(formatHandshakeType(message.type))
    const refusal = this.#read(name, message, step)
    if (refusal !== undefined) return refusal
    this.#transcript.push(message.bytes)
    this.#state = name === 'server_hello' && this.#resumed ? 'after-resuming-server-hello' : next
    if (next === 'established') {
      if (this.#resumed) this.#finish?.(step) // RFC 5246 §7.3: in an abbreviated handshake the server's comes first
      this.#transcript.length = 0 // nothing is signed or hashed over it any more
      this.#emitSession(step)
      step.emit({ kind: 'established', resumed: this.#resumed })
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
   * `DecodeError` for a public value that is none, and for a credential that cannot be used as `ClientCredential` says.
   */
  reply(credential: ClientCredential | undefined, step: StepBuilder): Refusal | undefined {
    const means = this.#findMeans()
    if ('reason' in means) return means
    const { negotiated, hashName, randoms } = means
    const request = this.#request
    const schemes = this.#isTls12 ? (request?.signatureSchemes ?? []) : 'before-tls12'
    const proof = request && credential && chooseProof(credential, schemes)
    const agreed = agree({
      suite: negotiated.suite,
      offeredVersion: this.#offer.version,
      leaf: this.#leaf,
      share: this.#keyExchange?.share,
      psk: this.#psk,
      seed: this.#seed,
    })
    if ('reason' in agreed) return agreed
    const { premaster, message } = agreed

    if (request !== undefined) this.#send(encodeCertificateMessage(proof?.certificates ?? []), step)
    this.#send(message, step)
    const master = negotiated.extendedMasterSecret
      ? extendedMasterSecret(hashName, premaster, hash(hashName, ...this.#transcript))
      : masterSecret(hashName, premaster, randoms)
    if (proof !== undefined) this.#send(encodeCertificateVerify(proof, this.#transcript), step)

    this.#prepare(means, master, step)
    this.#finish?.(step)
    this.#state = 'after-client-finished'
    return undefined
  }

  /** With the master secret both directions' protection and both Finished are known. */
  #prepare({ protection, hashName, randoms }: Means, master: Uint8Array, step: StepBuilder): void {
    this.#master = master
    if (this.#keyLog) {
      step.emit({ kind: 'secret', label: 'CLIENT_RANDOM', clientRandom: randoms.client, secret: master })
    }
    const keys = expandKeys(hashName, master, randoms, keySizes(protection))
    const drawIv = (sequence: number): Uint8Array => this.#seed.expand(`record iv ${sequence}`, 16)
    const transcriptHash = (): Uint8Array => hash(hashName, ...this.#transcript)
    this.#opener = createOpener(protection, keys.server)
    this.#expectedFinished = () => verifyData(hashName, master, 'server', transcriptHash())
    this.#finish = (step) => {
      this.#writer.write(contentTypes.change_cipher_spec.code, Uint8Array.of(1), step)
      this.#writer.protect(createSealer(protection, keys.client, drawIv))
      this.#send(encodeFinished(verifyData(hashName, master, 'client', transcriptHash())), step)
    }
  }

  #read(name: HandshakeTypeName, { body, bytes }: HandshakeMessage, step: StepBuilder): Refusal | undefined {
    switch (name) {
      case 'server_hello':
        return this.#readServerHello(decodeServerHello(body), step)
      case 'certificate': {
        const certificates = decodeCertificateMessage(body)
        this.#leaf = certificates[0]
        step.emit({ kind: 'certificate', certificates, messageBytes: bytes.length })
        refuseNoCertificates(certificates)
        return undefined
      }
      case 'server_key_exchange':
        return this.#readKeyExchange(body, step)
      case 'certificate_request':
        this.#request = decodeCertificateRequest(body, this.#negotiated?.version)
        step.emit({ kind: 'certificate-request', ...this.#request })
        return undefined
      case 'server_hello_done':
        new Reader(body, 'ServerHelloDone').end()
        if (this.#lacksKeyExchange) return this.#unexpected('ServerHelloDone')
        step.emit({ kind: 'server-flight', clientCertificateRequested: this.#request !== undefined })
        return undefined
      case 'new_session_ticket': {
        const ticket = decodeNewSessionTicket(body)
        if (ticket.ticket.length > 0) this.#ticket = ticket
        return undefined
      }
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
    refuseDuplicates(extensions, new Reader(nothing, 'ServerHello')) // RFC 5246 §7.4.1.4
    const negotiated = negotiate(this.#offer, hello)
    if ('reason' in negotiated) return negotiated
    this.#hello = hello
    this.#negotiated = negotiated
    this.#writer.agree(negotiated.version, negotiated.recordLimit, negotiated.protectedRecordLimit)
    if (this.#session === undefined || !isResumed(this.#sessionId, hello.sessionId)) return undefined
    return refuseResumption(this.#session, negotiated) ?? this.#resume(this.#session, step)
  }

  #resume(session: ResumableSession, step: StepBuilder): Refusal | undefined {
    const means = this.#findMeans()
    if ('reason' in means) return means
    this.#resumed = true
    this.#prepare(means, session.revealMasterSecret(), step)
    return undefined
  }

  #emitSession(step: StepBuilder): void {
    const { version, suite, extendedMasterSecret } = this.#negotiated!
    const named = this.#resumed ? nothing : this.#hello!.sessionId
    if (this.#master === undefined || (named.length === 0 && this.#ticket === undefined)) return
    const session = new ResumableSession({
      version,
      cipherSuite: suite.code,
      extendedMasterSecret,
      sessionId: named,
      ticket: this.#ticket?.ticket,
      ticketLifetimeSeconds: this.#ticket?.lifetimeHint,
      masterSecret: this.#master,
    })
    step.emit({ kind: 'session', session })
  }

  #readKeyExchange(body: Uint8Array, step: StepBuilder): Refusal | undefined {
    const { suite, version } = this.#negotiated!
    if (!hasServerKeyExchange(suite)) {
      // RFC 5246 §7.4.3: "It is not legal to send the server key exchange message for" RSA. What exchanges have that
      // the engine does not know is counted as a message and left unread.
      const known = suite.kx === 'rsa' && protectionOf(suite, this.#negotiated!) !== undefined
      return known ? this.#unexpected('ServerKeyExchange') : undefined
    }
    const exchange = decodeServerKeyExchange(body, suite, version)
    const { share, signed } = exchange
    const namedGroup = share?.kind === 'ecdhe' ? share.namedGroup : undefined
    const dhBits = share?.kind === 'dhe' ? bitLength(share.p) : undefined
    const signatureScheme = signed?.scheme
    const signatureValid = signed && this.#verify(signed)
    step.emit({ kind: 'server-key-exchange', namedGroup, dhBits, signatureScheme, signatureValid })
    for (const { kind, ...list } of this.#offer.extensions) {
      if (kind === 'supported_groups' && namedGroup !== undefined && 'groups' in list) {
        if (!list.groups.includes(namedGroup))
          return unoffered(`the server chose ${formatNamedGroup(namedGroup)}`)
      }
      if (kind === 'signature_algorithms' && signatureScheme !== undefined && 'schemes' in list) {
        if (!list.schemes.includes(signatureScheme))
          return unoffered(`the server chose ${formatSignatureScheme(signatureScheme)}`)
      }
    }
    if (signatureValid === false) {
      const by = signatureScheme === undefined ? '' : ` (${formatSignatureScheme(signatureScheme)})`
      const detail = `the ServerKeyExchange is not signed with the leaf's key${by}`
      return refuse('bad-signature', detail, 'decrypt_error')
    }
    this.#keyExchange = exchange
    return undefined
  }

  /** undefined: no leaf, no key in it that can be read, or a scheme that the engine does not have. */
  #verify({ scheme, params, signature }: ServerSignature): boolean | undefined {
    const leaf = this.#leaf
    if (leaf === undefined || this.#hello === undefined) return undefined
    const named = scheme === undefined ? undefined : findSignatureScheme(scheme)?.algorithm
    const algorithms = scheme === undefined ? unnamedAlgorithms : named === undefined ? [] : [named]
    // RFC 8422 §5.4, RFC 5246 §7.4.3: the signature covers both randoms and the parameters.
    const signed = Buffer.concat([this.#clientRandom, this.#hello.random, params])
    const results = algorithms.map((algorithm) => verifySignature(leaf, algorithm, signed, signature))
    return results.includes(true) ? true : results[0]
  }

  #readFinished(body: Uint8Array): Refusal | undefined {
    if (this.#expectedFinished !== undefined && equalBytes(body, this.#expectedFinished())) return undefined
    return refuse('bad-finished', "the server's Finished does not match the handshake", 'decrypt_error')
  }

  get #lacksKeyExchange(): boolean {
    const suite = this.#negotiated?.suite
    return suite !== undefined && needsServerKeyExchange(suite) && this.#keyExchange === undefined
  }

  get #isTls12(): boolean {
    return this.#negotiated!.version >= versions['TLSv1.2'].code
  }

  /** What the rest of the handshake needs, or the first of it that the engine lacks. */
  #findMeans(): Means | Refusal {
    const negotiated = this.#negotiated!
    const { suite } = negotiated
    const protection = protectionOf(suite, negotiated)
    const hashName = this.#isTls12 ? prfHashes[suite.hash] : 'md5-sha1'
    if (protection === undefined || hashName === undefined)
      return unsupported(`the server chose ${formatCipherSuite(suite.code)}`)
    const randoms = { client: this.#clientRandom, server: this.#hello!.random }
    return { negotiated, protection, hashName, randoms }
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
    return unexpected(`${what} ${this.#state.replaceAll('-', ' ')}`)
  }

  #send(message: Uint8Array, step: StepBuilder): void {
    this.#transcript.push(message)
    this.#writer.writeMessage(message, step)
  }
}

const nothing = new Uint8Array(0)

export interface HandshakeOptions {
  /** The hello to send, made from the same offer, session and seed, where it is one of TLS 1.3. */
  readonly hello?: Uint8Array | undefined
  readonly offer: ClientOffer
  readonly seed: Seed
  readonly writer: RecordWriter
  readonly psk?: PreSharedKey | undefined
  /** Asked for; a full handshake follows where the server does not take it up. */
  readonly session?: ResumableSession | undefined
  /** Emit `secret` events. */
  readonly keyLog?: boolean | undefined
}

interface Means {
  readonly negotiated: Negotiated
  readonly protection: NonNullable<ReturnType<typeof protectionOf>>
  readonly hashName: HashName
  readonly randoms: Randoms
}

/** RFC 5246 §7.4.8: the signature covers all handshake messages so far. */
function encodeCertificateVerify(proof: CertificateProof, transcript: readonly Uint8Array[]): Uint8Array {
  return encodeHandshake(handshakeTypes.certificate_verify.code, (w) => {
    if (proof.signatureScheme !== undefined) w.u16(proof.signatureScheme)
    w.vector16(() => w.bytes(proof.sign(Buffer.concat(transcript))))
  })
}
