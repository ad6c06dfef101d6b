import type { Certificate } from '../x509/certificate.ts'
import { decodeNameConstraints, type NameSubtree } from '../x509/name-constraints.ts'

/** Which side of an issuer's name constraints a certificate's names break; `open`: names that are not compared here. */
export type Constrained = 'kept' | 'not-permitted' | 'excluded' | 'open'

/**
 * RFC 5280 §4.2.1.10 for names, label by label. `names` are what the library holds against them, dNSNames or the common
 * name in their place; `others` the kinds of further names that it has.
 */
export function checkDnsConstraints(
  issuer: Certificate,
  names: readonly string[],
  others: ReadonlySet<NameSubtree['kind']>,
): Constrained {
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
  return [...permitted, ...excluded].some(({ kind }) => others.has(kind)) ? 'open' : 'kept'
}

/** A dot at the front, which the RFC knows for URIs alone, keeps the libraries from taking the base itself. */
function isWithin(name: string, base: string): boolean {
  const suffix = base.toLowerCase()
  const own = name.toLowerCase()
  if (suffix === '' || own === suffix) return true
  return own.endsWith(suffix.startsWith('.') ? suffix : `.${suffix}`)
}

/** Kinds of the names that are no dNSNames: those in subjectAltName, and mail addresses of the subject. */
export function otherKinds({ subjectAltNames, subject }: Certificate): Set<NameSubtree['kind']> {
  const kinds = subjectAltNames.flatMap(({ kind }) => (kind === 'dns' ? [] : [kind]))
  const mail = subject.attributes.some(({ type }) => type === 'emailAddress')
  return new Set(mail ? [...kinds, 'email'] : kinds)
}

export function excludesDirectories(issuer: Certificate): boolean {
  const extension = issuer.extensions.find(({ name }) => name === 'nameConstraints')
  const constraints = extension && decodeNameConstraints(extension)
  return constraints?.excluded.some(({ kind }) => kind === 'directory') ?? false
}

/** The names that hosts are compared with: dNSNames, or the only common name. */
export function namesOfHost({ subjectAltNames, subject }: Certificate): string[] {
  const names = subjectAltNames.filter(({ kind }) => kind === 'dns')
  if (names.length > 0) return names.map(({ value }) => value)
  return subject.attributes.filter(({ type }) => type === 'CN').map(({ value }) => value)
}
