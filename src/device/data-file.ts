import * as v from 'valibot'
import { LineCounter, parse, parseDocument } from 'yaml'

/** A data file (profile, evidence, endpoints) that cannot be used. Names file, line, path and the mend. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
  readonly code: 'too-large' | 'bad-yaml' | 'bad-shape' | 'bad-reference'
  readonly file: string
  /** 1-based; undefined when the fault has no place, such as a file too large. */
  readonly line: number | undefined
  /** Dotted path of the value, empty for the whole file. */
  readonly path: string
  readonly hint: string

  constructor(
    code: DataFileError['code'],
    at: { readonly file: string; readonly line: number | undefined; readonly path: string },
    what: string,
    hint: string,
  ) {
    super(
      `${at.file}${at.line === undefined ? '' : `:${at.line}`}: ${at.path === '' ? '' : `${at.path}: `}${what}`,
    )
    this.code = code
    this.file = at.file
    this.line = at.line
    this.path = at.path
    this.hint = hint
  }
}

/** Data files are written by people; a bigger one is a mistake. */
export const dataFileLimitBytes = 262_144

/** Parses YAML 1.2 and checks its shape. Throws `DataFileError`. */
export function parseDataFile<Schema extends v.GenericSchema>(
  text: string,
  file: string,
  schema: Schema,
): v.InferOutput<Schema> {
  if (text.length > dataFileLimitBytes) {
    const at = { file, line: undefined, path: '' }
    throw new DataFileError(
      'too-large',
      at,
      `${text.length} characters`,
      `keep it below ${dataFileLimitBytes}`,
    )
  }
  const result = v.safeParse(schema, parseYaml(text, file), { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  const path = (issue.path ?? []).map((item) => String(item.key))
  const missing = issue.received === 'undefined'
  throw new DataFileError(
    'bad-shape',
    { file, line: lineOf(text, path), path: path.join('.') },
    missing ? 'is missing' : `is ${kindOf(issue.received)}`,
    issue.type === 'check' || issue.type === 'regex' ? issue.message : mend(issue, missing),
  )
}

/** A value that names something which is not there. */
export function badReference(
  text: string,
  file: string,
  path: readonly string[],
  what: string,
  hint: string,
): DataFileError {
  return new DataFileError(
    'bad-reference',
    { file, line: lineOf(text, path), path: path.join('.') },
    what,
    hint,
  )
}

function parseYaml(text: string, file: string): unknown {
  try {
    // stringKeys: a range such as 4.10 is a key and must not become the number 4.1
    return parse(text, { stringKeys: true, maxAliasCount: 64, logLevel: 'error' })
  } catch (error) {
    const line = (error as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line
    const what = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'no YAML'
    throw new DataFileError('bad-yaml', { file, line, path: '' }, what, 'mend the YAML at that line')
  }
}

/** What was found, by its kind: the text itself may be anything, a private key given by mistake too. */
function kindOf(received: string): string {
  if (received.startsWith('"')) return 'text'
  if (/^-?[\d.]+$/.test(received)) return `the number ${received.slice(0, 20)}`
  return (
    { Array: 'a list', Object: 'a table', null: 'null', true: 'true', false: 'false' }[received] ??
    'something else'
  )
}

function mend(issue: v.BaseIssue<unknown>, missing: boolean): string {
  if (issue.expected === 'never') return 'no such key here: check its spelling'
  const quote = issue.expected === 'string' && /^[\d.]+$/.test(issue.received) ? ', in quotes' : ''
  return `${missing ? 'add it' : 'write'} as ${issue.expected ?? 'something else'}${quote}`
}

/** Line of the value, or of the nearest thing around it that exists. */
function lineOf(text: string, path: readonly string[]): number | undefined {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, stringKeys: true, logLevel: 'silent' })
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length).map(asIndex), true)
    const range = (node as { range?: readonly number[] } | null | undefined)?.range
    if (range?.[0] !== undefined) return counter.linePos(range[0]).line
  }
  return undefined
}

function asIndex(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key
}
