import type { Device } from '../../device/device.ts'
import { type Bisection, bisectionsOf } from '../../exam/bisections.ts'
import type { Exam } from '../../exam/exam.ts'
import { type Markup, markup } from '../html/markup.ts'
import { answerWords, type KnownLine, knownLines, questionWords } from '../measure-words.ts'
import { formatCount } from '../units.ts'
import { capital } from '../words/words.ts'
import { bisectionPicture } from './bisection-picture.ts'
import { catalogueMarks, foundSentence, searchTitle } from './bisection-words.ts'

/** Every limit with what is behind it, then how each was found. `id` and `name`: of the device, once in a page. */
export function limitsSection(
  { id, name }: { readonly id: string; readonly name: string },
  exam: Exam,
  known: Device | undefined,
): Markup | undefined {
  const limits = knownLines(exam).filter(({ certainty }) => certainty !== 'told')
  const searches = bisectionsOf(exam)
  if (limits.length + searches.length === 0) return undefined
  return markup`<h3>Limits</h3>
${limits.length === 0 ? undefined : limitsTable(name, limits)}${
  searches.length === 0
    ? undefined
    : markup`<h4>How they were found</h4>
<p class="dim">A row is a connection. The band is what was still open after it; the axis widens towards the limit.</p>
<p class="legend">${legend}</p>
${searches.map((search) => searchFigure(id, search, exam, known))}`
}`
}

function limitsTable(device: string, limits: readonly KnownLine[]): Markup {
  return markup`<div class="wide" tabindex="0" role="region" aria-label="Limits of ${device}"><table class="limits"><thead><tr><th scope="col">limit</th><th scope="col">value</th><th scope="col">known</th><th scope="col">what counts</th><th scope="col" class="number">connections</th><th scope="col">measured on</th></tr></thead><tbody>
${limits.map(limitRow)}</tbody></table></div>
`
}

const certainties = {
  exact: ['good', 'exact'],
  'at-least': ['', 'at least'],
  between: ['warn', 'between'],
  told: ['', 'told'],
} as const

function limitRow(line: KnownLine): Markup {
  const { name, text, certainty, bounds, counts, notes, connections, days } = line
  const [style, words] = certainties[certainty]
  const below =
    bounds === undefined || bounds === text ? undefined : markup`<br><span class="dim">${bounds}</span>`
  const more = [counts, ...notes].filter((one) => one !== undefined).join('; ')
  return markup`<tr><th scope="row">${name}</th><td class="figure">${text}${below}</td><td><span class="tag ${style}">${words}</span></td><td>${more}</td><td class="number">${connections}</td><td class="day">${days}</td></tr>
`
}

const legend = markup`<span><svg class="key" aria-hidden="true" width="12" height="12"><circle class="probe-passes" cx="6" cy="6" r="5"/></svg> passed</span>
<span><svg class="key" aria-hidden="true" width="12" height="12"><path class="probe-fails" d="M1.5 1.5 10.5 10.5M10.5 1.5 1.5 10.5"/></svg> failed</span>
<span><svg class="key" aria-hidden="true" width="12" height="12"><path class="probe-lost" d="M6 .5 11.5 6 6 11.5 .5 6Z"/></svg> unclear</span>
<span><svg class="key" aria-hidden="true" width="12" height="12"><line class="found-exact" x1="6" y1="0" x2="6" y2="12"/></svg> the limit</span>
<span><svg class="key" aria-hidden="true" width="12" height="12"><line class="documented" x1="6" y1="0" x2="6" y2="12"/></svg> in the catalogue</span>`

/** Fewer are told in a sentence. */
const LEAST_STEPS = 2

function searchFigure(id: string, search: Bisection, exam: Exam, known: Device | undefined): Markup {
  const marks = known === undefined ? [] : catalogueMarks(search.id, known, exam)
  const picture =
    search.steps.length < LEAST_STEPS ? undefined : bisectionPicture(`${id}-${search.id}`, search, marks)
  const documented = marks.map(({ words }) => markup`<br><span class="dim">catalogue: ${words}</span>`)
  return markup`<figure class="whole"><figcaption><b>${searchTitle(search.id)}</b> ${capital(foundSentence(search))}${documented}</figcaption>
${picture}${besides(search, exam)}</figure>
`
}

/** What tells how a limit counts. */
function besides(search: Bisection, exam: Exam): Markup | undefined {
  const answers = search.besides.flatMap((at) => {
    const answer = exam.answers[at]
    return answer === undefined ? [] : [{ at, answer }]
  })
  if (answers.length === 0) return undefined
  return markup`<details><summary>${formatCount(answers.length, 'further connection')}, to tell what counts</summary>
<ul>${answers.map(
    ({ at, answer }) =>
      markup`<li>#${at + 1} ${questionWords(answer.probe)} <b>${answerWords(answer, exam)}</b></li>`,
  )}</ul></details>
`
}
