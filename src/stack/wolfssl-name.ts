import type { Certificate } from '../x509/certificate.ts'
import { parseIp } from '../x509/ip-address.ts'
import { isWide, lowerAscii } from './names.ts'

/**
 * wolfSSL_check_domain_name: dNSNames and URIs, or the last common name where there are none of these. With the
 * compatibility layer iPAddresses count too, as text.
 */
export function matchesWolfsslDomain(certificate: Certificate, host: string, layer: boolean): boolean {
  const names = certificate.subjectAltNames.flatMap(({ kind, value }) => {
    if (kind === 'dns' || kind === 'uri') return [value]
    return kind === 'ip' && layer ? [ipText(value)] : []
  })
  if (names.length > 0) return names.some((name) => matchesPattern(name, host))
  const common = certificate.subject.attributes.filter(({ type }) => type === 'CN').at(-1)
  return common !== undefined && !isWide(common) && matchesPattern(common.value, host)
}

/** GenerateDNSEntryIPString: eight groups of four capital digits for IPv6. */
function ipText(canonical: string): string {
  const bytes = parseIp(canonical)
  if (bytes?.length !== 16) return canonical
  const groups = Array.from({ length: 8 }, (_, at) => 256 * bytes[2 * at]! + bytes[2 * at + 1]!)
  return groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':')
}

/** MatchDomainName: a `*` anywhere stands for what comes before the next letter of the pattern, dots excluded. */
export function matchesPattern(pattern: string, host: string): boolean {
  const wanted = lowerAscii(host)
  const letters = lowerAscii(pattern)
  let at = 0
  for (let read = 0; read < letters.length; read++) {
    let letter = letters[read]!
    if (letter === '*') {
      while (letters[read] === '*') read++
      letter = letters[read] ?? ''
      while (at < wanted.length && wanted[at] !== letter) {
        if (wanted[at] === '.') return false
        at++
      }
      if (letter === '') return at === wanted.length
    }
    if (wanted[at] !== letter) return false
    at++
  }
  return letters !== '' && at === wanted.length
}
