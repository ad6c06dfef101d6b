import type { Assumption, Outlook } from '../judge/outlook.ts'
import type { State, Verdict } from '../judge/verdict.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import type { Page, Style } from './layout.ts'
import { assumptionWords, leafWords, outlookParts, rhythmWords, whenWords } from './outlook.ts'

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
  for (const one of dated) if (one.lifetime === undefined) writeOne(page, one, verdict, options)
  for (const candidate of new Set(dated.map((one) => one.candidate))) {
    writeLifetimes(
      page,
      outlook.filter((one) => one.candidate === candidate),
      options,
    )
  }
  for (const one of outlook) if (one.kind === 'post-quantum') writeOne(page, one, verdict, options)
  const assumed = new Set(outlook.flatMap((one) => one.assumed))
  if (assumed.size === 0) return
  const words = [...assumed].map((one: Assumption) => assumptionWords[one])
  page.paragraph('   ', `Assumed: ${words.join('; ')}.`, { text: 'dim' })
}

/** Caps that follow one another say one thing: how often a new leaf comes. */
function writeLifetimes(page: Page, outlooks: readonly Outlook[], options: EscapeOptions): void {
  const lifetimes = outlooks.filter(({ lifetime }) => lifetime !== undefined)
  const [first] = lifetimes
  if (first === undefined) return
  const whose = first.candidate === undefined ? '' : ` of ${escapeText(first.candidate, options)}`
  const mark = first.state === undefined ? (['         ', 'dim'] as const) : marks[first.state]
  const caps = lifetimes.map(
    (one) => `${whenWords(one)} ${one.lifetime!.days} days at most, ${rhythmWords(one.lifetime!)}`,
  )
  const text = `life of the leaf${whose}: ${caps.join('; ')}; ${leafWords(first.lifetime!)}`
  page.paragraph(`   ${mark[0]}`, text, { label: mark[1] })
  const ids = lifetimes.map(({ id }) => id).join(', ')
  const source = first.change?.sources[0] ?? ''
  writeSource(page, `[${ids}]`, source, options)
}

function writeOne(page: Page, outlook: Outlook, verdict: Verdict, options: EscapeOptions): void {
  const [word, style] = outlook.state === undefined ? (['         ', 'dim'] as const) : marks[outlook.state]
  const { head, body } = outlookParts(outlook, verdict, options)
  page.paragraph(`   ${word}`, `${head}: ${body}`, { label: style })
  const { change } = outlook
  if (change === undefined) return
  const unsure = change.status === 'reported' ? ', reported from the field' : ''
  writeSource(
    page,
    `[${change.id}; confidence ${change.confidence}${unsure}]`,
    change.sources[0] ?? '',
    options,
  )
}

function writeSource(page: Page, what: string, source: string, options: EscapeOptions): void {
  const shown = (text: string) => escapeText(text, { ...options, maxChars: 300 })
  page.source(' '.repeat(12), shown(what), shown(source))
}
