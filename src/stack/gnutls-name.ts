import type { Certificate } from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'
import type { Name, NameAttribute } from '../x509/name.ts'
import { lowerAscii, sameNames } from './names.ts'

/**
 * gnutls_x509_crt_check_hostname2: an address is compared with iPAddresses, a name with dNSNames, or with the only common
 * name of a certificate for servers that has neither these nor a URI.
 */
export function matchesGnutls(leaf: Certificate, host: string): boolean {
  const { subjectAltNames, subject, extendedKeyUsage } = leaf
  const address = parseIp(host)
  if (address !== undefined) {
    return subjectAltNames.some(({ kind, value }) => kind === 'ip' && value === formatIp(address))
  }
  const dnsNames = subjectAltNames.filter(({ kind }) => kind === 'dns')
  if (dnsNames.some(({ value }) => matchesPattern(value, host))) return true
  if (subjectAltNames.some(({ kind }) => kind === 'dns' || kind === 'ip' || kind === 'uri')) return false
  const commonNames = subject.attributes.filter(({ type }) => type === 'CN')
  const ofServer =
    extendedKeyUsage === undefined ||
    extendedKeyUsage.some((one) => one === 'serverAuth' || one === 'anyExtendedKeyUsage')
  const [own] = commonNames
  return (
    ofServer && commonNames.length === 1 && own !== undefined && matchesPattern(commonNameText(own), host)
  )
}

/** An IA5String is no DirectoryString, and is shown by its bytes. */
function commonNameText({ value, tag }: NameAttribute): string {
  return tag === tags.ia5String ? '' : value
}

/** _gnutls_hostname_compare: a star at the front, with two labels after it, stands for the rest of the first label. */
function matchesPattern(pattern: string, host: string): boolean {
  const own = lowerAscii(pattern)
  const wanted = lowerAscii(host)
  if (!own.startsWith('*')) return own === wanted
  const last = own.lastIndexOf('.')
  if (last < 0 || own.indexOf('.') === last || last === own.length - 1) return false
  const label = wanted.split('.')[0]!.length
  return wanted.endsWith(own.slice(1)) && wanted.length - own.length + 1 <= label
}

/** _gnutls_x509_compare_raw_dn: by their bytes, or as text, whichever of these kinds of string they are. */
export function sameGnutlsNames(a: Name, b: Name): boolean {
  return sameNames(a, b, ({ value, tag }) => (textTags.has(tag) ? value : `${tag} ${value}`))
}

const textTags: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.printableString,
  tags.t61String,
  tags.bmpString,
])
