import { emptyConnection } from '../observe/empty-connection.ts'
import type { Chain, Connection, Message, Observation } from '../observe/observation.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { isTls13 } from '../tls/versions.ts'

/** Same endpoint, same session, another chain. What was compared with the old one is left out. */
export function withChain(
  observation: Observation,
  changed: readonly Connection[],
  certificates: readonly Uint8Array[],
): Observation {
  return {
    ...observation,
    connections: observation.connections.map((connection) =>
      changed.includes(connection) ? changeConnection(connection, certificates) : connection,
    ),
    otherAddresses: [],
    serverNames: undefined,
  }
}

/** Signatures of URLs have their own dates; on a later day the device comes with new ones, as far from their end as today's. */
export function requestedLater(observation: Observation, byMs: number): Observation {
  const later = (date: Date | undefined) => date && new Date(date.getTime() + byMs)
  return {
    ...observation,
    connections: observation.connections.map((connection) => ({
      ...connection,
      exchanges: connection.exchanges.map(({ request, ...rest }) => ({
        ...rest,
        request: {
          ...request,
          sas: request.sas && {
            ...request.sas,
            startsAt: later(request.sas.startsAt),
            expiresAt: later(request.sas.expiresAt),
          },
          presigned: request.presigned && {
            ...request.presigned,
            signedAt: later(request.presigned.signedAt),
            expiresAt: later(request.presigned.expiresAt),
          },
        },
      })),
    })),
  }
}

/** Nothing of the endpoint but its name, and this chain, as from a file. */
export function chainAlone(
  { target }: Pick<Observation, 'target'>,
  certificates: readonly Uint8Array[],
): Observation {
  const messageBytes = 7 + certificates.reduce((sum, der) => sum + 3 + der.length, 0)
  const chain = { certificates, messageBytes, records: undefined, largestRecordBytes: undefined }
  return {
    source: 'pem',
    target,
    startedAt: undefined,
    lookup: undefined,
    tcp: [],
    connections: [{ ...emptyConnection, host: target.host, chain }],
    otherAddresses: [],
    withheld: undefined,
  }
}

/** The server turns this device away for its version, as RFC 8446 §6.2 has it. */
export function withVersionRefused(observation: Observation, changed: readonly Connection[]): Observation {
  const refused = (connection: Connection): Connection => ({
    ...emptyConnection,
    role: connection.role,
    host: connection.host,
    address: connection.address,
    port: connection.port,
    hello: connection.hello,
    alerts: [
      {
        direction: 'received',
        level: FATAL,
        description: PROTOCOL_VERSION,
        encrypted: false,
        atMs: 0,
        afterEstablished: false,
      },
    ],
  })
  return {
    ...observation,
    connections: observation.connections.flatMap((connection) =>
      changed[0] === connection ? [refused(connection)] : changed.includes(connection) ? [] : [connection],
    ),
    otherAddresses: [],
    serverNames: undefined,
  }
}

const FATAL = 2
const PROTOCOL_VERSION = 70

function changeConnection(connection: Connection, certificates: readonly Uint8Array[]): Connection {
  const { chain } = connection
  if (chain === undefined) return connection
  // RFC 5246 §7.4.2: three bytes of length each; RFC 8446 §4.4.2: two more for extensions.
  const each = isTls13(connection.negotiated?.version ?? 0) ? 5 : 3
  const bytesOf = (ders: readonly Uint8Array[]) => ders.reduce((sum, der) => sum + each + der.length, 0)
  const grown = bytesOf(certificates) - bytesOf(chain.certificates)
  const messageBytes = chain.messageBytes + grown
  const { records, largestRecordBytes, ...rest } = chain
  const changed: Chain = { ...rest, certificates, messageBytes, signatureClaims: undefined, ...cutAs() }
  return {
    ...connection,
    chain: changed,
    messages: connection.messages.map((message) => changeMessage(message, grown)),
    handshakeBytesReceived: connection.handshakeBytesReceived + grown,
    standardVerification: undefined,
  }

  function cutAs(): Pick<Chain, 'records' | 'largestRecordBytes'> {
    if (records === undefined || largestRecordBytes === undefined) return { records, largestRecordBytes }
    return recordsOf({ records, largestRecordBytes, messageBytes: chain!.messageBytes }, messageBytes)
  }
}

function changeMessage(message: Message, grown: number): Message {
  const { direction, name, messageBytes, records, largestRecordBytes } = message
  if (direction !== 'received' || name !== 'Certificate' || messageBytes === undefined) return message
  if (largestRecordBytes === undefined) return { ...message, messageBytes: messageBytes + grown }
  const cut = recordsOf({ records, largestRecordBytes, messageBytes }, messageBytes + grown)
  return { ...message, messageBytes: messageBytes + grown, ...cut, headerCut: undefined }
}

/** A server that cut the message goes on cutting so; one that sent it whole, alone or with others, does so up to 16,384 bytes. */
function recordsOf(
  before: { readonly records: number; readonly largestRecordBytes: number; readonly messageBytes: number },
  messageBytes: number,
): { readonly records: number; readonly largestRecordBytes: number } {
  const others = before.largestRecordBytes - before.messageBytes
  const most = before.records > 1 ? before.largestRecordBytes : MAX_PLAINTEXT_BYTES
  const largestRecordBytes = Math.min(most, messageBytes + Math.max(0, others))
  return { records: Math.max(1, Math.ceil(messageBytes / most)), largestRecordBytes }
}
