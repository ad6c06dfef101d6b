import type { DeviceLimits } from './device.ts'
import type { FieldRow } from './evidence.ts'
import type { Counting, Limit, Readings } from './limit.ts'

/** How a limit counts that no source describes but a field row speaks of. */
const naturalCounting: Readonly<Record<keyof DeviceLimits, Counting>> = {
  chainBytes: 'sent',
  certificateBytes: 'certificate',
  handshakeMessageBytes: 'message',
  recordBytes: 'record',
  chainCertificates: 'items',
  rsaKeyBits: 'bits',
  rsaKeyBitsMin: 'bits',
  storedAnchorBytes: 'stored',
}

/**
 * The limits with `passes` and `fails` as the rows show them: the largest accepted and the smallest refused in each
 * way of counting, the profile's own included. A way of counting in which something as large was accepted does not
 * decide, so its refusal is left out. A limit that only rows speak of appears without a value. Of `rsaKeyBitsMin`,
 * where less is harder, the smallest accepted and the largest refused count.
 */
export function limitsWithEvidence(limits: DeviceLimits, rows: readonly FieldRow[]): DeviceLimits {
  const entries = (Object.keys(naturalCounting) as (keyof DeviceLimits)[]).map((name) => {
    const own = rows.filter((row) => row.limit === name)
    return [name, own.length === 0 ? limits[name] : withRows(limits[name] ?? unstated(name, own), own, name)]
  })
  return Object.fromEntries(entries)
}

function withRows(limit: Limit, rows: readonly FieldRow[], name: keyof DeviceLimits): Limit {
  const lessIsHarder = name === 'rsaKeyBitsMin'
  const [passing, failing] = lessIsHarder ? [Math.min, Math.max] : [Math.max, Math.min]
  const passes = foldReadings([limit.passes, ...readingsOf(rows, 'accepted')], passing)
  const fails = foldReadings([limit.fails, ...readingsOf(rows, 'refused')], failing)
  const deciding = (Object.entries(fails) as [Counting, number][]).filter(([counting, value]) => {
    const accepted = passes[counting]
    return accepted === undefined || (lessIsHarder ? accepted > value : accepted < value)
  })
  return { ...limit, passes, fails: Object.fromEntries(deciding) }
}

function readingsOf(rows: readonly FieldRow[], outcome: FieldRow['outcome']): readonly Readings[] {
  return rows.filter((row) => row.outcome === outcome).map((row) => row.readings)
}

function foldReadings(all: readonly Readings[], pick: (a: number, b: number) => number): Readings {
  const folded: { [C in Counting]?: number } = {}
  for (const one of all) {
    for (const [counting, value] of Object.entries(one) as [Counting, number | undefined][]) {
      if (value === undefined) continue
      const before = folded[counting]
      folded[counting] = before === undefined ? value : pick(before, value)
    }
  }
  return folded
}

function unstated(name: keyof DeviceLimits, rows: readonly FieldRow[]): Limit {
  return {
    value: undefined,
    atLeast: undefined,
    counts: naturalCounting[name],
    candidates: [],
    passes: {},
    fails: {},
    disputed: [],
    confidence: rows[0]?.confidence ?? 'inferred',
    source: rows[0]?.source ?? '',
    note: 'no documented limit was found; known from the field only',
  }
}
