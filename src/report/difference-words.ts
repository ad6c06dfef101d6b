import type { AlertSeen, CloseSeen, Difference, SentCertificate } from '../judge/differences.ts'
import { formatAlert } from '../tls/alerts.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatExtensionType } from '../tls/extension-types.ts'
import { formatNamedGroup } from '../tls/named-groups.ts'
import { formatSignatureScheme } from '../tls/signature-schemes.ts'
import { formatVersion } from '../tls/versions.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { formatBytes, formatCount, formatList, formatNumber } from './units.ts'

const maxListed = 8

/** One difference as a sentence of A and B; lower case, no full stop. What peers wrote is escaped. */
export function formatDifference(difference: Difference, options: EscapeOptions = {}): string {
  switch (difference.id) {
    case 'reached':
      return difference.a
        ? 'B is not reached from here: there is nothing to compare'
        : 'A is not reached from here: there is nothing to compare'
    case 'sni':
      return sniWords(difference, options)
    case 'versions-offered':
      return `A offers ${list(difference.a, formatVersion)}, B ${list(difference.b, formatVersion)}`
    case 'suites-offered':
      return difference.reordered
        ? 'the same cipher suites are offered in another order'
        : `cipher suites: ${onlySides(difference, formatCipherSuite)}`
    case 'groups-offered':
      return `groups: ${onlySides(difference, formatNamedGroup)}`
    case 'signatures-offered':
      return `signature algorithms: ${onlySides(difference, formatSignatureScheme)}`
    case 'extensions-offered':
      return `extensions: ${onlySides(difference, formatExtensionType)}`
    case 'alpn-offered':
      return `ALPN: A offers ${names(difference.a, options)}, B ${names(difference.b, options)}`
    case 'fragment-length-asked':
      return `max_fragment_length: A asks for ${bytes(difference.a)}, B for ${bytes(difference.b)}`
    case 'version':
      return `A's server chooses ${maybe(difference.a, formatVersion)}, B's ${maybe(difference.b, formatVersion)}`
    case 'suite':
      return `A's server chooses ${maybe(difference.a, formatCipherSuite)}, B's ${maybe(difference.b, formatCipherSuite)}`
    case 'fragment-length-agreed':
      return `max_fragment_length: A's server agrees to ${bytes(difference.a)}, B's to ${bytes(difference.b)}`
    case 'alpn-agreed':
      return `ALPN: A's server chooses ${text(difference.a, options)}, B's ${text(difference.b, options)}`
    case 'certificates':
      return certificateWords(difference)
    case 'certificate-order':
      return 'the same certificates come in another order'
    case 'certificates-unseen':
      return difference.a
        ? "B's certificates are seen, A's are not"
        : "A's certificates are seen, B's are not"
    case 'client-certificate-asked':
      return yesNo(difference, 'asks for a client certificate', 'asks for none', "'s server")
    case 'client-certificate-sent':
      return yesNo(difference, 'sends a client certificate', 'sends none', '')
    case 'alerts':
      return `alerts: A ${alertWords(difference.a)}, B ${alertWords(difference.b)}`
    case 'established':
      return yesNo(difference, 'completes the handshake', 'does not', '')
    case 'resumed':
      return yesNo(difference, 'takes up an earlier session', 'does a full handshake', '')
    case 'close':
      return `A${closeWords(difference.a)}; B${closeWords(difference.b)}`
    case 'largest-record':
      return `largest record from the server: A ${bytes(difference.a)}, B ${bytes(difference.b)}`
    case 'http-status':
      return `HTTP: A ${maybe(difference.a, String)}, B ${maybe(difference.b, String)}`
    case 'connack':
      return `CONNACK: A ${maybe(difference.a, String)}, B ${maybe(difference.b, String)}`
  }
}

function sniWords(
  { a, b }: { readonly a: string | undefined; readonly b: string | undefined },
  options: EscapeOptions,
): string {
  const shown = (name: string) => `SNI \`${escapeText(name, options)}\``
  if (a === undefined) return `B sends ${shown(b ?? '')}, A sends none`
  return b === undefined ? `A sends ${shown(a)}, B sends none` : `A sends ${shown(a)}, B ${shown(b)}`
}

function certificateWords(chains: Extract<Difference, { id: 'certificates' }>): string {
  const { onlyA, onlyB, bytesA, bytesB, countA, countB } = chains
  const more = bytesB - bytesA
  const sizes = `A ${formatCount(countA, 'certificate')}, ${formatBytes(bytesA)}; B ${formatCount(countB, 'certificate')}, ${formatBytes(bytesB)} (${more < 0 ? '-' : '+'}${formatNumber(Math.abs(more))})`
  if (onlyA.length === 0 && onlyB.length > 0) return `${countMore(onlyB.length)} in B; ${sizes}`
  if (onlyB.length === 0 && onlyA.length > 0) return `${countMore(onlyA.length)} in A; ${sizes}`
  return sizes
}

function countMore(count: number): string {
  return count === 1 ? 'one certificate more' : `${formatNumber(count)} certificates more`
}

/** What stands under a difference of chains: each certificate that only one side sends. */
export function certificateLines(difference: Difference, options: EscapeOptions = {}): string[] {
  if (difference.id !== 'certificates') return []
  const { onlyA, onlyB } = difference
  const lines = [
    ...onlyA.map((one) => `only A: ${certificateName(one, options)}`),
    ...onlyB.map((one) => `only B: ${certificateName(one, options)}`),
  ]
  const more = lines.length - 2 * maxListed
  return more > 0 ? [...lines.slice(0, 2 * maxListed), `and ${formatNumber(more)} more`] : lines
}

function certificateName({ certificate, crossSigned }: SentCertificate, options: EscapeOptions): string {
  const name = escapeText(certificate.subject.commonName ?? certificate.subject.text, {
    ...options,
    maxChars: 80,
  })
  const issuer = escapeText(certificate.issuer.commonName ?? certificate.issuer.text, {
    ...options,
    maxChars: 80,
  })
  const kind = crossSigned
    ? 'cross-signed root'
    : certificate.isCa
      ? certificate.selfIssued
        ? 'root'
        : 'CA'
      : 'leaf'
  const by = certificate.selfIssued ? '' : ` by ${issuer}`
  return `${kind} ${name}${by}, ${formatBytes(certificate.der.length)}`
}

function closeWords(close: CloseSeen | undefined): string {
  if (close === undefined) return ' is not seen to end'
  const who = close.by === 'peer' ? "'s server closes" : "'s client closes"
  const how = close.how === 'reset' ? ' with a reset' : ''
  if (close.recordsReceived === 0 && close.recordsSent > 0) {
    const sent =
      close.recordsSent === 1
        ? 'the first application record'
        : formatCount(close.recordsSent, 'application record')
    return `${who}${how} after ${sent}, without an answer`
  }
  if (close.recordsReceived === 0) return `${who}${how} before any application data`
  return `${who}${how} after ${formatCount(close.recordsReceived, 'application record')}`
}

function alertWords(alerts: readonly AlertSeen[]): string {
  if (alerts.length === 0) return 'has none'
  return formatList(
    alerts.map(
      ({ direction, description }) =>
        `${direction === 'sent' ? 'the client sends' : 'the server sends'} ${formatAlert(description)}`,
    ),
    maxListed,
  )
}

function onlySides(
  { onlyA, onlyB }: { readonly onlyA: readonly number[]; readonly onlyB: readonly number[] },
  format: (code: number) => string,
): string {
  const parts = [
    ...(onlyA.length > 0 ? [`only A offers ${list(onlyA, format)}`] : []),
    ...(onlyB.length > 0 ? [`only B offers ${list(onlyB, format)}`] : []),
  ]
  return parts.join('; ')
}

function yesNo({ a }: { readonly a: boolean }, yes: string, no: string, owner: string): string {
  return a ? `A${owner} ${yes}, B${owner} ${no}` : `B${owner} ${yes}, A${owner} ${no}`
}

function list(codes: readonly number[], format: (code: number) => string): string {
  return codes.length === 0 ? 'none' : formatList(codes.map(format), maxListed)
}

function names(all: readonly string[], options: EscapeOptions): string {
  return all.length === 0
    ? 'none'
    : formatList(
        all.map((name) => escapeText(name, options)),
        maxListed,
      )
}

function maybe(code: number | undefined, format: (code: number) => string): string {
  return code === undefined ? 'nothing' : format(code)
}

function text(value: string | undefined, options: EscapeOptions): string {
  return value === undefined ? 'none' : escapeText(value, options)
}

function bytes(value: number | undefined): string {
  return value === undefined ? 'nothing' : formatBytes(value)
}
