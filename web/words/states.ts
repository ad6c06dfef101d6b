import type { OverviewCell } from '../../src/api/contract.ts'
import type { Severity } from '../../src/fleet/condition.ts'
import type { Missing, State } from '../../src/judge/verdict.ts'

/** How a state is shown: by a sign and a word; the colour only besides. */
export interface Look {
  readonly className: string
  readonly sign: string
  readonly word: string
}

export const stateLooks: { readonly [S in State | 'unseen']: Look } = {
  blocked: { className: 'is-blocked', sign: '✕', word: 'blocked' },
  'at-risk': { className: 'is-risk', sign: '!', word: 'at risk' },
  undecided: { className: 'is-open', sign: '?', word: 'undecided' },
  fits: { className: 'is-fit', sign: '✓', word: 'fits' },
  unseen: { className: 'is-unseen', sign: '·', word: 'not seen' },
}

/** Worst first. */
export const stateOrder = ['blocked', 'at-risk', 'undecided', 'fits', 'unseen'] as const

export const statesByLetter: { readonly [Letter in OverviewCell['s']]: State } = {
  f: 'fits',
  r: 'at-risk',
  b: 'blocked',
  u: 'undecided',
}

export const severityLooks: { readonly [S in Severity]: Look } = {
  critical: { className: 'is-blocked', sign: '✕', word: 'critical' },
  warning: { className: 'is-risk', sign: '!', word: 'warning' },
  info: { className: 'is-unseen', sign: 'i', word: 'info' },
}

/** Where a connection stops, as the reports say it. */
export const stageWords: { readonly [stage: string]: string } = {
  dns: 'name look-up',
  tcp: 'TCP connect',
  hello: 'hello',
  chain: 'certificate chain',
  path: 'path to a root',
  name: 'host name',
  dates: 'dates',
  handshake: 'rest of the handshake',
  records: 'record size',
  http: 'HTTP',
  mqtt: 'MQTT',
}

/** `chainBytes` -> `chain`; what is not known here stands as it is. */
export function limitWord(limit: string): string {
  return limitWords[limit] ?? limit.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

const limitWords: { readonly [limit: string]: string } = {
  chainBytes: 'chain',
  certificateBytes: 'largest certificate',
  handshakeMessageBytes: 'handshake message',
  recordBytes: 'record',
  handshakeRecordBytes: 'handshake record',
  chainCertificates: 'certificates in the chain',
  rsaKeyBits: 'RSA key',
  storedAnchorBytes: 'stored anchor',
}

/** How the bytes are counted, where a limit can be read in several ways. */
export const countingWords: { readonly [counts: string]: string } = {
  sent: 'all that is sent',
  path: 'path to the anchor',
  message: 'Certificate message',
  certificate: 'one certificate',
  record: 'one record',
  'sent-and-anchor': 'all that is sent, and the anchor',
}

/** `use-shorter-chain` -> `use shorter chain`: the ids of cures are said so; the report has their commands. */
export function fixWord(id: string): string {
  return id
    .replaceAll('-', ' ')
    .replace(/\b(sni|sas|tls|ipv4|http|https|alpn|der|url|mqtt|ca)\b/g, (word) =>
      word === 'ipv4' ? 'IPv4' : word.toUpperCase(),
    )
}

/** Evidence that would settle what is open; the report has the commands. */
export const missingWords: { readonly [N in Missing['needs']]: string } = {
  anchor: 'which root the devices hold',
  clock: 'what time the devices take it for',
  'client-hello-capture': 'a ClientHello of the device, recorded on its way',
  'live-endpoint': 'the endpoint itself, not only its certificates',
  'measured-limit': 'the limit, measured on a device',
  'host-name': 'the host that the devices ask for',
  credentials: 'what the devices show to the server',
  'device-http-profile': 'the SDK or library on the device',
  'reachable-from-here': 'a look from where it can be reached',
}
