import { type ConfigFile, ConfigFileError } from './config-file.ts'

/** Macros of 2.28 that 3.x no longer has, and of 3.x that 2.28 did not have. */
const onlyIn2 = [
  'MBEDTLS_SSL_PROTO_TLS1',
  'MBEDTLS_SSL_PROTO_TLS1_1',
  'MBEDTLS_SSL_PROTO_SSL3',
  'MBEDTLS_SSL_MAX_CONTENT_LEN',
  'MBEDTLS_CERTS_C',
  'MBEDTLS_ARC4_C',
  'MBEDTLS_BLOWFISH_C',
  'MBEDTLS_XTEA_C',
  'MBEDTLS_REMOVE_ARC4_CIPHERSUITES',
  'MBEDTLS_REMOVE_3DES_CIPHERSUITES',
  'MBEDTLS_SSL_TRUNCATED_HMAC',
  'MBEDTLS_SSL_FALLBACK_SCSV',
  'MBEDTLS_SSL_CBC_RECORD_SPLITTING',
  'MBEDTLS_SSL_EXPORT_KEYS',
  'MBEDTLS_X509_CHECK_KEY_USAGE',
  'MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE',
  'MBEDTLS_ECDH_LEGACY_CONTEXT',
  'MBEDTLS_SHA512_NO_SHA384',
  'MBEDTLS_TLS_DEFAULT_ALLOW_SHA1_IN_KEY_EXCHANGE',
]
const onlyIn3 = [
  'MBEDTLS_CONFIG_VERSION',
  'MBEDTLS_SHA224_C',
  'MBEDTLS_SHA384_C',
  'MBEDTLS_SHA3_C',
  'MBEDTLS_SSL_PROTO_TLS1_3',
  'MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE',
  'MBEDTLS_SSL_RECORD_SIZE_LIMIT',
  'MBEDTLS_SSL_EARLY_DATA',
  'MBEDTLS_SSL_KEYING_MATERIAL_EXPORT',
  'MBEDTLS_PSA_KEY_STORE_DYNAMIC',
  'MBEDTLS_PKCS7_C',
  'MBEDTLS_LMS_C',
  'MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH',
  'MBEDTLS_SSL_CLI_ALLOW_WEAK_CERTIFICATE_VERIFICATION_WITHOUT_HOSTNAME',
]

/** `2.28` or `3.6`, by names that only one of them has. Throws `ConfigFileError` where there are none, or both. */
export function mbedtlsVersionOf({ settings, includes }: ConfigFile, file: string): '2.28' | '3.6' {
  const seen = (names: readonly string[]) => names.filter((name) => settings.has(name)).length
  const included = (name: string) => (includes.some((each) => each.endsWith(name)) ? 1 : 0)
  const two = seen(onlyIn2) + included('mbedtls/config.h') + included('check_config.h')
  const three = seen(onlyIn3) + included('mbedtls_config.h') + included('mbedtls/build_info.h')
  if (two > 0 && three === 0) return '2.28'
  if (three > 0 && two === 0) return '3.6'
  throw new ConfigFileError(
    'config-ambiguous',
    two === 0
      ? `${file} does not tell which Mbed TLS it configures`
      : `${file} has macros of Mbed TLS 2.28 and of 3.x`,
    'say which: --stack mbedtls@2.28 or --stack mbedtls@3.6',
  )
}

/** A whole configuration names dozens of modules; a header of changes may switch a few on again. */
const modulesOfWhole = 8

/** A header that switches the TLS module on itself, and many others, is a whole configuration. */
export function readsWhole({ settings, includes }: ConfigFile): boolean {
  if (includes.some((name) => /(^|\/)(mbedtls_)?config\.h$/.test(name))) return false
  const modules = [...settings.values()].filter(({ name, on }) => on && /^MBEDTLS_\w+_C$/.test(name))
  return settings.get('MBEDTLS_SSL_TLS_C')?.on === true && modules.length >= modulesOfWhole
}
