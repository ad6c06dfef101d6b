import type { CodeFile, CodeRow, SignRow } from './dialect-schema.ts'

/** What one number says. `share`: how many readings the number has, as a fraction for each. */
export interface CodeReading {
  readonly table: string
  /** As the table's library writes its name; undefined where it has none. */
  readonly name: string | undefined
  readonly says: string
  readonly signs: readonly SignRow[]
  readonly share: number
  /** `mbedtls >=3`: the versions that read it so; undefined: all. */
  readonly when: string | undefined
}

/** Versions that a log tells: `esp-idf` to `4.4.8`. */
export type KnownVersions = ReadonlyMap<string, string>

export interface CodeTable {
  readonly id: string
  readonly name: string
  /** Readings of `value`, whatever its sign unless the table is unsigned; empty where the table does not have it. `line` settles which is meant by a name. */
  read(value: number, versions: KnownVersions, line: string): CodeReading[]
}

/** High-level codes of a sum are multiples of this, low-level ones are below it (Mbed TLS error.h). */
const HIGH_LEVEL_STEP = 0x80

const NO_FLAGS_YET = 0xffff_ffff

/** From here on a number of 32 bits is a negative one that was printed with %x: 0xffffd900 is -0x2700. */
const NEGATIVE = 0x8000_0000

export function makeCodeTable(
  file: CodeFile,
  signs: ReadonlyMap<string, SignRow>,
  tableOf: (id: string) => CodeTable | undefined,
): CodeTable {
  const rows = group(file.codes)
  const low = group(file.low)
  const one = (found: readonly CodeRow[], versions: KnownVersions, line: string): CodeReading[] => {
    const left = choose(found, versions, line)
    return left.map((row) => ({
      table: file.id,
      name: row.name,
      says: row.says,
      signs: signsOf(row, signs),
      share: 1 / left.length,
      when: left.length > 1 || found.length > 1 ? row.when : undefined,
    }))
  }
  const table: CodeTable = {
    id: file.id,
    name: file.name,
    read(value, versions, line) {
      if (file.unsigned && value < 0) return []
      const code = Math.abs(value)
      if (file.kind === 'flags') {
        // All bits set is what libraries keep where no verification has taken place.
        if (value === -1 || code >= NO_FLAGS_YET) return []
        return file.codes
          .filter((row) => Math.floor(code / row.code) % 2 === 1)
          .flatMap((row) => one([row], versions, line))
      }
      const whole = rows.get(code) ?? (file.kind === 'sum' ? low.get(code) : undefined)
      if (whole !== undefined) return one(whole, versions, line)
      const range = file.ranges.find(({ from, to }) => code >= from && code <= to)
      if (range !== undefined) return tableOf(range.table)?.read(code - range.from, versions, line) ?? []
      if (value >= NEGATIVE && value <= 0xffff_ffff) return table.read(value - 2 ** 32, versions, line)
      if (file.kind !== 'sum') return []
      const rest = code % HIGH_LEVEL_STEP
      const [high, lower] = [rows.get(code - rest), low.get(rest)]
      if (high === undefined || lower === undefined) return []
      return [...one(high, versions, line), ...one(lower, versions, line)]
    },
  }
  return table
}

function group(rows: readonly CodeRow[]): Map<number, CodeRow[]> {
  const groups = new Map<number, CodeRow[]>()
  for (const row of rows) groups.set(row.code, [...(groups.get(row.code) ?? []), row])
  return groups
}

/** The readings that the version, or a name that stands in the line, leaves. */
function choose(rows: readonly CodeRow[], versions: KnownVersions, line: string): readonly CodeRow[] {
  if (rows.length < 2) return rows
  const named = rows.filter(({ name }) => name !== undefined && line.includes(name))
  if (named.length > 0) return named
  const fitting = rows.filter(({ when }) => when === undefined || holds(when, versions) !== false)
  return fitting.length > 0 ? fitting : rows
}

/** undefined where the log does not tell the version. */
function holds(when: string, versions: KnownVersions): boolean | undefined {
  const [family = '', condition = ''] = when.split(' ')
  const version = versions.get(family)
  if (version === undefined) return undefined
  const least = condition.startsWith('>=')
  const order = compare(version, condition.replace(/^(>=|<)/, ''))
  return least ? order >= 0 : order < 0
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split('.').map((part) => Number.parseInt(part, 10) || 0),
  )
  for (let at = 0; at < Math.max(left!.length, right!.length); at++) {
    const difference = (left![at] ?? 0) - (right![at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function signsOf({ sign }: CodeRow, signs: ReadonlyMap<string, SignRow>): SignRow[] {
  const ids = sign === undefined ? [] : typeof sign === 'string' ? [sign] : sign
  return ids.flatMap((id) => signs.get(id) ?? [])
}
