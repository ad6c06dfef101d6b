import type { ClientHello } from '../tls/client-hello.ts'
import type { ServerHello } from '../tls/server-hello.ts'
import { isTls13 } from '../tls/versions.ts'
import type { Peer, TlsSession } from './session.ts'
import { other, type Side, type SideFacts } from './side-facts.ts'
import type { CloseFact } from './tcp-flow.ts'
import type { TlsSessionReader } from './tls-session-reader.ts'

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
  const { log } = reader
  log.settle(reader.client)
  const { ends, startMs } = connection
  const client = reader.client ?? 0
  const server = other(client)
  const c2s = reader.sides[client]
  const s2c = reader.sides[server]
  const hidden = reader.tls13 && !s2c.finished
  // A Certificate message came that is malformed, or too large to keep.
  const unread = s2c.certificateMessageBytes !== undefined && s2c.certificates === undefined
  if (reader.secretsFitNothing) log.note('the secrets given open none of its records')
  notePlain(reader, 'client', connection.plainBytes(client))
  notePlain(reader, 'server', connection.plainBytes(server))
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
    serverHello: reader.serverHello,
    messages: log.messages,
    serverCertificates: s2c.certificates ?? (hidden || unread ? undefined : []),
    serverCertificateMessageBytes: s2c.certificateMessageBytes,
    serverFlightBytes: reader.serverFlightBytes,
    clientCertificateRequested: s2c.certificateRequested || (hidden ? undefined : false),
    clientCertificates: c2s.certificates,
    resumed: resumedOf(reader, server),
    alerts: log.alerts,
    encryptedAlertRecords: c2s.encryptedAlerts + s2c.encryptedAlerts,
    encryptedHandshakeRecords: { c2s: c2s.encryptedHandshake, s2c: s2c.encryptedHandshake },
    encryptedServerRecordsBeforeClient: reader.tls13 ? reader.encryptedServerRecords : [],
    applicationDataRecords: { c2s: c2s.applicationRecords, s2c: s2c.applicationRecords },
    recordRuns: { c2s: c2s.runs, s2c: s2c.runs },
    maxRecordBytes: { c2s: largest(c2s), s2c: largest(s2c) },
    tcpClose: connection.closes.map(({ side, how, timeMs }) => ({
      by: side === client ? 'client' : 'server',
      how,
      atMs: timeMs - startMs,
    })),
    helloAtMs: reader.hellos[0]?.atMs,
    lastRecordAtMs: Number.isNaN(reader.lastRecordMs) ? undefined : reader.lastRecordMs,
    holeInStreamFrom: rolesWhere(c2s.hole, s2c.hole),
    handshakeMessageCut: rolesWhere(c2s.cut, s2c.cut),
    plainBytesBeforeTls: { c2s: c2s.plainBytes, s2c: s2c.plainBytes },
    decrypted: reader.decrypted,
    unopenedRecords: { c2s: c2s.unopened, s2c: s2c.unopened },
    openedDataRecords: { c2s: c2s.openedData, s2c: s2c.openedData },
    encryptedExtensions: reader.encryptedExtensions,
    applicationData: { c2s: c2s.plaintext, s2c: s2c.plaintext },
    notes: log.notes,
  }
}

function notePlain(reader: TlsSessionReader, role: 'client' | 'server', bytes: number): void {
  if (bytes > 0) reader.log.note(`${bytes} B of the ${role} that are not TLS`)
}

function largest({ maxRecordBytes }: SideFacts): number | undefined {
  return maxRecordBytes < 0 ? undefined : maxRecordBytes
}

function rolesWhere(client: boolean, server: boolean): readonly ('client' | 'server')[] {
  if (client) return server ? ['client', 'server'] : ['client']
  return server ? ['server'] : []
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
