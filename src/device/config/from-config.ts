import { type Catalogue, resolveDevice } from '../catalogue.ts'
import type { Device } from '../device.ts'
import { DeviceIdError, parseDeviceId } from '../device-id.ts'
import { findAlias } from '../layer-finder.ts'
import { type ConfigFile, ConfigFileError, type Setting } from './config-file.ts'
import type { DerivedProfile, DerivedValue, DeriveOptions } from './derived.ts'
import { downloadClientValues } from './download-client.ts'
import { headerInteger, parseHeader } from './header.ts'
import { kconfigInteger, parseKconfig } from './kconfig.ts'
import {
  espIdfVersion,
  type KconfigSystem,
  type KconfigTable,
  kconfigSystems,
  macrosOf,
  notOfBase,
  parseKconfigTable,
  refuseModem,
  watchedLines,
} from './kconfig-macros.ts'
import { Macros } from './macros.ts'
import { deriveMbedtls } from './mbedtls.ts'
import { mbedtlsVersionOf, readsWhole } from './mbedtls-header.ts'
import { type MbedtlsTable, parseMbedtlsTable } from './mbedtls-table.ts'
import { type NamedLayer, recogniseConfig } from './recognise.ts'
import { deriveWolfssl, wolfsslSource } from './wolfssl.ts'

/** Texts of `devices/defaults/`. */
export interface ConfigTables {
  readonly mbedtls: string
  readonly kconfig: string
}

export interface ConfigRequest extends DeriveOptions {
  readonly text: string
  /** The file's name, for messages and sources. */
  readonly file: string
  /** The layer it configures, as typed: `mbedtls@2.28`; undefined: found in the file. */
  readonly stack: string | undefined
  readonly catalogue: Catalogue
  readonly tables: ConfigTables
}

/**
 * The profile that a build's configuration makes, over the layer that it configures. Throws `ConfigFileError` for a
 * file that is none or that does not tell, `DeviceIdError` for a layer that nobody knows.
 */
export function deriveProfile(request: ConfigRequest): DerivedProfile {
  const { text, file } = request
  const stack = request.stack === undefined ? undefined : oneLayer(request.stack, request.catalogue)
  const table = parseKconfigTable(request.tables.kconfig)
  const kind = recogniseConfig(text, file, stack === undefined ? undefined : named(stack, request, table))
  if (kind === 'wolfssl') return fromWolfssl(request, stack ?? 'wolfssl@5.5')
  if (kind === 'mbedtls') return fromHeader({ ...request, stack })
  const config = parseKconfig(text, file)
  if (kind === 'zephyr') refuseModem(config, file)
  const found = kind === 'esp-idf' ? espIdfVersion(text, config) : undefined
  const family = kind === 'zephyr' && isNativeTls(config) ? 'ncs-native-tls' : kind
  const base = stack ?? (found === undefined ? defaultLayer(family, request.catalogue) : `${kind}@${found}`)
  const guessed =
    stack === undefined && found === undefined
      ? [`${versionGuessed}: ${base} was taken; --stack names another`]
      : []
  return fromKconfig(request, config, kind, base, guessed)
}

/** The layer that was named: the library in it, and whose Kconfig sets it. */
function named(stack: string, request: ConfigRequest, table: KconfigTable): NamedLayer {
  const device = baseDevice(stack, { ...request, stack })
  const library = /^(mbedtls|wolfssl)/.exec(device.build.rules?.value ?? '')?.[1]
  const family = stack.split('@')[0] ?? ''
  return {
    id: stack,
    library: library as NamedLayer['library'],
    systems: kconfigSystems.filter((system) => table[system].families.includes(family)),
  }
}

/** How the note begins that tells of a layer of which the default version was taken. */
export const versionGuessed = 'the version, which the file does not say'

/** The layer that `--stack` names, with its version. Throws `DeviceIdError`, or `ConfigFileError` for several. */
function oneLayer(stack: string, catalogue: Catalogue): string {
  const [asked, ...more] = parseDeviceId(findAlias(stack, catalogue) ?? stack)
  const layer = resolveDevice(stack, catalogue).layers.find(({ family }) => family === asked?.family)
  if (layer === undefined || more.length > 0) {
    throw new ConfigFileError(
      'stack-invalid',
      '--stack names one layer of the catalogue',
      'write --stack mbedtls@2.28',
    )
  }
  return `${layer.family}@${layer.version}`
}

function defaultLayer(family: string, catalogue: Catalogue): string {
  return `${family}@${catalogue.profile(family)?.defaultVersion ?? 'head'}`
}

/** An application of nRF Connect SDK whose libraries are told to leave the TLS of the modem alone. */
function isNativeTls({ settings }: ConfigFile): boolean {
  return [...settings.values()].some(({ name, on }) => on && /^CONFIG_\w+_NATIVE_TLS$/.test(name))
}

function fromKconfig(
  request: ConfigRequest,
  config: ConfigFile,
  kind: KconfigSystem,
  base: string,
  notes: readonly string[],
): DerivedProfile {
  const table = parseKconfigTable(request.tables.kconfig)
  const device = baseDevice(base, request)
  const foreign = notOfBase(config, kind, table, base)
  const own = macrosOf(config, kind, table)
  for (const { name } of foreign) own.delete(name)
  // Zephyr's defaults hang on what else is chosen: only a whole .config says them, and then it says all.
  const whole = kind === 'zephyr' && isWhole(request.text)
  const version = libraryVersion(device)
  const usual = whole ? [] : [...table[kind].on, ...(version === '2.28' ? table[kind].on2 : [])]
  const unsaid = whole ? ['SSL_TLS_C', 'SSL_CLI_C'] : usual
  const fragment = kind === 'zephyr' && !whole
  const profile = derive(request, device, {
    base,
    macros: new Macros(own, unsaid, usual),
    version,
    whole,
    fragment,
    integer: kconfigInteger,
    name: `${device.name} as ${request.file} configures it`,
    notes: [...notes, ...foreign.map(({ note }) => note), ...watchedLines(config, kind, table)],
  })
  return kind === 'zephyr'
    ? { ...profile, values: [...profile.values, ...downloadClientValues(config)] }
    : profile
}

/** Kconfig writes this line above a configuration that lists every symbol. */
function isWhole(text: string): boolean {
  return (
    /^# Automatically generated file; DO NOT EDIT/m.test(text) ||
    (text.match(/ is not set$/gm) ?? []).length > 100
  )
}

function fromHeader(request: ConfigRequest): DerivedProfile {
  const { text, file, stack, tables } = request
  const library = parseMbedtlsTable(tables.mbedtls)
  const version = stack === undefined ? mbedtlsVersionOf(parseHeader(text, file), file) : undefined
  const base = stack ?? `mbedtls@${version}`
  const device = baseDevice(base, request)
  const on = new Set((library.versions[libraryVersion(device) ?? ''] ?? library.versions['3.6'])?.on)
  const whole = readsWhole(parseHeader(text, file))
  const config = parseHeader(text, file, (name) =>
    !whole && on.has(name.replace(/^MBEDTLS_/, '')) ? '' : undefined,
  )
  const own = new Map(
    [...config.settings].map(([name, setting]) => [name.replace(/^MBEDTLS_/, ''), setting] as const),
  )
  const reading = whole
    ? 'taken as the whole configuration: what it does not define is off'
    : "taken as changes to the library's default configuration (MBEDTLS_USER_CONFIG_FILE)"
  return derive(request, device, {
    base,
    macros: new Macros(own, whole ? [] : [...on], [...on]),
    version: libraryVersion(device),
    whole,
    fragment: false,
    integer: (setting) => headerInteger(setting, config.settings),
    name: `${device.name} as ${file} configures it`,
    notes: [reading, ...assumedIn(config)],
  })
}

/** The layer that the file configures. One that the file named, and not the user, is no fault of the command line. */
function baseDevice(base: string, { file, stack, catalogue }: ConfigRequest): Device {
  try {
    return resolveDevice(base, catalogue)
  } catch (error) {
    if (!(error instanceof DeviceIdError) || stack !== undefined) throw error
    throw new ConfigFileError(
      'config-base-unknown',
      `${file} configures ${base}, of which nothing is known`,
      `${error.hint}; --stack names the layer that comes nearest`,
    )
  }
}

/** A `user_settings.h`. */
function fromWolfssl(request: ConfigRequest, base: string): DerivedProfile {
  const { text, file } = request
  const device = baseDevice(base, request)
  const config = parseHeader(text, file)
  const { values, notes } = deriveWolfssl(config, device, request)
  return {
    base,
    name: `${device.name} as ${file} configures it`,
    sources: new Map([
      ['library', `${file} as a whole, with what the library makes of it: ${wolfsslSource}`],
      asked,
    ]),
    values,
    helloOrigin: originOf(device, values),
    notes: [...notes, ...assumedIn(config)],
  }
}

const asked = ['asked', 'tlsfit devices from-config --mfl: what the application asks for'] as const

function assumedIn({ assumed, includes }: ConfigFile): string[] {
  const others = includes.filter((name) => !/^(mbedtls|psa|wolfssl)\/|^(limits|stdint|stddef)\.h$/.test(name))
  return [
    ...others.map((name) => `${name}, which the file includes, was not read`),
    ...assumed.map(({ line, text }) => `line ${line}: ${text}`),
  ]
}

interface Reading {
  readonly base: string
  readonly macros: Macros
  readonly version: string | undefined
  readonly whole: boolean
  readonly fragment: boolean
  readonly integer: (setting: Setting) => number | undefined
  readonly name: string
  readonly notes: readonly string[]
}

function derive(request: ConfigRequest, device: Device, reading: Reading): DerivedProfile {
  const table: MbedtlsTable = parseMbedtlsTable(request.tables.mbedtls)
  const version = table.versions[reading.version ?? '']
  const { macros, integer, whole, fragment } = reading
  const build = { macros, table, version, integer, whole, fragment }
  const { values: own, notes } = deriveMbedtls(build, device, request)
  const values = [...own, ...lengthThatFollows(device, own)]
  const from = reading.whole ? `${request.file} as a whole, ` : ''
  return {
    base: reading.base,
    name: reading.name,
    sources: new Map([
      ['library', `${from}with what the library makes of it: ${version?.where ?? device.name}`],
      asked,
    ]),
    values,
    helloOrigin: originOf(device, values),
    notes: [...reading.notes, ...notes],
  }
}

/** Zephyr asks for a fragment length that follows from the content length: another content length, another one. */
function lengthThatFollows({ hello, layers }: Device, values: readonly DerivedValue[]): DerivedValue[] {
  const says = (key: string) => values.find((value) => value.key === key)
  const received = says('recordBytes')
  if (layers[0]?.family !== 'zephyr' || received === undefined || says('maxFragmentLength') !== undefined)
    return []
  if (hello.maxFragmentLength === undefined) return []
  return [{ group: 'hello', key: 'maxFragmentLength', value: null, lines: received.lines }]
}

/** A hello with a part that is open decides nothing. */
function originOf({ hello }: Device, values: readonly DerivedValue[]): Device['hello']['origin'] {
  const own = values.filter(({ group }) => group === 'hello')
  const parts = ['versions', 'cipherSuites', 'groups', 'signatureSchemes', 'extensions'] as const
  const isKnown = (key: (typeof parts)[number]) => {
    const given = own.find((value) => value.key === key)
    return given === undefined ? hello[key] !== undefined : given.value !== null
  }
  return parts.every(isKnown) && hello.origin !== 'assumed' ? 'derived' : 'assumed'
}

/** Row of the table of Mbed TLS whose rules the device goes by; undefined: none that is known. */
function libraryVersion({ build, layers }: Device): string | undefined {
  const rules = build.rules?.value
  // Mbed TLS 4 has moved its macros elsewhere.
  if (layers.some(({ family, version }) => family === 'esp-idf' && version.startsWith('6'))) return undefined
  if (rules === 'mbedtls-2') return '2.28'
  if (rules === 'mbedtls-3') return '3.6'
  const [lowest] = layers
  return lowest?.family === 'mbedtls' ? lowest.version : undefined
}
