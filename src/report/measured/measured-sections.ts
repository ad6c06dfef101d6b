import type { Exam } from '../../exam/exam.ts'
import { untoldOf } from '../../exam/untold.ts'
import { type Markup, markup } from '../html/markup.ts'
import { answerWords, knownLines, questionWords } from '../measure-words.ts'
import { formatCount, formatMinute } from '../units.ts'
import { capital } from '../words/words.ts'
import type { ChangedValue, MeasuredDifference, ValueSaid } from './measured-difference.ts'
import { behaviourWords } from './measured-facts.ts'
import type { TestCaShown } from './measured-report.ts'
import { untoldWords } from './untold-words.ts'

export function behavioursSection(exam: Exam): Markup | undefined {
  const told = knownLines(exam).filter(({ certainty }) => certainty === 'told')
  const sentences = behaviourWords(exam)
  if (told.length + sentences.length === 0) return undefined
  const rows = told.map(
    ({ name, text, connections }) =>
      markup`<tr><th scope="row">${name}</th><td>${text}</td><td class="number dim">${formatCount(connections, 'connection')}</td></tr>\n`,
  )
  return markup`<h3>How it behaves</h3>
${rows.length === 0 ? undefined : markup`<table class="pairs"><tbody>\n${rows}</tbody></table>\n`}${
  sentences.length === 0 ? undefined : markup`<ul>${sentences.map((one) => markup`<li>${one}</li>`)}</ul>\n`
}`
}

export function untoldSection(exam: Exam): Markup | undefined {
  const open = untoldOf(exam).map(untoldWords)
  if (open.length === 0) return undefined
  return markup`<h3>Not told</h3>
<dl class="untold">${open.map(({ what, why }) => markup`<div><dt>${capital(what)}</dt><dd>${why}</dd></div>`)}</dl>
`
}

export function differenceSection(difference: MeasuredDifference): Markup {
  const { known, changed, agrees, added } = difference
  const values = changed.filter(({ lists }) => lists === undefined)
  return markup`<h3>Not as the catalogue says of ${known.name}</h3>
<p class="dim"><code>${known.id}</code></p>
${changed.length === 0 ? markup`<p><span class="tag good">no difference is known</span></p>\n` : undefined}${
  values.length === 0 ? undefined : changedValues(values)
}${changed.map(changedLists)}${
  agrees.length === 0
    ? undefined
    : markup`<p>As the catalogue says, as far as it was asked: ${agrees.join(', ')}.</p>\n`
}${added.length === 0 ? undefined : markup`<p>The catalogue says nothing of: ${added.join(', ')}.</p>\n`}`
}

function changedValues(values: readonly ChangedValue[]): Markup {
  const rows = values.map(
    ({ group, name, catalogue, measured, source }) =>
      markup`<tr><th scope="row">${name}<br><span class="dim">${group}</span></th><td data-side="measured">${side(measured)}</td><td data-side="catalogue">${side(catalogue)}<p class="dim">${source}</p></td></tr>\n`,
  )
  return markup`<table class="difference"><thead><tr><th scope="col">value</th><th scope="col">measured</th><th scope="col">catalogue</th></tr></thead><tbody>
${rows}</tbody></table>
`
}

function side({ value, more }: ValueSaid): Markup {
  return markup`<span class="figure">${value}</span>${more.map((line) => markup`<p class="dim">${line}</p>`)}`
}

function changedLists({ group, name, lists, source }: ChangedValue): Markup | undefined {
  if (lists === undefined) return undefined
  const { added, removed, both } = lists
  const sameItems =
    added.length + removed.length > 0
      ? undefined
      : markup`<p>The same ones, in another order: ${both.join(', ')}.</p>\n`
  return markup`<div class="changed-list"><h4>${capital(name)} <span class="dim">${group}</span></h4>
${sameItems}${items(added, 'only measured', (one) => markup`<ins>+\u00a0${one}</ins>`)}${items(
  removed,
  'only in the catalogue',
  (one) => markup`<del>\u2212\u00a0${one}</del>`,
)}${sameItems === undefined ? items(both, 'in both', (one) => markup`${one}`) : undefined}<p class="dim">Catalogue: ${source}</p></div>
`
}

/** Longer ones are folded. */
const MOST_SHOWN = 12

function items(list: readonly string[], where: string, item: (one: string) => Markup): Markup | undefined {
  if (list.length === 0) return undefined
  const title = `${list.length} ${where}`
  const names = markup`<ul>${list.map((one) => markup`<li>${item(one)}</li>`)}</ul>`
  return list.length > MOST_SHOWN || where === 'in both'
    ? markup`<details><summary>${title}</summary>${names}</details>\n`
    : markup`<p>${title}:</p>${names}\n`
}

/** Every question with its answer, in order. */
export function connectionsSection(name: string, exam: Exam): Markup {
  const rows = exam.answers.map(
    (answer, at) =>
      markup`<tr><td class="number">${at + 1}</td><td>${questionWords(answer.probe)}</td><td>${answerWords(answer, exam)}</td><td class="day">${timeOf(answer.outcome.at)}</td></tr>\n`,
  )
  return markup`<details class="connections"><summary>All ${formatCount(exam.answers.length, 'connection')}</summary>
<div class="wide" tabindex="0" role="region" aria-label="All connections of ${name}"><table><thead><tr><th scope="col" class="number">#</th><th scope="col">asked</th><th scope="col">the device</th><th scope="col">UTC</th></tr></thead><tbody>
${rows}</tbody></table></div></details>
`
}

function timeOf(at: Date): string {
  return Number.isNaN(at.getTime()) ? formatMinute(at) : at.toISOString().slice(11, 19)
}

export function testCaSection({ sha256, removal }: TestCaShown): Markup {
  return markup`<section id="test-ca"><h2>Take the test CA off the device</h2>
<p>It must not stay there: whoever has its key can be any server of the device. ${capital(removal.text)}.</p>
${
  removal.commands.length === 0
    ? undefined
    : markup`<pre>${removal.commands.join('\n')}</pre>
`
}<p class="dim">SHA-256 <code>${sha256}</code></p></section>
`
}
