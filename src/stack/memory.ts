import type { Device } from '../device/device.ts'
import type { Certificate } from '../x509/certificate.ts'

/** What a handshake takes of the device's heap. An estimate: `buffersBytes` alone is exact. */
export interface MemoryNeeded {
  readonly bytes: number
  /** Receive and send buffer, allocated before the first byte is sent. */
  readonly buffersBytes: number
  /** How the rest was come by. */
  readonly basis: string
}

/** Header of a record and the like in each buffer, MBEDTLS_SSL_HEADER_LEN, and MBEDTLS_SSL_PAYLOAD_OVERHEAD. */
const BUFFER_EXTRA_BYTES = 13 + 320

/**
 * Fitted to the peak of malloc in 200 handshakes of Mbed TLS 2.28.3, as Debian builds it, with chains of 1 to 11
 * certificates, P-256 to P-521 and RSA of 1,024 and 2,048 bits: within 2 kB of each. A certificate is kept as DER and
 * in parsed form. Pointers are 8 bytes there: a 32-bit device needs less.
 */
const fitted = { base: 9_800, perCertificate: 700, perDerByte: 2, largeKey: 2_500 }
const BASIS =
  'fitted to 200 handshakes of Mbed TLS 2.28.3 on a 64-bit host, within 2 kB; a 32-bit device needs less'

/** Undefined where no figures are known for the device's library. */
export function memoryNeeded(
  { build, limits }: Device,
  certificates: readonly (Certificate | undefined)[],
  derBytes: readonly number[],
): MemoryNeeded | undefined {
  if (build.rules?.value !== 'mbedtls-2' && build.rules?.value !== 'mbedtls-3') return undefined
  const receive = limits.recordBytes?.value
  if (typeof receive !== 'number') return undefined
  const send = build.sentRecordBytes?.value
  const buffersBytes = receive + (typeof send === 'number' ? send : receive) + 2 * BUFFER_EXTRA_BYTES
  const sum = derBytes.reduce((total, bytes) => total + bytes, 0)
  const large = certificates.some((one) => one !== undefined && isLarge(one))
  const rest = fitted.base + fitted.perCertificate * derBytes.length + fitted.perDerByte * sum
  return { bytes: buffersBytes + rest + (large ? fitted.largeKey : 0), buffersBytes, basis: BASIS }
}

function isLarge({ publicKey }: Certificate): boolean {
  return publicKey.kind === 'rsa' || (publicKey.kind === 'ec' && publicKey.bits > 384)
}
