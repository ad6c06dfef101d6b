import { ConfigFileError } from './config-file.ts'
import type { KconfigSystem } from './kconfig-macros.ts'

export type ConfigKind = KconfigSystem | 'mbedtls' | 'wolfssl'

/** The layer that a configuration is said to be of. */
export interface NamedLayer {
  /** With its version, such as `esp-idf@5.2`. */
  readonly id: string
  /** The library inside; undefined where it is another, or not known. */
  readonly library: 'mbedtls' | 'wolfssl' | undefined
  /** Whose Kconfig such a project has; empty for none. */
  readonly systems: readonly KconfigSystem[]
}

const kinds =
  'an ESP-IDF sdkconfig, a Zephyr prj.conf or .config, an mbedtls_config.h, a wolfSSL user_settings.h'

/**
 * Kind of a configuration by what is in it, and by the layer that was named where that leaves it open. Throws
 * `ConfigFileError` where it does not tell, or tells that it is of another layer than the one named.
 */
export function recogniseConfig(text: string, file: string, named?: NamedLayer): ConfigKind {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
  const kconfig = count(/^(?:# *)?CONFIG_[A-Za-z0-9_]+(?: is not set|[ \t]*=)/gm)
  const defines = count(/^[ \t]*#[ \t]*(?:define|undef|if|ifdef|ifndef)\b/gm)
  if (kconfig > defines) return kconfigKind(text, file, named)
  if (defines === 0) {
    throw new ConfigFileError(
      'config-unknown',
      `${file} is no configuration that can be read`,
      `give ${kinds}`,
    )
  }
  const names = (prefix: string) =>
    count(new RegExp(`^[ \\t]*#[ \\t]*(?:define|undef)[ \\t]+${prefix}`, 'gm'))
  const mbedtls = names('MBEDTLS_')
  const wolfssl = names('(?:WOLFSSL_|WOLFCRYPT_|WOLF_|HAVE_|NO_|FP_MAX_BITS|SP_|TFM_|MAX_CERTIFICATE_SZ)')
  if (names('BR_') > Math.max(mbedtls, wolfssl)) {
    throw new ConfigFileError(
      'config-unsupported',
      `${file} is a configuration of BearSSL, whose limits are not in it but in the code that calls it`,
      'its buffer is the argument of br_ssl_engine_set_buffer: write it into a profile (docs/devices.md)',
    )
  }
  if (mbedtls === 0 && wolfssl === 0) {
    throw new ConfigFileError('config-unknown', `${file} sets nothing of a TLS library`, `give ${kinds}`)
  }
  const kind = mbedtls >= wolfssl ? 'mbedtls' : 'wolfssl'
  if (named !== undefined && named.library !== kind) {
    throw otherLayer(file, `configures ${titles[kind]}`, named, `which is not known to have it inside`)
  }
  return kind
}

/** Symbols that one of the two systems has alone, as lines. */
const marks: { readonly [S in KconfigSystem]: RegExp } = {
  'esp-idf':
    /^# Espressif IoT Development Framework.*|^(?:# )?CONFIG_(?:IDF_|ESP_|ESP32|ESPTOOL|FREERTOS_|LWIP_|MBEDTLS_(?:ASYMMETRIC_CONTENT_LEN|DYNAMIC_BUFFER|CERTIFICATE_BUNDLE|HARDWARE_|INTERNAL_MEM_ALLOC|TLS_CLIENT)).*/m,
  zephyr:
    /^(?:# )?CONFIG_(?:NET_|NETWORKING|ZEPHYR_|BOARD|KERNEL_|MAIN_STACK_SIZE|NRF|NORDIC_|PSA_WANT_|DOWNLOAD_CLIENT|FOTA_DOWNLOAD|MBEDTLS(?:=|_BUILTIN|_ENABLE_HEAP|_HEAP_SIZE|_CFG_FILE|_LEGACY|_CIPHER_|_MAC_|_TLS_VERSION|_TLS_LIBRARY)).*/m,
}
/** What decides for ESP-IDF even beside a symbol that Zephyr has, too. */
const surelyEspIdf = /^(?:# Espressif|(?:# )?CONFIG_(?:IDF_|ESP_|FREERTOS_|LWIP_)).*/m

const titles = { 'esp-idf': 'ESP-IDF', zephyr: 'Zephyr', mbedtls: 'Mbed TLS', wolfssl: 'wolfSSL' } as const

// The names of buffer lengths and modules are the same in ESP-IDF and in nRF Connect SDK.
function kconfigKind(text: string, file: string, named: NamedLayer | undefined): KconfigSystem {
  const sure = surelyEspIdf.exec(text)?.[0]
  const ofZephyr = sure === undefined ? marks.zephyr.exec(text)?.[0] : undefined
  const kind = ofZephyr === undefined ? 'esp-idf' : 'zephyr'
  const mark = ofZephyr ?? sure ?? marks['esp-idf'].exec(text)?.[0]
  if (named !== undefined && named.systems.length === 0) {
    throw otherLayer(file, 'is a Kconfig file', named, 'which has none with a TLS library')
  }
  if (named !== undefined && mark !== undefined && !named.systems.includes(kind)) {
    const shown = mark.trim().slice(0, 60)
    throw otherLayer(file, `is of ${titles[kind]} (${shown})`, named, 'which is not')
  }
  if (mark !== undefined) return kind
  const [only] = named?.systems ?? []
  if (only !== undefined) return only
  throw new ConfigFileError(
    'config-ambiguous',
    `${file} may be of ESP-IDF or of Zephyr`,
    'say which: --stack esp-idf@5.2, --stack ncs-native-tls@2.7, or --stack mbedtls@3.6 for Zephyr',
  )
}

function otherLayer(file: string, is: string, { id }: NamedLayer, but: string): ConfigFileError {
  return new ConfigFileError(
    'stack-mismatch',
    `${file} ${is}, and the layer named is ${id}, ${but}`,
    'name the layer that the file configures: --stack esp-idf@5.2, zephyr@4.0, ncs-native-tls@2.7, mbedtls@3.6 or wolfssl@5.5',
  )
}
