import type { DevicePart, PartGroup } from '../device/device-parts.ts'
import { isLimit } from '../device/device-parts.ts'
import type { Counting, Limit, Readings } from '../device/limit.ts'
import { formatCount, formatList, formatNumber } from './units.ts'
import { isLimitName, limitName } from './words/chain-words.ts'

/** Heading of a group of parts. */
export const groupNames: { readonly [G in PartGroup]: string } = {
  hello: 'ClientHello',
  limits: 'limits',
  verification: 'verification',
  trust: 'trust',
  build: 'TLS library',
  http: 'HTTP client',
  mqtt: 'MQTT client',
}

/** What a part is, in words; a key without words stays as it is. */
export function partName({ key }: Pick<DevicePart, 'key'>): string {
  if (isLimitName(key)) return limitName(key)
  return Object.hasOwn(partNames, key) ? (partNames[key] ?? key) : key
}

const partNames: { readonly [key: string]: string } = {
  versions: 'versions',
  cipherSuites: 'cipher suites',
  groups: 'groups',
  keyShares: 'key shares',
  signatureSchemes: 'signature schemes',
  extensions: 'extensions',
  sni: 'server name',
  maxFragmentLength: 'fragment length',
  recordSizeLimit: 'record size limit',
  alpn: 'ALPN',
  peer: 'certificate',
  name: 'host name',
  dates: 'dates',
  certificateSignatures: 'signatures',
  ipAddressSan: 'address in the SAN',
  leafAnchor: 'leaf as anchor',
  intermediateAnchor: 'intermediate as anchor',
  crossSignedTwin: 'cross-signed twin',
  wrongOrder: 'wrong order',
  sentIntermediates: 'intermediates sent',
  rules: 'rules',
  hashes: 'hashes',
  certificateGroups: 'curves of keys',
  keyExchanges: 'key exchanges',
  receiveBuffer: 'receive buffer',
  alternativeChains: 'alternative chains',
  compatibilityLayer: 'OpenSSL layer',
  pssBelow13: 'RSA-PSS in TLS 1.2',
  sentRecordBytes: 'record sent',
  heapBytes: 'heap for TLS',
  rangeBytes: 'range asked for',
  rangeChoices: 'range choices',
  rangeSetting: 'range setting',
  onRecordTooLarge: 'record too large',
  redirects: 'redirects',
  contentLength: 'Content-Length',
  rangeSupport: 'range support',
  contentCodings: 'codings unpacked',
  requestHeaders: 'request headers',
  headSlackBytes: 'room for the head',
  protocolLevel: 'protocol level',
  keepAliveSeconds: 'keep alive',
}

/** The value as one line, and what else is known of it. */
export function partValue(part: DevicePart & { known: NonNullable<DevicePart['known']> }): {
  readonly value: string
  readonly more: readonly string[]
} {
  const { key, known } = part
  if (isLimit(known)) return limitValue(key, known)
  return { value: formatValue(key, known.value), more: [] }
}

/** Of a value that is a list: its items in words. */
export function partItems({ key, known }: DevicePart): readonly string[] | undefined {
  if (known === undefined || isLimit(known) || !Array.isArray(known.value)) return undefined
  return known.value.map((one) => wordOf(key, String(one)))
}

function formatValue(key: string, value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => wordOf(key, String(one))).join(', ')
  if (typeof value === 'number') return withUnit(key, value)
  return wordOf(key, String(value))
}

/** Words of profiles that do not speak for themselves; whatever is no word of theirs stays as it is. */
function wordOf(key: string, value: string): string {
  const words = Object.hasOwn(valueWords, key) ? valueWords[key] : undefined
  return (words !== undefined && Object.hasOwn(words, value) ? words[value] : undefined) ?? value
}

const valueWords: { readonly [key: string]: { readonly [value: string]: string } } = {
  sni: {
    'host-name': 'sent where the host has a name',
    'with-name-check': 'sent where the name is checked, and not else',
    never: 'not sent',
  },
  maxFragmentLength: { never: 'not asked for' },
  recordSizeLimit: { never: 'not asked for' },
  alpn: { never: 'not sent', configurable: 'sent where the application sets it' },
  peer: {
    required: 'verified',
    optional: 'verified, and the connection goes on whatever is found',
    none: 'not verified',
  },
  name: { unchecked: 'not checked' },
  dates: { unchecked: 'not checked' },
  ipAddressSan: { matched: 'compared', unmatched: 'not compared' },
  keyExchanges: { rsa: 'static RSA', dhe: 'DHE', ecdhe: 'ECDHE' },
  receiveBuffer: { fixed: 'stays as large', shrinks: 'shrinks after the handshake' },
  alternativeChains: { 'not-tried': 'not tried' },
  compatibilityLayer: { 'built-in': 'built in' },
  rangeBytes: { never: 'no range' },
  onRecordTooLarge: { fails: 'the download fails', shrinks: 'asks for shorter ranges' },
  redirects: { refused: 'not followed', 'followed-absolute': 'followed where Location is a whole URL' },
  contentLength: { 'not-needed': 'not needed' },
  rangeSupport: { 'not-needed': 'not needed' },
}

/** As profiles write it, save that an end that stands for all that begins so says so: `1.1.5..1.1.x`. */
export function rangeText(range: string): string {
  return range.replace(/\.\.(\d+(?:\.\d+)?)$/, '..$1.x')
}

export function withUnit(key: string, value: number): string {
  if (key.endsWith('Bytes') || key === 'maxFragmentLength' || key === 'recordSizeLimit') {
    return formatCount(value, 'byte')
  }
  if (/Bits(Min)?$/.test(key)) return formatCount(value, 'bit')
  if (key.endsWith('Seconds')) return formatCount(value, 'second')
  return formatNumber(value)
}

function limitValue(key: string, limit: Limit): { value: string; more: string[] } {
  const { value, atLeast } = limit
  const shown = value === undefined ? 'no figure' : value === 'unlimited' ? value : withUnit(key, value)
  const from = atLeast === undefined ? '' : `; at least ${withUnit(key, atLeast)}`
  const ways = limit.candidates.map((way) => countingNames[way])
  const counts =
    limit.counts === 'unknown'
      ? `how it counts is not known: ${formatList(ways, 6, 'or')}`
      : `counts ${countingNames[limit.counts]}`
  return {
    value: `${shown}${from}`,
    more: [
      ...(selfEvident.includes(limit.counts) ? [] : [counts]),
      ...(limit.tlsVersions === undefined ? [] : [`known of ${limit.tlsVersions.join(', ')} only`]),
      ...readings('known to pass', key, limit, limit.passes),
      ...readings('known to fail', key, limit, limit.fails),
      ...limit.disputed.map(
        (other) => `disputed: ${withUnit(key, other.value)} (${other.confidence}: ${other.source})`,
      ),
    ],
  }
}

/** Ways of counting that the unit says already. */
const selfEvident: readonly Limit['counts'][] = ['bits', 'items', 'heap']

function readings(what: string, key: string, { counts }: Limit, values: Readings): string[] {
  const known = Object.entries(values).filter((row): row is [Counting, number] => row[1] !== undefined)
  if (known.length === 0) return []
  const shown = known.map(([way, value]) => {
    const amount = withUnit(key, value)
    return way === counts ? amount : `${amount} (${countingNames[way]})`
  })
  return [`${what}: ${shown.join(', ')}`]
}

export const countingNames: { readonly [C in Counting]: string } = {
  sent: 'all certificates sent',
  path: 'the certificates up to the anchor',
  message: 'the handshake message with its header',
  certificate: 'one certificate',
  record: 'one record',
  items: 'one by one',
  bits: 'bits',
  stored: 'one anchor as stored',
  bundle: 'all anchors stored together',
  text: 'characters',
  heap: 'bytes of heap',
}
