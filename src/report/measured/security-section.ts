import { checkWords, openWords, takenWords } from '../../exam/check-words.ts'
import type { Exam } from '../../exam/exam.ts'
import {
  openCriticalChecks,
  type SecurityFinding,
  type Severity,
  securityFindings,
} from '../../exam/security-findings.ts'
import { checkFound, checkIds } from '../../exam/topics/verification.ts'
import { type Markup, markup } from '../html/markup.ts'
import { formatList } from '../units.ts'
import { capital } from '../words/words.ts'

/** What the device accepts and ought to refuse, the gravest first, and what it refuses as it should. */
export function securitySection(exam: Exam): Markup {
  const findings = securityFindings(exam)
  const refused = checkIds.filter((id) => checkFound(exam, id) === 'refuses')
  const critical = openWords(openCriticalChecks(exam))
  return markup`<h3>Security</h3>
${
  critical === undefined
    ? undefined
    : markup`<p><span class="tag warn">open</span> ${critical}</p>
`
}${findings.length === 0 ? noFinding(refused.length) : findings.map(findingArticle)}${
  refused.length === 0
    ? undefined
    : markup`<details${findings.length === 0 ? open : undefined}><summary>It refused, as it should: ${refused.length} of ${checkIds.length}</summary>
<ul class="refused">${refused.map((id) => markup`<li>${checkWords[id].served}</li>`)}</ul></details>
`
}`
}

const open = markup` open`

function noFinding(refused: number): Markup {
  return refused === 0
    ? markup`<p>Nothing was told yet of what it verifies.</p>
`
    : markup`<p><span class="tag good">nothing found</span> It accepted nothing of what was asked that it ought to refuse.</p>
`
}

export const severityStyles: { readonly [S in Severity]: 'bad' | 'warn' | 'open' } = {
  critical: 'bad',
  high: 'bad',
  medium: 'warn',
  low: 'open',
}

function findingArticle(finding: SecurityFinding): Markup {
  const { severity, shownBy, against } = finding
  const { risk, cure } = checkWords[finding.id]
  const style = severityStyles[severity]
  const numbers = (positions: readonly number[]) =>
    formatList(
      positions.map((at) => `#${at + 1}`),
      4,
    )
  const but = against.length === 0 ? '' : `; refused on ${numbers(against)}`
  return markup`<article class="finding ${style}"><h4><span class="tag ${style}">${severity}</span> It accepted ${takenWords(finding)}</h4>
<p>${capital(risk)}.</p>
<p><b>What to do:</b> ${cure}.</p>
<p class="dim">Shown by ${numbers(shownBy)}${but}.</p></article>
`
}
