import type { Device } from '../device/device.ts'
import type { Finding, FixSuggested } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import { type FixAt, fixPlaces, type Place } from '../finding/place.ts'
import type { Target } from '../observe/observation.ts'
import { profileFirst } from './device-word.ts'
import { type EscapeOptions, escapeDeep } from './escape.ts'
import { askOwner } from './fixes/asks.ts'
import { deviceFixes } from './fixes/device-fixes.ts'
import { endpointFixes } from './fixes/endpoint-fixes.ts'
import { fieldCommands, fieldWay, needsOwnCa } from './fixes/field.ts'
import type { FixContext, FixWords } from './fixes/fix-context.ts'
import { serverFixes } from './fixes/server-fixes.ts'
import { formatSentence } from './words.ts'

/** A cure in words. */
export interface Fix {
  readonly id: FixId
  /** Lower case, no full stop. */
  readonly title: string
  /** Lines to copy, in order; `<…>` is for the reader to fill in. Empty when nothing is to be typed. */
  readonly commands: readonly string[]
}

/** What a cure may say besides. */
export interface FixOptions extends EscapeOptions {
  /** The name that the server's certificate is for. */
  readonly certificateFor?: string | undefined
}

/** A cure of one finding, with where it can be done. */
export interface FixOfFinding extends Fix {
  readonly places: readonly Place[]
  /** What the finding says of the endpoint, as `sentence` has it. */
  readonly seen: string
  /** To send to the endpoint's owner; undefined where it is not theirs to do. */
  readonly sentence: string | undefined
  /** How it reaches devices that are deployed already; undefined where it does not. */
  readonly field:
    | {
        readonly way: string
        readonly commands: readonly string[]
        /** It takes a CA of the reader's own, whose root the devices hold. */
        readonly ownCa: boolean
      }
    | undefined
}

/** Title and commands of every cure. A cure without words does not compile. */
export const fixWords: { readonly [Id in FixId]: FixWords } = {
  ...serverFixes,
  ...endpointFixes,
  ...deviceFixes,
}

/** One cure of a finding, spelt for the device it is for. Hostile text of the finding and the target is escaped. */
export function formatFix(
  suggested: FixSuggested,
  finding: Finding,
  device: Device,
  target: Target,
  options: FixOptions = {},
): FixOfFinding {
  const facts: { [name: string]: string | number } = {}
  for (const [name, value] of [...Object.entries(finding.details), ...Object.entries(suggested.with)]) {
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value
  }
  const context: FixContext = {
    ...escapeDeep({ facts, target, certificateFor: options.certificateFor }, options),
    device,
    // In a message to its owner it is the server that sends, also where the chain came from a file.
    finding: { id: finding.id, effect: finding.effect, sentence: formatSentence(finding, 'dial', options) },
  }
  const { id } = suggested
  const seen = context.finding?.sentence ?? ''
  const row = fixWords[id]
  return {
    id,
    title: row.title(context),
    commands: profileFirst(device, row.commands(context)),
    places: fixPlaces[id],
    seen,
    sentence: isAt(id, 'their-server') ? askOwner(id, context) : undefined,
    field: isAt(id, 'field')
      ? { way: fieldWay(id, context), commands: fieldCommands(id, context), ownCa: needsOwnCa(id, context) }
      : undefined,
  }
}

/** Whether a cure can be done at a place. */
function isAt<P extends Place>(id: FixId, place: P): id is FixAt<P> {
  const at: readonly Place[] = fixPlaces[id]
  return at.includes(place)
}
