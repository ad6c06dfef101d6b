import { wrap } from '../report/layout.ts'
import type { OptionTable } from './command.ts'

/** What `--help` of one command says besides its options. */
export interface CommandHelp {
  /** Command and arguments, such as `check TARGET...|- --device ID[,ID...]`. */
  readonly usage: string
  readonly about: string
  /** Lines under the usage, already short. */
  readonly notes: readonly string[]
  /** Heading -> names of options under it; options in no group come last. */
  readonly groups: readonly (readonly [heading: string, options: readonly string[]])[]
  readonly examples: readonly (readonly [what: string, line: string])[]
}

export const exitCodesHelp: readonly string[] = [
  '0    fits, at risk, done',
  '1    blocked',
  '2    at risk, with --strict',
  '3    undecided, or not reached from here',
  '64   wrong usage',
  '65   input unreadable',
  '70   internal fault',
  '130  interrupted',
]

/** The help of one command: usage, options in groups, examples, exit codes. No line is wider than `columns`. */
export function formatHelp(help: CommandHelp, definition: OptionTable, columns: number): string {
  const lines = [
    'usage',
    ...indent(`tlsfit ${help.usage}`, columns, 4),
    '',
    ...indent(help.about, columns, 2),
  ]
  if (help.notes.length > 0) lines.push('', ...help.notes.flatMap((note) => indent(note, columns, 4)))
  const listed = new Set(help.groups.flatMap(([, options]) => options))
  const others = Object.keys(definition).filter(
    (name) => definition[name]?.type !== 'positional' && !listed.has(name),
  )
  const groups = [...help.groups, ['other', [...others, 'help']] as const]
  for (const [heading, options] of groups) {
    const rows = options.flatMap((name) => optionRow(name, definition))
    if (rows.length > 0)
      lines.push('', heading, ...rows.flatMap(([left, right]) => columnsOf(left, right, columns)))
  }
  lines.push('', 'examples')
  for (const [what, line] of help.examples) lines.push(`  # ${what}`, `  ${line}`)
  lines.push('', 'exit codes', ...exitCodesHelp.map((line) => `  ${line}`))
  return `${lines.join('\n')}\n`
}

function optionRow(name: string, definition: OptionTable): [string, string][] {
  if (name === 'help') return [['--help', 'this text']]
  const row = definition[name]
  if (row === undefined) return []
  const value = row.type === 'boolean' ? '' : ` ${row.valueHint ?? 'VALUE'}`
  return [[`--${name}${value}`, row.description ?? '']]
}

function columnsOf(left: string, right: string, columns: number): string[] {
  const at = 30
  const words = wrap(right, columns - at)
  const first = `  ${left}`
  if (first.length > at - 1) return [first, ...words.map((line) => ' '.repeat(at) + line)]
  return words.map((line, index) => (index === 0 ? first.padEnd(at) : ' '.repeat(at)) + line)
}

function indent(text: string, columns: number, by: number): string[] {
  return wrap(text, columns - by).map((line) => ' '.repeat(by) + line)
}
