import { plainName, plainText } from '../credential/plain-text.ts'
import type { BundleMiss } from '../judge/bundle-search.ts'
import type { HeldChain, HeldReason } from '../judge/held-chains.ts'
import type { HostOption } from '../judge/host-plan.ts'
import { type Candidate, nameOf } from '../judge/root-candidates.ts'
import type { Life } from '../judge/root-life.ts'
import type { StoredEntry } from '../judge/stored-roots.ts'
import { storedFormWords } from './certificates-words.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { formatDay, formatNumber } from './units.ts'
import { limitName } from './words/chain-words.ts'

/** Words of `tlsfit trust`. */

export function rootName({ certificate, known }: Candidate, options: EscapeOptions): string {
  const name = escapeText(nameOf(certificate), { ...options, maxChars: 100 })
  return known === undefined ? name : `${name} (${known.id})`
}

/** How long, and what ends it: `until 2029-04-15, when public stores distrust it (announced)`. */
export function lifeWords({ until, by, distrust, bridge }: Life, options: EscapeOptions): string {
  const day = `until ${formatDay(until)}`
  switch (by) {
    case 'expiry':
      return `${day}, its last day`
    case 'distrust': {
      const how = distrust!.kind === 'announced' ? 'announced' : "computed by the stores' rule"
      return `${day}, when public stores distrust it (${how}) and its CA issues under another`
    }
    case 'cross-sign': {
      const subject = escapeText(bridge!.subject, { ...options, maxChars: 80 })
      return `${day}, when the cross-sign ${subject} that leads to it ends`
    }
  }
}

export const originWords: { readonly [O in Candidate['origin']]: string } = {
  known: 'public root',
  store: 'public root of the Mozilla store (Node.js)',
  given: 'root that you gave',
  held: 'held already',
  wire: 'sent by the server, in no public store: compare its SHA-256 with what its owner says',
  fetched: 'fetched over plain HTTP, in no public store: compare its SHA-256 with what its owner says',
}

export const passedOverWords: { readonly [W in NonNullable<HostOption['passedOver']>]: string } = {
  blocked: 'the device would not take it',
  undecided: 'whether the device takes it is not known',
  'ends-earlier': 'it ends earlier',
  larger: 'it is larger',
  'more-roots': 'the set would have more roots, or roots less sure',
  'not-held': 'the device does not hold it yet',
}

/** What an anchor that is no root costs. */
export function stopgapWords({ candidate, life }: HostOption, options: EscapeOptions): string {
  const name = escapeText(nameOf(candidate.certificate), { ...options, maxChars: 80 })
  const days = `it ends on ${formatDay(life.notAfter)}`
  return `${name} as anchor: ${days}, its CA may replace it on any day before without notice, and every device then needs a new one by another way than this connection. A stopgap, no cure`
}

/** Why a bundle with the right root does not lead there, and what does; of a credential, so plain ASCII. */
export function bundleMissWords({ host, last, issuer }: BundleMiss): string {
  const wanted = plainText(issuer.commonName ?? issuer.text)
  const sent = last.selfIssued
    ? `the server at ${plainText(host)} sends the root ${plainName(last)} as well`
    : `the last certificate that ${plainText(host)} sends is ${plainName(last)}, issued by ${wanted}`
  const instead = 'load these roots by .cert_pem or setCACert instead (--emit c-header, --emit arduino)'
  const option = 'CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_CROSS_SIGNED_VERIFY=y where this ESP-IDF has it'
  return `${sent}, and the bundle is asked for ${wanted} alone, which is not in it: ${instead}, or set ${option}, or keep the list of the SDK beside them if it has that root`
}

export function reasonWords(reason: HeldReason, options: EscapeOptions): string {
  switch (reason.kind) {
    case 'limit': {
      const max = reason.max === undefined ? '' : ` of ${formatNumber(reason.max)}`
      return `${limitName(reason.limit)}: ${formatNumber(reason.value)}${max}`
    }
    case 'signature':
      return `certificates signed with ${reason.algorithm} are not taken`
    case 'no-suite':
      return `no cipher suite of the device goes with a leaf of ${reason.key}`
    case 'intermediates':
      return 'the device does not use intermediates that are sent: each has to be stored'
    case 'twin':
      return 'the root is sent cross-signed too, and the device may follow that one'
    case 'anchor-issued':
      return 'what is held was issued by another CA, and not every stack takes that for an anchor'
    case 'ended':
      return `ended on ${formatDay(reason.on)}`
    case 'not-known':
      return `size not known: ${escapeText(reason.what, { ...options, maxChars: 120 })}`
  }
}

/** `3,398 bytes, 921 of them a modelled leaf`. */
export function chainSizeWords({ issued, sentBytes, pathBytes }: HeldChain): string {
  const above = issued.sent.reduce<number | undefined>(
    (sum, { derBytes }) => (sum === undefined || derBytes === undefined ? undefined : sum + derBytes),
    0,
  )
  if (sentBytes === undefined) {
    return above === undefined ? 'DER not known' : `${formatNumber(above)} B of DER and the leaf`
  }
  const leaf = `leaf ${formatNumber(issued.leaf.derBytes!)}, ${issued.leaf.known ?? 'modelled'}`
  const path = pathBytes === sentBytes ? '' : `, ${formatNumber(pathBytes!)} to the root`
  return `${formatNumber(sentBytes)} B of DER (${leaf})${path}`
}

export const endWords: { readonly [B in HeldChain['by']]: string } = {
  expiry: 'the last day of what is held',
  distrust: 'the day on which public stores distrust the root',
  'cross-sign': 'the end of a cross-sign on the way',
}

export function storedUseWords({ use, is }: StoredEntry): string {
  const form = is === undefined ? '' : `, ${storedFormWords[is.form]}`
  switch (use) {
    case 'needed':
      return `needed, stored${form}`
    case 'wrong-type':
      return `needed, but not stored as a root (type 0)${form}`
    case 'not-needed':
      return `a root that is not needed here${form}`
    case 'unknown':
      return 'a root whose SHA-256 is that of none tried: DER and PEM with LF or CR LF of every root known here'
    case 'other':
      return is === undefined ? 'not compared' : `stored${form}`
  }
}
