import type { VerdictWords } from '../verdict-words.ts'

/** What a case may hold, so that a batch of thousands can be held: the rest is in the other formats. */
const maxFixes = 3
const maxCommands = 4
const maxMissing = 3

/** Fixes of a suite that are remembered; those of one target alone would fill it. */
const maxTold = 200

/** Fixes whose lines a case of the same suite has written already, with its name. */
export type FixesTold = Map<string, string>

/** The case that a body is of. */
export interface CaseOfBody {
  readonly name: string
  readonly target: string
  /** Grows by what this body writes. */
  readonly told: FixesTold
}

/**
 * What a person reads under a case that did not pass, in lines. What was found stands in each; the lines of a fix, most
 * of the text, stand in the first case of a suite that has it.
 */
export function verdictBody(
  { headline, cause, lead, fixes, unsafe, missing, limit, outlook }: VerdictWords,
  of: CaseOfBody,
): string {
  return [
    headline,
    ...(cause === undefined ? [] : ['', cause]),
    ...(lead === undefined ? [] : [`finding: ${lead.id}, at stage ${lead.stage}`]),
    ...(limit === undefined ? [] : ['', `limit: ${limit}`]),
    ...list(
      'fix',
      fixes.map((fix, at) => (at < maxFixes ? onceTold(fix, of) : fix)),
      maxFixes,
    ),
    ...(unsafe === undefined ? [] : ['', `unsafe: ${unsafe}`]),
    ...list(
      'to know',
      missing.map(({ what, command }) => ({ title: what, commands: command === undefined ? [] : [command] })),
      maxMissing,
    ),
    ...(outlook.length === 0 ? [] : ['', ...outlook.map((line) => `ahead: ${line}`)]),
  ].join('\n')
}

interface Advice {
  readonly title: string
  readonly commands: readonly string[]
}

/** Of another target, the same lines are those with its URL in the place of this one's. */
function onceTold({ title, commands }: Advice, { name, target, told }: CaseOfBody): Advice {
  const key = JSON.stringify([title, commands.map((line) => line.replaceAll(target, ''))])
  const first = told.get(key)
  if (commands.length === 0 || first === name) return { title, commands }
  if (first !== undefined) return { title: `${title} (its lines: as in the case ${first})`, commands: [] }
  if (told.size < maxTold) told.set(key, name)
  return { title, commands }
}

function list(label: string, advice: readonly Advice[], max: number): string[] {
  if (advice.length === 0) return []
  const lines = advice.slice(0, max).flatMap(({ title, commands }, index) => {
    const shown = commands.slice(0, maxCommands).map((command) => `    ${command}`)
    const hidden = commands.length - shown.length
    const more = hidden > 0 ? [`    (${hidden} more lines: --format json)`] : []
    return [`${index === 0 ? label : 'or'}: ${title}`, ...shown, ...more]
  })
  const hidden = advice.length - max
  return ['', ...lines, ...(hidden > 0 ? [`(${hidden} more: --format json)`] : [])]
}
