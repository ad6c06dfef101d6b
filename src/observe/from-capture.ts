import type { Direction, SeenMessage, TlsSession } from '../capture/session.ts'
import { progressOf } from '../capture/session-progress.ts'
import { alertLevels } from '../tls/alerts.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { decodeAlpn, decodeMaxFragmentLength, type Extension } from '../tls/extensions.ts'
import { helloSentOf, readExtension } from './hello-sent.ts'
import type { Alert, Chain, Close, Connection, Message, Negotiated, Observation } from './observation.ts'

/**
 * What a capture shows of one session, in the terms of a live dial: `sent` is the client's. What cannot be seen stays
 * undefined. `name` is the file's as the user wrote it.
 */
export function observeSession(session: TlsSession, name: string): Observation {
  const hello = session.clientHellos[0]
  const sent = hello && helloSentOf(hello.hello, hello.bytes.length)
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
        afterEstablished: encrypted,
      }
    }),
    establishedAtMs: isEstablished(session) ? session.lastRecordAtMs : undefined,
    resumed: session.resumed,
    handshakeBytesReceived: 0,
    close: closeOf(session),
  }
  return observationOf(session, name, connection)
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
  return observationOf(session, name, { ...emptyConnection, host, address, port, chain })
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

/** A connection of which nothing is known yet. */
export const emptyConnection: Connection = {
  role: 'first',
  host: undefined,
  address: undefined,
  port: undefined,
  hello: undefined,
  messages: [],
  negotiated: undefined,
  chain: undefined,
  clientCertificateRequest: undefined,
  clientCertificateSent: false,
  alerts: [],
  establishedAtMs: undefined,
  keyExchange: undefined,
  handshakeBytesReceived: 0,
  records: [],
  exchanges: [],
  mqtt: undefined,
  close: undefined,
  violation: undefined,
  standardVerification: undefined,
}

function toDirection(direction: Direction): 'sent' | 'received' {
  return direction === 'c2s' ? 'sent' : 'received'
}

function toMessage({ direction, name, messageBytes, records, atMs }: SeenMessage): Message {
  return {
    direction: toDirection(direction),
    name,
    messageBytes,
    records,
    largestRecordBytes: undefined,
    atMs,
  }
}

function negotiatedOf({ serverHello }: TlsSession): Negotiated | undefined {
  if (serverHello === undefined) return undefined
  const { version, cipherSuite, extensions, sessionId } = serverHello
  const has = (name: keyof typeof extensionTypes) => hasExtension(extensions, name)
  return {
    version,
    cipherSuite,
    extensions: extensions.map(({ code }) => code),
    maxFragmentLength: readExtension(extensions, 'max_fragment_length', decodeMaxFragmentLength),
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
    largestRecordBytes: undefined,
  }
}

const HEADER_BYTES = 4

function isEstablished(session: TlsSession): boolean {
  const { serverHello, alerts } = session
  if (serverHello === undefined) return false
  if (alerts.some(({ level, encrypted }) => level === alertLevels.fatal && !encrypted)) return false
  return progressOf(session).established
}

/** The first FIN or RST. */
function closeOf(session: TlsSession): Close | undefined {
  const [first] = session.tcpClose
  if (first === undefined) return undefined
  const { c2s, s2c } = progressOf(session).dataRecords
  return {
    by: first.by === 'server' ? 'peer' : 'us',
    how: first.how === 'RST' ? 'reset' : 'fin',
    atMs: first.atMs,
    applicationRecordsReceived: s2c,
    applicationBytesReceived: 0,
    applicationRecordsSent: c2s,
  }
}
