import type { FindingId } from '../../finding/details.ts'
import { findings } from '../../finding/details.ts'
import type { Json } from '../../observe/observation-json.ts'
import { thresholdRule } from '../comparison-text.ts'
import { capital } from '../words/words.ts'
import { formatTitle } from '../words.ts'
import { forecastRule } from './forecast-result.ts'

/** GitHub shows no more of a rule's description. */
const descriptionChars = 1024

export type RuleId = FindingId | typeof thresholdRule | typeof forecastRule

const thresholdTitle = 'A threshold of the plan is broken.'
const thresholdHelp =
  'The plan asks for room at this target that is no longer there. Make the room, or change what the plan asks for; ' +
  'of one that shrank, tlsfit check --update-baseline takes what was found for what is to be held.'
const forecastTitle = 'An announced change will stop a device, or put it at risk.'
const forecastHelp =
  'It is not so today. The message says from when, what changes, and what avoids it; its properties have the date and ' +
  'the sources. tlsfit check --forecast asks for it.'
const ownRules: { readonly [Id in RuleId]?: Json } = {
  [thresholdRule]: ownRule(thresholdRule, thresholdTitle, thresholdHelp, 'plan'),
  [forecastRule]: ownRule(forecastRule, forecastTitle, forecastHelp, 'forecast'),
}

function ownRule(id: RuleId, title: string, help: string, tag: string): Json {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: title },
    help: { text: help },
    properties: { tags: ['tls', tag] },
  }
}

/** The rules that results name, in the order of their first use: `ruleIndex` is known before the end is. */
export class Rules {
  readonly #ids: RuleId[] = []
  readonly #pages: ReadonlyMap<string, string>

  /** Pages of `docs/findings/`, by id. */
  constructor(pages: ReadonlyMap<string, string>) {
    this.#pages = pages
  }

  indexOf(id: RuleId): number {
    const at = this.#ids.indexOf(id)
    return at >= 0 ? at : this.#ids.push(id) - 1
  }

  toJson(): Json[] {
    return this.#ids.map((id) => ownRules[id] ?? ruleJson(id as FindingId, this.#pages.get(id)))
  }
}

function ruleJson(id: FindingId, page: string | undefined): Json {
  const title = `${capital(formatTitle(id))}.`
  const about = page === undefined ? title : (firstParagraph(page) ?? title)
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: about.slice(0, descriptionChars) },
    help: page === undefined ? { text: title } : { text: page, markdown: page },
    properties: { tags: ['tls', findings[id].stage] },
  }
}

/** Of a page: what stands under its title. */
function firstParagraph(page: string): string | undefined {
  const [, paragraph] = page.split(/\n{2,}/)
  return paragraph?.replaceAll('\n', ' ')
}
