import type { Verdict } from '../../judge/verdict.ts'
import { collapse } from '../collapse.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from '../report.ts'
import { failedName, targetName } from '../target-name.ts'
import { DeviceSection } from './device-section.ts'
import { markup } from './markup.ts'
import { closePage, openPage } from './page-shell.ts'
import { reportStyles } from './report-styles.ts'
import { SummarySection } from './summary-section.ts'
import { targetSection } from './target-section.ts'

/** Targets whose pictures are open at once; a list of thousands is read by its summary. */
const openTargets = 3

/**
 * A page that is one file: target by target as verdicts come in, then the summary and the devices. The summary is known
 * last and shown first: the styles order the parts of the page.
 */
export class HtmlReport implements Report {
  readonly #summary = new SummarySection()
  readonly #devices = new DeviceSection()
  readonly #can: ReportOptions['can']
  #began = false
  #targets = 0

  constructor({ can }: Pick<ReportOptions, 'can'> = {}) {
    this.#can = can
  }

  add(verdicts: readonly Verdict[]): string {
    let page = this.#before()
    for (const section of collapse(verdicts)) {
      const id = this.#next()
      const own = verdicts.filter(({ observation }) => observation.target.text === section.target)
      for (const verdict of own) this.#devices.add(verdict)
      this.#summary.add(id, own[0] ? targetName(own[0]) : section.target, own)
      page += targetSection(section, id, { open: this.#targets <= openTargets, can: this.#can }).text
    }
    return page
  }

  fail(failure: TargetFailure): string {
    const id = this.#next()
    this.#summary.fail(id, failure)
    const { message, hint } = failure
    return (
      this.#before() +
      markup`<section class="target" id="${id}">
<h2>${failedName(failure)}</h2>
<article class="verdict bad">
<h3><span class="tag bad">CANNOT LOOK</span> ${message}</h3>
${
  hint === undefined
    ? undefined
    : markup`<p>${hint}</p>
`
}</article>
</section>
`.text
    )
  }

  end(run: RunSummary): string {
    const devices = this.#devices.toMarkup()
    return `${this.#before()}${devices?.text ?? ''}${this.#summary.toMarkup(run).text}${closePage}`
  }

  #next(): string {
    this.#targets += 1
    return `t${this.#targets}`
  }

  #before(): string {
    if (this.#began) return ''
    this.#began = true
    return (
      openPage({ title: 'tlsfit check', styles: reportStyles }) +
      markup`<header>
<h1>tlsfit check</h1>
<nav aria-label="Parts of this page"><a href="#summary">Summary</a> <a href="#devices">Devices and their limits</a></nav>
</header>
`.text
    )
  }
}
