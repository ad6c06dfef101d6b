import * as v from 'valibot'
import { count, secretPlace, text } from '../device/file-parts.ts'

/**
 * A plan as people write it: `tlsfit.yaml` in a firmware repository, and any file of `check --file`. Its keys are the
 * options of `check`, by the same names. What it means is `parse-plan.ts`.
 */

const path = text

const device = v.lazy((written) =>
  typeof written === 'string'
    ? text
    : v.strictObject({
        /** An sdkconfig, prj.conf, mbedtls_config.h or user_settings.h. */
        config: path,
        /** The device that the file configures; without it the layer that the file names. */
        id: v.optional(text),
        stack: v.optional(text),
        mfl: v.optional(v.picklist([512, 1024, 2048, 4096])),
        /** What reports call it; the file's path, where it is left out. */
        name: v.optional(text),
      }),
)

const headerValue = v.lazy((written) => (typeof written === 'string' ? v.string() : secretPlace))
const header = v.pipe(
  v.record(v.string(), headerValue),
  v.check((value) => Object.keys(value).length === 1, 'write one header a row: - Name: value'),
)

/** A least or most, by what limits count; percent is of a limit in bytes. */
const amounts = v.strictObject({
  bytes: v.optional(count),
  percent: v.optional(
    v.pipe(v.number(), v.minValue(0.1, 'write 0.1 or more'), v.maxValue(100, '100 at most')),
  ),
  certificates: v.optional(count),
  characters: v.optional(count),
  bits: v.optional(count),
})

const margins = v.strictObject({
  /** What must be left to each limit. */
  least: v.optional(amounts, {}),
  /** What may be lost since the last run. */
  shrink: v.optional(amounts, {}),
})

const settings = {
  devices: v.optional(v.pipe(v.array(device), v.minLength(1, 'name at least one device'))),
  anchors: v.optional(v.array(path)),
  headers: v.optional(v.array(header)),
  verify: v.optional(v.picklist(['full', 'no-name', 'none'], 'write full, no-name or none')),
  sni: v.optional(text),
  connect: v.optional(
    v.pipe(
      text,
      v.regex(/^(\[[0-9A-Fa-f:.]+\]|[^:\s/]+):\d{1,5}$/, 'write host:port, such as 192.0.2.7:443'),
    ),
  ),
  method: v.optional(v.pipe(text, v.regex(/^[A-Za-z]{1,20}$/, 'write GET or HEAD'))),
  bytes: v.optional(v.pipe(v.number(), v.integer('write a whole number'), v.minValue(0, 'write 0 or more'))),
  timeout: v.optional(
    v.pipe(v.number(), v.minValue(0.001, 'write seconds, 0.001 or more'), v.maxValue(3_600, '3600 at most')),
  ),
  'client-cert': v.optional(path),
  'client-key': v.optional(path),
  'compare-sni': v.optional(v.boolean()),
  margins: v.optional(margins),
}

const target = v.lazy((written) =>
  typeof written === 'string'
    ? text
    : v.strictObject({
        url: text,
        name: v.optional(text),
        /** The query string, where it holds a secret: of a SAS or a presigned URL. */
        query: v.optional(secretPlace),
        ...settings,
      }),
)

export const planFile = v.strictObject({
  ...settings,
  targets: v.pipe(v.array(target), v.minLength(1, 'name at least one target')),
  /** Where tlsfit keeps what the last run found; it writes the file after each run that passes. */
  'last-run': v.optional(path),
  /** The same, kept by people: written with --update-baseline alone. */
  baseline: v.optional(path),
})

export type PlanFile = v.InferOutput<typeof planFile>
export type TargetRow = Exclude<PlanFile['targets'][number], string>
export type DeviceRow = NonNullable<PlanFile['devices']>[number]
export type HeaderRow = NonNullable<PlanFile['headers']>[number]
export type Amounts = v.InferOutput<typeof amounts>
export type MarginThresholds = v.InferOutput<typeof margins>
