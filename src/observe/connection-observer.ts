import { contentTypes } from '../tls/content-types.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import {
  decodeAlpn,
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  decodeSelectedVersion,
  type Extension,
  findExtension,
  readExtension,
} from '../tls/extensions.ts'
import { formatHandshakeType, handshakeTypes } from '../tls/handshake-types.ts'
import type { AlertEvent, MessageEvent, RecordEvent, ServerHelloEvent, TlsEvent } from '../tls/tls-event.ts'
import { summarizeHello } from './hello-sent.ts'
import type {
  Alert,
  Chain,
  ClientCertificateRequest,
  Close,
  Connection,
  HelloSent,
  HttpExchange,
  KeyExchange,
  Message,
  MqttExchange,
  Negotiated,
  StandardVerification,
  Violation,
} from './observation.ts'
import { RecordRuns } from './record-runs.ts'

/** Messages and alerts kept of one connection; a peer may send HelloRequests or warnings for ever. */
export const MAX_MESSAGES = 256

export interface ConnectionStart {
  readonly role: Connection['role']
  readonly host: string | undefined
  readonly address: string | undefined
  readonly port: number | undefined
}

/**
 * Folds the events of one TLS connection into a `Connection`. Event times are taken as milliseconds since the TCP
 * connect began. Keeps no application data.
 */
export class ConnectionObserver {
  readonly #start: ConnectionStart
  readonly #runs = new RecordRuns()
  readonly #messages: Message[] = []
  readonly #alerts: Alert[] = []
  readonly #exchanges: HttpExchange[] = []
  #hello: HelloSent | undefined
  #negotiated: Negotiated | undefined
  #certificates: { certificates: readonly Uint8Array[]; messageBytes: number } | undefined
  #certificateMessage: MessageEvent | undefined
  #clientCertificateRequest: ClientCertificateRequest | undefined
  #clientCertificateSent = false
  #establishedAtMs: number | undefined
  #resumed: boolean | undefined
  #keyExchange: KeyExchange | undefined
  #handshakeBytesReceived = 0
  #applicationRecordsSent = 0
  #violation: Violation | undefined
  #mqtt: MqttExchange | undefined
  #verification: StandardVerification | undefined
  #close: Close | undefined

  constructor(start: ConnectionStart) {
    this.#start = start
  }

  /** Bytes of application data received so far. */
  get applicationBytesReceived(): number {
    return this.#runs.totalBytes
  }

  get applicationRecordsReceived(): number {
    return this.#runs.records
  }

  get applicationRecordsSent(): number {
    return this.#applicationRecordsSent
  }

  get established(): boolean {
    return this.#establishedAtMs !== undefined
  }

  /** Whether a close_notify came. */
  get closeNotifyReceived(): boolean {
    return this.#alerts.some((alert) => alert.direction === 'received' && alert.description === 0)
  }

  /** Whether a fatal alert came. */
  get peerGaveUp(): boolean {
    return this.#alerts.some((alert) => alert.direction === 'received' && alert.level === 2)
  }

  take(events: readonly TlsEvent[]): void {
    for (const event of events) this.#take(event)
  }

  exchange(exchange: HttpExchange): void {
    this.#exchanges.push(exchange)
  }

  mqtt(exchange: MqttExchange): void {
    this.#mqtt = exchange
  }

  verified(verification: StandardVerification): void {
    this.#verification = verification
  }

  /** How the connection ended; only the first call counts. */
  closed(by: Close['by'], how: Close['how'], atMs: number): void {
    this.#close ??= {
      by,
      how,
      atMs,
      applicationRecordsReceived: this.#runs.records,
      applicationBytesReceived: this.#runs.totalBytes,
      applicationRecordsSent: this.#applicationRecordsSent,
    }
  }

  /** The connection as seen so far. */
  toConnection(): Connection {
    // Written out: an object that is spread first and then gets twenty members more is copied again and again.
    const { role, host, address, port } = this.#start
    return {
      role,
      host,
      address,
      port,
      hello: this.#hello,
      messages: [...this.#messages],
      negotiated: this.#negotiated,
      chain: this.#chain(),
      clientCertificateRequest: this.#clientCertificateRequest,
      clientCertificateSent: this.#clientCertificateSent,
      alerts: [...this.#alerts],
      establishedAtMs: this.#establishedAtMs,
      resumed: this.#resumed,
      keyExchange: this.#keyExchange,
      handshakeBytesReceived: this.#handshakeBytesReceived,
      records: this.#runs.toRuns(),
      exchanges: [...this.#exchanges],
      mqtt: this.#mqtt,
      close: this.#close,
      violation: this.#violation,
      standardVerification: this.#verification,
    }
  }

  #take(event: TlsEvent): void {
    switch (event.kind) {
      case 'record':
        this.#takeRecord(event)
        return
      case 'message':
        this.#takeMessage(event)
        return
      case 'client-hello':
        this.#hello ??= summarizeHello(event.message) // the second after a HelloRetryRequest repeats it
        return
      case 'server-hello':
        if (event.helloRetryRequest) this.#renameLast('HelloRetryRequest')
        this.#negotiated = negotiatedBy(event)
        return
      case 'encrypted-extensions':
        this.#negotiated &&= withAnswers(this.#negotiated, event.extensions)
        return
      case 'certificate':
        this.#certificates = event
        return
      case 'server-key-exchange':
        this.#keyExchange = {
          group: event.namedGroup,
          dhBits: event.dhBits,
          signatureScheme: event.signatureScheme,
          signatureValid: event.signatureValid,
        }
        return
      case 'certificate-request':
        this.#clientCertificateRequest = {
          certificateTypes: event.certificateTypes,
          signatureSchemes: event.signatureSchemes,
          authorities: event.authorities.length,
        }
        return
      case 'established':
        this.#establishedAtMs ??= event.atMs
        this.#resumed = event.resumed
        return
      case 'alert':
        this.#takeAlert(event)
        return
      case 'malformed':
        this.#violation ??= {
          reason: 'malformed',
          field: event.field,
          offset: event.offset,
          detail: event.detail,
        }
        return
      case 'stopped':
        this.#violation ??= {
          reason: event.reason,
          field: undefined,
          offset: undefined,
          detail: event.detail,
        }
        return
      case 'server-flight':
      case 'session':
      case 'session-ticket':
      case 'secret':
      case 'application-data':
        return
    }
  }

  #takeRecord(event: RecordEvent): void {
    if (event.contentType === contentTypes.application_data.code) {
      if (event.direction === 'sent') this.#applicationRecordsSent++
      else if (event.plaintextBytes !== undefined) this.#runs.add(event.plaintextBytes)
      return
    }
    if (event.direction === 'received' && !this.established) {
      this.#handshakeBytesReceived += 5 + event.fragmentBytes
    }
    if (event.contentType === contentTypes.change_cipher_spec.code) {
      this.#message({
        direction: event.direction,
        name: 'ChangeCipherSpec',
        messageBytes: undefined,
        records: 1,
        largestRecordBytes: event.plaintextBytes,
        atMs: event.atMs,
      })
    }
  }

  #takeMessage(event: MessageEvent): void {
    if (event.direction === 'received' && event.type === handshakeTypes.certificate.code)
      this.#certificateMessage ??= event
    if (event.direction === 'sent' && event.type === handshakeTypes.certificate_verify.code)
      this.#clientCertificateSent = true
    this.#message({
      direction: event.direction,
      name: formatHandshakeType(event.type),
      messageBytes: event.messageBytes,
      records: event.records,
      largestRecordBytes: event.largestRecordBytes,
      ...(event.headerCut && { headerCut: true }),
      atMs: event.atMs,
    })
  }

  #takeAlert(event: AlertEvent): void {
    if (this.#alerts.length < MAX_MESSAGES) {
      this.#alerts.push({
        direction: event.direction,
        level: event.level,
        description: event.description,
        encrypted: event.encrypted,
        atMs: event.atMs,
        afterEstablished: this.established,
      })
    }
    this.#message({
      direction: event.direction,
      name: 'Alert',
      messageBytes: undefined,
      records: 1,
      largestRecordBytes: undefined,
      atMs: event.atMs,
    })
  }

  /** A HelloRetryRequest is a ServerHello on the wire, RFC 8446 §4.1.4. */
  #renameLast(name: string): void {
    const last = this.#messages.pop()
    if (last !== undefined) this.#messages.push({ ...last, name })
  }

  #message(message: Message): void {
    if (this.#messages.length < MAX_MESSAGES) this.#messages.push(message)
  }

  #chain(): Chain | undefined {
    if (!this.#certificates) return undefined
    return {
      certificates: this.#certificates.certificates,
      messageBytes: this.#certificates.messageBytes,
      records: this.#certificateMessage?.records,
      largestRecordBytes: this.#certificateMessage?.largestRecordBytes,
    }
  }
}

/** RFC 5246 §7.4.1.3; in TLS 1.3 supported_versions names the version, RFC 8446 §4.2.1. */
function negotiatedBy({ version, cipherSuite, sessionIdBytes, extensions }: ServerHelloEvent): Negotiated {
  const has = (name: keyof typeof extensionTypes) =>
    findExtension(extensions, extensionTypes[name].code) !== undefined
  return {
    version: readExtension(extensions, 'supported_versions', decodeSelectedVersion) ?? version,
    cipherSuite,
    extensions: extensions.map(({ code }) => code),
    ...answersIn(extensions),
    sessionIdBytes,
    extendedMasterSecret: has('extended_master_secret'),
    encryptThenMac: has('encrypt_then_mac'),
  }
}

/** RFC 8446 §4.3.1: in TLS 1.3 what the ServerHello answered before comes in EncryptedExtensions. */
function withAnswers(negotiated: Negotiated, extensions: readonly Extension[]): Negotiated {
  const codes = [...negotiated.extensions, ...extensions.map(({ code }) => code)]
  return { ...negotiated, extensions: codes, ...answersIn(extensions) }
}

function answersIn(extensions: readonly Extension[]) {
  return {
    maxFragmentLength: readExtension(extensions, 'max_fragment_length', decodeMaxFragmentLength),
    recordSizeLimit: readExtension(extensions, 'record_size_limit', decodeRecordSizeLimit),
    alpn: readExtension(extensions, 'application_layer_protocol_negotiation', decodeAlpn)?.[0],
  }
}
