import type { FindingId } from '../../finding/details.ts'
import { findings } from '../../finding/details.ts'
import type { Json } from '../../observe/observation-json.ts'
import { capital } from '../words/words.ts'
import { formatTitle } from '../words.ts'

/** GitHub shows no more of a rule's description. */
const descriptionChars = 1024

/** The rules that results name, in the order of their first use: `ruleIndex` is known before the end is. */
export class Rules {
  readonly #ids: FindingId[] = []
  readonly #pages: ReadonlyMap<string, string>

  /** Pages of `docs/findings/`, by id. */
  constructor(pages: ReadonlyMap<string, string>) {
    this.#pages = pages
  }

  indexOf(id: FindingId): number {
    const at = this.#ids.indexOf(id)
    return at >= 0 ? at : this.#ids.push(id) - 1
  }

  toJson(): Json[] {
    return this.#ids.map((id) => ruleJson(id, this.#pages.get(id)))
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
