import type * as v from 'valibot'
import { DataFileError, lineFinder, problemsAtMost, readDataFile } from './data-file.ts'
import { nearestIds } from './device-id.ts'
import { parseProfile } from './parse-profile.ts'
import { baseFamily } from './profile.ts'
import { badNamesOf } from './profile-names.ts'
import { profileFile } from './profile-schema.ts'
import {
  mayFollow,
  parseVersionRange,
  rangeContains,
  rangesHint,
  type VersionRange,
} from './version-range.ts'

type FileAsWritten = v.InferOutput<typeof profileFile>

/** One fault of a profile file. */
export interface LintProblem {
  /** 1-based; undefined where the fault has no place. */
  readonly line: number | undefined
  /** Dotted path of the value; empty for the whole file. */
  readonly path: string
  readonly what: string
  /** What mends it. */
  readonly hint: string
}

/**
 * Every fault of a profile file, first line first; empty when `parseProfile` takes it and its names are known. At
 * most `problemsAtMost`. `families` are those that it may lie on.
 */
export function lintProfile(text: string, file: string, families: readonly string[]): readonly LintProblem[] {
  const { output, tree, problems } = readDataFile(text, file, profileFile)
  const found = problems.map(({ line, path, message, hint }) => ({
    line,
    path,
    what: message.slice(message.indexOf(': ') + 2).replace(path === '' ? '' : `${path}: `, ''),
    hint,
  }))
  if (tree === undefined) return found
  const linter = new Linter(text, families)
  // Sources can be followed in a file whose shape is wrong elsewhere; the rest needs the shape.
  linter.sources(tree)
  if (output !== undefined) linter.file(output)
  found.push(...linter.problems)
  if (found.length === 0) found.push(...remaining(text, file))
  return found.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, problemsAtMost)
}

/** What only the reader of profiles finds: the file must open where it is used. */
function remaining(text: string, file: string): LintProblem[] {
  try {
    parseProfile(text, file)
    return []
  } catch (error) {
    if (!(error instanceof DataFileError)) throw error
    return [{ line: error.line, path: error.path, what: error.message, hint: error.hint }]
  }
}

type Path = readonly string[]

class Linter {
  readonly problems: LintProblem[] = []
  readonly #lineOf: ReturnType<typeof lineFinder>
  readonly #families: readonly string[]

  constructor(text: string, families: readonly string[]) {
    this.#lineOf = lineFinder(text)
    this.#families = families
  }

  #add(path: Path, what: string, hint: string): void {
    if (this.problems.length >= problemsAtMost) return
    this.problems.push({ line: this.#lineOf(path), path: path.join('.'), what, hint })
  }

  /** Each `source` names a key of `sources`, and each key is used. */
  sources(tree: unknown): void {
    if (!isTable(tree) || !isTable(tree.sources)) return
    const known = Object.keys(tree.sources)
    const used = new Set<string>()
    for (const [path, source] of sourcesIn(
      { updates: tree.updates, common: tree.common, ranges: tree.ranges },
      [],
    )) {
      for (const key of [source].flat()) {
        if (typeof key !== 'string') continue
        used.add(key)
        if (known.includes(key)) continue
        const near = nearestIds(key, known).slice(0, 1)
        const mend = near[0] === undefined ? '' : `, or use ${near[0]}`
        this.#add(path, `"${key}" is not in sources`, `add it there${mend}`)
      }
    }
    for (const key of known) {
      if (!used.has(key)) this.#add(['sources', key], 'is cited by no value', 'cite it, or take it out')
    }
  }

  file(file: FileAsWritten): void {
    const ranges = this.#ranges(file)
    this.#versions(file, ranges)
    this.#neighbours(file)
    for (const [path, values] of [
      [['common'], file.common],
      ...Object.entries(file.ranges).map(([range, own]) => [['ranges', range], own] as const),
    ] as const) {
      if (values != null) this.#values(path, values as Values)
    }
  }

  #ranges(file: FileAsWritten): VersionRange[] {
    const found: VersionRange[] = []
    for (const text of Object.keys(file.ranges)) {
      const range = parseVersionRange(text)
      if (range === undefined) {
        this.#add(
          ['ranges', text],
          'is no range of versions',
          'write 1.3.4, 5.x, 1.2.1..1.2.6, ..1.2 or 3.0..',
        )
        continue
      }
      const other = found.find((before) => !mayFollow(before, range))
      if (other !== undefined) this.#add(['ranges', text], `overlaps ${other.text}`, rangesHint)
      found.push(range)
    }
    if (Object.keys(file.ranges).length === 0)
      this.#add(['ranges'], 'is empty', 'name at least one range; any covers all versions')
    return found
  }

  #versions(file: FileAsWritten, ranges: readonly VersionRange[]): void {
    const isKnown = (text: string) => {
      const version = parseVersionRange(text)
      return version !== undefined && ranges.some((range) => rangeContains(range, version))
    }
    const known = ranges.map(({ text }) => text).join(', ')
    if (!isKnown(file.defaultVersion)) {
      this.#add(['defaultVersion'], `${file.defaultVersion} lies in no range`, `name a version of: ${known}`)
    }
    for (const [alias, layer] of Object.entries(file.aliases)) {
      const [family, version] = layer.split('@')
      if (family === file.family && (version === undefined || isKnown(version))) continue
      this.#add(
        ['aliases', alias],
        `${layer} is no version of ${file.family}`,
        `write ${file.family}@ and a version of: ${known}`,
      )
    }
  }

  #neighbours(file: FileAsWritten): void {
    const base = file.base === undefined ? undefined : baseFamily(file.base)
    if (file.base !== undefined && base === undefined)
      this.#add(['base'], 'is no layer', 'write a family with its version, such as mbedtls@2.28')
    const named: readonly (readonly [Path, string])[] = [
      ...(base === undefined ? [] : [[['base'], base] as const]),
      ...file.runsOn.map((family, index) => [['runsOn', String(index)], family] as const),
      ...file.under.map((family, index) => [['under', String(index)], family] as const),
    ]
    for (const [path, family] of named) {
      if (this.#families.includes(family)) continue
      const nearest = nearestIds(family, this.#families).join(', ')
      this.#add(path, `no family is called "${family}"`, `nearest: ${nearest}`)
    }
  }

  #values(path: Path, { hello, limits, verification, build, http }: Values): void {
    for (const bad of badNamesOf({ hello, verification, build, http })) {
      this.#add([...path, ...bad.path], bad.what, bad.hint)
      if (this.problems.length >= problemsAtMost) break
    }
    for (const [group, of] of Object.entries({ limits, build, http })) {
      for (const [key, limit] of Object.entries(of ?? {})) {
        if (isTable(limit) && 'counts' in limit) this.#limit([...path, group, key], limit as LimitAsWritten)
      }
    }
    const setting = http?.rangeSetting?.value
    if (setting !== undefined && !setting.includes('{bytes}')) {
      this.#add(
        [...path, 'http', 'rangeSetting', 'value'],
        'has no place for the bytes',
        'write {bytes} in it',
      )
    }
  }

  #limit(path: Path, { value, atLeast }: LimitAsWritten): void {
    if (value === undefined && atLeast === undefined) return
    if (typeof value === 'number' && atLeast !== undefined && atLeast > value) {
      this.#add(path, `atLeast ${atLeast} is above value ${value}`, 'atLeast is the lowest reading of value')
    }
  }
}

type Values = NonNullable<FileAsWritten['ranges'][string]>
type LimitAsWritten = { readonly value?: number | 'unlimited'; readonly atLeast?: number }

function isTable(tree: unknown): tree is Record<string, unknown> {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
}

function* sourcesIn(tree: unknown, path: Path): Generator<readonly [Path, unknown]> {
  if (typeof tree !== 'object' || tree === null || path.length > 12) return
  for (const [key, value] of Object.entries(tree)) {
    if (key === 'source') yield [[...path, key], value]
    else yield* sourcesIn(value, [...path, key])
  }
}
