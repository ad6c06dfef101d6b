import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import { DeviceIdError } from '../device/device-id.ts'
import type { CommandTable, NamedRow } from './command-tables.ts'

/** What a shell offers at a place of the command line. */
export type Offer =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Ids of devices, several joined by `,`, layers by `+`; or the path of a profile. */
  | { readonly kind: 'devices' }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** A value that nobody knows before: a host, a number. */
  | { readonly kind: 'nothing' }

export interface CompletedOption {
  readonly name: string
  readonly about: string
  /** What stands for the value in the help; undefined for a switch. */
  readonly hint: string | undefined
  readonly offer: Offer | undefined
  readonly repeatable: boolean
}

export interface CompletedCommand {
  readonly name: string
  readonly about: string
  readonly options: readonly CompletedOption[]
  readonly positionals: readonly Offer[]
  readonly lastRepeats: boolean
}

/** What completions for every shell are made of. */
export interface CompletionModel {
  readonly version: string
  readonly commands: readonly CompletedCommand[]
  readonly devices: readonly string[]
}

const noRow = { type: 'boolean', repeatable: false } as const

export function completionModel(
  tables: readonly CommandTable[],
  catalogue: Catalogue,
  version: string,
): CompletionModel {
  const commands = tables.map(({ name, about, options, positionals }) => ({
    name,
    about,
    options: [...options, { ...noRow, name: 'help', description: 'options and examples' }].map(completed),
    positionals: positionals.map((row) => offerOf(row) ?? { kind: 'files' as const }),
    lastRepeats: positionals.at(-1)?.repeatable === true,
  }))
  return { version, commands, devices: deviceIds(catalogue) }
}

function completed(row: NamedRow): CompletedOption {
  const hint = row.type === 'boolean' ? undefined : (row.valueHint ?? 'VALUE')
  return { name: row.name, about: row.description, hint, offer: offerOf(row), repeatable: row.repeatable }
}

function offerOf({ type, valueHint = '', words }: NamedRow): Offer | undefined {
  if (type === 'boolean') return undefined
  if (words !== undefined) return { kind: 'words', words }
  if (/^[a-z\d-]+(\|[a-z\d-]+)+$/.test(valueHint)) return { kind: 'words', words: valueHint.split('|') }
  if (/^ID\b/.test(valueHint)) return { kind: 'devices' }
  if (valueHint === 'FOLDER') return { kind: 'folders' }
  return type === 'positional' || /\bFILE$|^WHERE$/.test(valueHint) ? { kind: 'files' } : { kind: 'nothing' }
}

/** Each family, and each with the first and the last version of every range that is known of it. */
function deviceIds(catalogue: Catalogue): string[] {
  return catalogue.families.flatMap((family) => {
    const ends = (catalogue.profile(family)?.ranges ?? []).flatMap(({ range }) => range.text.split('..'))
    const versions = new Set(ends.filter((text) => /^\d/.test(text)))
    return [family, ...[...versions].map((version) => `${family}@${version}`)].filter(isWhole)
  })

  /** Some ranges name a line of versions that differ, which is no device. */
  function isWhole(id: string): boolean {
    try {
      return resolveDevice(id, catalogue) !== undefined
    } catch (error) {
      if (error instanceof DeviceIdError) return false
      throw error
    }
  }
}
