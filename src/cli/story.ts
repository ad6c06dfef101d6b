import { check } from '../io/check.ts'
import type { CheckRequest } from '../io/check-request.ts'
import type { Verdict } from '../judge/verdict.ts'
import { type CaseStep, type LabCase, type OpenCase, requestOf } from '../lab/case.ts'
import { writeBrief } from '../report/brief.ts'
import { escapeText } from '../report/escape.ts'
import type { Page } from '../report/layout.ts'
import { formatList } from '../report/units.ts'

/** A step as it was played: the verdict, and what is not as the story says, if anything. */
export interface PlayedStep {
  readonly step: CaseStep
  readonly verdict: Verdict
  /** Undefined: as expected. */
  readonly surprise: string | undefined
}

/** Plays every step of an open case: dials its servers as the device would, and judges. */
export async function playCase(
  open: OpenCase,
  data: Pick<CheckRequest, 'catalogue' | 'knownRoots' | 'now'>,
): Promise<PlayedStep[]> {
  const played: PlayedStep[] = []
  for (const step of open.steps) {
    const [verdict] = await check(requestOf(step.attempt, data))
    if (verdict === undefined) throw new Error(`${open.id}: no verdict for "${step.title}"`)
    played.push({ step, verdict, surprise: surpriseOf(step, verdict) })
  }
  return played
}

function surpriseOf({ expect }: CaseStep, verdict: Verdict): string | undefined {
  if (!expect.states.includes(verdict.state)) {
    return `expected ${formatList(expect.states, 4, 'or')}, but the verdict is ${verdict.state}`
  }
  const { finding } = expect
  if (finding === undefined || verdict.findings.some(({ id, reached }) => id === finding && reached)) {
    return undefined
  }
  return `expected the finding ${finding}, which is not among those made`
}

/** Tells one case from what was played. */
export function tellCase(
  page: Page,
  told: LabCase,
  played: readonly PlayedStep[],
  options: { readonly number: string; readonly ascii: boolean },
): void {
  page.blank()
  page.paragraph(`── ${options.number}  `, told.id, { label: 'dim', text: 'strong' })
  page.paragraph('', told.title, { text: 'strong' })
  page.paragraph('', told.problem, { text: 'dim' })
  for (const { step, verdict, surprise } of played) {
    page.blank()
    const { label, style } = roles[step.role]
    page.paragraph(label, step.title, { label: style, text: 'strong' })
    const url = escapeText(step.attempt.target.replace(/\?.*$/, '?…'), { ascii: options.ascii })
    page.paragraph('    as      ', `${verdict.device.id}, asking for ${url}`, { label: 'dim' })
    if (step.cure !== undefined) page.paragraph('    cure    ', step.cure, { label: 'dim' })
    for (const line of step.deviceSays) page.paragraph('    device  ', line, { label: 'dim' })
    writeBrief(page, verdict, options)
    page.paragraph('    why     ', step.why, { label: 'dim' })
    if (surprise !== undefined) page.paragraph('  NOT SO  ', surprise, { label: 'bad' })
  }
}

const roles = {
  'works-before': { label: '  works   ', style: 'none' },
  fails: { label: '  fails   ', style: 'bad' },
  contrast: { label: '  and if  ', style: 'open' },
  cured: { label: '  cured   ', style: 'good' },
} as const
