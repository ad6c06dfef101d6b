import { escapeText } from '../report/escape.ts'
import { usageError } from './cli-error.ts'
import type { OptionTable } from './command.ts'
import { nearest } from './nearest.ts'

/** A command line taken apart: an option that is unknown or repeated is told, not dropped. */
export interface ParsedArguments {
  readonly positionals: readonly string[]
  /** Values of each option in the order given, under the name in the command's definition. */
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly flags: ReadonlySet<string>
}

export interface ParseRules {
  readonly command: string
  /** Options that may be given more than once. */
  readonly repeatable: ReadonlySet<string>
  /** Options of later versions: refused with a message of their own. */
  readonly later: ReadonlySet<string>
  readonly maxPositionals: number
}

/** Throws `CliError` 64 for an option that is unknown, lacks its value, or is given twice. Values are never echoed. */
export function parseArguments(
  argv: readonly string[],
  definition: OptionTable,
  rules: ParseRules,
): ParsedArguments {
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const flags = new Set<string>()
  const names = optionNames(definition)
  let onlyPositionals = false
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (onlyPositionals || word === '-' || !word.startsWith('-')) {
      positionals.push(word)
      continue
    }
    if (word === '--') {
      onlyPositionals = true
      continue
    }
    const equals = word.indexOf('=')
    const written = equals < 0 ? word : word.slice(0, equals)
    const name = names.get(written)
    if (name === undefined) throw unknownOption(written, names, rules)
    if (definition[name]?.type === 'boolean') {
      if (equals >= 0) {
        throw usageError('value-unexpected', `${written} takes no value`, `write ${written} alone`, written)
      }
      if (written.startsWith('--no-')) flags.delete(name)
      else flags.add(name)
      continue
    }
    const value = equals < 0 ? argv[at + 1] : word.slice(equals + 1)
    if (equals < 0) at += 1
    if (value === undefined || value === '' || (equals < 0 && /^--./.test(value))) {
      const hint = definition[name]?.valueHint ?? 'VALUE'
      throw usageError('value-missing', `${written} needs a value`, `write ${written} ${hint}`, written)
    }
    const list = values.get(name) ?? []
    if (list.length > 0 && !rules.repeatable.has(name)) {
      throw usageError('option-repeated', `${written} is given twice`, `give ${written} once`, written)
    }
    values.set(name, [...list, value])
  }
  if (positionals.length > rules.maxPositionals) {
    throw usageError(
      'too-many-arguments',
      `${rules.command} takes ${rules.maxPositionals === 0 ? 'no argument' : `at most ${rules.maxPositionals}`}`,
      `see tlsfit ${rules.command} --help`,
    )
  }
  return { positionals, values, flags }
}

/** Spelling on the command line -> name in the definition. */
function optionNames(definition: OptionTable): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, row] of Object.entries(definition)) {
    if (row.type === 'positional') continue
    names.set(`--${name}`, name)
    if (row.type === 'boolean') names.set(`--no-${name}`, name)
  }
  return names
}

function unknownOption(written: string, names: ReadonlyMap<string, string>, rules: ParseRules): Error {
  const known = [...names.keys()].filter((each) => each.startsWith('--') && !each.startsWith('--no-'))
  const shown = escapeText(written, { maxChars: 40 })
  if (rules.later.has(written.replace(/^--/, ''))) {
    return usageError(
      'option-unavailable',
      `${shown} is not in this version of tlsfit`,
      `there are: ${known.join(' ')}`,
      shown,
    )
  }
  const near = nearest(written, known)
  return usageError(
    'unknown-option',
    `unknown option ${shown}`,
    near === undefined ? `see tlsfit ${rules.command} --help` : `did you mean ${near}?`,
    shown,
  )
}
