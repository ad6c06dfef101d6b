import type { VerdictWords } from '../verdict-words.ts'

/** What a case may hold, so that a batch of thousands can be held: the rest is in the other formats. */
const maxFixes = 3
const maxCommands = 4
const maxMissing = 3

/** What a person reads under a case that did not pass, in lines. */
export function verdictBody({
  headline,
  cause,
  lead,
  fixes,
  unsafe,
  missing,
  limit,
  outlook,
}: VerdictWords): string {
  return [
    headline,
    ...(cause === undefined ? [] : ['', cause]),
    ...(lead === undefined ? [] : [`finding: ${lead.id}, at stage ${lead.stage}`]),
    ...(limit === undefined ? [] : ['', `limit: ${limit}`]),
    ...list('fix', fixes, maxFixes),
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
