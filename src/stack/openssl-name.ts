import type { Certificate } from '../x509/certificate.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'
import { lowerAscii } from './names.ts'

/** X509_check_host and X509_check_ip: the common name counts where there is no dNSName at all. */
export function matchesOpenssl({ subjectAltNames, subject }: Certificate, host: string): boolean {
  const address = parseIp(host)
  if (address !== undefined) {
    return subjectAltNames.some(({ kind, value }) => kind === 'ip' && value === formatIp(address))
  }
  const dnsNames = subjectAltNames.filter(({ kind }) => kind === 'dns')
  const commonNames = subject.attributes.filter(({ type }) => type === 'CN')
  return (dnsNames.length > 0 ? dnsNames : commonNames).some(({ value }) => matchesPattern(value, host))
}

/** equal_wildcard: a pattern whose star is not valid is a name like any other. */
function matchesPattern(pattern: string, host: string): boolean {
  const wanted = lowerAscii(host)
  const own = lowerAscii(pattern)
  if (!isValidStar(own)) return own === wanted
  const [before = '', after = ''] = own.split('*')
  if (wanted.length < before.length + after.length) return false
  if (!wanted.startsWith(before) || !wanted.endsWith(after)) return false
  const stands = wanted.slice(before.length, wanted.length - after.length)
  const wholeLabel = before === '' && after.startsWith('.')
  if (wholeLabel ? stands === '' : wanted.startsWith('xn--')) return false
  // wildcard_match: no dot, and no underscore either.
  return /^[a-z0-9-]*$/.test(stands)
}

/**
 * valid_star: one star, at the start or the end of the first label, which is no A-label before it, with at least two labels
 * after it. Labels are of letters, digits and hyphens that stand at neither end: none has an underscore.
 */
function isValidStar(pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('.')
  const starFirst = /^\*(?:[a-z0-9-]*[a-z0-9])?$/
  const starLast = /^(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\*$/
  const whole = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
  return (
    rest.length >= 2 &&
    rest.every((one) => whole.test(one)) &&
    (starFirst.test(first) || starLast.test(first))
  )
}
