import { matchesDnsName } from '../trust/name-match.ts'
import type { Certificate } from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'
import type { Name, NameAttribute } from '../x509/name.ts'

/**
 * Names as embedded stacks compare them: dNSNames, or the common names where there is no subjectAltName at all, as
 * text, addresses too. `ipSan`: iPAddress entries are looked at as well; `uriSan`: so are URIs, letter by letter;
 * `rawText`: common names are compared by their bytes, so that one of wider characters is never the host.
 */
export function matchesHost(
  certificate: Certificate,
  host: string,
  { ipSan, uriSan = false, rawText = false }: { ipSan: boolean; uriSan?: boolean; rawText?: boolean },
): boolean {
  const wanted = lowerAscii(host.replace(/^\[|\]$/g, ''))
  const { subjectAltNames, extensions, subject } = certificate
  if (!extensions.some(({ name }) => name === 'subjectAltName')) {
    return subject.attributes.some(
      (one) => one.type === 'CN' && !(rawText && isWide(one)) && matchesText(one.value, wanted),
    )
  }
  if (subjectAltNames.some(({ kind, value }) => kind === 'dns' && matchesText(value, wanted))) return true
  if (uriSan && subjectAltNames.some(({ kind, value }) => kind === 'uri' && value === host)) return true
  const address = parseIp(wanted)
  if (!ipSan || address === undefined) return false
  const canonical = formatIp(address)
  return subjectAltNames.some(({ kind, value }) => kind === 'ip' && value === canonical)
}

/** Of two or four bytes a character. */
export function isWide({ tag }: NameAttribute): boolean {
  return tag === tags.bmpString || tag === tags.universalString
}

function matchesText(pattern: string, wanted: string): boolean {
  return lowerAscii(pattern) === wanted || matchesDnsName(pattern, wanted)
}

/** RFC 5280 §7.1 as stacks do it: attribute by attribute, by what `textOf` makes of each. */
export function sameNames(a: Name, b: Name, textOf: (attribute: NameAttribute) => string): boolean {
  return a.attributes.length === b.attributes.length && beginsWith(a, b, textOf)
}

/** Whether the attributes of `base` are the first of `name`. */
export function beginsWith(name: Name, base: Name, textOf: (attribute: NameAttribute) => string): boolean {
  return base.attributes.every((attribute, at) => {
    const other = name.attributes[at]
    return other !== undefined && attribute.type === other.type && textOf(attribute) === textOf(other)
  })
}

export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
