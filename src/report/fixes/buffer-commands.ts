import { byFamily, type FixContext, numberFact } from './fix-context.ts'

/** The size an input buffer needs for what was met: a power of two, as far as TLS has records. */
export function bufferBytes(c: FixContext): number {
  const needed = numberFact(c, 'messageBytes', 'recordBytes') ?? 16_384
  return needed <= 4096 ? 4096 : needed <= 8192 ? 8192 : 16_384
}

/**
 * What sets the input buffer in this device's build. In Kconfig files all after = is the value: remarks have their line.
 * ESP-IDF: components/mbedtls/Kconfig. Zephyr: modules/mbedtls/Kconfig, where one option sets both buffers and the heap
 * has to hold both. nrf_security: sdk-nrf pull 7185. Mbed TLS 3.0 removed MAX_CONTENT_LEN (docs/3.0-migration-guide.md).
 * ESP8266: WiFiClientSecureBearSSL.cpp, setBufferSizes(receive, transmit). BearSSL: inc/bearssl_ssl.h.
 */
export function bufferCommands(c: FixContext): readonly string[] {
  const bytes = bufferBytes(c)
  return byFamily<readonly string[]>(c, {
    'esp-idf': [
      '# sdkconfig',
      'CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=y',
      `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`,
    ],
    zephyr: [
      '# prj.conf; sets the output buffer too',
      `CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=${bytes}`,
      `CONFIG_MBEDTLS_HEAP_SIZE=<what it was, and ${2 * bytes} more>`,
    ],
    'ncs-native-tls': ['# prj.conf', `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`, heap(bytes)],
    nrf7002: ['# prj.conf', `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`, heap(bytes)],
    'esp8266-arduino': [`client.setBufferSizes(${bytes}, 512);`],
    other: byLibrary(c, bytes),
  })
}

function byLibrary(c: FixContext, bytes: number): readonly string[] {
  const rules = c.device.build.rules?.value
  if (rules === 'mbedtls-3')
    return [`#define MBEDTLS_SSL_IN_CONTENT_LEN ${bytes}  /* the build's mbedtls_config.h */`]
  if (rules === 'mbedtls-2')
    return [`#define MBEDTLS_SSL_MAX_CONTENT_LEN ${bytes}  /* the build's config.h */`]
  return []
}

function heap(bytes: number): string {
  return `CONFIG_MBEDTLS_HEAP_SIZE=<what it was, and ${bytes} more>`
}
