import type { Device } from '../device/device.ts'
import type { Certificate } from '../x509/certificate.ts'
import { pemLength } from './anchor-storage.ts'
import { compareWithLimit, exactly } from './limits.ts'

export interface Storage {
  /** PEM wherever it fits: most devices take nothing else. Undefined: they do not fit at all. */
  readonly form: 'pem' | 'der' | undefined
  /** Of all together. */
  readonly pemBytes: number
  readonly derBytes: number
}

/** How these anchors go into what the device stores them in: each in a place of its own, or all in one bundle. */
export function storageOf({ limits }: Device, anchors: readonly Certificate[]): Storage {
  const limit = limits.storedAnchorBytes
  const pem = anchors.map(pemLength)
  const der = anchors.map(({ der: bytes }) => bytes.length)
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)
  const sizes = { pemBytes: sum(pem), derBytes: sum(der) }
  if (limit === undefined) return { form: 'pem', ...sizes }
  const counts = limit.counts === 'bundle' ? 'bundle' : 'stored'
  const fits = (bytes: number) => compareWithLimit(limit, { [counts]: exactly(bytes) }).outcome !== 'over'
  const all = (each: readonly number[]) => (counts === 'bundle' ? fits(sum(each)) : each.every(fits))
  return { form: all(pem) ? 'pem' : all(der) ? 'der' : undefined, ...sizes }
}
