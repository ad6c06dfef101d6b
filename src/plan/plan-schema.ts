import * as v from 'valibot'
import { faultWords } from '../device/fault-words.ts'
import { count, isNoTable, secretPlace, text } from '../device/file-parts.ts'

/**
 * A plan as people write it: `tlsfit.yaml` in a firmware repository, and any file of `check --file`. Its keys are the
 * options of `check`, by the same names. What it means is `parse-plan.ts`.
 */

const path = text
const notEmpty = (mend: string) => v.pipe(v.string(mend), v.minLength(1, mend))

const deviceForm =
  'write a device by its id alone, as - nrf9160@1.3.7, or by what it is built with, as - config: sdkconfig'
const deviceKeys = {
  /** An sdkconfig, prj.conf, mbedtls_config.h or user_settings.h. */
  config: path,
  /** The device that the file configures; without it the layer that the file names. */
  id: v.optional(text),
  stack: v.optional(text),
  mfl: v.optional(v.picklist([512, 1024, 2048, 4096])),
  /** What reports call it; the file's path, where it is left out. */
  name: v.optional(text),
}
const device = v.lazy((written) =>
  isTable(written)
    ? v.strictObject(deviceKeys, (issue) => ('config' in written ? issue.message : deviceForm))
    : notEmpty('write an id as text, such as nrf9160@1.3.7'),
)

const headerForm = 'write one header a row: - x-ms-version: "2021-08-06"'
const headerValue = v.lazy((written) =>
  isTable(written)
    ? secretPlace
    : v.string('write its value in quotes, or its place: { env: NAME } or { file: PATH }'),
)
const header = v.pipe(
  v.record(v.string(), headerValue, headerForm),
  v.check(
    (value) => Object.keys(value).length === 1,
    ({ input }) => faultWords(`holds ${Object.keys(input).length} names`, headerForm),
  ),
)

/** A least or most, by what limits count; percent is of a limit in bytes. */
const amounts = v.strictObject(
  {
    bytes: v.optional(count),
    percent: v.optional(
      v.pipe(v.number(), v.minValue(0.1, 'write 0.1 or more'), v.maxValue(100, '100 at most')),
    ),
    certificates: v.optional(count),
    characters: v.optional(count),
    bits: v.optional(count),
  },
  (issue) => (isNoTable(issue) ? 'say of what: { bytes: 256 } or { percent: 10 }' : issue.message),
)

const margins = v.strictObject(
  {
    /** What must be left to each limit. */
    least: v.optional(amounts, {}),
    /** What may be lost since the last run. */
    shrink: v.optional(amounts, {}),
  },
  'write least, what must be left, or shrink, what may be lost: margins: { least: { bytes: 256 } }',
)

const settings = {
  devices: v.optional(
    v.pipe(
      v.array(device, 'write a list: devices: [nrf9160@1.3.7]'),
      v.minLength(1, 'name at least one device'),
    ),
  ),
  anchors: v.optional(v.array(path, 'write a list of files: anchors: [certs/root.pem]')),
  headers: v.optional(v.array(header, headerForm)),
  verify: v.optional(v.picklist(['full', 'no-name', 'none'], 'write full, no-name or none')),
  sni: v.optional(notEmpty('write a host name, or none')),
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

const url = 'https://example.com/fw.bin'
const targetKeys = {
  url: text,
  name: v.optional(text),
  /** The query string, where it holds a secret: of a SAS or a presigned URL. */
  query: v.optional(secretPlace),
  ...settings,
}
const target = v.lazy((written) =>
  isTable(written)
    ? v.strictObject(targetKeys, (issue) => (isMissing(issue) ? `add url: ${url}` : keyWords(issue, onTop)))
    : notEmpty(`write a URL as text, such as ${url}`),
)

/** Keys that are for all targets, and options that a file cannot give. */
const onTop = ['targets', 'last-run', 'baseline']
const ofCommandLine = [
  ...[
    'format',
    'report',
    'strict',
    'forecast',
    'candidate',
    'can',
    'jobs',
    'resume',
    'quiet',
    'keylog',
    'time',
  ],
  ...['send-secrets', 'update-baseline'],
]

function keyWords(issue: v.BaseIssue<unknown>, elsewhere: readonly string[] = []): string {
  const key = String(issue.path?.at(-1)?.key)
  if (issue.expected !== 'never') return issue.message
  if (ofCommandLine.includes(key)) {
    return faultWords('is an option of the command line alone', `take it out, and give check --${key}`)
  }
  return elsewhere.includes(key)
    ? faultWords('stands in one target', `write ${key}: at the start of a line, for all targets`)
    : issue.message
}

function isMissing({ received }: v.BaseIssue<unknown>): boolean {
  return received === 'undefined'
}

function isTable(written: unknown): written is object {
  return typeof written === 'object' && written !== null && !Array.isArray(written)
}

const planForm = 'write devices: [ID] and targets: [URL], each on its line'
const planKeys = {
  ...settings,
  targets: v.pipe(
    v.array(target, `write a list: targets: [${url}]`),
    v.minLength(1, 'name at least one target'),
  ),
  /** Where tlsfit keeps what the last run found; it writes the file after each run that passes. */
  'last-run': v.optional(path),
  /** The same, kept by people: written with --update-baseline alone. */
  baseline: v.optional(path),
}
export const planFile = v.strictObject(planKeys, (issue) => {
  if (isNoTable(issue)) return planForm
  return isMissing(issue) ? `add targets: [${url}]` : keyWords(issue)
})

export type PlanFile = v.InferOutput<typeof planFile>
export type TargetRow = Exclude<PlanFile['targets'][number], string>
export type DeviceRow = NonNullable<PlanFile['devices']>[number]
export type HeaderRow = NonNullable<PlanFile['headers']>[number]
export type Amounts = v.InferOutput<typeof amounts>
export type MarginThresholds = v.InferOutput<typeof margins>
