import type { SecureVersion } from 'node:tls'
import type { Chain, Connection, Observation } from '../observe/observation.ts'
import { formatAlert } from '../tls/alerts.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatVersion } from '../tls/versions.ts'
import { type HttpReplay, httpReplayOf } from './replay-http.ts'
import {
  type HelloRefusal,
  hasSuite,
  MAX_RECORD_BYTES,
  MIN_RECORD_BYTES,
  type ReplayTls,
} from './replay-server.ts'

/** What of an observation a server on loopback can do again. */
export interface ReplayPlan {
  readonly act: ReplayAct
  /** In words, what it will not do. */
  readonly notReplayed: readonly string[]
}

export type ReplayAct =
  | { readonly kind: 'serve'; readonly chain: Chain; readonly tls: TlsPlan; readonly after: AfterHandshake }
  | { readonly kind: 'refuse'; readonly refusal: HelloRefusal }
  | { readonly kind: 'nothing' }

export type TlsPlan = Omit<ReplayTls, 'sent' | 'leafKey'>

/** What the server does when the handshake is done. */
export type AfterHandshake =
  | { readonly kind: 'http'; readonly replay: HttpReplay }
  | {
      readonly kind: 'mqtt'
      readonly returnCode: number
      readonly sessionPresent: boolean
      readonly level: number
    }
  /** It closes after the first application data of the client. */
  | { readonly kind: 'close' }
  | { readonly kind: 'listen' }

/** A PEM file is judged as if a TLS 1.2 server sent it. */
const PLAIN_VERSION = 0x0303

export function planReplay(observation: Observation): ReplayPlan {
  const [first, ...further] = observation.connections
  const notReplayed = [...aroundConnections(observation), ...furtherConnections(further)]
  if (first === undefined) return { act: { kind: 'nothing' }, notReplayed }
  const { chain } = first
  if (chain !== undefined && chain.certificates.length > 0) {
    const version = servable(first.negotiated?.version ?? PLAIN_VERSION)
    if (version === undefined) {
      const name = formatVersion(first.negotiated?.version ?? PLAIN_VERSION)
      return {
        act: { kind: 'nothing' },
        notReplayed: [...notReplayed, `${name}: the server speaks TLS 1.0 to 1.3`],
      }
    }
    const same = [first, ...further.filter(({ role }) => role === 'range')]
    const after = afterHandshake(observation, same)
    const own = [...inHandshake(first, chain), ...(after.kind === 'http' ? after.replay.notReplayed : [])]
    const tls = tlsPlan(first, chain, same, version)
    return { act: { kind: 'serve', chain, tls, after }, notReplayed: [...notReplayed, ...own] }
  }
  const refusal = refusalOf(first)
  if (refusal !== undefined) return { act: { kind: 'refuse', refusal }, notReplayed }
  const why = 'the handshake: no certificate was seen, and no refusal'
  return { act: { kind: 'nothing' }, notReplayed: [...notReplayed, why] }
}

function servable(version: number): SecureVersion | undefined {
  const name = formatVersion(version)
  return servableVersions.find((one) => one === name)
}

const servableVersions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function tlsPlan(
  { negotiated, clientCertificateRequest }: Connection,
  chain: Chain,
  connections: readonly Connection[],
  version: SecureVersion,
): TlsPlan {
  const largest = largestData(connections)
  return {
    version,
    cipherSuite: negotiated?.cipherSuite,
    handshakeRecordBytes: inBounds(handshakeRecord(chain) ?? MAX_RECORD_BYTES),
    recordBytes: inBounds(largest ?? MAX_RECORD_BYTES),
    requestsCertificate: clientCertificateRequest !== undefined,
  }
}

/** Undefined where the certificates came in one record: then no limit of the server was seen. */
function handshakeRecord({ messageBytes, records, largestRecordBytes }: Chain): number | undefined {
  if (records === undefined || records < 2) return undefined
  return largestRecordBytes ?? Math.ceil(messageBytes / records)
}

function largestData(connections: readonly Connection[]): number | undefined {
  const sizes = connections.flatMap(({ records }) => records.map(({ plaintextBytes }) => plaintextBytes))
  return sizes.length === 0 ? undefined : Math.max(...sizes)
}

function inBounds(bytes: number): number {
  return Math.min(Math.max(bytes, MIN_RECORD_BYTES), MAX_RECORD_BYTES)
}

function afterHandshake({ target }: Observation, connections: readonly Connection[]): AfterHandshake {
  const replay = httpReplayOf(connections.flatMap(({ exchanges }) => exchanges))
  if (replay !== undefined) return { kind: 'http', replay }
  const [first] = connections as [Connection]
  const { mqtt, close } = first
  if (mqtt?.connack !== undefined) {
    return { kind: 'mqtt', ...mqtt.connack, level: mqtt.protocolLevel }
  }
  const spoke =
    (close?.applicationRecordsSent ?? 0) > 0 || target.protocol === 'mqtts' || target.protocol === 'https'
  const silent = (close?.applicationRecordsReceived ?? 0) === 0
  return close?.by === 'peer' && spoke && silent ? { kind: 'close' } : { kind: 'listen' }
}

/** The server ended it upon the hello. */
function refusalOf({ alerts, close, messages }: Connection): HelloRefusal | undefined {
  // A ServerHello, and no certificate: they were hidden, or it took up an earlier session.
  if (messages.some(({ direction, name }) => direction === 'received' && name === 'ServerHello'))
    return undefined
  const alert = alerts.find(({ direction, level }) => direction === 'received' && level === FATAL)
  const end = close?.how === 'reset' ? 'reset' : 'fin'
  if (alert !== undefined) return { alert: alert.description, end }
  const ended = close?.by === 'peer' && ['fin', 'reset', 'close_notify'].includes(close.how)
  return ended ? { alert: undefined, end } : undefined
}

const FATAL = 2

function inHandshake(connection: Connection, chain: Chain): string[] {
  const {
    alerts,
    violation,
    keyExchange,
    resumed,
    hello,
    negotiated,
    clientCertificateRequest,
    mqtt,
    close,
  } = connection
  const said: string[] = []
  for (const { direction, level, description } of alerts) {
    if (direction === 'received' && !(level === 1 && description === 0)) {
      said.push(`the server's ${formatAlert(description)} after its certificates`)
    }
  }
  if (violation !== undefined) said.push(`a breach of the protocol (${violation.reason})`)
  if (negotiated !== undefined && !hasSuite(negotiated.cipherSuite)) {
    said.push(`${formatCipherSuite(negotiated.cipherSuite)}: this OpenSSL has it not, and chooses another`)
  }
  if (keyExchange?.signatureValid === false) said.push('a wrong signature of the key exchange')
  if (resumed === true) said.push('that an earlier session was taken up')
  if (clientCertificateRequest !== undefined) {
    said.push('which client certificates the server takes: it asks for one and takes any or none')
  }
  if (
    hello?.maxFragmentLength !== undefined &&
    negotiated?.maxFragmentLength === undefined &&
    negotiated !== undefined
  ) {
    said.push('that max_fragment_length is not answered: this server does')
  }
  const cut = handshakeRecord(chain)
  if (cut !== undefined && inBounds(cut) !== cut)
    said.push(`handshake records of ${cut} B: they have ${inBounds(cut)} B`)
  if (chain.records !== undefined && chain.records > 1 && chain.largestRecordBytes === undefined) {
    said.push('where the certificates are cut: only into how many records')
  }
  const largest = largestData([connection])
  if (largest !== undefined && inBounds(largest) !== largest) {
    said.push(`records of at most ${largest} B: they have up to ${inBounds(largest)} B`)
  }
  if (mqtt?.error === 'not-mqtt') said.push('an answer that is no MQTT')
  if (close?.by === 'peer' && close.how === 'reset') said.push('that the server ends with a reset: it closes')
  return said
}

function aroundConnections(observation: Observation): string[] {
  const { lookup, tcp, otherAddresses, serverNames, fragmentLengths, withheld } = observation
  const said: string[] = []
  if (lookup?.errorCode !== undefined) said.push(`the look-up (${lookup.errorCode})`)
  const failed = tcp.filter(({ outcome }) => outcome !== 'connected')
  if (failed.length > 0) {
    const outcomes = [...new Set(failed.map(({ outcome }) => outcome))].join(', ')
    said.push(`TCP connections that did not come about: ${failed.length} (${outcomes})`)
  }
  if (otherAddresses.length > 0) said.push(`the host's other addresses: ${otherAddresses.length}`)
  if (serverNames !== undefined) said.push('what the server presents under other names')
  if (fragmentLengths?.some(({ answered }) => answered === undefined)) {
    said.push('that the server leaves max_fragment_length unanswered: this one answers')
  }
  if (withheld !== undefined) said.push(`what follows ${withheld.what.join(', ')}: it was not sent`)
  return said
}

function furtherConnections(further: readonly Connection[]): string[] {
  return further
    .filter(({ role }) => role === 'redirect')
    .map(({ host }) => `the connection that the redirect leads to${host === undefined ? '' : ` (${host})`}`)
}
