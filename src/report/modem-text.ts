import type { ModemTrace } from '../capture/modem-trace.ts'
import type { CauseRanking } from '../judge/causes.ts'
import type { LogFacts, Symptom } from '../log/symptom.ts'
import { causeWords } from './cause-words.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import type { Page } from './layout.ts'
import { formatCount, formatList, formatNumber } from './units.ts'

/** A modem trace with what was made of it. */
export interface ModemToShow {
  readonly trace: ModemTrace
  readonly facts: LogFacts
  /** Frame of each line that `facts` numbers. */
  readonly frames: readonly number[]
  readonly ranking: CauseRanking
  readonly overcomeIn: number | undefined
  readonly hiddenAfter: boolean
}

const maxCauses = 3
const maxSymptoms = 24
const maxKinds = 6

/** The section on the modem in what `tlsfit explain` prints of a capture. */
export function writeModem(page: Page, modem: ModemToShow, escapes: EscapeOptions): void {
  const { trace, ranking, facts, frames } = modem
  page.blank()
  page.paragraph('', 'what the modem says', { text: 'strong' })
  const telling = [...facts.symptoms].sort((a, b) => a.line - b.line)
  const width = String(frames.at(-1) ?? 1).length
  // The last ones tell what stops the device now.
  const shown = telling.slice(-maxSymptoms)
  if (telling.length > shown.length)
    page.paragraph('  ', `${formatNumber(telling.length - shown.length)} earlier left out`, { text: 'dim' })
  for (const symptom of shown) {
    const frame = String(frames[symptom.line - 1] ?? '').padStart(width)
    page.paragraph(`  frame ${frame}  `, symptomWords(symptom, escapes), { label: 'dim' })
  }
  if (telling.length === 0) page.paragraph('  ', 'nothing that tells of a failure', { text: 'dim' })
  for (const [index, { id, confidence }] of ranking.causes.slice(0, maxCauses).entries()) {
    page.paragraph(`  ${index + 1}. `, `${id}: ${causeWords[id].title} [${confidence}]`, {
      label: index === 0 ? 'bad' : 'dim',
      text: index === 0 ? 'none' : 'dim',
    })
  }
  for (const note of modemNotes(modem)) page.paragraph('  ', escapeText(note, escapes), { text: 'dim' })
  const { skipped } = trace
  if (skipped.length === 0) return
  const kinds = skipped.map(({ what, frames: count }) => `${formatNumber(count)} of ${what}`)
  page.paragraph('  not read  ', escapeText(formatList(kinds, maxKinds), { ...escapes, maxChars: 300 }), {
    label: 'dim',
    text: 'dim',
  })
}

/** What bounds the answer. */
export function modemNotes({ trace, overcomeIn, hiddenAfter }: ModemToShow): string[] {
  const notes: string[] = []
  if (overcomeIn !== undefined)
    notes.push(`there was a network all the same: frame ${overcomeIn} went over it after the last failure`)
  if (hiddenAfter)
    notes.push(
      'ciphered NAS messages follow the last failure; the network may have accepted the device in one',
    )
  if (trace.leftOut > 0) notes.push(`${formatCount(trace.leftOut, 'line')} in the middle left out`)
  return notes
}

function symptomWords({ text, meaning, count }: Symptom, escapes: EscapeOptions): string {
  const times = count === 1 ? '' : ` (${formatNumber(count)} times)`
  const line = escapeText(text, { ...escapes, maxChars: 160 })
  return `${line}${meaning === '' ? '' : `: ${escapeText(meaning, { ...escapes, maxChars: 240 })}`}${times}`
}
