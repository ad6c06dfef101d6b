import * as v from 'valibot'
import { causes } from '../finding/cause.ts'
import { stages } from '../finding/stage.ts'

const id = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9.-]*$/, 'an id of small letters, digits, dots and hyphens'),
)
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
const percent = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99))
const signs = v.union([id, v.pipe(v.array(id), v.minLength(1))])
const tables = v.union([id, v.pipe(v.array(id), v.minLength(1))])

/** Where a connection is when a sign appears; `network` comes before all that the judge knows. */
export const signStages = ['network', ...stages] as const
export type SignStage = (typeof signStages)[number]

const signKinds = ['failure', 'summary', 'progress', 'context'] as const

const sign = v.strictObject({
  id,
  stage: v.optional(v.picklist(signStages)),
  past: v.optional(v.picklist(signStages)),
  kind: v.optional(v.picklist(signKinds), 'failure'),
  causes: v.optional(v.record(v.picklist(causes), percent), {}),
  certain: v.optional(v.picklist(causes)),
  /** Of a summary: how likely each cause is where nothing else in the log says what failed. */
  alone: v.optional(v.record(v.picklist(causes), percent), {}),
  /** A state that may pass by itself: seen once, with nothing that fails beside it, it makes no cause likely. */
  momentary: v.optional(v.boolean(), false),
  /** `answer`: the server gave what was asked for. `close`: the connection ended, which is no failure behind an answer. */
  exchange: v.optional(v.picklist(['answer', 'close'])),
  /** A change of a setting: it speaks only where it stands behind a failure and before a success, which it then explains. */
  cures: v.optional(v.boolean(), false),
  rulesOut: v.optional(v.array(v.picklist(causes)), []),
  herring: v.optional(text),
  says: text,
})

/** `dialects/signs.yaml`. */
export const signFileSchema = v.strictObject({ signs: v.array(sign) })
export type SignRow = v.InferOutput<typeof sign>

const line = v.strictObject({
  tag: v.optional(v.union([text, v.array(text)])),
  format: v.union([text, v.pipe(v.array(text), v.minLength(1))]),
  sign: v.optional(signs),
  code: v.optional(v.record(v.string(), tables)),
  /** Where 0 alone is success: what a number says that no table has. */
  otherwise: v.optional(id),
  device: v.optional(text),
  weak: v.optional(v.boolean(), false),
  meaning: v.optional(text),
  source: text,
})

/** One `dialects/*.yaml`. */
export const dialectFileSchema = v.strictObject({
  id,
  name: text,
  device: v.optional(text),
  side: v.optional(v.picklist(['device', 'server']), 'device'),
  /** Words that no program owns: they speak on lines, and of failures, of which no other dialect says anything. */
  standard: v.optional(v.boolean(), false),
  sources: v.record(v.string(), text),
  lines: v.array(line),
})
export type DialectFile = v.InferOutput<typeof dialectFileSchema>
export type LineRow = DialectFile['lines'][number]

const number = v.pipe(v.number(), v.integer())
const code = v.strictObject({
  code: number,
  name: v.optional(text),
  says: text,
  sign: v.optional(signs),
  when: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9.-]+ (<|>=)\d+(\.\d+)*$/, 'such as `mbedtls >=3`'))),
})

/** One `dialects/codes/*.yaml`. */
export const codeFileSchema = v.strictObject({
  id,
  name: text,
  kind: v.picklist(['plain', 'sum', 'flags']),
  /** A number below zero is none of these: a byte of the wire, where other programs print their own errors with a minus. */
  unsigned: v.optional(v.boolean(), false),
  source: text,
  codes: v.array(code),
  low: v.optional(v.array(code), []),
  ranges: v.optional(v.array(v.strictObject({ from: number, to: number, table: id })), []),
})
export type CodeFile = v.InferOutput<typeof codeFileSchema>
export type CodeRow = CodeFile['codes'][number]
