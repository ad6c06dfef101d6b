import type { Certificate } from '../x509/certificate.ts'
import { decodeNameConstraints } from '../x509/name-constraints.ts'

/** Which side of an issuer's name constraints a certificate's DNS names break; `open`: others than these are constrained. */
export type Constrained = 'kept' | 'not-permitted' | 'excluded' | 'open'

/**
 * RFC 5280 §4.2.1.10 for names, label by label. `names` are what the library holds against them, dNSNames or the common
 * name in their place.
 */
export function checkDnsConstraints(issuer: Certificate, names: readonly string[]): Constrained {
  const extension = issuer.extensions.find(({ name }) => name === 'nameConstraints')
  if (extension === undefined) return 'kept'
  const constraints = decodeNameConstraints(extension)
  if (constraints === undefined) return 'open'
  const { permitted, excluded } = constraints
  const allowed = permitted.filter(({ kind }) => kind === 'dns')
  const banned = excluded.filter(({ kind }) => kind === 'dns')
  if (allowed.length > 0 && names.some((name) => !allowed.some(({ base }) => isWithin(name, base)))) {
    return 'not-permitted'
  }
  if (names.some((name) => banned.some(({ base }) => isWithin(name, base)))) return 'excluded'
  return [...permitted, ...excluded].some(({ kind }) => kind !== 'dns') ? 'open' : 'kept'
}

function isWithin(name: string, base: string): boolean {
  const suffix = base.toLowerCase().replace(/^\./, '')
  const own = name.toLowerCase()
  return suffix === '' || own === suffix || own.endsWith(`.${suffix}`)
}

/** The names that hosts are compared with: dNSNames, or the only common name. */
export function namesOfHost({ subjectAltNames, subject }: Certificate): string[] {
  const names = subjectAltNames.filter(({ kind }) => kind === 'dns')
  if (names.length > 0) return names.map(({ value }) => value)
  return subject.attributes.filter(({ type }) => type === 'CN').map(({ value }) => value)
}
