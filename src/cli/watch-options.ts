import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'
import { one } from './option-values.ts'

/** Undefined where it is not given. */
export function wholeNumber(
  parsed: ParsedArguments,
  option: string,
  least: number,
  most: number,
): number | undefined {
  const text = one(parsed, option)
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value
  throw usageError(
    'value-invalid',
    `--${option} needs a number from ${least} to ${most}`,
    `write --${option} ${least}`,
    `--${option}`,
  )
}
