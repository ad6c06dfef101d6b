import { type CipherSuite, cipherSuites } from '../../tls/cipher-suites.ts'
import type { Device, Sourced } from '../device.ts'
import { ConfigFileError, type Setting } from './config-file.ts'
import type { DerivedValue, DeriveOptions } from './derived.ts'
import type { Macros } from './macros.ts'
import type { MbedtlsTable, MbedtlsVersion } from './mbedtls-table.ts'

/** A build of Mbed TLS: its macros, and whole numbers among them. */
export interface MbedtlsBuild {
  readonly macros: Macros
  /** Undefined: how this version reads its macros is not known; only sizes are taken. */
  readonly version: MbedtlsVersion | undefined
  /** The file says everything: what it leaves out is off. */
  readonly whole: boolean
  /** The file says little, and what else is on is not known. */
  readonly fragment: boolean
  readonly table: MbedtlsTable
  readonly integer: (setting: Setting) => number | undefined
}

/** A build whose macros are all known. */
interface KnownBuild extends MbedtlsBuild {
  readonly version: MbedtlsVersion
}

interface Derivation {
  readonly values: readonly DerivedValue[]
  readonly notes: readonly string[]
}

/** What a build of Mbed TLS changes of the device that it is the base of. Throws `ConfigFileError`. */
export function deriveMbedtls(build: MbedtlsBuild, base: Device, options: DeriveOptions): Derivation {
  const { macros } = build
  if (!macros.has('SSL_CLI_C') || !macros.has('SSL_TLS_C')) {
    throw new ConfigFileError(
      'config-no-client',
      'this configuration has no TLS client: MBEDTLS_SSL_CLI_C or MBEDTLS_SSL_TLS_C is off',
      'give the configuration of the firmware that connects',
    )
  }
  const bounds = deriveSizes(build)
  const notes = [...bounds.notes, ...notModelled(build)]
  const { version } = build
  if (version === undefined || build.fragment) {
    const why =
      version === undefined ? 'how this version reads its macros is not known' : 'the file says only a part'
    return {
      values: [...bounds.values, ...deriveSaid(build, options)],
      notes: [...notes, `suites, groups, hashes and curves, which stay as the base has them: ${why}`],
    }
  }
  const known = { ...build, version }
  const hello = deriveHello(known, base, options)
  return {
    values: [...bounds.values, ...hello.values, ...deriveVerification(known, base)],
    notes: [...notes, ...hello.notes],
  }
}

/** What single lines of a file decide that says only a part. */
function deriveSaid({ macros }: MbedtlsBuild, { maxFragmentLength }: DeriveOptions): readonly DerivedValue[] {
  const named = macros.said('SSL_SERVER_NAME_INDICATION')
  const dated = macros.said('HAVE_TIME_DATE')
  const sni = { group: 'hello', key: 'sni', note: 'where the application names the host' } as const
  const dates = { group: 'verification', key: 'dates' } as const
  const length = { group: 'hello', key: 'maxFragmentLength', sources: ['asked'] } as const
  return [
    ...(named === undefined ? [] : [{ ...sni, value: named.on ? 'host-name' : 'never', lines: [named] }]),
    ...(dated === undefined ? [] : [{ ...dates, value: dated.on ? 'checked' : 'unchecked', lines: [dated] }]),
    ...(maxFragmentLength === undefined ? [] : [{ ...length, value: maxFragmentLength, lines: [] }]),
  ]
}

/** Numbers that bound what is received, sent and computed. */
function deriveSizes({ macros, integer }: MbedtlsBuild): Derivation {
  const values: DerivedValue[] = []
  const notes: string[] = []
  for (const { group, key, counts, names, of } of sizes) {
    const setting = names.map((name) => macros.said(name)).find((said) => said?.on === true)
    if (setting === undefined) continue
    const value = integer(setting)
    // A number that is set and cannot be read takes away what holds without it.
    const whole = value === undefined ? null : (of?.(value) ?? value)
    values.push({ group, key, value: whole, lines: [setting], ...(counts === undefined ? {} : { counts }) })
    if (whole === null)
      notes.push(`line ${setting.line}: ${setting.text} (no whole number that could be read)`)
  }
  const shrinks = macros.said('SSL_VARIABLE_BUFFER_LENGTH')
  if (shrinks !== undefined) {
    const value = shrinks.on ? 'shrinks' : 'fixed'
    values.push({ group: 'build', key: 'receiveBuffer', value, lines: [shrinks] })
  }
  return { values, notes: [...new Set(notes)] }
}

interface Size {
  readonly group: 'limits' | 'build'
  readonly key: string
  readonly counts?: NonNullable<DerivedValue['counts']>
  /** The first that is set counts. */
  readonly names: readonly string[]
  readonly of?: (value: number) => number
}

const received = ['SSL_IN_CONTENT_LEN', 'SSL_MAX_CONTENT_LEN']
const sent = ['SSL_OUT_CONTENT_LEN', 'SSL_MAX_CONTENT_LEN']

const sizes: readonly Size[] = [
  { group: 'limits', key: 'handshakeMessageBytes', counts: 'message', names: received },
  { group: 'limits', key: 'recordBytes', counts: 'record', names: received },
  {
    group: 'limits',
    key: 'chainCertificates',
    counts: 'items',
    names: ['X509_MAX_INTERMEDIATE_CA'],
    // The leaf is not counted there.
    of: (value) => value + 1,
  },
  { group: 'limits', key: 'rsaKeyBits', counts: 'bits', names: ['MPI_MAX_SIZE'], of: (value) => value * 8 },
  { group: 'build', key: 'sentRecordBytes', counts: 'record', names: sent },
  { group: 'build', key: 'heapBytes', counts: 'heap', names: ['HEAP_SIZE'] },
]

function deriveHello(build: KnownBuild, base: Device, options: DeriveOptions): Derivation {
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

function deriveVerification({ macros, version, table }: KnownBuild, base: Device): readonly DerivedValue[] {
  const values: DerivedValue[] = []
  const put = (
    group: 'verification' | 'build',
    key: string,
    old: Sourced<unknown> | undefined,
    value: string | readonly string[],
    needs: readonly string[],
  ) => {
    if (needs.every((need) => macros.holds(need) === macros.usuallyHolds(need)) || sameValue(old, value))
      return
    values.push({ group, key, value, lines: macros.differences(needs), sources: ['library'] })
  }
  const { verification, build } = base
  put('verification', 'dates', verification.dates, macros.has('HAVE_TIME_DATE') ? 'checked' : 'unchecked', [
    'HAVE_TIME_DATE',
  ])
  const hashes = held(macros, version.hashes)
  put('build', 'hashes', build.hashes, hashes, Object.values(version.hashes))
  const isOn = (curve: string) => macros.holds(table.curves[curve] ?? '')
  // The base may know of curves that a build has and yet does not take in a certificate.
  const before = build.certificateGroups?.value.filter(
    (curve) => !Object.hasOwn(table.curves, curve) || isOn(curve),
  )
  const curves = Object.keys(table.curves).filter((name) => !/^x\d+$/.test(name) && isOn(name))
  put('build', 'certificateGroups', build.certificateGroups, before ?? curves, Object.values(table.curves))
  const signed = version.certificateHashes.filter((hash) => hashes.includes(hash))
  put(
    'verification',
    'certificateSignatures',
    verification.certificateSignatures,
    [
      ...(macros.has('RSA_C') ? signed.map((hash) => `${hash}WithRSAEncryption`) : []),
      ...(macros.holds('RSA_C X509_RSASSA_PSS_SUPPORT') ? ['RSASSA-PSS'] : []),
      ...(macros.has('ECDSA_C') ? signed.map((hash) => `ecdsa-with-${hash.toUpperCase()}`) : []),
    ],
    ['RSA_C', 'ECDSA_C', 'X509_RSASSA_PSS_SUPPORT', ...Object.values(version.hashes)],
  )
  return values
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

/** Macros that change what the device takes and that no value of a profile stands for. */
function notModelled({ macros }: MbedtlsBuild): readonly string[] {
  const watched = [
    'SSL_RECORD_SIZE_LIMIT',
    'SSL_TRUNCATED_HMAC',
    'CIPHER_NULL_CIPHER',
    'X509_CHECK_KEY_USAGE',
    'X509_CHECK_EXTENDED_KEY_USAGE',
    'X509_ALLOW_UNSUPPORTED_CRITICAL_EXTENSION',
    'X509_TRUSTED_CERTIFICATE_CALLBACK',
    'MEMORY_BUFFER_ALLOC_C',
    'USE_PSA_CRYPTO',
    'SSL_PROTO_SSL3',
    'KEY_EXCHANGE_ECJPAKE_ENABLED',
    'SSL_CLI_ALLOW_WEAK_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME',
  ]
  return macros.differences(watched).map(({ line, text }) => `line ${line}: ${text}`)
}

function held(macros: Macros, needs: Readonly<Record<string, string>>): string[] {
  return Object.keys(needs).filter((name) => macros.holds(needs[name] ?? ''))
}

function tls13In({ hello }: Device): boolean {
  return hello.versions?.value.includes('TLSv1.3') === true
}

function lists({ hello }: Device, extension: string): boolean {
  return hello.extensions?.value.includes(extension) === true
}

function sameValue(old: Sourced<unknown> | undefined, value: unknown): boolean {
  return old !== undefined && JSON.stringify(old.value) === JSON.stringify(value)
}
