import type { UntoldCertificate } from '../fleet/untold-certificate.ts'
import { escapeText } from './escape.ts'

export interface LoggedInWords {
  /** A few words, no full stop. */
  readonly title: string
  /** What was logged, and what it would need to be judged. */
  readonly line: string
}

/** A certificate that was logged and is not judged. What others wrote is made visible. */
export function loggedWords(logged: UntoldCertificate): LoggedInWords {
  const { subject, issuer, key, notBefore, notAfter, sha256 } = logged
  const what = `For ${escapeText(subject)}, by ${escapeText(issuer)}, ${escapeText(key)}, valid from ${dayOf(notBefore)} to ${dayOf(notAfter)} (SHA-256 ${sha256.slice(0, 16)}).`
  if (logged.why === 'precertificate') {
    const needs =
      'Needs the certificate that is issued from it: its size is not known before that is logged too.'
    return { title: 'Precertificate only', line: `${what} ${needs}` }
  }
  return { title: 'Issuer not known', line: `${what} ${needsOf(logged.missing)}` }
}

function needsOf(missing: Extract<UntoldCertificate, { why: 'issuer-unknown' }>['missing']): string {
  if (missing === undefined) return 'Needs a path to a root: what is known of its issuers leads to none.'
  const keyId = missing.keyId === undefined ? '' : ` (key identifier ${missing.keyId})`
  return `Needs the certificate of ${escapeText(missing.name)}${keyId}: neither the endpoint nor the feed has it, nor is it among those that are known.`
}

/** Dates of a certificate may be none. */
function dayOf(iso: string): string {
  return iso.slice(0, 10)
}
