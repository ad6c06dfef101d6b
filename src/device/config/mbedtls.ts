import type { Device, Sourced } from '../device.ts'
import { ConfigFileError } from './config-file.ts'
import type { DerivedValue, DeriveOptions } from './derived.ts'
import { type Derivation, held, type KnownBuild, type MbedtlsBuild, sameValue } from './mbedtls-build.ts'
import { deriveHello, refuseLongFragments } from './mbedtls-hello.ts'

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
  refuseLongFragments(bounds.values, base, options)
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
