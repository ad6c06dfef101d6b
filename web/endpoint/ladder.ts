import type { EndpointPage } from '../../src/api/contract.ts'
import type { MarginSummary } from '../../src/fleet/verdict-summary.ts'

/** One fleet's limit, against what is counted for it. */
export interface LimitRow {
  readonly fleetId: string
  readonly fleetName: string
  readonly margin: MarginSummary
}

/** Limits of the kinds named, in bytes, least room first. A fleet that is seen from several places stands once, with the least. */
export function limitRows(fleets: EndpointPage['fleets'], limits: readonly string[]): LimitRow[] {
  const least = new Map<string, LimitRow>()
  for (const fleet of fleets) {
    for (const margin of fleet.verdict?.margins ?? []) {
      if (margin.unit !== 'bytes' || !limits.includes(margin.limit)) continue
      const key = `${fleet.id} ${margin.limit} ${margin.counts}`
      const known = least.get(key)
      if (known === undefined || margin.room < known.margin.room)
        least.set(key, { fleetId: fleet.id, fleetName: fleet.name, margin })
    }
  }
  return [...least.values()].sort((a, b) => a.margin.room - b.margin.room)
}

/** Bytes that the full width stands for: all that is drawn, and no line at the very edge. */
export function scaleOf(values: readonly number[]): number {
  return Math.max(1, ...values) * 1.04
}

/** A round step for lines across, four to eight of them. */
export function gridStep(scale: number): number {
  const rough = scale / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power * 10
}
