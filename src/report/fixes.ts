import type { Device } from '../device/device.ts'
import type { Finding, FixSuggested } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import type { Target } from '../observe/observation.ts'
import { type EscapeOptions, escapeDeep } from './escape.ts'
import { deviceFixes } from './fixes/device-fixes.ts'
import type { FixWords } from './fixes/fix-context.ts'
import { serverFixes } from './fixes/server-fixes.ts'

/** A cure in words. */
export interface Fix {
  readonly id: FixId
  /** Lower case, no full stop. */
  readonly title: string
  /** Lines to copy, in order; `<…>` is for the reader to fill in. Empty when nothing is to be typed. */
  readonly commands: readonly string[]
}

/** Title and commands of every cure. A cure without words does not compile. */
export const fixWords: { readonly [Id in FixId]: FixWords } = { ...serverFixes, ...deviceFixes }

/** One cure of a finding, spelt for the device it is for. */
export function formatFix(
  suggested: FixSuggested,
  finding: Finding,
  device: Device,
  target: Target,
  options: EscapeOptions = {},
): Fix {
  const facts: { [name: string]: string | number } = {}
  for (const [name, value] of [...Object.entries(finding.details), ...Object.entries(suggested.with)]) {
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value
  }
  const context = escapeDeep({ facts, target }, options)
  const row = fixWords[suggested.id]
  const shown = { ...context, device }
  return { id: suggested.id, title: row.title(shown), commands: row.commands(shown) }
}
