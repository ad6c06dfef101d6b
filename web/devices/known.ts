import { formatNumber } from '../words/figures.ts'

/** What `devices show --format json` has of one value. */
export interface Known {
  readonly name: string
  readonly value: readonly (string | number)[]
  readonly source: string
  readonly note: string | undefined
  readonly confidence: string | undefined
}

export interface KnownDevice {
  readonly id: string
  readonly name: string
  readonly limits: readonly Known[]
  readonly hello: readonly Known[]
  /** All other parts that hold values with sources. */
  readonly rest: readonly Known[]
}

/** Read with care: it is the JSON of a report, of which newer versions may have more. */
export function knownOf(answer: unknown): KnownDevice {
  const device = part(part(answer, 'device') ?? answer)
  const others = Object.keys(device ?? {}).filter((key) => !['limits', 'hello', 'layers'].includes(key))
  return {
    id: textOf(device?.id) ?? '',
    name: textOf(device?.name) ?? '',
    limits: rowsOf(part(device?.limits)),
    hello: rowsOf(part(device?.hello)),
    rest: others.flatMap((key) => rowsOf(part(device?.[key]))),
  }
}

type Part = { readonly [key: string]: unknown }

function rowsOf(holder: Part | undefined): Known[] {
  return Object.entries(holder ?? {}).flatMap(([name, value]) => {
    const row = part(value)
    const source = textOf(row?.source)
    if (row === undefined || source === undefined) return []
    const said = saidOf(row)
    return said.length === 0
      ? []
      : [{ name, value: said, source, note: textOf(row.note), confidence: textOf(row.confidence) }]
  })
}

/** The value; where there is none, what is known to pass and to fail. */
function saidOf(row: Part): (string | number)[] {
  const value = valuesOf(row.value)
  if (value.length > 0) return value
  if (typeof row.atLeast === 'number') return [`at least`, row.atLeast]
  return [...readings('passes', row.passes), ...readings('fails', row.fails)]
}

function readings(word: string, value: unknown): string[] {
  return Object.entries(part(value) ?? {}).map(
    ([counts, size]) => `${word} ${typeof size === 'number' ? formatNumber(size) : String(size)} (${counts})`,
  )
}

function valuesOf(value: unknown): (string | number)[] {
  if (Array.isArray(value)) return value.flatMap(valuesOf)
  if (typeof value === 'string' || typeof value === 'number') return [value]
  return typeof value === 'boolean' ? [value ? 'yes' : 'no'] : []
}

function part(value: unknown, key?: string): Part | undefined {
  const inner = key === undefined ? value : part(value)?.[key]
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Part) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
