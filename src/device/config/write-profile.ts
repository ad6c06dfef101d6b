import { stringify } from 'yaml'
import type { Setting } from './config-file.ts'
import type { DerivedProfile, DerivedValue } from './derived.ts'

/** Lines named as the source of one value; a list may rest on dozens. */
const linesAtMost = 8

/** A profile as it would stand in a file, before it is text. */
export interface WrittenProfile {
  readonly family: string
  readonly name: string
  readonly base: string
  readonly defaultVersion: 'any'
  readonly sources: Readonly<Record<string, { readonly confidence: 'source-code'; readonly where: string }>>
  readonly common: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly ranges: { readonly any: null }
}

const ownFamily = 'my-device'

/** The profile with each line that it rests on as a source. `file` is the configuration's name. */
export function profileOf(derived: DerivedProfile, file: string, family = ownFamily): WrittenProfile {
  const sources: Record<string, { confidence: 'source-code'; where: string }> = {}
  const common: Record<string, Record<string, unknown>> = {}
  const cite = (key: string, where: string) => {
    sources[key] = { confidence: 'source-code', where }
    return key
  }
  const citeLine = ({ line, text }: Setting) => cite(`line-${line}`, `${file} line ${line}: ${text}`)
  for (const value of derived.values) {
    const group = common[value.group] ?? {}
    common[value.group] = group
    if (value.value === null) {
      group[value.key] = null
      continue
    }
    const keys = value.lines.slice(0, linesAtMost).map(citeLine)
    const left = value.lines.length - linesAtMost
    if (left > 0) keys.push(cite(`more-${left}`, `and ${left} more lines of ${file}`))
    for (const key of value.sources ?? []) keys.push(cite(key, derived.sources.get(key) ?? key))
    group[value.key] = written(value, keys)
  }
  if (common.hello !== undefined) common.hello = { origin: derived.helloOrigin, ...common.hello }
  return {
    family,
    name: derived.name,
    base: derived.base,
    defaultVersion: 'any',
    sources,
    common,
    ranges: { any: null },
  }
}

function written({ value, counts, note }: DerivedValue, keys: readonly string[]): Record<string, unknown> {
  return {
    value,
    ...(counts === undefined ? {} : { counts }),
    source: keys.length === 1 ? keys[0] : keys,
    ...(note === undefined ? {} : { note }),
  }
}

/** The profile as a file, with what was not taken up as a comment at its end. */
export function writeProfile(derived: DerivedProfile, file: string, family = ownFamily): string {
  const head = [
    `Made by tlsfit devices from-config ${file}, over ${derived.base}.`,
    'What stands here differs from that layer, or is said by a line of the file; the rest holds as it is there.',
  ]
  const notes =
    derived.notes.length === 0
      ? ['Nothing in the file that is known to matter was left out.']
      : ['To know of it, or seen in the file and not taken up:', ...derived.notes.map((note) => `  ${note}`)]
  const body = stringify(profileOf(derived, file, family), { lineWidth: 110 })
  return `${comment(head)}\n${body}\n${comment(notes)}\n`
}

/** One line of the file stays one line of the comment, whatever it holds. */
function comment(lines: readonly string[]): string {
  return lines.map((line) => `# ${line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`).join('\n')
}
