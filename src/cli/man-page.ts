import { packageVersion } from '../io/data-folder.ts'
import { type CommandTable, loadCommandTables, type NamedRow } from './command-tables.ts'
import { exitCodesHelp } from './help.ts'

/** tlsfit(1), made of the tables that `--help` is made of. The build writes it to dist/tlsfit.1. */
export async function manPage(): Promise<string> {
  return formatManPage(await loadCommandTables(), packageVersion())
}

export function formatManPage(tables: readonly CommandTable[], version: string): string {
  const lines = [
    `.TH TLSFIT 1 "" "tlsfit ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    "tlsfit \\- see any TLS endpoint through your device's eyes",
    '.SH SYNOPSIS',
    '.B tlsfit',
    '.I COMMAND',
    '[options]',
    '.SH DESCRIPTION',
    ...paragraph('Says whether a device can connect to an endpoint, why not, and what fixes it.'),
    '.SH COMMANDS',
    ...tables.flatMap(command),
    '.SH EXIT STATUS',
    ...exitCodesHelp.flatMap((line) => {
      const [, code = '', meaning = ''] = /^(\d+) +(.+)$/.exec(line) ?? []
      return ['.TP', `.B ${code}`, roff(meaning)]
    }),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => ['.TP', `.B ${name}`, roff(meaning)]),
    '.SH SEE ALSO',
    '.BR openssl\\-s_client (1ssl)',
  ]
  return `${lines.join('\n')}\n`
}

const environment = [
  ['NO_COLOR', 'Where it is set, nothing is coloured.'],
  ['COLUMNS', 'How wide the text is, where standard output is no terminal.'],
  ['PGPASSWORD', 'Password of the PostgreSQL that --store names.'],
  ['TLSFIT_KEY', 'Key that seals credentials in the store of watch and worker, 32 bytes as base64.'],
  ['TLSFIT_DEBUG', '1: an error is told with its stack.'],
] as const

function command({ name, help, options }: CommandTable): string[] {
  return [
    `.SS ${roff(name)}`,
    '.PP',
    `.B tlsfit ${roff(help.usage)}`,
    ...paragraph(help.about),
    ...help.notes.flatMap(paragraph),
    ...options.flatMap(option),
    ...help.examples.flatMap(([what, line]) => [
      ...paragraph(`${what.slice(0, 1).toUpperCase()}${what.slice(1)}:`),
      '.PP',
      '.in +4n',
      '.EX',
      roff(line),
      '.EE',
      '.in',
    ]),
  ]
}

function option({ name, type, valueHint, description }: NamedRow): string[] {
  const value = type === 'boolean' ? '' : ` " " "${roff(valueHint ?? 'VALUE').replaceAll('"', '\\(dq')}"`
  return ['.TP', `.BI \\-\\-${name.replaceAll('-', '\\-')}${value}`, roff(description)]
}

function paragraph(text: string): string[] {
  return ['.PP', roff(text)]
}

/** Text as it is: minus signs that can be copied, no requests, nothing beyond ASCII. */
function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll(/[^\x20-\x7e]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0
      return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
    })
  return escaped.replace(/^[.]/, '\\&.')
}
