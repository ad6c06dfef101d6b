import type { FindingId } from '../finding/details.ts'
import type { Finding } from '../finding/finding.ts'
import type { Observation } from '../observe/observation.ts'
import { type EscapeOptions, escapeDeep, escapeText } from './escape.ts'
import { chainWords } from './words/chain-words.ts'
import { credentialWords } from './words/credential-words.ts'
import { helloWords } from './words/hello-words.ts'
import { reachWords } from './words/reach-words.ts'
import { serviceWords } from './words/service-words.ts'
import { trustWords } from './words/trust-words.ts'
import type { Words, WordsContext } from './words/words.ts'

/** Title and sentence of every finding. A finding without words does not compile. */
export const words: { readonly [Id in FindingId]: Words<Id> } = {
  ...reachWords,
  ...helloWords,
  ...chainWords,
  ...trustWords,
  ...credentialWords,
  ...serviceWords,
}

/** A finding in a few words, without its numbers. */
export function formatTitle(id: FindingId): string {
  return words[id].title
}

/** The finding as one or two sentences with its numbers. Hostile text in it is escaped. */
export function formatSentence(
  finding: Finding,
  source: Observation['source'],
  options: EscapeOptions = {},
): string {
  const context: WordsContext = {
    effect: finding.effect,
    stage: finding.stage,
    limit: finding.limit,
    sender: source === 'pem' ? 'the file' : 'the server',
  }
  // `finding` is a union told apart by `id`; its words are found by the same `id`, which types cannot say.
  const row = words[finding.id] as Words<typeof finding.id> as Words<never>
  const at = finding.host === undefined ? '' : ` Met at ${escapeText(finding.host, options)}.`
  return row.sentence(escapeDeep(finding.details, options) as never, context) + at
}
