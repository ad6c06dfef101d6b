import * as v from 'valibot'
import { badReference, parseDataFile } from './data-file.ts'
import { confidences, type DeviceLimits } from './device.ts'
import type { FieldRow } from './evidence.ts'
import type { Counting, Limit, Readings } from './limit.ts'
import { readings } from './profile-schema.ts'
import { parseVersionRange } from './version-range.ts'

const text = v.pipe(v.string(), v.nonEmpty())

const evidenceFile = v.strictObject({
  rows: v.array(
    v.strictObject({
      id: text,
      /** Families that the row is held to be true for, each with its versions. */
      heldFor: v.record(text, text),
      endpoint: text,
      seen: text,
      certificates: v.optional(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(1)))),
      outcome: v.picklist(['accepted', 'refused']),
      /** Limit -> what it read in each way of counting. A refused row names only the limits it is held to be refused for. */
      limits: v.strictObject({
        chainBytes: v.optional(readings),
        certificateBytes: v.optional(readings),
        handshakeMessageBytes: v.optional(readings),
        recordBytes: v.optional(readings),
        chainCertificates: v.optional(readings),
        rsaKeyBits: v.optional(readings),
        rsaKeyBitsMin: v.optional(readings),
        storedAnchorBytes: v.optional(readings),
      }),
      confidence: v.picklist(confidences),
      source: text,
    }),
  ),
})

/** One row per family and limit, in the order of the file. Throws `DataFileError`. */
export function parseEvidence(yaml: string, file: string): readonly FieldRow[] {
  const { rows } = parseDataFile(yaml, file, evidenceFile)
  const seen = new Set<string>()
  return rows.flatMap((row, index) => {
    if (seen.has(row.id)) {
      throw badReference(
        yaml,
        file,
        ['rows', String(index), 'id'],
        `"${row.id}" is there already`,
        'give each row an id of its own',
      )
    }
    seen.add(row.id)
    return Object.entries(row.heldFor).flatMap(([family, versions]) => {
      if (parseVersionRange(versions) === undefined) {
        const path = ['rows', String(index), 'heldFor', family]
        throw badReference(
          yaml,
          file,
          path,
          `"${versions}" is no range of versions`,
          'write 1.2.0..1.3.7 or any',
        )
      }
      return Object.entries(row.limits).map(([limit, read]) => ({
        id: row.id,
        family,
        versions,
        limit: limit as keyof DeviceLimits,
        endpoint: row.endpoint,
        seen: row.seen,
        certificates: row.certificates,
        readings: read ?? {},
        outcome: row.outcome,
        confidence: row.confidence,
        source: row.source,
      }))
    })
  })
}

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
