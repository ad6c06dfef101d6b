import type { Outlook } from '../../judge/outlook.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { escapeText } from '../escape.ts'
import { assumptionWords, outlookParts } from '../outlook.ts'
import { capital } from '../words/words.ts'
import { type Markup, markup } from './markup.ts'
import { stateLooks } from './states.ts'

/** What is to come, soonest first, each with the source of its date; then what was assumed of all of it. */
export function drawOutlook(verdict: Verdict): Markup | undefined {
  const { outlook } = verdict
  if (outlook === undefined) return undefined
  const dated = outlook.filter(({ kind }) => kind !== 'post-quantum')
  const assumed = [...new Set(outlook.flatMap((one) => one.assumed))].map((one) => assumptionWords[one])
  return markup`<h4>Ahead</h4>
${dated.length === 0 ? markup`<p>No change of the calendar concerns this chain.</p>\n` : undefined}${
  outlook.length === 0
    ? undefined
    : markup`<ul class="outlook">${outlook.map((one) => drawOne(one, verdict))}</ul>\n`
}${assumed.length === 0 ? undefined : markup`<p class="dim">Assumed: ${assumed.join('; ')}.</p>\n`}`
}

function drawOne(one: Outlook, verdict: Verdict): Markup {
  const { head, body } = outlookParts(one, verdict, {})
  const { change, state } = one
  const look = state === undefined ? undefined : stateLooks[state]
  const unsure = change?.status === 'reported' ? ', reported from the field' : ''
  const source =
    change === undefined
      ? undefined
      : `${change.id}; confidence ${change.confidence}${unsure}: ${escapeText(change.sources[0] ?? '', { maxChars: 300 })}`
  return markup`<li>${
    look === undefined
      ? undefined
      : markup`<span class="tag ${look.className}">${look.glyph} ${look.word}</span> `
  }<strong>${capital(head)}</strong>: ${body}${source === undefined ? undefined : markup`<br><span class="dim">${source}</span>`}</li>
`
}
