import type { SeenAlert, TlsSession } from '../capture/session.ts'
import { formatCode } from '../codec/hex.ts'
import type { Json } from '../observe/observation-json.ts'
import { alertLevels, formatAlert } from '../tls/alerts.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import type { ExtensionName } from '../tls/extension-types.ts'
import {
  decodeMaxFragmentLength,
  decodeRecordSizeLimit,
  decodeServerName,
  decodeSupportedVersions,
  readExtension,
} from '../tls/extensions.ts'
import { isGrease } from '../tls/grease.ts'
import { formatVersion, versions } from '../tls/versions.ts'

type JsonObject = { readonly [key: string]: Json }

/** One element of `sessions` in `tlsfit/sessions@1`: what the capture shows, without an opinion. */
export function sessionJson(session: TlsSession): JsonObject {
  const { serverHello, alerts, plainBytesBeforeTls, serverCertificates } = session
  const first = session.clientHellos[0]?.hello
  const selected = serverHello ?? session.retry
  const ends = { client: endOf(session, 'client'), server: endOf(session, 'server') }
  return {
    stream: `${session.transport}.${session.stream}`,
    ...ends,
    clientHelloSeen: session.clientHellos.length,
    sni: firstOf(session, serverNameOf) ?? null,
    offeredVersions: first === undefined ? null : offeredVersions(first).map(versionName),
    helloRetryRequest: session.helloRetryRequest,
    ...(session.helloVerifyRequests > 0 ? { helloVerifyRequest: session.helloVerifyRequests } : {}),
    selectedVersion: selected === undefined ? null : versionName(selected.version),
    selectedCipher: selected === undefined ? null : formatCipherSuite(selected.cipherSuite),
    selectedCipherId: selected === undefined ? null : formatCode(selected.cipherSuite),
    serverCertsDer: sizes(serverCertificates),
    serverCertsDerTotal: totalOf(serverCertificates),
    serverCertificateMessageBytes: session.serverCertificateMessageBytes ?? null,
    serverFlightBytes: session.serverFlightBytes ?? null,
    ...(session.encryptedServerRecordsBeforeClient.length > 0
      ? { tls13EncryptedServerRecordsBeforeClientFinished: [...session.encryptedServerRecordsBeforeClient] }
      : {}),
    resumed: session.resumed ?? null,
    clientCertificateRequested: session.clientCertificateRequested ?? null,
    clientCertsDer: sizes(session.clientCertificates),
    alerts: alerts.filter((alert) => !alert.encrypted).map(alertJson),
    ...(alerts.some((alert) => alert.encrypted)
      ? { decryptedAlerts: alerts.filter((alert) => alert.encrypted).map(alertJson) }
      : {}),
    encryptedAlertRecords: session.encryptedAlertRecords,
    applicationDataRecords: { ...session.applicationDataRecords },
    maxRecordBytes: {
      c2s: session.maxRecordBytes.c2s ?? null,
      s2c: session.maxRecordBytes.s2c ?? null,
    },
    ...limitJson('recordSizeLimit', firstOf(session, reading('record_size_limit', decodeRecordSizeLimit))),
    ...limitJson(
      'maxFragmentLength',
      firstOf(session, reading('max_fragment_length', decodeMaxFragmentLength)),
    ),
    tcpClose: session.tcpClose.map(({ by, how }) => `${by} ${how}`),
    holeInStreamFrom: session.holeInStreamFrom.map((role) => ends[role]),
    handshakeMessageCut: [...session.handshakeMessageCut],
    // Of the side that sent more: for STARTTLS the server with its greeting, for CONNECT the client.
    plainBytesBeforeTls: Math.max(plainBytesBeforeTls.c2s, plainBytesBeforeTls.s2c),
    plainBytesBySide: { ...plainBytesBeforeTls },
    decrypted: session.decrypted,
    notes: [...session.notes],
  }
}

/** The server name of the first hello that has one; hostile text. */
export function sessionName(session: TlsSession): string | undefined {
  return firstOf(session, serverNameOf)
}

function endOf(session: TlsSession, role: 'client' | 'server'): string {
  const { address, port } = session[role]
  return `${address}:${port}`
}

function alertJson({ direction, level, description, frame }: SeenAlert): JsonObject {
  return {
    direction,
    level: levelName(level),
    code: description,
    description: formatAlert(description),
    frame,
  }
}

function levelName(level: number): string {
  if (level === alertLevels.warning) return 'warning'
  return level === alertLevels.fatal ? 'fatal' : `level(${level})`
}

function sizes(certificates: readonly Uint8Array[] | undefined): number[] | null {
  return certificates?.map((der) => der.length) ?? null
}

function totalOf(certificates: readonly Uint8Array[] | undefined): number | null {
  if (certificates === undefined || certificates.length === 0) return null
  return certificates.reduce((sum, der) => sum + der.length, 0)
}

/** As RFCs and analysers number them: TLSv1.0, where OpenSSL says TLSv1. */
export function versionName(code: number): string {
  if (code === versions.TLSv1.code) return 'TLSv1.0'
  return formatVersion(code)
}

/** What a hello offers: supported_versions without GREASE, else the one version it names. */
export function offeredVersions(hello: ClientHello): number[] {
  const listed = readExtension(hello.extensions, 'supported_versions', decodeSupportedVersions)
  return (listed ?? [hello.version]).filter((code) => !isGrease(code))
}

const serverNameOf = reading('server_name', decodeServerName)

/** The value in the first hello that has one: a second hello may leave out what the first said. */
function firstOf<T>(session: TlsSession, read: (hello: ClientHello) => T | undefined): T | undefined {
  for (const { hello } of session.clientHellos) {
    const value = read(hello)
    if (value !== undefined) return value
  }
  return undefined
}

/** What reads one extension of a hello; a malformed one is none. */
function reading<T>(name: ExtensionName, decode: (data: Uint8Array) => T) {
  return ({ extensions }: ClientHello): T | undefined => readExtension(extensions, name, decode)
}

function limitJson(name: string, value: number | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value }
}
