import * as v from 'valibot'
import type { Observation } from '../observe/observation.ts'
import {
  type Json,
  ObservationFormatError,
  observationFromJson,
  observationToJson,
} from '../observe/observation-json.ts'

/** Name and version of the file. */
const CAPSULE_SCHEMA = 'tlsfit/capsule@1'

/** A larger file is no capsule of ours. */
export const MAX_CAPSULE_BYTES = 1_048_576
/** Sessions of a capture, or addresses of an endpoint. */
export const MAX_OBSERVATIONS = 64
/** Lines of a log that are kept, and the characters of one. */
export const MAX_CAPSULE_LINES = 2_000
export const MAX_LINE_CHARS = 2_000
/** The highest line number: what lies between is read as empty lines. */
const MAX_LINE_NUMBER = 2_000_000

/** A bug to be shared: redacted, small, and replayed by `explain`, `check` and `lab`. */
export type Capsule = LogCapsule | ObservationsCapsule

export interface LogCapsule {
  readonly kind: 'log'
  /** As `--device` took it. */
  readonly device: string | undefined
  /** Runs of lines, each with the number of its first, from 1. */
  readonly runs: readonly LineRun[]
}

export interface LineRun {
  readonly from: number
  readonly lines: readonly string[]
}

export interface ObservationsCapsule {
  readonly kind: 'observations'
  readonly device: string | undefined
  readonly observations: readonly Observation[]
}

/** Input that is no capsule. */
export class CapsuleError extends Error {
  override readonly name = 'CapsuleError'
  readonly code: 'capsule-malformed' | 'capsule-too-large'
  readonly at: string
  readonly hint = 'give a file that tlsfit capsule has written'

  constructor(code: CapsuleError['code'], message: string, at: string) {
    super(message)
    this.code = code
    this.at = at
  }
}

/** Whether a file begins as a capsule does: the schema is its first key. */
export function looksLikeCapsule(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 200)).toString('utf8')
  return /^\ufeff?\s*\{\s*"schema"\s*:\s*"tlsfit\/capsule@/.test(start)
}

export function formatCapsule(capsule: Capsule): string {
  const device = capsule.device ?? null
  const json: Json =
    capsule.kind === 'log'
      ? {
          schema: CAPSULE_SCHEMA,
          kind: 'log',
          device,
          runs: capsule.runs.map(({ from, lines }) => ({ from, lines })),
        }
      : {
          schema: CAPSULE_SCHEMA,
          kind: 'observations',
          device,
          observations: capsule.observations.map((one) => observationToJson(one)),
        }
  return `${JSON.stringify(json, null, 1)}\n`
}

/** Throws `CapsuleError`. `name` is the file's. */
export function parseCapsule(bytes: Uint8Array, name: string): Capsule {
  if (bytes.length > MAX_CAPSULE_BYTES) {
    throw new CapsuleError('capsule-too-large', `${name} has more than ${MAX_CAPSULE_BYTES} bytes`, name)
  }
  const result = v.safeParse(capsuleSchema, parseJson(bytes, name), { abortEarly: true })
  if (!result.success) {
    const [issue] = result.issues
    throw malformed(name, v.getDotPath(issue) ?? '', issue.message)
  }
  const { output } = result
  const device = output.device ?? undefined
  if (output.kind === 'log') return { kind: 'log', device, runs: inOrder(output.runs, name) }
  return {
    kind: 'observations',
    device,
    observations: output.observations.map((one, at) => readObservation(one, `observations.${at}`, name)),
  }
}

/** The log as it was, with empty lines where lines were left out. */
export function logOf({ runs }: LogCapsule): string {
  let at = 1
  let text = ''
  for (const { from, lines } of runs) {
    text += '\n'.repeat(from - at)
    text += lines.map((line) => `${line}\n`).join('')
    at = from + lines.length
  }
  return text
}

const line = v.pipe(v.string(), v.maxLength(MAX_LINE_CHARS))
const lineNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LINE_NUMBER))
const device = v.nullish(v.pipe(v.string(), v.regex(/^[a-z0-9][\w@.+-]{0,99}$/i)))
const schema = v.literal(CAPSULE_SCHEMA)

const capsuleSchema = v.variant('kind', [
  v.object({
    schema,
    kind: v.literal('log'),
    device,
    runs: v.pipe(
      v.array(v.object({ from: lineNumber, lines: v.pipe(v.array(line), v.maxLength(MAX_CAPSULE_LINES)) })),
      v.maxLength(MAX_CAPSULE_LINES),
    ),
  }),
  v.object({
    schema,
    kind: v.literal('observations'),
    device,
    observations: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(MAX_OBSERVATIONS)),
  }),
])

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    )
  } catch {
    throw malformed(name, '', 'not JSON')
  }
}

function readObservation(json: unknown, at: string, name: string): Observation {
  try {
    // Whatever the file says of itself: what is read from a capsule is its maker's word.
    return { ...observationFromJson(json), fromCapsule: true }
  } catch (error) {
    if (error instanceof ObservationFormatError) throw malformed(name, at, error.message)
    throw error
  }
}

function inOrder(runs: readonly LineRun[], name: string): readonly LineRun[] {
  let next = 1
  for (const [at, { from, lines }] of runs.entries()) {
    if (from < next) throw malformed(name, `runs.${at}.from`, `line ${from} lies before line ${next}`)
    if (lines.some((text) => /[\r\n]/.test(text)))
      throw malformed(name, `runs.${at}.lines`, 'a line with a line end')
    next = from + lines.length
  }
  return runs
}

function malformed(name: string, at: string, detail: string): CapsuleError {
  const where = at === '' ? name : `${name}, ${at}`
  return new CapsuleError('capsule-malformed', `${where}: ${detail.slice(0, 200)}`, name)
}
