import type { Limit } from '../../device/limit.ts'
import { formatNumber } from '../units.ts'
import { byFamily, type FixContext, numberFact } from './fix-context.ts'

/** The size an input buffer needs for what was met: a power of two, as far as TLS has records. */
export function bufferBytes(c: FixContext): number {
  return powerOfTwo(numberFact(c, 'messageBytes', 'recordBytes') ?? 16_384)
}

function powerOfTwo(needed: number): number {
  return needed <= 4096 ? 4096 : needed <= 8192 ? 8192 : 16_384
}

/** RFC 5246 §7.4.2 and §7.4: a length before each certificate and before all, and the head of the message. */
const perCertificate = 3
const aroundAll = 3 + 4

/**
 * What Mbed TLS on the application core needs for the chain that was met, 8,192 bytes at least; `memory-needed` says what
 * such a chain takes of the heap: up to some 43,000 bytes with buffers of 8,192, 70,000 with those of 16,384.
 */
export function nativeTlsBuffers(c: FixContext): readonly string[] {
  const sent = numberFact(c, 'sentBytes')
  const message =
    numberFact(c, 'messageBytes') ??
    (sent === undefined ? 0 : sent + perCertificate * (numberFact(c, 'certificates') ?? 1) + aroundAll)
  const bytes = Math.max(8192, powerOfTwo(message))
  return [
    `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`,
    'CONFIG_MBEDTLS_ENABLE_HEAP=y',
    `CONFIG_MBEDTLS_HEAP_SIZE=${bytes > 8192 ? 81_920 : 65_536}`,
  ]
}

/**
 * What sets the input buffer in this device's build. In Kconfig files all after = is the value: remarks have their line.
 * ESP-IDF: components/mbedtls/Kconfig. Zephyr: modules/mbedtls/Kconfig, where one option sets both buffers and the heap
 * has to hold both. nrf_security: sdk-nrf pull 7185. Mbed TLS 3.0 removed MAX_CONTENT_LEN (docs/3.0-migration-guide.md).
 * ESP8266: WiFiClientSecureBearSSL.cpp, setBufferSizes(receive, transmit). BearSSL: inc/bearssl_ssl.h.
 */
export function bufferCommands(c: FixContext): readonly string[] {
  const bytes = bufferBytes(c)
  // What the profile says it has already is not what the log is of.
  if (c.finding === undefined && (figure(c.device.limits.recordBytes) ?? 0) >= bytes) return []
  return byFamily<readonly string[]>(c, {
    'esp-idf': [
      '# sdkconfig',
      'CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=y',
      `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`,
    ],
    zephyr: [
      '# prj.conf; sets the output buffer too',
      `CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=${bytes}`,
      heap(grown(c, bytes, ['received', 'sent'])),
    ],
    'ncs-native-tls': [
      '# prj.conf',
      `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`,
      heap(grown(c, bytes, ['received'])),
    ],
    nrf7002: [
      '# prj.conf',
      `CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=${bytes}`,
      heap(grown(c, bytes, ['received'])),
    ],
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

/** By how much these buffers grow to that size; undefined where it is not known what they are. */
function grown(
  { device: { limits, build } }: FixContext,
  bytes: number,
  buffers: readonly ('received' | 'sent')[],
): number | undefined {
  const received = figure(limits.recordBytes) ?? figure(limits.handshakeMessageBytes)
  const now = { received, sent: figure(build.sentRecordBytes) ?? received }
  return buffers.reduce<number | undefined>((sum, buffer) => {
    const size = now[buffer]
    return sum === undefined || size === undefined ? undefined : sum + Math.max(0, bytes - size)
  }, 0)
}

function figure(limit: Limit | undefined): number | undefined {
  return typeof limit?.value === 'number' ? limit.value : undefined
}

/** The heap grows by what the buffers grow by; whether it is enough then is `memory-needed`. */
function heap(more: number | undefined): string {
  return `CONFIG_MBEDTLS_HEAP_SIZE=<what it was, and ${more ?? 'what the buffers grow by'}${more === undefined ? '' : ' more'}>`
}

/** How much the chain that was met takes, where that was worked out. */
export function heapWords(c: FixContext): string {
  const bytes = c.finding?.id === 'memory-short' ? numberFact(c, 'bytes') : undefined
  return bytes === undefined ? '' : `: about ${formatNumber(bytes)} bytes`
}

/**
 * What sets the heap of TLS in this device's build; a larger buffer would take more of it. ESP-IDF takes buffers from the
 * heap of the system, and with this option only while they are used: components/mbedtls/Kconfig.
 */
export function heapCommands(c: FixContext): readonly string[] {
  const bytes = c.finding?.id === 'memory-short' ? numberFact(c, 'bytes') : undefined
  const zephyr = ['# prj.conf', `CONFIG_MBEDTLS_HEAP_SIZE=${bytes ?? '<more than it was>'}`]
  return byFamily<readonly string[]>(c, {
    'esp-idf': ['# sdkconfig', 'CONFIG_MBEDTLS_DYNAMIC_BUFFER=y'],
    zephyr,
    'ncs-native-tls': zephyr,
    nrf7002: zephyr,
    other: [],
  })
}
