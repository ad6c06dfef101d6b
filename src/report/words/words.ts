import type { Details, FindingId } from '../../finding/details.ts'
import type { Effect, LimitCited } from '../../finding/finding.ts'
import type { Stage } from '../../finding/stage.ts'

/** What a sentence may lean on besides the finding's own numbers. All text in it is escaped already. */
export interface WordsContext {
  readonly effect: Effect
  /** Where it was met: some findings can be met at more than one. */
  readonly stage: Stage
  readonly limit: LimitCited | undefined
  /** `the server`, or `the file` for a chain that was not sent by anyone. */
  readonly sender: string
}

export interface Words<Id extends FindingId> {
  /** Lower case, no full stop: a heading and the short form in lists. */
  readonly title: string
  /** One or two whole sentences with the numbers. `details` are escaped already. */
  readonly sentence: (details: Details[Id], context: WordsContext) => string
}

/** A part of the vocabulary's words; `report/words.ts` puts the parts together and misses none. */
export type WordsFor<Ids extends FindingId> = { readonly [Id in Ids]: Words<Id> }

/** `certificate 2 (Microsoft TLS G2 RSA CA OCSP 04)`; people count from 1, and 1 is the leaf. Undefined: an anchor that was not sent. */
export function certificateAt(index: number | undefined, subject: string): string {
  if (index === undefined) return `the anchor (${subject})`
  return index === 0 ? `the leaf (${subject})` : `certificate ${index + 1} (${subject})`
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
