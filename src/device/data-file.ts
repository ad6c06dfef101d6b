import * as v from 'valibot'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parse, parseDocument } from 'yaml'
import { editDistance, nearestIds } from './device-id.ts'
import { readFaultWords } from './fault-words.ts'
import { yamlFault } from './yaml-fault.ts'

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
  limitBytes = dataFileLimitBytes,
): v.InferOutput<Schema> {
  const { output, problems } = readDataFile(text, file, schema, { first: true, limitBytes })
  const [problem] = problems
  if (problem !== undefined) throw problem
  return output as v.InferOutput<Schema>
}

/** Every fault of a file's YAML or shape; the output only where there is none. */
export function readDataFile<Schema extends v.GenericSchema>(
  text: string,
  file: string,
  schema: Schema,
  {
    first = false,
    limitBytes = dataFileLimitBytes,
  }: { readonly first?: boolean; readonly limitBytes?: number } = {},
): { readonly output?: v.InferOutput<Schema>; readonly tree?: unknown; readonly problems: DataFileError[] } {
  let tree: unknown
  try {
    tree = parseYaml(text, file, limitBytes)
  } catch (error) {
    if (error instanceof DataFileError) return { problems: [error] }
    throw error
  }
  if (Array.isArray(tree) && 'entries' in schema) {
    const at = { file, line: 1, path: '' }
    const mend = 'write its keys at the start of their lines, without - before them'
    return { tree, problems: [new DataFileError('bad-shape', at, 'is a list, not a table of keys', mend)] }
  }
  const result = v.safeParse(schema, tree)
  if (result.success) return { output: result.output, tree, problems: [] }
  const lineOf = lineFinder(text)
  const told = first ? [firstToTell(result.issues)] : result.issues.slice(0, problemsAtMost)
  const problems = told.map((issue) => {
    const path = (issue.path ?? []).map((item) => String(item.key))
    const { what, mend } = faultOf(issue, () => keysAt(schema, tree, path.slice(0, -1)))
    return new DataFileError('bad-shape', { file, line: lineOf(path), path: path.join('.') }, what, mend)
  })
  return { tree, problems }
}

/** A key that is missing beside one that nobody knows is likely the same key, misspelt. */
function firstToTell([first, ...more]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]) {
  if (first.received !== 'undefined') return first
  const table = tableOf(first)
  return more.find((issue) => issue.expected === 'never' && tableOf(issue) === table) ?? first
}

function tableOf({ path }: v.BaseIssue<unknown>): string {
  return (path ?? [])
    .slice(0, -1)
    .map(({ key }) => String(key))
    .join('\n')
}

/** More faults than this in one file are told as these: the file is another file. */
export const problemsAtMost = 100

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
    { file, line: lineFinder(text)(path), path: path.join('.') },
    what,
    hint,
  )
}

/** Throws `DataFileError` for what is no YAML, or too much of it. */
export function parseYaml(text: string, file: string, limitBytes = dataFileLimitBytes): unknown {
  if (text.length > limitBytes) {
    const at = { file, line: undefined, path: '' }
    throw new DataFileError('too-large', at, `${text.length} characters`, `keep it below ${limitBytes}`)
  }
  const compiled = parseCompiled(text)
  if (compiled !== undefined) return compiled
  try {
    // stringKeys: a range such as 4.10 is a key and must not become the number 4.1
    return parse(text, { stringKeys: true, maxAliasCount: 64, logLevel: 'error' })
  } catch (error) {
    const { line, what, mend } = yamlFault(error)
    throw new DataFileError('bad-yaml', { file, line, path: '' }, what, mend)
  }
}

/** What the build made of a data file: JSON exactly as `JSON.stringify` writes it, so without a key twice. */
function parseCompiled(text: string): unknown {
  if (!text.startsWith('{"')) return undefined
  try {
    const tree: unknown = JSON.parse(text)
    return JSON.stringify(tree) === text ? tree : undefined
  } catch {
    return undefined
  }
}

/** What was found, by its kind: the text itself may be anything, a private key given by mistake too. */
function kindOf(received: string): string {
  if (received.startsWith('"')) return 'text'
  if (/^-?[\d.]+$/.test(received)) return `the number ${received.slice(0, 20)}`
  return { Array: 'a list', Object: 'a table', true: 'true', false: 'false' }[received] ?? 'something else'
}

/** What is wrong, and its mend: the schema's own words where its author wrote some. */
function faultOf(issue: v.BaseIssue<unknown>, known: () => readonly string[]) {
  const isOwn = !issue.message.startsWith('Invalid ')
  const own = isOwn ? readFaultWords(issue.message) : undefined
  const key = String(issue.path?.at(-1)?.key ?? '')
  if (issue.expected === 'never') {
    const near = nearKey(key, known())
    const mend = near === undefined ? own?.mend : `did you mean ${near}?`
    const what = near === undefined ? own?.what : undefined
    return {
      what: what ?? 'is no key of this file',
      mend: mend ?? `check its spelling; there are: ${known().join(', ')}`,
    }
  }
  if (issue.received === 'undefined')
    return { what: 'is missing', mend: own?.mend ?? `add it, as ${key}: ...` }
  return { what: own?.what ?? foundWords(issue), mend: own?.mend ?? mendOf(issue) }
}

function foundWords({ input, received }: v.BaseIssue<unknown>): string {
  if (Array.isArray(input) && input.length === 0) return 'is empty'
  return received === 'null' ? 'has no value' : `is ${kindOf(received)}`
}

function nearKey(key: string, known: readonly string[]): string | undefined {
  const [near] = nearestIds(key, known, 1)
  return near !== undefined && editDistance(near, key.slice(0, 64)) <= 1 + near.length / 4 ? near : undefined
}

function mendOf({ expected, received }: v.BaseIssue<unknown>): string {
  const quote = expected === 'string' && /^[\d.]+$/.test(received) ? ', in quotes' : ''
  return `write ${wordsOf(expected ?? 'something else')}${quote}`
}

const kinds: { readonly [expected: string]: string } = {
  Array: 'a list, such as [one, other]',
  Object: 'a table, such as { key: value }',
  number: 'a plain number, without a unit',
  string: 'text',
  boolean: 'true or false',
}

/** What the validator expects, in words of the file's author: `("a" | "b")` are words to choose from. */
function wordsOf(expected: string): string {
  const options = expected.replace(/^\((.*)\)$/, '$1').split(' | ')
  const words = [...new Set(options.map((option) => kinds[option] ?? option.replace(/^"(.*)"$/, '$1')))]
  const last = words.pop() ?? ''
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`
}

/** Keys that the schema has where the path leads. */
function keysAt(schema: v.GenericSchema, tree: unknown, path: readonly string[]): readonly string[] {
  let at = [{ schema: schema as Parts, tree }]
  for (const key of path) {
    at = at.flatMap((place) => unwrapped(place)).flatMap((place) => below(place, key))
  }
  return [...new Set(at.flatMap((place) => unwrapped(place)).flatMap((one) => keysOf(one.schema)))]
}

/** What of a schema leads on to others; each kind has some of these. */
interface Parts {
  readonly entries?: { readonly [key: string]: Parts }
  readonly item?: Parts
  readonly value?: Parts
  readonly wrapped?: Parts
  readonly options?: readonly unknown[]
  readonly getter?: (tree: unknown) => Parts
}

interface Part {
  readonly schema: Parts
  readonly tree: unknown
}

function unwrapped({ schema, tree }: Part): Part[] {
  const { wrapped, getter, options } = schema
  if (wrapped !== undefined) return unwrapped({ schema: wrapped, tree })
  if (getter !== undefined) return unwrapped({ schema: getter(tree), tree })
  if (options === undefined || schema.entries !== undefined) return [{ schema, tree }]
  // The options of a picklist are words.
  return options.filter(isParts).flatMap((option) => unwrapped({ schema: option, tree }))
}

function below({ schema, tree }: Part, key: string): Part[] {
  const inside = schema.entries?.[key] ?? schema.item ?? schema.value
  return inside === undefined ? [] : [{ schema: inside, tree: (tree as Record<string, unknown>)[key] }]
}

function keysOf({ entries }: Parts): readonly string[] {
  return Object.keys(entries ?? {})
}

function isParts(option: unknown): option is Parts {
  return typeof option === 'object' && option !== null
}

/** Line on which the value at a path begins, with its key; or that of the nearest thing around it that exists. */
export function lineFinder(text: string): (path: readonly string[]) => number | undefined {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, stringKeys: true, logLevel: 'silent' })
  return (path) => {
    for (let length = path.length; length >= 0; length--) {
      const start = startOf(document, path.slice(0, length))
      if (start !== undefined) return counter.linePos(start).line
    }
    return undefined
  }
}

function startOf(document: Document.Parsed, path: readonly string[]): number | undefined {
  const key = path.at(-1)
  if (key === undefined) return document.contents?.range[0]
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1).map(asIndex), true)
  if (!isMap(parent)) return rangeOf(isSeq(parent) ? parent.get(asIndex(key), true) : undefined)
  return rangeOf(parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key)
}

function rangeOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

function asIndex(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key
}
