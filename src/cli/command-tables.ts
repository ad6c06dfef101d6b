import type { OptionRow } from './command.ts'
import { commands } from './commands.ts'
import type { CommandHelp } from './help.ts'

/** All that the help of a command is made of. Completions and the manual are made of the same. */
export interface CommandTable {
  readonly name: string
  readonly about: string
  readonly help: CommandHelp
  readonly options: readonly NamedRow[]
  readonly positionals: readonly NamedRow[]
}

export interface NamedRow extends OptionRow {
  readonly name: string
  readonly repeatable: boolean
}

/** Loads every command. */
export async function loadCommandTables(): Promise<readonly CommandTable[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, entry]) => {
      const [{ args }, help] = await Promise.all([entry.load(), entry.help()])
      const rows = Object.entries(args).map(([option, row]) => ({
        ...row,
        name: option,
        repeatable: entry.repeatable.includes(option),
      }))
      const positionals = rows.filter(({ type }) => type === 'positional')
      const last = positionals.at(-1)
      return {
        name,
        about: entry.about,
        help,
        options: rows.filter(({ type }) => type !== 'positional'),
        positionals: positionals.map((row) =>
          row === last ? { ...row, repeatable: entry.maxPositionals > positionals.length } : row,
        ),
      }
    }),
  )
}
