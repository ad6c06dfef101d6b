import * as v from 'valibot'
import { badReference, parseDataFile } from './data-file.ts'
import { confidences, type DeviceLimits } from './device.ts'
import type { FieldRow } from './evidence.ts'
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
