import type { DatesChecked, Details } from '../../finding/details.ts'
import type { Effect } from '../../finding/finding.ts'
import { formatBytes, formatCount, formatDay, formatList, formatMinute, formatNumber } from '../units.ts'
import { capital, certificateAt, type WordsFor } from './words.ts'

/** path, name and dates: whether the device believes what it is shown. */
export const trustWords: WordsFor<
  | 'untrusted-root'
  | 'anchor-not-presented'
  | 'leaf-as-anchor'
  | 'cross-sign-path'
  | 'missing-intermediate'
  | 'wrong-order'
  | 'root-assumed'
  | 'root-unknown'
  | 'no-trust-anchor'
  | 'bad-chain-signature'
  | 'not-a-ca'
  | 'critical-extension'
  | 'weak-signature'
  | 'key-usage-refused'
  | 'path-length-exceeded'
  | 'anchor-too-large'
  | 'verification-off'
  | 'name-mismatch'
  | 'name-check-off'
  | 'name-untested'
  | 'cert-expired'
  | 'cert-not-yet-valid'
  | 'expires-soon'
  | 'anchor-expired'
  | 'clock-needed'
  | 'dates-unchecked'
> = {
  'untrusted-root': {
    title: 'what the device holds does not lead to the chain',
    sentence: (d) => {
      const needed = formatList([d.neededIssuer, ...(d.besides ?? [])])
      if (d.assumed)
        return `The chain needs ${needed} on the device, beside ${formatList(d.held)}, which it is assumed to hold: no anchor was given.`
      const others = d.otherRoots ? ', or another root that it leads to' : ''
      return `The chain needs ${needed}${others}; the device holds ${d.held.length === 0 ? 'no anchor' : formatList(d.held)}.`
    },
  },
  'anchor-not-presented': {
    title: 'the certificate held is not the one presented',
    sentence: (d) => {
      if (d.sameName && d.sameKey) {
        return `The device holds ${d.heldSubject}; the server presents another certificate of that name and key.`
      }
      if (d.sameName) {
        return (
          `The server presents a certificate named ${d.presentedSubject}, as the one held, but with another key: ` +
          'it was generated anew after the image was built.'
        )
      }
      return `The device holds ${d.heldSubject}; the server presents ${d.presentedSubject}, and nothing links the two.`
    },
  },
  'leaf-as-anchor': {
    title: 'a server certificate is held in place of a CA',
    sentence: (d, c) =>
      `What the device holds as CA is the server certificate ${d.subject}${
        d.selfIssued
          ? ', self-issued: it works until it is renewed.'
          : `, issued by a CA: ${leafTaken(c.effect)}`
      }`,
  },
  'cross-sign-path': {
    title: 'the cross-signed copy of the root held is sent',
    sentence: (d) =>
      `The device holds ${d.subject} issued by ${d.heldIssuer}; the server sends it issued by ${d.presentedIssuer}. ` +
      'Same name and key, but this stack follows the certificate that was sent.',
  },
  'missing-intermediate': {
    title: 'an intermediate certificate is not sent',
    sentence: (d) =>
      `${d.subject} was issued by ${d.issuer}, which is not sent${
        d.held
          ? ' and which the device does not hold'
          : ': only a device that holds that very certificate can go on without it'
      }. A browser fetches it or has it cached; a device does not.${
        d.urls[0] === undefined ? '' : ` The certificate says that its issuer is at ${d.urls[0]}.`
      }`,
  },
  'wrong-order': {
    title: 'the certificates are in the wrong order',
    sentence: (d) =>
      `Each certificate must be followed by its issuer (RFC 5246 §7.4.2); to be in order, those sent would come as ${d.order
        .map((index) => index + 1)
        .join(', ')}.`,
  },
  'root-assumed': {
    title: 'fits only if the device holds the root',
    sentence: (d) =>
      `No anchor was given. The chain ends at ${d.root} (${d.rootId}, SHA-256 ${d.sha256.slice(
        0,
        16,
      )}…): it fits if the device holds that root.`,
  },
  'root-unknown': {
    title: 'the root is not a known public one',
    sentence: (d) => `${unknownRoot(d)} No anchor was given: whether the device holds it decides.`,
  },
  'no-trust-anchor': {
    title: 'no trust anchor is configured',
    sentence: (d) => `The device holds no anchor at all, and its verification of the peer is ${d.peer}.`,
  },
  'bad-chain-signature': {
    title: 'a signature in the chain is wrong',
    sentence: (d) =>
      `The signature of ${certificateAt(d.index, d.subject)} was not made by the key of its issuer in the chain.`,
  },
  'not-a-ca': {
    title: 'a certificate that is no CA issues another',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} issues another certificate, but basicConstraints does not make it a CA.`,
  },
  'critical-extension': {
    title: 'a critical extension that not every verifier knows',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} marks ${d.extension} as critical: a verifier that does not know it must refuse the certificate.`,
  },
  'weak-signature': {
    title: 'signed with a broken hash',
    sentence: (d, { effect }) =>
      `${capital(certificateAt(d.index, d.subject))} is signed with ${d.algorithm}, which stacks of today refuse${
        effect === 'blocks'
          ? ', this one too.'
          : effect === 'unknown'
            ? '; whether this one does is not known.'
            : '.'
      }`,
  },
  'key-usage-refused': {
    title: 'the certificate is not meant for this use',
    sentence: (d) =>
      `The leaf (${d.subject}) has ${d.extension} ${formatList(d.has, 4)}; this handshake needs ${d.needed}.`,
  },
  'path-length-exceeded': {
    title: 'a CA is not allowed that many CAs below it',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} allows ${formatNumber(d.pathLength)} CAs below it (pathLenConstraint); there are ${formatNumber(d.below)}.`,
  },
  'anchor-too-large': {
    title: 'the anchor does not fit where it is stored',
    sentence: (d) =>
      `${d.subject}${d.assumed ? ', which the device is assumed to hold' : ''}: ${formatBytes(d.pemBytes)} as PEM and ${formatNumber(
        d.derBytes,
      )} as DER; the device stores ${formatNumber(d.limitBytes)}.`,
  },
  'verification-off': {
    title: 'verification is switched off',
    sentence: (d) =>
      `${byWhom(d.by)} the device does not verify the server (${d.mode}): anyone who can answer for this host ` +
      'can hand it firmware and read its credentials.',
  },
  'name-mismatch': {
    title: 'no name in the certificate is the host',
    sentence: (d, { effect }) => {
      const listed = d.names.length === 0 ? 'no name' : formatNames(d.names, d.namesTotal)
      if (d.kind === 'ip' && effect === 'unknown') {
        return `The device connects to the address ${d.host}; whether this stack finds it in the certificate, which has ${listed}, is not known.`
      }
      if (d.kind === 'ip') {
        return `The device connects to the address ${d.host}, and this stack finds it in no name of the certificate, which has ${listed}.`
      }
      if (d.kind === 'cn-ignored') {
        return `${d.host} is the common name only; where a subjectAltName is present, the common name does not count. The certificate has ${listed}.`
      }
      if (d.kind === 'none') return `The certificate carries no name at all to compare with ${d.host}.`
      return `The device asks for ${d.host}; the certificate is for ${listed}.`
    },
  },
  'name-check-off': {
    title: 'the name check is switched off',
    sentence: (d) =>
      `${byWhom(d.by)} the device compares no name: any certificate under the same root passes for this host.${
        d.dropsSni ? ' On this stack that also leaves out the server name (SNI).' : ''
      }`,
  },
  'name-untested': {
    title: 'the name was not compared',
    sentence: (d) =>
      `No host to compare: the certificate is for ${formatNames(d.names, d.namesTotal)}. Give one with --sni.`,
  },
  'cert-expired': {
    title: 'a certificate is expired',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} ended on ${formatDay(d.notAfter)}, ${formatCount(
        d.daysAgo,
        'day',
      )} ago. ${datesChecked(d.deviceChecks)}`,
  },
  'cert-not-yet-valid': {
    title: 'a certificate is not valid yet',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} begins on ${formatMinute(d.notBefore)}, ${
        d.inDays === 0 ? 'later today' : `in ${formatCount(d.inDays, 'day')}`
      }: the clock is behind, or the certificate is early. ${datesChecked(d.deviceChecks)}`,
  },
  'expires-soon': {
    title: 'a certificate ends soon',
    sentence: (d) =>
      `${capital(certificateAt(d.index, d.subject))} ends on ${formatDay(d.notAfter)}, in ${formatCount(
        d.days,
        'day',
      )}. What replaces it may be larger or end at another root: check again then.`,
  },
  'anchor-expired': {
    title: 'the anchor is expired',
    sentence: (d) =>
      `The anchor ${d.subject}${d.assumed ? ', which the device is assumed to hold,' : ''} ended on ${formatDay(d.notAfter)}, ${formatCount(d.daysAgo, 'day')} ago.`,
  },
  'clock-needed': {
    title: 'the device needs a set clock',
    sentence: (d) =>
      `The device checks dates: its clock must lie between ${formatMinute(d.notBefore)} and ${formatMinute(
        d.notAfter,
      )} before it connects. A clock at 1970 or 2000 fails.`,
  },
  'dates-unchecked': {
    title: 'the device does not check dates',
    sentence: (d) =>
      `Certificate dates are not checked by this device (${d.source}): an expired one passes, too.`,
  },
}

function unknownRoot({ root, issuer }: Details['root-unknown']): string {
  switch (root) {
    case 'self-signed-leaf':
      return `The server's own certificate (${issuer}) signed itself: no CA stands behind it, it is its own anchor.`
    case 'self-signed':
      return `The chain ends at ${issuer}, which signed itself and is none of the public roots known here.`
    case 'cross-signer':
      return (
        `The chain needs ${issuer}, which signed public roots and is or was one itself; ` +
        'it is not among those known here, which are those of the stores of today.'
      )
    case 'unknown':
      return `The chain needs ${issuer}, which is none of the public roots known here: a private CA, or one that left the stores.`
  }
}

function byWhom(by: 'request' | 'default'): string {
  return by === 'request' ? 'As asked for with --verify,' : 'By its default,'
}

function datesChecked(checks: DatesChecked): string {
  if (checks === 'checked') return 'The device checks dates.'
  if (checks === 'where-verified')
    return 'The device checks dates where it verifies; whether it verifies is not known.'
  if (checks === 'unchecked') return 'The device does not check dates.'
  return 'Whether the device checks dates is not known.'
}

function formatNames(names: readonly string[], total: number): string {
  const shown = names.slice(0, 4)
  const more = Math.max(total, names.length) - shown.length
  return more > 0 ? `${shown.join(', ')} and ${formatCount(more, 'other name')}` : formatList(shown)
}

function leafTaken(effect: Effect): string {
  const renewed = 'it changes with every renewal.'
  if (effect === 'blocks') return `this stack does not take it as an anchor, and ${renewed}`
  if (effect === 'unknown') return `whether this stack takes it as an anchor is not known, and ${renewed}`
  return `not every stack takes it as an anchor (Mbed TLS does not), and ${renewed}`
}
