import { DecodeError } from '../codec/decode-error.ts'
import { type Alert, decodeAlerts } from '../tls/alert.ts'
import { alertLevels } from '../tls/alerts.ts'
import { decodeCertificateMessage } from '../tls/certificate-message.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { contentTypes } from '../tls/content-types.ts'
import type { Extension } from '../tls/extensions.ts'
import { formatHandshakeType, handshakeTypes } from '../tls/handshake-types.ts'
import { decodeCertificate13, decodeEncryptedExtensions } from '../tls/messages-13.ts'
import { decodeServerHello, type ServerHello } from '../tls/server-hello.ts'
import { isTls13 } from '../tls/versions.ts'
import type { ByteStore } from './byte-store.ts'
import type { Spread } from './handshake-assembler.ts'
import { serverChoice } from './hello-scan.ts'
import { helloForms, isRetry, KeptHello, KeptServerHello } from './kept-hello.ts'
import type { Moment } from './packet.ts'
import type { MakeRecordOpener, OpenedRecord, RecordOpener } from './record-opener.ts'
import { MAX_KEPT_PLAINTEXT, type SeenHello } from './session.ts'
import { SessionLog } from './session-log.ts'
import { OPENED, other, SEALED, type Side, SideFacts } from './side-facts.ts'

/** What is shared by the sessions of one capture. */
export interface SessionContext {
  readonly now: Moment
  readonly store: ByteStore
  readonly makeOpener: MakeRecordOpener | undefined
}

/** Far more than any handshake has. */
const MAX_HELLOS = 8
/** Several alerts in one record are rare; a longer record than that is an encrypted one. */
const MAX_ALERT_RECORD = 8
/** Encrypted records of one server flight whose sizes are kept. */
const MAX_FLIGHT_RECORDS = 256

const types = handshakeTypes

/** Gathers the facts of one TLS session out of records and messages of both sides; never throws for what they hold. */
export class TlsSessionReader {
  readonly sides: readonly [SideFacts, SideFacts] = [new SideFacts(), new SideFacts()]
  readonly transport: 'tcp' | 'udp'
  readonly log: SessionLog
  readonly #context: SessionContext
  /** Which side sent ClientHello, or did not send ServerHello; undefined before a hello. */
  client: Side | undefined
  readonly hellos: SeenHello[] = []
  serverHello: ServerHello | undefined
  /** The server takes a session up by pre_shared_key, RFC 8446 §4.2.11. */
  choosesPsk = false
  retry: ServerHello | undefined
  verifyRequests = 0
  /** Bytes of the server's flight so far; counting until ServerHelloDone. */
  #flightBytes = 0
  serverFlightBytes: number | undefined
  readonly encryptedServerRecords: number[] = []
  #clientEncrypted = false
  /** The server's ChangeCipherSpec followed its ServerHello at once. */
  abbreviated = false
  #afterServerHello = false
  lastRecordMs = Number.NaN
  #clientRandom: Uint8Array | undefined
  #opener: RecordOpener | undefined
  decrypted = false
  /** A record came that secrets at hand should open. */
  #sealedSeen = false
  encryptedExtensions: readonly Extension[] | undefined

  /** Times are told in milliseconds from `startMs`. */
  constructor(transport: 'tcp' | 'udp', context: SessionContext, startMs: number) {
    this.transport = transport
    this.#context = context
    this.log = new SessionLog(context.now, startMs)
  }

  /** A handshake was seen, or at least its beginning. */
  get hasHandshake(): boolean {
    return this.client !== undefined
  }

  /** ServerHello or HelloRetryRequest chose 1.3. */
  tls13 = false

  begins(side: Side, plainBytes: number): void {
    this.sides[side].found = true
    this.sides[side].plainBytes = plainBytes
  }

  hole(side: Side): void {
    this.sides[side].hole = true
  }

  messageCut(side: Side): void {
    this.sides[side].cut = true
  }

  notTls(side: Side): void {
    this.log.note(`bytes that are no TLS record follow the records of the ${this.#roleOf(side)}`)
  }

  unreadable(side: Side): void {
    this.log.note(`handshake bytes of the ${this.#roleOf(side)} that cannot be read, probably encrypted`)
  }

  /** A record's header was read. */
  record(side: Side, type: number, length: number): void {
    const facts = this.sides[side]
    this.lastRecordMs = this.log.nowMs
    if (length > facts.maxRecordBytes) facts.maxRecordBytes = length
    if (type === contentTypes.application_data.code) {
      facts.applicationRecords++
      if (!this.opens(side, type)) facts.addRecord(length, SEALED)
      if (side === this.client) this.#clientEncrypted = true
      else if (!this.#clientEncrypted && this.encryptedServerRecords.length < MAX_FLIGHT_RECORDS) {
        this.encryptedServerRecords.push(length)
      }
    } else if (type === contentTypes.alert.code && this.alertEncrypted(side, length)) {
      facts.encryptedAlerts++
    }
  }

  changeCipherSpec(side: Side): void {
    const facts = this.sides[side]
    facts.changedCipher = true
    if (this.#afterServerHello && side !== this.client) this.abbreviated = true
    this.#afterServerHello = false
    this.log.message(side, 'ChangeCipherSpec', undefined)
  }

  /** Handshake records of that side are encrypted, as far as can be told. */
  encrypted(side: Side): boolean {
    return this.sides[side].changedCipher
  }

  alertEncrypted(side: Side, length: number): boolean {
    // In TLS 1.3 the ChangeCipherSpec changes nothing, and an encrypted alert has the type of application data.
    return !this.tls13 && (this.sides[side].changedCipher || length > MAX_ALERT_RECORD)
  }

  encryptedHandshake(side: Side): void {
    this.sides[side].encryptedHandshake++
  }

  /** Records of that type can be opened in this direction. */
  opens(side: Side, type: number): boolean {
    if (this.#opener === undefined) return false
    return this.tls13 ? type === contentTypes.application_data.code : this.sides[side].changedCipher
  }

  /** `sequence` is epoch and sequence_number of DTLS. */
  open(
    side: Side,
    type: number,
    version: number,
    fragment: Uint8Array,
    sequence?: number,
  ): OpenedRecord | undefined {
    const facts = this.sides[side]
    this.#sealedSeen = true
    if (type === contentTypes.handshake.code) facts.encryptedHandshake++
    const direction = side === this.client ? 'c2s' : 's2c'
    const opened = this.#opener?.open(direction, type, version, fragment, sequence)
    if (opened !== undefined) {
      this.decrypted = true
      facts.opened++
      if (opened.contentType === contentTypes.application_data.code) facts.openedData++
      return opened
    }
    facts.unopened++
    if (type === contentTypes.application_data.code) facts.addRecord(fragment.length, SEALED)
    if (facts.opened > 0) {
      this.log.note(`records of the ${this.#roleOf(side)} that the secrets given do not open`)
    }
    return opened
  }

  /** Secrets were there, and encrypted records, and none of them was opened. */
  get secretsFitNothing(): boolean {
    return this.#sealedSeen && !this.decrypted
  }

  applicationData(side: Side, content: Uint8Array): void {
    const facts = this.sides[side]
    facts.addRecord(content.length, OPENED)
    const kept = facts.plaintext ?? EMPTY
    if (kept.length >= MAX_KEPT_PLAINTEXT || content.length === 0) return
    const taken = content.subarray(0, MAX_KEPT_PLAINTEXT - kept.length)
    facts.plaintext = Uint8Array.from(Buffer.concat([kept, taken]))
  }

  alertRecord(side: Side, fragment: Uint8Array, encrypted: boolean): void {
    const alerts = readAlerts(fragment)
    if (alerts === undefined) {
      if (!encrypted && !this.tls13) this.sides[side].encryptedAlerts++
      return
    }
    for (const alert of alerts) this.log.alert(side, { ...alert, encrypted })
  }

  messageBegins(side: Side, type: number): void {
    if (type === types.client_hello.code) {
      this.client ??= side
    } else if (type === types.server_hello.code) {
      this.client ??= other(side)
    }
    this.#noteKind(side, type)
  }

  /** A whole message; `sequence` is its message_seq in DTLS. */
  message(
    side: Side,
    type: number,
    bodyBytes: number,
    body: Uint8Array | undefined,
    spread: Spread,
    sequence = 0,
  ): void {
    const { headerBytes } = helloForms[this.transport]
    this.#noteKind(side, type)
    this.log.message(side, this.#nameOf(type, body), headerBytes + bodyBytes, spread)
    try {
      this.#read(side, type, bodyBytes, body, sequence)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.log.note(`malformed ${formatHandshakeType(type)} of the ${this.#roleOf(side)}: ${error.message}`)
    }
    this.#countFlight(side, type, headerBytes + bodyBytes)
    this.#afterServerHello = type === types.server_hello.code && this.serverHello !== undefined
  }

  #read(side: Side, type: number, bodyBytes: number, body: Uint8Array | undefined, sequence: number): void {
    switch (type) {
      case types.client_hello.code:
        this.client ??= side
        if (body === undefined) this.log.note('a ClientHello that is too large to keep')
        else this.#readClientHello(side, body, sequence)
        return
      case types.server_hello.code:
        this.client ??= other(side)
        if (body !== undefined) this.#readServerHello(this.#context.store.copy(body))
        return
      case types.hello_verify_request.code:
        this.verifyRequests++
        return
      case types.certificate.code:
        this.#readCertificates(side, bodyBytes, body)
        return
      case types.certificate_request.code:
        this.sides[side].certificateRequested = true
        return
      case types.client_key_exchange.code:
        if (body !== undefined) this.#readKeyExchange(body)
        return
      case types.encrypted_extensions.code:
        if (body !== undefined) this.encryptedExtensions ??= decodeEncryptedExtensions(Uint8Array.from(body))
        return
      case types.finished.code:
        this.sides[side].finished = true
    }
  }

  #readClientHello(side: Side, body: Uint8Array, sequence: number): void {
    const form = helloForms[this.transport]
    if (!form.wellFormed(body)) form.decode(body) // throws, and says why
    if (this.#isRenegotiation(side)) return
    this.client = side
    if (this.hellos.length >= MAX_HELLOS) return
    const kept = new KeptHello(form, body, sequence, this.#context.store, this.log.nowMs)
    this.hellos.push(kept)
    this.#clientRandom ??= kept.random
  }

  #readServerHello(body: Uint8Array): void {
    const choice = serverChoice(body)
    if (choice === undefined) {
      decodeServerHello(body) // throws, and says why
      return
    }
    this.tls13 ||= isTls13(choice.version)
    const hello = new KeptServerHello(body, choice)
    if (isRetry(body)) {
      this.retry ??= hello
      return
    }
    if (this.serverHello !== undefined) return
    this.serverHello = hello
    this.choosesPsk = choice.psk
    this.#flightBytes = 0
    this.#makeOpener()
  }

  /** A ClientHello that was decrypted: what the session is was said by the first. */
  #isRenegotiation(side: Side): boolean {
    return this.hellos.length > 0 && !this.tls13 && this.sides[side].changedCipher && this.decrypted
  }

  #makeOpener(encryptedPremaster?: Uint8Array): void {
    if (this.#clientRandom === undefined || this.serverHello === undefined) return
    this.#opener = this.#context.makeOpener?.({
      transport: this.transport,
      clientRandom: this.#clientRandom,
      serverHello: this.serverHello,
      ...(encryptedPremaster && { encryptedPremaster }),
    })
  }

  /** EncryptedPreMasterSecret with its length, RFC 5246 §7.4.7.1. */
  #readKeyExchange(body: Uint8Array): void {
    if (this.#context.makeOpener === undefined || this.#opener !== undefined) return
    const suite = this.serverHello && findCipherSuite(this.serverHello.cipherSuite)
    if (suite?.kx === 'rsa' && body.length > 2) this.#makeOpener(body.subarray(2))
  }

  #readCertificates(side: Side, bodyBytes: number, body: Uint8Array | undefined): void {
    const facts = this.sides[side]
    facts.certificateMessageBytes ??= bodyBytes
    if (body === undefined) {
      this.log.note(`a Certificate message of ${bodyBytes} B that is too large to keep`)
      return
    }
    const certificates = this.tls13 ? decodeCertificate13(body).certificates : decodeCertificateMessage(body)
    facts.certificates ??= certificates.map((der) => this.#context.store.shared(der))
  }

  #countFlight(side: Side, type: number, messageBytes: number): void {
    if (this.serverHello === undefined || side === this.client || this.serverFlightBytes !== undefined) return
    if (this.tls13) return
    this.#flightBytes += messageBytes
    if (type === types.server_hello_done.code) this.serverFlightBytes = this.#flightBytes
  }

  #noteKind(side: Side, type: number): void {
    if (fullHandshakeTypes.has(type)) this.sides[side].fullHandshake = true
  }

  #nameOf(type: number, body: Uint8Array | undefined): string {
    const retry = type === types.server_hello.code && body !== undefined && isRetry(body)
    return retry ? types.hello_retry_request.title : formatHandshakeType(type)
  }

  #roleOf(side: Side): string {
    if (this.client === undefined) return 'sender'
    return side === this.client ? 'client' : 'server'
  }
}

const EMPTY = new Uint8Array(0)
const fullHandshakeTypes = new Set<number>([
  types.certificate.code,
  types.server_key_exchange.code,
  types.certificate_request.code,
  types.server_hello_done.code,
  types.client_key_exchange.code,
])

/** undefined for what is no alert in clear. */
function readAlerts(fragment: Uint8Array): readonly Alert[] | undefined {
  if (fragment.length === 0 || fragment.length % 2 !== 0) return undefined
  const alerts = decodeAlerts(fragment)
  const plausible = ({ level }: Alert) => level === alertLevels.warning || level === alertLevels.fatal
  return alerts.every(plausible) ? alerts : undefined
}
