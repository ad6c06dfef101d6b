import type { Verdict } from '../../judge/verdict.ts'
import type { MarginFailure } from '../../plan/comparison.ts'
import { type Block, collapse } from '../collapse.ts'
import { failureWords, thresholdRule } from '../comparison-text.ts'
import { observedMs } from '../duration.ts'
import { unseenStages } from '../headline.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from '../report.ts'
import { failedName, targetName } from '../target-name.ts'
import { type VerdictWords, verdictWords } from '../verdict-words.ts'
import { escapeXml, escapeXmlLines } from './escape-xml.ts'
import { type CaseOfBody, type FixesTold, verdictBody } from './verdict-body.ts'

/**
 * JUnit XML as Jenkins, GitLab and Azure Pipelines read it: a suite is a device, a case an endpoint. A suite begins
 * with its counts, so its cases are held as the text they will be, and no verdict is.
 *
 * What is blocked fails. What is undecided is an error, not skipped: nothing was shown to work, and a skipped case
 * is green. What is at risk passes and says so, or fails where the run is strict.
 */
export class JUnitReport implements Report {
  readonly #strict: boolean
  readonly #suites = new Map<string, Suite>()

  constructor(options: Pick<ReportOptions, 'strict'>) {
    this.#strict = options.strict
  }

  add(verdicts: readonly Verdict[]): string {
    for (const { blocks } of collapse(verdicts)) {
      for (const block of blocks) {
        const { id } = block.verdict.device
        const several = blocks.filter((other) => other.verdict.device.id === id).length > 1
        this.#suite(id).add(this.#caseOf(block, several))
      }
    }
    return ''
  }

  fail(failure: TargetFailure): string {
    const { code, message, hint } = failure
    const body = [message, ...(hint === undefined ? [] : [`hint: ${hint}`])].join('\n')
    this.#suite(ownSuite).add({
      name: failedName(failure),
      ms: 0,
      result: { kind: 'error', type: code, message, body },
    })
    return ''
  }

  end(run: RunSummary): string {
    if (run.interrupted) {
      const message = 'the run was broken off: what is reported is not all that was asked for'
      this.#suite(ownSuite).add({
        name: 'run',
        ms: 0,
        result: { kind: 'error', type: 'interrupted', message, body: message },
      })
    }
    for (const failure of run.comparison?.failures ?? []) this.#suite(planSuite).add(thresholdCase(failure))
    const suites = [...this.#suites.values()]
    const total = (of: (suite: Suite) => number) => suites.reduce((all, suite) => all + of(suite), 0)
    const attributes = counts(
      total((suite) => suite.tests),
      total((suite) => suite.failures),
      total((suite) => suite.errors),
    )
    return [
      '<?xml version="1.0" encoding="UTF-8"?>\n',
      `<testsuites name="tlsfit check" ${attributes} time="${seconds(run.elapsedMs)}">\n`,
      ...suites.map((suite) => suite.toXml(run)),
      '</testsuites>\n',
    ].join('')
  }

  #suite(name: string): Suite {
    const suite = this.#suites.get(name) ?? new Suite(name)
    this.#suites.set(name, suite)
    return suite
  }

  #caseOf(block: Block, several: boolean): Case {
    const { verdict, addresses } = block
    const words = verdictWords(block)
    const at = several && addresses.length > 0 ? ` at ${addresses.join(', ')}` : ''
    const name = `${targetName(verdict)}${at}`
    const { id } = verdict.device
    const { told } = this.#suite(id)
    return {
      name,
      ms: block.verdicts.reduce((total, { observation }) => total + observedMs(observation), 0),
      result: resultOf(verdict, words, this.#strict, { name, target: verdict.observation.target.text, told }),
    }
  }
}

interface Case {
  readonly name: string
  readonly ms: number
  readonly result: Result
}

type Result =
  | {
      readonly kind: 'failure' | 'error'
      readonly type: string
      readonly message: string
      readonly body: string
    }
  | { readonly kind: 'passed'; readonly output: string | undefined }

function resultOf(verdict: Verdict, words: VerdictWords, strict: boolean, of: CaseOfBody): Result {
  const { state } = verdict
  const unseen = unseenStages(verdict)
  if (state === 'fits' && words.outlook.length === 0 && unseen.length === 0) {
    return { kind: 'passed', output: undefined }
  }
  const body = `${verdictBody(words, of)}${unseen.length === 0 ? '' : `\n\nnot seen: ${unseen.join(', ')}`}`
  if (state === 'fits' || (state === 'at-risk' && !strict)) return { kind: 'passed', output: body }
  return {
    kind: state === 'undecided' ? 'error' : 'failure',
    type: words.lead?.id ?? state,
    message: words.cause ?? words.headline,
    body,
  }
}

/** The suite of what is about no device. */
const ownSuite = 'tlsfit'

/** The suite of what the plan asks for beyond the verdicts. */
const planSuite = 'thresholds'

/** Named by what the plan asks, not by the figures: the same case in every run. */
function thresholdCase(failure: MarginFailure): Case {
  const { target, device, rule, limit, counts, unit, percent, line } = failure
  const message = failureWords(failure)
  const where = line === undefined ? '' : ` (line ${line} of the plan)`
  return {
    name: `${target}, ${device}: ${rule} of ${limit}, ${counts}, in ${percent ? 'percent' : unit}`,
    ms: 0,
    result: {
      kind: 'failure',
      type: thresholdRule,
      message,
      body: `${target}, ${device}: ${message}${where}`,
    },
  }
}

/** Characters of a message or a line. Ours are far shorter. */
const lineOptions = { maxChars: 4000 }

class Suite {
  readonly #name: string
  readonly #cases: string[] = []
  readonly told: FixesTold = new Map()
  #ms = 0
  failures = 0
  errors = 0

  constructor(name: string) {
    this.#name = name
  }

  get tests(): number {
    return this.#cases.length
  }

  add({ name, ms, result }: Case): void {
    if (result.kind === 'failure') this.failures++
    if (result.kind === 'error') this.errors++
    this.#ms += ms
    const attributes = `name="${escapeXml(name, lineOptions)}" classname="${escapeXml(className(this.#name))}"`
    const head = `    <testcase ${attributes} time="${seconds(ms)}"`
    const inner = resultXml(result)
    this.#cases.push(inner === '' ? `${head}/>\n` : `${head}>\n${inner}    </testcase>\n`)
  }

  toXml(run: RunSummary): string {
    const attributes = counts(this.tests, this.failures, this.errors)
    const name = escapeXml(this.#name)
    const at = run.startedAt.toISOString().slice(0, 19)
    return [
      `  <testsuite name="${name}" ${attributes} skipped="0" time="${seconds(this.#ms)}" timestamp="${at}">\n`,
      '    <properties>\n',
      `      <property name="tlsfit.version" value="${escapeXml(run.version)}"/>\n`,
      '    </properties>\n',
      ...this.#cases,
      '  </testsuite>\n',
    ].join('')
  }
}

/** Readers split a class name at its dots into packages, and tell the cases of two suites apart by it. */
function className(suite: string): string {
  return `tlsfit.${suite.replaceAll('.', '_')}`
}

function resultXml(result: Result): string {
  if (result.kind === 'passed') {
    if (result.output === undefined) return ''
    return `      <system-out>${escapeXmlLines(result.output, lineOptions)}</system-out>\n`
  }
  const { kind, type, message, body } = result
  const attributes = `type="${escapeXml(type)}" message="${escapeXml(message, lineOptions)}"`
  return `      <${kind} ${attributes}>${escapeXmlLines(body, lineOptions)}</${kind}>\n`
}

function counts(tests: number, failures: number, errors: number): string {
  return `tests="${tests}" failures="${failures}" errors="${errors}"`
}

/** Three digits after the point, and no more: the schema of Surefire allows no more. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
