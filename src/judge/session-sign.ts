import type { Direction, SeenAlert, SeenMessage, TlsSession } from '../capture/session.ts'
import { progressOf } from '../capture/session-progress.ts'
import { unlessBroken } from '../codec/decode-error.ts'
import { alerts as alertCodes, alertLevels } from '../tls/alerts.ts'
import { decodeServerName, readExtension } from '../tls/extensions.ts'
import { isTls13 } from '../tls/versions.ts'
import { matchHost } from '../trust/name-match.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

/** Something that a capture shows of how a session ended. */
export type SessionSign =
  | {
      readonly kind: 'alert'
      readonly by: 'client' | 'server'
      readonly description: number
      readonly frame: number
      /** The last handshake message before it. */
      readonly after: string | undefined
    }
  | { readonly kind: 'encrypted-alert'; readonly records: number }
  | {
      readonly kind: 'close'
      readonly by: 'client' | 'server'
      readonly how: 'FIN' | 'RST'
      readonly after: string | undefined
      /** Application data records by then. */
      readonly sent: number
      readonly received: number
    }
  | { readonly kind: 'silence'; readonly after: string | undefined }
  | { readonly kind: 'no-server-name' }
  | { readonly kind: 'name-not-in-certificate'; readonly sni: string; readonly names: readonly string[] }
  | { readonly kind: 'expired-when-captured'; readonly subject: string; readonly notAfter: Date }
  | { readonly kind: 'valid-when-captured'; readonly at: Date }
  | {
      readonly kind: 'chain-size'
      readonly chainBytes: number
      readonly certificates: number
      readonly largest: number
    }
  | { readonly kind: 'largest-record'; readonly bytes: number }
  | { readonly kind: 'self-signed-leaf' }
  | { readonly kind: 'certificate-asked'; readonly sent: 'none' | 'empty' | 'some' }
  | { readonly kind: 'hole'; readonly from: 'client' | 'server' }

/** What is seen of a session, laid out for the question why it ended. */
export interface Seen {
  readonly session: TlsSession
  readonly fatal: SeenAlert | undefined
  readonly established: boolean
  /** The client sent application data; an answer came. */
  readonly asked: boolean
  readonly answered: boolean
  readonly firstClose: { readonly by: 'client' | 'server'; readonly how: 'FIN' | 'RST' } | undefined
  readonly lastMessage: SeenMessage | undefined
  readonly sni: string | undefined
  readonly chain: readonly Certificate[]
  readonly chainBytes: number
  readonly version: number | undefined
  readonly signs: readonly SessionSign[]
}

export function look(session: TlsSession): Seen {
  const fatal = session.alerts.find(
    ({ level, description }) => level === alertLevels.fatal && description !== alertCodes.close_notify.code,
  )
  const version = session.serverHello?.version
  const chain = (session.serverCertificates ?? []).flatMap(decode)
  const chainBytes = (session.serverCertificates ?? []).reduce((sum, der) => sum + der.length, 0)
  const handshake = session.messages.filter(({ name }) => name !== 'Alert')
  const lastMessage = handshake.at(-1)
  const { established, dataRecords } = progressOf(session)
  const asked = dataRecords.c2s > 0
  const answered = dataRecords.s2c > 0
  const firstClose = session.tcpClose[0]
  const sni = serverName(session)
  const partial = {
    session,
    fatal,
    established,
    asked,
    answered,
    firstClose,
    lastMessage,
    sni,
    chain,
    chainBytes,
    version,
  }
  return { ...partial, signs: signsOf(partial) }
}

function signsOf(seen: Omit<Seen, 'signs'>): SessionSign[] {
  const { session, fatal, firstClose, lastMessage, established } = seen
  const signs: SessionSign[] = []
  if (fatal !== undefined) {
    const before = session.messages
      .filter(({ name, frame, atMs }) => name !== 'Alert' && (frame < fatal.frame || atMs < fatal.atMs))
      .at(-1)
    signs.push({
      kind: 'alert',
      by: sender(fatal.direction),
      description: fatal.description,
      frame: fatal.frame,
      after: before?.name,
    })
  }
  const unread = unreadAlerts(session)
  if (unread > 0) signs.push({ kind: 'encrypted-alert', records: unread })
  const { c2s, s2c } = session.decrypted ? progressOf(session).dataRecords : session.applicationDataRecords
  if (firstClose !== undefined) {
    const after = established ? 'Finished' : lastMessage?.name
    signs.push({ kind: 'close', by: firstClose.by, how: firstClose.how, after, sent: c2s, received: s2c })
  } else signs.push({ kind: 'silence', after: lastMessage?.name })
  for (const from of session.holeInStreamFrom) signs.push({ kind: 'hole', from })
  return signs
}

/** Records of alerts after ChangeCipherSpec that no secret opened. */
function unreadAlerts({ encryptedAlertRecords, alerts, serverHello }: TlsSession): number {
  const late = serverHello !== undefined && isTls13(serverHello.version)
  const read = late ? 0 : alerts.filter(({ encrypted }) => encrypted).length
  return Math.max(0, encryptedAlertRecords - read)
}

function sender(direction: Direction): 'client' | 'server' {
  return direction === 'c2s' ? 'client' : 'server'
}

function serverName({ clientHellos }: TlsSession): string | undefined {
  return clientHellos[0] && readExtension(clientHellos[0].hello.extensions, 'server_name', decodeServerName)
}

export function noNameSign({ session, sni }: Seen): { readonly kind: 'no-server-name' } | undefined {
  return session.clientHellos.length > 0 && sni === undefined ? { kind: 'no-server-name' } : undefined
}

export function nameSign({
  sni,
  chain,
}: Seen): Extract<SessionSign, { kind: 'name-not-in-certificate' }> | undefined {
  const [leaf] = chain
  if (sni === undefined || leaf === undefined) return undefined
  const { matched, names } = matchHost(leaf, sni)
  return matched ? undefined : { kind: 'name-not-in-certificate', sni, names: names.slice(0, 4) }
}

export function expiredSign({
  chain,
  session,
}: Seen): Extract<SessionSign, { kind: 'expired-when-captured' }> | undefined {
  const { startedAt } = session
  if (startedAt === undefined) return undefined
  const expired = chain.find(({ notAfter }) => notAfter < startedAt)
  return (
    expired && { kind: 'expired-when-captured', subject: expired.subject.text, notAfter: expired.notAfter }
  )
}

export function validSign({
  chain,
  session,
}: Seen): Extract<SessionSign, { kind: 'valid-when-captured' }> | undefined {
  const { startedAt } = session
  if (startedAt === undefined || chain.length === 0) return undefined
  const valid = chain.every(({ notBefore, notAfter }) => notBefore <= startedAt && startedAt <= notAfter)
  return valid ? { kind: 'valid-when-captured', at: startedAt } : undefined
}

export function askedSign({
  session,
}: Seen): Extract<SessionSign, { kind: 'certificate-asked' }> | undefined {
  if (session.clientCertificateRequested !== true) return undefined
  const sent = session.clientCertificates
  return {
    kind: 'certificate-asked',
    sent: sent === undefined ? 'none' : sent.length === 0 ? 'empty' : 'some',
  }
}

export function sizeSign({ session, chainBytes }: Seen): SessionSign[] {
  const sizes = (session.serverCertificates ?? []).map((der) => der.length)
  if (sizes.length === 0) return []
  return [{ kind: 'chain-size', chainBytes, certificates: sizes.length, largest: Math.max(...sizes) }]
}

export function recordSign({ session }: Seen): SessionSign[] {
  const bytes = session.maxRecordBytes.s2c
  return bytes === undefined ? [] : [{ kind: 'largest-record', bytes }]
}

/** Sessions of one capture share the arrays of the certificates that they have in common. */
const decoded = new WeakMap<Uint8Array, Certificate[]>()

function decode(der: Uint8Array): Certificate[] {
  const known = decoded.get(der)
  if (known !== undefined) return known
  const certificates = unlessBroken(() => [decodeCertificate(der)]) ?? []
  decoded.set(der, certificates)
  return certificates
}
