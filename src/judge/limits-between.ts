import { type Catalogue, listDevices } from '../device/catalogue.ts'
import type { Difference } from './differences.ts'

/** A documented limit that lies between the sizes of two chains: one side passes it, the other does not. */
export interface LimitCrossed {
  readonly device: string
  readonly limitBytes: number
  readonly counts: string
  /** The side that is over. */
  readonly over: 'a' | 'b'
  readonly source: string
}

/**
 * Limits for a chain as sent or for one certificate, of all devices, between the sizes of the two sides. Where a limit
 * may count otherwise the words say so: `counts` is as the profile has it.
 */
export function limitsBetween(differences: readonly Difference[], catalogue: Catalogue): LimitCrossed[] {
  const chains = differences.find((one) => one.id === 'certificates')
  if (chains === undefined) return []
  const { bytesA, bytesB } = chains
  const crossed = new Map<string, LimitCrossed>()
  for (const device of listDevices(catalogue)) {
    const limit = device.limits.chainBytes
    if (typeof limit?.value !== 'number' || limit.value >= Math.max(bytesA, bytesB)) continue
    if (limit.value < Math.min(bytesA, bytesB)) continue
    const family = device.layers[0]?.family ?? device.id
    if (crossed.has(family)) continue
    crossed.set(family, {
      device: family,
      limitBytes: limit.value,
      counts: limit.counts,
      over: bytesA > bytesB ? 'a' : 'b',
      source: limit.source,
    })
  }
  return [...crossed.values()].sort((a, b) => a.limitBytes - b.limitBytes)
}
