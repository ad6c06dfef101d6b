import type { ClientHello } from '../tls/client-hello.ts'
import type { ServerHello } from '../tls/server-hello.ts'
import type { Direction, Peer, TlsSession } from './session.ts'
import type { CloseFact } from './tcp-flow.ts'
import { isTls13, other, type Side, type TlsSessionReader } from './tls-session-reader.ts'

/** What a session's connection adds to what its records say. */
export interface ConnectionFacts {
  readonly ends: readonly [Peer, Peer]
  readonly stream: number
  readonly firstFrame: number
  readonly startMs: number
  readonly closes: readonly CloseFact[]
  /** Bytes of a side that never showed TLS. */
  readonly plainBytes: (side: Side) => number
}

/** The session as the capture shows it, sides named by their roles. `reader` has a handshake. */
export function sessionOf(reader: TlsSessionReader, connection: ConnectionFacts): TlsSession {
  reader.settle()
  const { ends, startMs } = connection
  const client = reader.client ?? 0
  const server = other(client)
  const { sides, serverHello } = reader
  const since = (timeMs: number) => timeMs - startMs
  const both = <T>(read: (side: Side) => T): Record<Direction, T> => ({
    c2s: read(client),
    s2c: read(server),
  })
  const role = (side: Side) => (side === client ? 'client' : 'server')
  const ordered = [client, server] as const
  const hidden = reader.tls13
  for (const side of ordered) {
    const plain = connection.plainBytes(side)
    if (plain > 0) reader.note(`${plain} B of the ${role(side)} that are not TLS`)
  }
  return {
    transport: reader.transport,
    client: ends[client],
    server: ends[server],
    stream: connection.stream,
    firstFrame: connection.firstFrame,
    startedAt: Number.isNaN(startMs) ? undefined : new Date(startMs),
    clientHellos: reader.hellos,
    helloRetryRequest: reader.retry !== undefined,
    retry: reader.retry,
    helloVerifyRequests: reader.verifyRequests,
    serverHello,
    messages: reader.messages,
    serverCertificates: sides[server].certificates ?? (hidden ? undefined : []),
    serverCertificateMessageBytes: sides[server].certificateMessageBytes,
    serverFlightBytes: reader.serverFlightBytes,
    clientCertificateRequested: sides[server].certificateRequested || (hidden ? undefined : false),
    clientCertificates: sides[client].certificates,
    resumed: resumedOf(reader, server),
    alerts: reader.alerts,
    encryptedAlertRecords: sides[0].encryptedAlerts + sides[1].encryptedAlerts,
    encryptedHandshakeRecords: both((side) => sides[side].encryptedHandshake),
    encryptedServerRecordsBeforeClient: hidden ? reader.encryptedServerRecords : [],
    applicationDataRecords: both((side) => sides[side].applicationRecords),
    maxRecordBytes: both((side) => (sides[side].maxRecordBytes < 0 ? undefined : sides[side].maxRecordBytes)),
    tcpClose: connection.closes.map(({ side, how, timeMs }) => ({
      by: role(side),
      how,
      atMs: since(timeMs),
    })),
    helloAtMs: reader.hellos[0]?.atMs,
    lastRecordAtMs: Number.isNaN(reader.lastRecordMs) ? undefined : reader.lastRecordMs,
    holeInStreamFrom: ordered.filter((side) => sides[side].hole).map(role),
    handshakeMessageCut: ordered.filter((side) => sides[side].cut).map(role),
    plainBytesBeforeTls: both((side) => sides[side].plainBytes),
    decrypted: reader.decrypted,
    applicationData: both((side) => sides[side].plaintext),
    notes: reader.notes,
  }
}

/** Whether the handshake was abbreviated; undefined where that cannot be told. */
function resumedOf(reader: TlsSessionReader, server: Side): boolean | undefined {
  const { serverHello } = reader
  if (serverHello === undefined) return undefined
  if (isTls13(serverHello.version)) {
    if (reader.choosesPsk) return true
    return reader.hellos.length === 0 ? undefined : false
  }
  if (reader.sides[server].fullHandshake || reader.sides[other(server)].fullHandshake) return false
  if (reader.abbreviated) return true
  const hello = reader.hellos[0]?.hello
  return hello === undefined ? undefined : echoesSession(hello, serverHello)
}

/** RFC 5246 §7.4.1.3: a server that resumes answers with the session_id it was offered. */
function echoesSession(hello: ClientHello, serverHello: ServerHello): boolean {
  return hello.sessionId.length > 0 && Buffer.compare(hello.sessionId, serverHello.sessionId) === 0
}
