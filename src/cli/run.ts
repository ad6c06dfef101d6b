import { packageVersion } from '../io/data-folder.ts'
import { escapeText } from '../report/escape.ts'
import { type ParsedArguments, parseArguments } from './arguments.ts'
import { type CliError, exitCodes, usageError } from './cli-error.ts'
import { type CliIo, reportColumns } from './cli-io.ts'
import type { Command } from './command.ts'
import { type CommandEntry, commands } from './commands.ts'
import { nearest } from './nearest.ts'

/**
 * The command line: `argv` without the program's own words. Returns the exit code and never throws; a stack trace
 * is printed only with TLSFIT_DEBUG=1. What a command needs is loaded when that command runs.
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await runCommandLine(argv, io)
  } catch (error) {
    return (await import('./error-report.ts')).reportError(error, io, formatAsked(argv))
  }
}

async function runCommandLine(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    if (name === 'help' && rest[0] !== undefined) return runCommandLine([rest[0], '--help'], io)
    const { formatOverview } = await import('./overview.ts')
    const text = formatOverview(reportColumns(io))
    if (name !== undefined) io.stdout.write(text)
    else io.stderr.write(text)
    return name === undefined ? exitCodes.usage : exitCodes.done
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    io.stdout.write(`${packageVersion()}\n`)
    return exitCodes.done
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) throw unknownCommand(name)
  if (asksForHelp(rest)) {
    const [{ formatHelp }, { args }, help] = await Promise.all([
      import('./help.ts'),
      entry.load(),
      entry.help(),
    ])
    io.stdout.write(formatHelp(help, args, reportColumns(io)))
    return exitCodes.done
  }
  const command = await entry.load()
  return command.run({ io, parsed: await parsedFor(entry, name, command, rest, io) })
}

async function parsedFor(
  entry: CommandEntry,
  name: string,
  { args }: Command,
  argv: readonly string[],
  io: CliIo,
): Promise<ParsedArguments> {
  try {
    return parseArguments(argv, args, {
      command: name,
      repeatable: new Set(entry.repeatable),
      later: new Set(entry.later),
      maxPositionals: entry.maxPositionals,
    })
  } catch (error) {
    await entry.refused?.(argv, error, io)
    throw error
  }
}

/** Only before `--`: after it words are arguments. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).some((word) => word === '--help' || word === '-h')
}

function unknownCommand(name: string): CliError {
  const shown = escapeText(name, { maxChars: 40 })
  const known = Object.keys(commands)
  const there = `there are: ${known.join(', ')}; see tlsfit --help`
  if (name.startsWith('-')) {
    return usageError(
      'unknown-option',
      `unknown option ${shown}`,
      `options come after the command; ${there}`,
      shown,
    )
  }
  const looksLikeTarget = /:\/\//.test(name) || /\.(pem|crt|cer|der)$/i.test(name)
  if (looksLikeTarget) {
    return usageError('unknown-command', 'the command is missing', 'write tlsfit check TARGET --device ID')
  }
  const near = nearest(name, known)
  const hint = near === undefined ? there : `did you mean tlsfit ${near}?`
  return usageError('unknown-command', `unknown command ${shown}`, hint, shown)
}

/** The format asked for, found even where the rest of the command line is wrong: errors must come in it, too. */
export function formatAsked(argv: readonly string[]): 'text' | 'json' | 'jsonl' {
  const at = argv.findIndex((word) => word === '--format' || word.startsWith('--format='))
  const value = argv[at] === '--format' ? argv[at + 1] : argv[at]?.slice('--format='.length)
  // Each event is a line there, and the error is one of them.
  if (argv[0] === 'measure' && value === 'json') return 'jsonl'
  return value === 'json' || value === 'jsonl' ? value : 'text'
}
