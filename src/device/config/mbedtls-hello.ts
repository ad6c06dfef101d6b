import { type CipherSuite, cipherSuites } from '../../tls/cipher-suites.ts'
import type { Device } from '../device.ts'
import { ConfigFileError } from './config-file.ts'
import type { DerivedValue, DeriveOptions } from './derived.ts'
import type { Macros } from './macros.ts'
import { type Derivation, held, type KnownBuild, type MbedtlsBuild, sameValue } from './mbedtls-build.ts'
import type { MbedtlsTable, MbedtlsVersion } from './mbedtls-table.ts'

/** The parts of the ClientHello that a build changes, or that can no longer be told. Throws `ConfigFileError`. */
export function deriveHello(build: KnownBuild, base: Device, options: DeriveOptions): Derivation {
  const { macros, version } = build
  const versions = held(macros, version.protocols)
  if (versions.length === 0) {
    throw new ConfigFileError(
      'config-no-client',
      'this configuration offers no version of TLS',
      'define MBEDTLS_SSL_PROTO_TLS1_2, or give the configuration of the firmware',
    )
  }
  const values: DerivedValue[] = []
  const notes: string[] = []
  const unread = whyHelloIsOpen(build, versions, base)
  if (unread === undefined) values.push(...helloLists(build, base, { versions, options }))
  else {
    notes.push(unread)
    for (const key of listKeys) values.push({ group: 'hello', key, value: null, lines: [] })
  }
  for (const [key, name] of [
    ['sni', 'SSL_SERVER_NAME_INDICATION'],
    ['alpn', 'SSL_ALPN'],
  ] as const) {
    if (macros.has(name) || sameValue(base.hello[key], 'never')) continue
    const lines = macros.differences([name])
    values.push({ group: 'hello', key, value: 'never', lines, sources: ['library'] })
  }
  return { values: [...values, ...fragmentLength(build, base, options)], notes }
}

const listKeys = ['versions', 'cipherSuites', 'groups', 'signatureSchemes', 'extensions'] as const
type ListKey = (typeof listKeys)[number]

/** A list of the hello: what the build puts there, what each item needs, and which macros decide. */
interface HelloList {
  readonly key: ListKey
  readonly items: readonly string[]
  /** Undefined: nothing that this reader knows of takes the item away. */
  readonly holds: (item: string) => boolean | undefined
  readonly needs: readonly string[]
}

function helloLists(
  build: KnownBuild,
  base: Device,
  { versions, options }: { versions: readonly string[]; options: DeriveOptions },
): readonly DerivedValue[] {
  const { macros, version, table, whole } = build
  const suites = offeredSuites(build, versions)
  const lists: readonly HelloList[] = [
    listOf('versions', Object.keys(version.protocols), (name) => [version.protocols[name] ?? ''], macros),
    suites,
    listOf('groups', version.groups, (name) => [table.curves[name] ?? ''], macros),
    listOf('signatureSchemes', version.schemes, (name) => schemeNeeds(version, name), macros),
    offeredExtensions(build, base, { suites: suites.items, options }),
  ]
  return lists.flatMap(({ key, items, holds, needs }) => {
    const old = base.hello[key]
    const differences = macros.differences(needs)
    if (!whole && differences.length === 0) return []
    // A file that only takes away leaves the rest as the base has it, which may know more than the table does.
    const onlyLess = old !== undefined && (tls13In(base) || differences.every(({ on }) => !on))
    const value = onlyLess ? old.value.filter((item) => holds(item) !== false) : items
    if (key === 'cipherSuites' && value.every((name) => name.endsWith('_SCSV'))) throw noSuite()
    if (sameValue(old, value)) return []
    return [{ group: 'hello', key, value, lines: differences, sources: ['library'] } as const]
  })
}

function listOf(
  key: ListKey,
  all: readonly string[],
  needsOf: (item: string) => readonly string[],
  macros: Macros,
): HelloList {
  const holds = (item: string) => needsOf(item).every((need) => macros.holds(need))
  return {
    key,
    items: all.filter(holds),
    holds: (item) => (all.includes(item) ? holds(item) : undefined),
    needs: all.flatMap(needsOf),
  }
}

function offeredExtensions(
  { macros, version }: KnownBuild,
  base: Device,
  { suites, options }: { suites: readonly string[]; options: DeriveOptions },
): HelloList {
  const elliptic = suites.some((name) => /_ECDHE?_/.test(name))
  const asksLength = options.maxFragmentLength !== undefined || lists(base, 'max_fragment_length')
  const needs = new Map(version.extensions.map((row) => [row.name, row.needs]))
  const holds = (name: string) => {
    const need = needs.get(name)
    if (need === undefined) return undefined
    if (need === 'ELLIPTIC') return elliptic
    return macros.holds(need) && (name !== 'max_fragment_length' || asksLength)
  }
  return {
    key: 'extensions',
    items: version.extensions.map(({ name }) => name).filter((name) => holds(name) === true),
    holds,
    needs: [...needs.values(), 'KEY_EXCHANGE_ECDHE_RSA_ENABLED', 'KEY_EXCHANGE_ECDHE_ECDSA_ENABLED'],
  }
}

function noSuite(): ConfigFileError {
  return new ConfigFileError(
    'config-no-client',
    'this configuration offers no cipher suite with a certificate',
    'a device that only has pre-shared keys does not look at certificates: there is nothing to check',
  )
}

/** Mbed TLS refuses to ask for more than the lesser of its two content lengths (mbedtls_ssl_conf_max_frag_len). */
export function refuseLongFragments(
  values: readonly DerivedValue[],
  { limits, build }: Device,
  { maxFragmentLength }: DeriveOptions,
): void {
  if (maxFragmentLength === undefined) return
  const said = (key: string) => values.find((value) => value.key === key)?.value
  const lengths = [
    said('recordBytes') ?? limits.recordBytes?.value,
    said('sentRecordBytes') ?? build.sentRecordBytes?.value,
  ]
  const short = lengths.find((length) => typeof length === 'number' && length < maxFragmentLength)
  if (short === undefined) return
  throw new ConfigFileError(
    'config-no-fragment-length',
    `this configuration cannot ask for a fragment length of ${maxFragmentLength}: a content length is ${short}`,
    'give --mfl a shorter one',
  )
}

/** Whether the application asks for short fragments is its own call; without the macro it cannot. */
function fragmentLength({ macros }: MbedtlsBuild, base: Device, { maxFragmentLength }: DeriveOptions) {
  const said = macros.said('SSL_MAX_FRAGMENT_LENGTH')
  const lines = said === undefined ? [] : [said]
  const value = { group: 'hello', key: 'maxFragmentLength', lines } as const
  if (maxFragmentLength !== undefined && !macros.has('SSL_MAX_FRAGMENT_LENGTH')) {
    throw new ConfigFileError(
      'config-no-fragment-length',
      'this configuration cannot ask for a fragment length: MBEDTLS_SSL_MAX_FRAGMENT_LENGTH is off',
      'leave --mfl out, or switch the macro on in the firmware',
    )
  }
  if (maxFragmentLength !== undefined) return [{ ...value, value: maxFragmentLength, sources: ['asked'] }]
  if (macros.has('SSL_MAX_FRAGMENT_LENGTH') || sameValue(base.hello.maxFragmentLength, 'never')) return []
  return [{ ...value, value: 'never', sources: ['library'] }]
}

/** The suites that the build offers, in the library's order, and the signal at their end. */
function offeredSuites({ macros, table, version }: KnownBuild, versions: readonly string[]): HelloList {
  const custom = customSuites(macros)
  const isHeld = (name: string) => {
    const row = (cipherSuites as Readonly<Record<string, CipherSuite>>)[name]
    if (row === undefined || row.kx === 'scsv' || row.kx === 'tls13') return undefined
    const needs = suiteNeeds(row, table, version)
    // Without TLS 1.2 only the CBC suites with SHA-1 are left.
    return (
      needs?.every((need) => macros.holds(need)) === true &&
      (versions.includes('TLSv1.2') || row.mac === 'sha1')
    )
  }
  const holds = (name: string) => {
    const held = isHeld(name)
    return held === true && custom !== undefined ? custom.includes(name) : held
  }
  return {
    key: 'cipherSuites',
    items: [
      ...(custom ?? table.suites).filter((name) => holds(name) === true),
      'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    ],
    holds,
    needs: [
      'SSL_CIPHERSUITES',
      ...Object.values(table.keyExchanges),
      ...Object.values(table.ciphers),
      ...['sha1', 'sha256', 'sha384'].map((hash) => version.hashes[hash] ?? ''),
      version.protocols['TLSv1.2'] ?? '',
    ],
  }
}

/** Undefined for a suite that the table does not know, such as one with a pre-shared key. */
function suiteNeeds(row: CipherSuite, table: MbedtlsTable, version: MbedtlsVersion): string[] | undefined {
  const keyExchange = table.keyExchanges[`${row.kx}-${row.auth}`]
  const cipher = table.ciphers[row.cipher.replace(/-ccm-8$/, '-ccm')]
  if (keyExchange === undefined || cipher === undefined) return undefined
  // Mbed TLS lists CCM suites whatever hashes there are.
  const hash = row.cipher.includes('ccm') ? undefined : (row.mac ?? row.hash)
  return [keyExchange, cipher, ...(hash === undefined ? [] : [version.hashes[hash] ?? hash])]
}

/** MBEDTLS_SSL_CIPHERSUITES: a list of the build's own. */
function customSuites(macros: Macros): readonly string[] | undefined {
  const said = macros.said('SSL_CIPHERSUITES')
  if (said?.on !== true) return undefined
  return said.value.split(',').map((name) => name.trim().replace(/^MBEDTLS_/, ''))
}

function schemeNeeds(version: MbedtlsVersion, scheme: string): string[] {
  const key = Object.keys(version.schemeNeeds).find((prefix) => scheme.startsWith(prefix))
  const hash = /sha\d+$/.exec(scheme)?.[0] ?? ''
  const ofHash = version.schemeNeeds[hash]
  return [
    ...(key === undefined ? [] : [version.schemeNeeds[key] ?? '']),
    version.hashes[hash] ?? '',
    ...(ofHash === undefined ? [] : [ofHash]),
  ]
}

/** Why the parts of the hello cannot be told from these macros; undefined where they can. */
function whyHelloIsOpen(
  { macros }: MbedtlsBuild,
  versions: readonly string[],
  base: Device,
): string | undefined {
  const psa = macros.said('PSA_CRYPTO_CONFIG')
  if (psa?.on === true) {
    return `line ${psa.line}: ${psa.text} (the algorithms are chosen in another file, so the ClientHello is left unknown)`
  }
  return versions.includes('TLSv1.3') && !tls13In(base)
    ? 'TLS 1.3 is on (MBEDTLS_SSL_PROTO_TLS1_3): its ClientHello is not derived, so it is left unknown'
    : undefined
}

function tls13In({ hello }: Device): boolean {
  return hello.versions?.value.includes('TLSv1.3') === true
}

function lists({ hello }: Device, extension: string): boolean {
  return hello.extensions?.value.includes(extension) === true
}
