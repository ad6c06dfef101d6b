import * as v from 'valibot'
import { parseDataFile } from '../data-file.ts'
import { type ConfigFile, ConfigFileError, type Setting } from './config-file.ts'

const names = v.array(v.string())
const system = v.strictObject({
  families: names,
  own: names,
  on: names,
  on2: names,
  names: v.record(v.string(), v.string()),
  watched: names,
})
const tableFile = v.strictObject({ 'esp-idf': system, zephyr: system, 'nrf-security': names })

/** How the symbols of ESP-IDF and Zephyr become macros of Mbed TLS: `devices/defaults/kconfig.yaml`. */
export type KconfigTable = v.InferOutput<typeof tableFile>
export type KconfigSystem = (typeof kconfigSystems)[number]
/** Build systems whose Kconfig sets Mbed TLS; the first of those that a layer may be of is taken where a file leaves it open. */
export const kconfigSystems = ['zephyr', 'esp-idf'] as const

/** Throws `DataFileError`. */
export function parseKconfigTable(text: string): KconfigTable {
  return parseDataFile(text, 'devices/defaults/kconfig.yaml', tableFile)
}

const prefix = 'CONFIG_MBEDTLS_'

/** Macros of Mbed TLS, without their prefix, as the lines of a Kconfig file set them. */
export function macrosOf(
  { settings }: ConfigFile,
  which: KconfigSystem,
  table: KconfigTable,
): Map<string, Setting> {
  const macros = new Map<string, Setting>()
  for (const setting of settings.values()) {
    if (!setting.name.startsWith(prefix)) continue
    const symbol = setting.name.slice(prefix.length)
    const renamed = table[which].names
    const targets = Object.hasOwn(renamed, symbol) ? (renamed[symbol] ?? symbol) : symbol
    for (const name of targets.split(' ')) macros.set(name, { ...setting, name })
  }
  if (which === 'esp-idf' && settings.get(`${prefix}ASYMMETRIC_CONTENT_LEN`)?.on === false) {
    macros.delete('SSL_IN_CONTENT_LEN')
    macros.delete('SSL_OUT_CONTENT_LEN')
  }
  if (settings.get(`${prefix}ENABLE_HEAP`)?.on === false) macros.delete('HEAP_SIZE')
  return macros
}

/**
 * Lines of Mbed TLS that this project's Kconfig does not know, which so set nothing: symbols of the other system alone, and
 * in a project of Zephyr without nrf_security those of nrf_security. `name`: of the macro that it would have set.
 */
export function notOfBase(
  { settings }: ConfigFile,
  which: KconfigSystem,
  table: KconfigTable,
  base: string,
): { readonly name: string; readonly note: string }[] {
  const other = which === 'zephyr' ? 'esp-idf' : 'zephyr'
  const nordic = ['CONFIG_NRF_SECURITY', 'CONFIG_NORDIC_SECURITY_BACKEND', `${prefix}TLS_LIBRARY`]
  const hasNordic = !base.startsWith('zephyr@') || nordic.some((name) => settings.get(name)?.on === true)
  const told = (symbols: readonly string[], whose: string) =>
    symbols.flatMap((name) => {
      const setting = settings.get(prefix + name)
      if (setting === undefined || !setting.on) return []
      const note = `line ${setting.line}: ${setting.text}: a symbol of ${whose}, which ${base} does not have; it sets nothing`
      return [{ name, note }]
    })
  return [
    ...told(table[other].own, other === 'zephyr' ? 'Zephyr' : 'ESP-IDF'),
    ...(which === 'zephyr' && !hasNordic ? told(table['nrf-security'], 'nrf_security') : []),
  ]
}

/** Lines that matter and that no value of a profile stands for. */
export function watchedLines({ settings }: ConfigFile, which: KconfigSystem, table: KconfigTable): string[] {
  return table[which].watched.flatMap((name) => {
    const setting = settings.get(name)
    return setting?.on === true ? [`line ${setting.line}: ${setting.text}`] : []
  })
}

/** The version of ESP-IDF that wrote an sdkconfig: its heading, or the symbol of later versions. */
export function espIdfVersion(text: string, { settings }: ConfigFile): string | undefined {
  const heading = /^# Espressif IoT Development Framework \(ESP-IDF\) v?(\d+\.\d+)[\d.]* Project/m.exec(text)
  const symbol = settings.get('CONFIG_IDF_INIT_VERSION') ?? settings.get('CONFIG_IDF_VERSION')
  return heading?.[1] ?? /^v?(\d+\.\d+)/.exec(symbol?.value ?? '')?.[1]
}

/** On an nRF91 with its sockets offloaded TLS runs in the modem, whatever the configuration says of Mbed TLS. */
export function refuseModem({ settings }: ConfigFile, file: string): void {
  const on = (name: string) => settings.get(name)?.on === true
  if (!on('CONFIG_NRF_MODEM_LIB') || on('CONFIG_NET_SOCKETS_SOCKOPT_TLS')) return
  throw new ConfigFileError(
    'config-modem',
    `${file}: TLS runs in the modem here (CONFIG_NRF_MODEM_LIB), so this file does not set its limits`,
    'name the modem firmware instead: --device nrf9160@1.3.7+ncs, or nrf91x1@2.0.4+ncs',
  )
}
