import { cipherSuites } from '../tls/cipher-suites.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { namedGroups } from '../tls/named-groups.ts'
import { signatureSchemes } from '../tls/signature-schemes.ts'
import { versions } from '../tls/versions.ts'
import { signatureAlgorithms } from '../x509/oids.ts'
import { nearestIds, printable } from './device-id.ts'
import { extensionsOffered } from './offer.ts'

/** A name or a line of a profile that cannot be used: it would be left out of what the device sends. */
export interface BadName {
  /** From the values of `common` or of a range down to the one in the list. */
  readonly path: readonly string[]
  readonly what: string
  readonly hint: string
}

interface Written {
  readonly value: readonly string[]
}

/** The lists of names in one set of values, as written. */
export interface NamedLists {
  readonly hello: { readonly [key: string]: unknown }
  readonly verification: { readonly [key: string]: unknown }
  readonly build: { readonly [key: string]: unknown }
  readonly http?: { readonly requestHeaders?: Written | null | undefined } | undefined
}

/**
 * Every name that its registry does not have, or that is listed twice, and every header that is more than a line.
 * Found one after the other: to look for the nearest name of thousands takes its time.
 */
export function* badNamesOf(values: NamedLists): Generator<BadName> {
  for (const { group, key, names, kind } of registries) {
    const list = values[group][key] as Written | null | undefined
    const seen = new Set<string>()
    for (const [index, name] of (list?.value ?? []).entries()) {
      const path = [group, key, 'value', String(index)]
      if (!names.has(name)) yield { path, ...unknownName(name, kind, names) }
      else if (seen.has(name)) yield { path, what: `${name} is listed twice`, hint: 'list it once' }
      seen.add(name)
    }
  }
  for (const [index, line] of (values.http?.requestHeaders?.value ?? []).entries()) {
    if (!/[\r\n\0]/.test(line)) continue
    const path = ['http', 'requestHeaders', 'value', String(index)]
    yield { path, what: 'holds a line break or a NUL', hint: 'write each header as one line of the list' }
  }
}

function unknownName(name: string, kind: string, names: ReadonlySet<string>): Omit<BadName, 'path'> {
  const shown = `"${printable(name)}"`
  if (kind === 'a version' && name.startsWith('DTLS')) {
    return { what: `${shown} is no version of TLS`, hint: 'leave DTLS out, or name it in the note' }
  }
  if (kind === 'an extension' && Object.hasOwn(extensionTypes, name)) {
    const what = `${shown} is an extension that tlsfit cannot send`
    return { what, hint: 'leave it out, and name it in the note' }
  }
  const nearest = nearestIds(name, names, 1).join('')
  return {
    what: `${shown} is not ${kind} of the registry`,
    hint: `write the exact registry name; nearest: ${nearest}`,
  }
}

interface NameList {
  readonly group: 'hello' | 'verification' | 'build'
  readonly key: string
  readonly names: ReadonlySet<string>
  readonly kind: string
}

const groups = new Set(Object.keys(namedGroups))
const tlsVersions = new Set(Object.keys(versions).filter((name) => !name.startsWith('DTLS')))
const certificateHashes = new Set(
  Object.values(signatureAlgorithms)
    .map(({ hash }) => hash)
    .filter((hash) => hash !== 'parameters' && hash !== 'none'),
)

// biome-ignore format: one row a list, columns aligned
const registries: readonly NameList[] = [
  { group: 'hello',        key: 'versions',              names: tlsVersions,                              kind: 'a version' },
  { group: 'hello',        key: 'cipherSuites',          names: new Set(Object.keys(cipherSuites)),        kind: 'a cipher suite' },
  { group: 'hello',        key: 'groups',                names: groups,                                   kind: 'a named group' },
  { group: 'hello',        key: 'keyShares',             names: groups,                                   kind: 'a named group' },
  { group: 'hello',        key: 'signatureSchemes',      names: new Set(Object.keys(signatureSchemes)),    kind: 'a signature scheme' },
  { group: 'hello',        key: 'extensions',            names: new Set<string>(extensionsOffered),             kind: 'an extension' },
  { group: 'build',        key: 'hashes',                names: certificateHashes,                        kind: 'a hash' },
  { group: 'build',        key: 'certificateGroups',     names: groups,                                   kind: 'a named group' },
  { group: 'verification', key: 'certificateSignatures', names: new Set(Object.keys(signatureAlgorithms)), kind: 'a signature algorithm of certificates' },
]
