import { openCatalogue } from '../io/catalogue-files.ts'
import { packageVersion } from '../io/data-folder.ts'
import { escapeText } from '../report/escape.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { Command } from './command.ts'
import { loadCommandTables } from './command-tables.ts'
import { type CompletionModel, completionModel } from './completion-model.ts'
import { bashCompletions } from './completions-bash.ts'
import { fishCompletions } from './completions-fish.ts'
import { zshCompletions } from './completions-zsh.ts'

const shells: { readonly [name: string]: (model: CompletionModel) => string } = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
}

/** `tlsfit completions SHELL`: a script for that shell, with commands, options, their values and ids of devices. */
export const completionsCommand: Command = {
  args: {
    shell: { type: 'positional', description: 'bash, zsh or fish', words: Object.keys(shells) },
  },
  run: async ({ io, parsed }) => {
    const [name] = parsed.positionals
    const format = name !== undefined && Object.hasOwn(shells, name) ? shells[name] : undefined
    if (format === undefined) {
      const what =
        name === undefined ? 'no shell named' : `no completions for ${escapeText(name, { maxChars: 40 })}`
      throw usageError('shell-unknown', what, 'write tlsfit completions bash, zsh or fish')
    }
    io.stdout.write(format(completionModel(await loadCommandTables(), openCatalogue(), packageVersion())))
    return exitCodes.done
  },
}
