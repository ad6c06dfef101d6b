import { unlessBroken } from '../codec/decode-error.ts'
import type { Stage } from '../finding/stage.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate, equalBytes } from '../x509/decode-certificate.ts'

/** What two observations differ in, and matters to a device. `undefined`: not there. No opinion; words come in `report/`. */
export type Difference = {
  readonly stage: Stage
} /** Whether a connection came about at all; without one there is nothing else to compare. */ & (
  | { readonly id: 'reached'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'sni'; readonly a: string | undefined; readonly b: string | undefined }
  | { readonly id: 'versions-offered'; readonly a: readonly number[]; readonly b: readonly number[] }
  | {
      readonly id: 'suites-offered'
      readonly onlyA: readonly number[]
      readonly onlyB: readonly number[]
      readonly reordered: boolean
    }
  | { readonly id: 'groups-offered'; readonly onlyA: readonly number[]; readonly onlyB: readonly number[] }
  | {
      readonly id: 'signatures-offered'
      readonly onlyA: readonly number[]
      readonly onlyB: readonly number[]
    }
  | {
      readonly id: 'extensions-offered'
      readonly onlyA: readonly number[]
      readonly onlyB: readonly number[]
    }
  | { readonly id: 'alpn-offered'; readonly a: readonly string[]; readonly b: readonly string[] }
  | { readonly id: 'fragment-length-asked'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'version'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'suite'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'fragment-length-agreed'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'alpn-agreed'; readonly a: string | undefined; readonly b: string | undefined }
  | {
      readonly id: 'certificates'
      readonly onlyA: readonly SentCertificate[]
      readonly onlyB: readonly SentCertificate[]
      /** DER of all that was sent. */
      readonly bytesA: number
      readonly bytesB: number
      readonly countA: number
      readonly countB: number
    }
  | { readonly id: 'certificate-order' }
  | { readonly id: 'certificates-unseen'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'client-certificate-asked'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'client-certificate-sent'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'alerts'; readonly a: readonly AlertSeen[]; readonly b: readonly AlertSeen[] }
  | { readonly id: 'established'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'resumed'; readonly a: boolean; readonly b: boolean }
  | { readonly id: 'close'; readonly a: CloseSeen | undefined; readonly b: CloseSeen | undefined }
  | { readonly id: 'largest-record'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'http-status'; readonly a: number | undefined; readonly b: number | undefined }
  | { readonly id: 'connack'; readonly a: number | undefined; readonly b: number | undefined }
)

export interface SentCertificate {
  readonly certificate: Certificate
  /** Subject and key of a known root, signed by another: RFC 5280 calls it a cross-certificate. */
  readonly crossSigned: boolean
}

export interface AlertSeen {
  readonly direction: 'sent' | 'received'
  readonly level: number
  readonly description: number
}

export interface CloseSeen {
  readonly by: 'peer' | 'us'
  readonly how: string
  readonly recordsReceived: number
  readonly recordsSent: number
}

/** Everything that differs in the first connections of two observations, in the order of the handshake. */
export function compareObservations(
  a: Observation,
  b: Observation,
  known: readonly KnownRoot[],
): Difference[] {
  const [first, second] = [a.connections[0], b.connections[0]]
  if (first === undefined || second === undefined) {
    if (first === undefined && second === undefined) return []
    return [{ id: 'reached', stage: 'tcp', a: first !== undefined, b: second !== undefined }]
  }
  // A file of certificates holds no hello, no answer and no end: only what both sides have is compared.
  if (a.source === 'pem' || b.source === 'pem') return compareCertificates(first, second, known)
  return [
    ...compareHellos(first, second),
    ...compareAnswers(first, second),
    ...compareCertificates(first, second, known),
    ...compareClientCredentials(first, second),
    ...compareEnds(first, second),
  ]
}

function compareHellos({ hello: a }: Connection, { hello: b }: Connection): Difference[] {
  if (a === undefined || b === undefined) return []
  const found: Difference[] = []
  if (a.sni !== b.sni) found.push({ id: 'sni', stage: 'hello', a: a.sni, b: b.sni })
  if (!sameList(a.versions, b.versions)) {
    found.push({ id: 'versions-offered', stage: 'hello', a: a.versions, b: b.versions })
  }
  const suites = sides(a.cipherSuites, b.cipherSuites)
  if (suites.differ || !sameList(a.cipherSuites, b.cipherSuites)) {
    found.push({
      id: 'suites-offered',
      stage: 'hello',
      onlyA: suites.onlyA,
      onlyB: suites.onlyB,
      reordered: !suites.differ,
    })
  }
  const lists = [
    ['groups-offered', a.groups, b.groups],
    ['signatures-offered', a.signatureSchemes, b.signatureSchemes],
    ['extensions-offered', a.extensions, b.extensions],
  ] as const
  for (const [id, left, right] of lists) {
    // What the difference of names says is not said again.
    const named = (code: number) => id !== 'extensions-offered' || code !== extensionTypes.server_name.code
    const { onlyA, onlyB, differ } = sides(left.filter(named), right.filter(named))
    if (differ) found.push({ id, stage: 'hello', onlyA, onlyB })
  }
  if (!sameList(a.alpn, b.alpn)) found.push({ id: 'alpn-offered', stage: 'hello', a: a.alpn, b: b.alpn })
  if (a.maxFragmentLength !== b.maxFragmentLength) {
    found.push({
      id: 'fragment-length-asked',
      stage: 'hello',
      a: a.maxFragmentLength,
      b: b.maxFragmentLength,
    })
  }
  return found
}

function compareAnswers({ negotiated: a }: Connection, { negotiated: b }: Connection): Difference[] {
  if (a === undefined && b === undefined) return []
  const found: Difference[] = []
  if (a?.version !== b?.version) found.push({ id: 'version', stage: 'hello', a: a?.version, b: b?.version })
  if (a?.cipherSuite !== b?.cipherSuite) {
    found.push({ id: 'suite', stage: 'hello', a: a?.cipherSuite, b: b?.cipherSuite })
  }
  if (a?.maxFragmentLength !== b?.maxFragmentLength) {
    found.push({
      id: 'fragment-length-agreed',
      stage: 'hello',
      a: a?.maxFragmentLength,
      b: b?.maxFragmentLength,
    })
  }
  if (a?.alpn !== b?.alpn) found.push({ id: 'alpn-agreed', stage: 'hello', a: a?.alpn, b: b?.alpn })
  return found
}

function compareCertificates(
  { chain: a }: Connection,
  { chain: b }: Connection,
  known: readonly KnownRoot[],
): Difference[] {
  const found: Difference[] = []
  if ((a === undefined) !== (b === undefined)) {
    found.push({ id: 'certificates-unseen', stage: 'chain', a: a === undefined, b: b === undefined })
  } else if (a !== undefined && b !== undefined) {
    const left = a.certificates.map(identity)
    const right = b.certificates.map(identity)
    const onlyA = a.certificates.filter((_, at) => !right.includes(left[at] as string))
    const onlyB = b.certificates.filter((_, at) => !left.includes(right[at] as string))
    if (onlyA.length > 0 || onlyB.length > 0 || left.length !== right.length) {
      found.push({
        id: 'certificates',
        stage: 'chain',
        onlyA: onlyA.flatMap((der) => decode(der, known)),
        onlyB: onlyB.flatMap((der) => decode(der, known)),
        bytesA: sum(a.certificates),
        bytesB: sum(b.certificates),
        countA: left.length,
        countB: right.length,
      })
    } else if (left.join() !== right.join()) found.push({ id: 'certificate-order', stage: 'chain' })
  }
  return found
}

function compareClientCredentials(first: Connection, second: Connection): Difference[] {
  const found: Difference[] = []
  const asked = [first, second].map(({ clientCertificateRequest }) => clientCertificateRequest !== undefined)
  if (asked[0] !== asked[1]) {
    found.push({
      id: 'client-certificate-asked',
      stage: 'handshake',
      a: asked[0] === true,
      b: asked[1] === true,
    })
  }
  if (first.clientCertificateSent !== second.clientCertificateSent) {
    const [sentA, sentB] = [first.clientCertificateSent, second.clientCertificateSent]
    found.push({ id: 'client-certificate-sent', stage: 'handshake', a: sentA, b: sentB })
  }
  return found
}

function compareEnds(a: Connection, b: Connection): Difference[] {
  const found: Difference[] = []
  const [alertsA, alertsB] = [a, b].map(({ alerts }) =>
    alerts.filter(({ description }) => description !== CLOSE_NOTIFY).map(toAlert),
  )
  if (JSON.stringify(alertsA) !== JSON.stringify(alertsB)) {
    found.push({ id: 'alerts', stage: 'handshake', a: alertsA ?? [], b: alertsB ?? [] })
  }
  const [doneA, doneB] = [a, b].map(({ establishedAtMs }) => establishedAtMs !== undefined)
  if (doneA !== doneB)
    found.push({ id: 'established', stage: 'handshake', a: doneA === true, b: doneB === true })
  if (a.resumed !== undefined && b.resumed !== undefined && a.resumed !== b.resumed) {
    found.push({ id: 'resumed', stage: 'handshake', a: a.resumed, b: b.resumed })
  }
  const [closeA, closeB] = [toClose(a), toClose(b)]
  if (closeDiffers(closeA, closeB)) found.push({ id: 'close', stage: 'records', a: closeA, b: closeB })
  const [largestA, largestB] = [largestRecord(a), largestRecord(b)]
  if (largestA !== largestB) found.push({ id: 'largest-record', stage: 'records', a: largestA, b: largestB })
  const [statusA, statusB] = [a, b].map(({ exchanges }) => exchanges[0]?.response?.status)
  if (statusA !== statusB) found.push({ id: 'http-status', stage: 'http', a: statusA, b: statusB })
  const [connackA, connackB] = [a, b].map(({ mqtt }) => mqtt?.connack?.returnCode)
  if (connackA !== connackB) found.push({ id: 'connack', stage: 'mqtt', a: connackA, b: connackB })
  return found
}

/** close_notify is how a connection should end: it is told by `close`. */
const CLOSE_NOTIFY = 0

function toAlert({ direction, level, description }: AlertSeen): AlertSeen {
  return { direction, level, description }
}

function toClose({ close }: Connection): CloseSeen | undefined {
  return (
    close && {
      by: close.by,
      how: close.how,
      recordsReceived: close.applicationRecordsReceived,
      recordsSent: close.applicationRecordsSent,
    }
  )
}

/** Who ended it, and whether anything had come by then: counts of a longer talk say nothing. */
function closeDiffers(a: CloseSeen | undefined, b: CloseSeen | undefined): boolean {
  return a?.by !== b?.by || (a?.recordsReceived ?? 0) > 0 !== (b?.recordsReceived ?? 0) > 0
}

function largestRecord({ records }: Connection): number | undefined {
  return records.length === 0 ? undefined : Math.max(...records.map(({ plaintextBytes }) => plaintextBytes))
}

/** GREASE values (RFC 8701) are drawn anew for each hello: they are no difference. */
function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff)
}

function sides(a: readonly number[], b: readonly number[]) {
  const onlyA = a.filter((one) => !isGrease(one) && !b.includes(one))
  const onlyB = b.filter((one) => !isGrease(one) && !a.includes(one))
  return { onlyA, onlyB, differ: onlyA.length > 0 || onlyB.length > 0 }
}

function sameList<T extends number | string>(a: readonly T[], b: readonly T[]): boolean {
  const real = (list: readonly T[]) => list.filter((one) => typeof one !== 'number' || !isGrease(one))
  return real(a).join() === real(b).join()
}

function identity(der: Uint8Array): string {
  return Buffer.from(der).toString('base64')
}

/** Nothing for what cannot be read: its size counts all the same. */
function decode(der: Uint8Array, known: readonly KnownRoot[]): SentCertificate[] {
  const certificate = unlessBroken(() => decodeCertificate(der))
  if (certificate === undefined) return []
  const crossSigned = !certificate.selfIssued && known.some((root) => isTwin(certificate, root))
  return [{ certificate, crossSigned }]
}

function isTwin({ subject, publicKey }: Certificate, { certificate: root }: KnownRoot): boolean {
  return subject.text === root.subject.text && equalBytes(publicKey.spki, root.publicKey.spki)
}

function sum(certificates: readonly Uint8Array[]): number {
  return certificates.reduce((bytes, der) => bytes + der.length, 0)
}
