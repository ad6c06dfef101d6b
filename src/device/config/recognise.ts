import { ConfigFileError } from './config-file.ts'

export type ConfigKind = 'esp-idf' | 'zephyr' | 'mbedtls' | 'wolfssl'

const kinds =
  'an ESP-IDF sdkconfig, a Zephyr prj.conf or .config, an mbedtls_config.h, a wolfSSL user_settings.h'

/** Kind of a configuration by what is in it. Throws `ConfigFileError` where that does not tell. */
export function recogniseConfig(text: string, file: string): ConfigKind {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
  const kconfig = count(/^(?:# *)?CONFIG_[A-Za-z0-9_]+(?: is not set|[ \t]*=)/gm)
  const defines = count(/^[ \t]*#[ \t]*(?:define|undef|if|ifdef|ifndef)\b/gm)
  if (kconfig > defines) return kconfigKind(text, file)
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
  return mbedtls >= wolfssl ? 'mbedtls' : 'wolfssl'
}

function kconfigKind(text: string, file: string): ConfigKind {
  const esp =
    /^# Espressif IoT Development Framework|^(?:# )?CONFIG_(?:IDF_|ESP_|ESP32|ESPTOOL|FREERTOS_|LWIP_|MBEDTLS_(?:ASYMMETRIC_CONTENT_LEN|DYNAMIC_BUFFER|CERTIFICATE_BUNDLE|HARDWARE_|SSL_(?:IN|OUT)_CONTENT_LEN|INTERNAL_MEM_ALLOC|TLS_CLIENT))/m
  const zephyr =
    /^(?:# )?CONFIG_(?:NET_|NETWORKING|ZEPHYR_|BOARD|KERNEL_|MAIN_STACK_SIZE|NRF|NORDIC_|PSA_WANT_|MBEDTLS(?:=|_BUILTIN|_ENABLE_HEAP|_HEAP_SIZE|_CFG_FILE|_LEGACY|_CIPHER_|_MAC_|_TLS_VERSION))/m
  // NCS names the two content lengths as ESP-IDF does: what else there is tells them apart.
  if (zephyr.test(text) && !/^(?:# Espressif|(?:# )?CONFIG_(?:IDF_|ESP_|FREERTOS_|LWIP_))/m.test(text))
    return 'zephyr'
  if (esp.test(text)) return 'esp-idf'
  throw new ConfigFileError(
    'config-ambiguous',
    `${file} may be of ESP-IDF or of Zephyr`,
    'say which: --stack esp-idf@5.2, or --stack mbedtls@3.6 for Zephyr',
  )
}
