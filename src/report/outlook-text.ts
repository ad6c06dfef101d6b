import type { Assumption, Outlook } from '../judge/outlook.ts'
import type { State, Verdict } from '../judge/verdict.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import type { Page, Style } from './layout.ts'
import { assumptionWords, outlookParts } from './outlook.ts'

const marks: { readonly [S in State]: readonly [word: string, style: Style] } = {
  blocked: ['blocked  ', 'bad'],
  'at-risk': ['risk     ', 'warn'],
  undecided: ['open     ', 'open'],
  fits: ['fits     ', 'good'],
}

/** What is to come, soonest first, each with the source of its date; then what was assumed of all of it. */
export function writeOutlook(page: Page, verdict: Verdict, options: EscapeOptions): void {
  const { outlook } = verdict
  if (outlook === undefined) return
  page.blank()
  page.paragraph('ahead', '', { label: 'strong' })
  const dated = outlook.filter(({ kind }) => kind !== 'post-quantum')
  if (dated.length === 0) page.paragraph('   ', 'no change of the calendar concerns this chain')
  for (const one of outlook) writeOne(page, one, verdict, options)
  const assumed = new Set(outlook.flatMap((one) => one.assumed))
  if (assumed.size === 0) return
  const words = [...assumed].map((one: Assumption) => assumptionWords[one])
  page.paragraph('   ', `Assumed: ${words.join('; ')}.`, { text: 'dim' })
}

function writeOne(page: Page, outlook: Outlook, verdict: Verdict, options: EscapeOptions): void {
  const [word, style] = outlook.state === undefined ? (['         ', 'dim'] as const) : marks[outlook.state]
  const { head, body } = outlookParts(outlook, verdict, options)
  page.paragraph(`   ${word}`, `${head}: ${body}`, { label: style })
  const { change } = outlook
  if (change === undefined) return
  const unsure = change.status === 'reported' ? ', reported from the field' : ''
  const source = `[${change.id}; confidence ${change.confidence}${unsure}] ${change.sources[0] ?? ''}`
  page.paragraph('            ', escapeText(source, { ...options, maxChars: 300 }), { text: 'dim' })
}
