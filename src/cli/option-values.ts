import { escapeText } from '../report/escape.ts'
import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'

/** The value of an option; the first where it is repeated. */
export function one(parsed: ParsedArguments, name: string): string | undefined {
  return parsed.values.get(name)?.[0]
}

/** One of the words that an option takes; throws `CliError` for another. */
export function choice<T extends string>(
  parsed: ParsedArguments,
  name: string,
  choices: readonly T[],
  otherwise: T,
): T {
  const value = one(parsed, name)
  if (value === undefined) return otherwise
  const found = choices.find((each) => each === value)
  if (found !== undefined) return found
  throw usageError(
    'value-invalid',
    `--${name} ${escapeText(value, { maxChars: 40 })} is not in this version of tlsfit`,
    `there are: ${choices.join(', ')}`,
    `--${name}`,
  )
}

/** ISO 8601 day, or date and time; without a zone it is UTC. */
export function parseTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text)
  const zone = match?.[3]?.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2') ?? 'Z'
  const date = new Date(match === null ? Number.NaN : `${match[1]}T${match[2] ?? '00:00:00'}${zone}`)
  if (Number.isNaN(date.getTime()) || match?.[1] === undefined || !isDay(match[1])) {
    throw usageError(
      'time-invalid',
      '--time is no ISO 8601 time',
      'write --time 2026-09-01T00:00:00Z',
      '--time',
    )
  }
  return date
}

/** `2026-02-30` would roll over to March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
