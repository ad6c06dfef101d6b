import type { Direction, SeenMessage, TlsSession } from '../capture/session.ts'
import { progressOf } from '../capture/session-progress.ts'
import type { Device } from '../device/device.ts'
import { alertLevels } from '../tls/alerts.ts'
import { findCipherSuite } from '../tls/cipher-suites.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import {
  decodeAlpn,
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  type Extension,
  readExtension,
} from '../tls/extensions.ts'
import { protectionOf } from '../tls/record-ciphers.ts'
import type { ServerHello } from '../tls/server-hello.ts'
import { isTls13 } from '../tls/versions.ts'
import { emptyConnection } from './empty-connection.ts'
import { helloSentOf } from './hello-sent.ts'
import type {
  Alert,
  Chain,
  Close,
  Connection,
  Message,
  Negotiated,
  Observation,
  RecordRun,
} from './observation.ts'
import { isHelloOf } from './own-hello.ts'
import { type PlaintextEnd, readHttp, type SeenHttp } from './seen-http.ts'
import { readMqtt, type SeenMqtt } from './seen-mqtt.ts'

/**
 * What a capture shows of one session, in the terms of a live dial: `sent` is the client's. What cannot be seen stays
 * undefined. `name` is the file's as the user wrote it.
 */
export function observeSession(session: TlsSession, name: string): Observation {
  const hello = session.clientHellos[0]
  const sent = hello && helloSentOf(hello.hello, hello.bytes.length)
  const records = recordsOf(session)
  const http = isWhole(session) ? httpOf(session, records) : undefined
  const mqtt = isWhole(session) && http === undefined ? mqttOf(session) : undefined
  const established = isEstablished(session)
  const connection: Connection = {
    ...emptyConnection,
    host: sent?.sni,
    address: session.server.address,
    port: session.server.port,
    hello: sent,
    messages: session.messages.map(toMessage),
    negotiated: negotiatedOf(session),
    chain: chainOf(session),
    clientCertificateRequest:
      session.clientCertificateRequested === true
        ? { certificateTypes: [], signatureSchemes: [], authorities: 0 }
        : undefined,
    clientCertificateSent: (session.clientCertificates?.length ?? 0) > 0,
    alerts: session.alerts.map(({ direction, level, description, encrypted, atMs }): Alert => {
      return {
        direction: toDirection(direction),
        level,
        description,
        encrypted,
        atMs,
        afterEstablished: established && encrypted,
      }
    }),
    establishedAtMs: established ? establishedAt(session) : undefined,
    resumed: session.resumed,
    handshakeBytesReceived: 0,
    records,
    exchanges: http?.exchange === undefined ? [] : [http.exchange],
    mqtt: mqtt?.exchange,
    close: closeOf(session, records),
  }
  const observation = observationOf(session, name, connection)
  const { target } = observation
  if (mqtt !== undefined) return { ...observation, target: { ...target, protocol: 'mqtts' } }
  if (http === undefined) return observation
  const { path, pathBytes } = http
  return { ...observation, target: { ...target, protocol: 'https', path, pathBytes } }
}

/**
 * What another client's session says to a device: the chain that the server sends, and nothing of what that client
 * offered or was answered. Undefined where no certificate can be seen.
 */
export function observeChain(session: TlsSession, name: string): Observation | undefined {
  const chain = chainOf(session)
  if (chain === undefined || chain.certificates.length === 0) return undefined
  const host = session.clientHellos[0] && helloSentOf(session.clientHellos[0].hello, 0).sni
  const { address, port } = session.server
  return observationOf(session, name, {
    ...emptyConnection,
    host,
    address,
    port,
    chain: withoutRecords(chain),
  })
}

/** How a server cuts its messages into records may follow from what that client asked for. */
export function withoutRecords(chain: Chain): Chain {
  return { ...chain, records: undefined, largestRecordBytes: undefined }
}

/**
 * What a session says to a device: all that it shows where the hello is the device's own, part by part, else the chain.
 * Undefined where that is nothing.
 */
export function observeFor(session: TlsSession, name: string, device: Device): Observation | undefined {
  const hello = session.clientHellos[0]
  const own =
    session.transport === 'tcp' &&
    hello !== undefined &&
    showsBothSides(session) &&
    isHelloOf(device, helloSentOf(hello.hello, hello.bytes.length))
  return own ? observeSession(session, name) : observeChain(session, name)
}

/** Nothing is lost: what was not seen was not sent, or is hidden by encryption. */
function showsBothSides({
  holeInStreamFrom,
  handshakeMessageCut,
  serverHello,
  messages,
}: TlsSession): boolean {
  if (holeInStreamFrom.length > 0 || handshakeMessageCut.length > 0) return false
  return serverHello !== undefined || messages.every(({ name }) => name !== 'ServerHello')
}

function observationOf({ startedAt }: TlsSession, name: string, connection: Connection): Observation {
  return {
    source: 'capture',
    target: {
      text: name,
      protocol: 'file',
      host: connection.host,
      port: connection.port,
      path: undefined,
      pathBytes: undefined,
    },
    startedAt,
    lookup: undefined,
    tcp: [],
    connections: [connection],
    otherAddresses: [],
    withheld: undefined,
  }
}

const nothing = new Uint8Array(0)

function toDirection(direction: Direction): 'sent' | 'received' {
  return direction === 'c2s' ? 'sent' : 'received'
}

function toMessage({ direction, ...message }: SeenMessage): Message {
  const { name, messageBytes, records, largestRecordBytes, headerCut, atMs } = message
  return {
    direction: toDirection(direction),
    name,
    messageBytes,
    records,
    largestRecordBytes,
    ...(headerCut ? { headerCut } : {}),
    atMs,
  }
}

/**
 * Application data that the server sent, as plaintext. Without keys only an AEAD cipher before TLS 1.3 tells its size:
 * CBC pads to whole blocks, and TLS 1.3 hides other messages and padding among them.
 */
function recordsOf({ recordRuns, serverHello }: TlsSession): RecordRun[] {
  const overhead = serverHello && overheadOf(serverHello)
  const runs: RecordRun[] = []
  let offset = 0
  for (const { bytes, opened, count } of recordRuns.s2c ?? []) {
    if (!opened && overhead === undefined) return []
    const plaintextBytes = opened ? bytes : bytes - (overhead ?? 0)
    if (plaintextBytes < 0) return []
    runs.push({ plaintextBytes, count, offset })
    offset += plaintextBytes * count
  }
  return runs
}

/** What each record has besides its plaintext; undefined where that differs from record to record. */
function overheadOf({ version, cipherSuite }: ServerHello): number | undefined {
  if (isTls13(version)) return undefined
  const suite = findCipherSuite(cipherSuite)
  const protection = suite && protectionOf(suite, { encryptThenMac: false, version })
  return protection?.kind === 'aead' ? protection.explicitNonceBytes + protection.tagBytes : undefined
}

/** Every encrypted record was opened: the plaintext has its beginning, and no gap. */
function isWhole({ decrypted, unopenedRecords, holeInStreamFrom }: TlsSession): boolean {
  return decrypted && unopenedRecords.c2s === 0 && unopenedRecords.s2c === 0 && holeInStreamFrom.length === 0
}

function httpOf(session: TlsSession, records: readonly RecordRun[]): SeenHttp | undefined {
  const { c2s: request = nothing, s2c: response = nothing } = session.applicationData
  return readHttp({ request, response, records, end: endOf(session) })
}

function mqttOf(session: TlsSession): SeenMqtt | undefined {
  const { c2s: request = nothing, s2c: response = nothing } = session.applicationData
  return readMqtt(request, response, endOf(session))
}

function endOf({ tcpClose: [first] }: TlsSession): PlaintextEnd {
  if (first === undefined) return 'open'
  if (first.by === 'client') return 'by-client'
  return first.how === 'FIN' ? 'by-server' : 'reset-by-server'
}

function negotiatedOf({ serverHello, encryptedExtensions = [] }: TlsSession): Negotiated | undefined {
  if (serverHello === undefined) return undefined
  const { version, cipherSuite, sessionId } = serverHello
  const extensions = [...serverHello.extensions, ...encryptedExtensions]
  const has = (name: keyof typeof extensionTypes) => hasExtension(extensions, name)
  return {
    version,
    cipherSuite,
    extensions: extensions.map(({ code }) => code),
    maxFragmentLength: readExtension(extensions, 'max_fragment_length', decodeMaxFragmentLength),
    recordSizeLimit: readExtension(extensions, 'record_size_limit', decodeRecordSizeLimit),
    alpn: readExtension(extensions, 'application_layer_protocol_negotiation', decodeAlpn)?.[0],
    sessionIdBytes: sessionId.length,
    extendedMasterSecret: has('extended_master_secret'),
    encryptThenMac: has('encrypt_then_mac'),
  }
}

function hasExtension(extensions: readonly Extension[], name: keyof typeof extensionTypes): boolean {
  return extensions.some(({ code }) => code === extensionTypes[name].code)
}

/** The list's own length and the header of the message come on top of what TLS 1.2 counts. */
function chainOf({
  serverCertificates,
  serverCertificateMessageBytes,
  messages,
}: TlsSession): Chain | undefined {
  if (serverCertificates === undefined || serverCertificates.length === 0) return undefined
  const message = messages.find(({ direction, name }) => direction === 's2c' && name === 'Certificate')
  const sum = serverCertificates.reduce((bytes, der) => bytes + 3 + der.length, 3)
  return {
    certificates: serverCertificates,
    messageBytes: HEADER_BYTES + (serverCertificateMessageBytes ?? sum),
    records: message?.records,
    largestRecordBytes: message?.largestRecordBytes,
  }
}

const HEADER_BYTES = 4

function isEstablished(session: TlsSession): boolean {
  const { serverHello, alerts } = session
  if (serverHello === undefined) return false
  if (alerts.some(({ level, encrypted }) => level === alertLevels.fatal && !encrypted)) return false
  return progressOf(session).established
}

/** When the second Finished came; where that cannot be told, the last record seen. */
function establishedAt({ messages, lastRecordAtMs }: TlsSession): number | undefined {
  const finished = messages.filter(({ name }) => name === 'Finished')
  return finished.length === 2 ? finished[1]?.atMs : lastRecordAtMs
}

/** The first FIN or RST. */
function closeOf(session: TlsSession, records: readonly RecordRun[]): Close | undefined {
  const [first] = session.tcpClose
  if (first === undefined) return undefined
  const { c2s, s2c } = progressOf(session).dataRecords
  return {
    by: first.by === 'server' ? 'peer' : 'us',
    how: first.how === 'RST' ? 'reset' : 'fin',
    atMs: first.atMs,
    applicationRecordsReceived: s2c,
    applicationBytesReceived: records.reduce((sum, run) => sum + run.plaintextBytes * run.count, 0),
    applicationRecordsSent: c2s,
  }
}
