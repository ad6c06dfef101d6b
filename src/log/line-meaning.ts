import type { KnownVersions } from './code-table.ts'
import type { SignRow } from './dialect-schema.ts'
import type { LineFormat } from './dialects.ts'
import { showLine } from './log-line.ts'
import type { SymptomCode, WeighedSign } from './symptom.ts'

/** What the numbers of a line say. */
export interface Read {
  readonly codes: SymptomCode[]
  readonly signs: WeighedSign[]
  readonly says: string[]
}

/** The numbers of a line, each in the first of its tables that has it. Zero is success everywhere and says nothing. */
export function readCodes(
  { codes, format, otherwise }: LineFormat,
  values: ReadonlyMap<string, string>,
  versions: KnownVersions,
  line: string,
): Read {
  const read: Read = { codes: [], signs: [], says: [] }
  for (const { placeholder, tables } of codes) {
    const text = values.get(placeholder)
    const value = text === undefined ? Number.NaN : parseNumber(text, isHex(format.text, placeholder))
    if (text === undefined || !Number.isSafeInteger(value)) continue
    for (const table of tables) {
      const readings = table.read(value, versions, line)
      if (readings.length === 0) continue
      read.codes.push({ text, table: table.name, names: readings.flatMap(({ name }) => name ?? []) })
      read.says.push(
        readings.map(({ says, when }) => (when === undefined ? says : `${says} (${when})`)).join('; or: '),
      )
      for (const { signs, share } of readings) read.signs.push(...signs.map((sign) => ({ sign, share })))
      break
    }
    if (value !== 0 && otherwise !== undefined && read.codes.length === 0) {
      read.signs.push({ sign: otherwise, share: 1 })
      read.says.push(`result ${text}, where 0 is success; no table has that number: ${otherwise.says}`)
    }
  }
  return read
}

function isHex(format: string, placeholder: string): boolean {
  return ['hex', 'hex4', 'hex3', 'neg'].some((type) => format.includes(`{${placeholder}:${type}}`))
}

function parseNumber(text: string, hex: boolean): number {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  const value = /^0x/i.test(digits) ? Number(digits) : Number.parseInt(digits, hex ? 16 : 10)
  return negative ? -value : value
}

/** Each sign once, at its greatest share. */
export function unite(signs: readonly WeighedSign[]): WeighedSign[] {
  const best = new Map<SignRow, number>()
  for (const { sign, share } of signs) best.set(sign, Math.max(share, best.get(sign) ?? 0))
  return [...best].map(([sign, share]) => ({ sign, share }))
}

/** A line in words: the format's own and its numbers', or else its signs'. */
export function meaningOf(
  { meaning }: LineFormat,
  values: ReadonlyMap<string, string>,
  says: readonly string[],
  signs: readonly SignRow[],
): string {
  const own = meaning?.replace(/\{([A-Za-z0-9_]+)\}/g, (_, name: string) => showLine(values.get(name) ?? ''))
  const words = own === undefined ? [] : [own]
  if (says.length > 0) return [...words, ...says].join(': ')
  return own ?? signs.map((sign) => sign.says).join('; ')
}
