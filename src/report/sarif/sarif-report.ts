import { type FindingId, findings } from '../../finding/details.ts'
import type { Effect, Finding } from '../../finding/finding.ts'
import type { Outlook } from '../../judge/outlook.ts'
import type { Verdict } from '../../judge/verdict.ts'
import type { Json } from '../../observe/observation-json.ts'
import type { Comparison } from '../../plan/comparison.ts'
import { type BaselineState, counts } from '../../plan/finding-record.ts'
import { type Block, collapse } from '../collapse.ts'
import { failureWords, thresholdRule } from '../comparison-text.ts'
import { escapeText } from '../escape.ts'
import { formatFix } from '../fixes.ts'
import { causeText } from '../headline.ts'
import { formatJson } from '../json-text.ts'
import { formatMissing } from '../missing-words.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from '../report.ts'
import { formatTitle } from '../words.ts'
import { Baseline } from './baseline.ts'
import { fingerprintOf, forecastFingerprint, thresholdFingerprint } from './fingerprint.ts'
import {
  forecastLevel,
  forecastMessage,
  forecastProperties,
  forecastRule,
  forecastsOf,
} from './forecast-result.ts'
import { locationOf, planLocation } from './locations.ts'
import { messageText } from './message-text.ts'
import { Rules } from './rules.ts'

/** GitHub refuses an upload with more results in a run; `lesser` of them may be taken by what does not block. */
const maxResults = { all: 25_000, lesser: 20_000 }

/** Notifications kept of targets that failed and of verdicts without a finding. */
const maxNotifications = 1000

/** Characters of a message; of its first sentence GitHub makes the title. */
const messageChars = 2000

/**
 * SARIF 2.1.0: a rule is a finding id, a result one finding of one device at one endpoint. Results are what blocks,
 * what risks, and what leaves a verdict undecided; notes and endpoints that fit are none, for GitHub opens an alert
 * for every result, whatever its kind. For the same reason what the last run had and this one has not is told as a
 * notification, and not as a result that is `absent`.
 */
export class SarifReport implements Report {
  readonly #max: typeof maxResults
  readonly #rules: Rules
  readonly #named: (path: string) => string
  readonly #baseline: Baseline
  readonly #notifications: Json[] = []
  /** How often each fingerprint was written: two versions of a family share it. */
  readonly #written = new Map<string, number>()
  #results = 0
  #lesser = 0
  #leftOut = 0

  constructor(
    options: Pick<ReportOptions, 'findingPages' | 'pathInRepository' | 'lastRun'>,
    max = maxResults,
  ) {
    this.#max = max
    this.#named = options.pathInRepository ?? ((path) => path)
    this.#baseline = new Baseline(options.lastRun)
    this.#rules = new Rules(options.findingPages?.() ?? new Map())
  }

  add(verdicts: readonly Verdict[]): string {
    let text = ''
    for (const { blocks } of collapse(verdicts)) {
      const seen = new Map<string, Set<string>>()
      for (const block of blocks) {
        const { id } = block.verdict.device
        const before = seen.get(id) ?? new Set()
        seen.set(id, before)
        text += this.#blockText(block, before)
      }
    }
    return text
  }

  fail({ target, message, hint }: TargetFailure): string {
    const words = `${target}: ${message}${hint === undefined ? '' : ` (${hint})`}`
    this.#notify('error', words)
    return ''
  }

  end(run: RunSummary): string {
    const thresholds = run.comparison === undefined ? '' : this.#thresholdsText(run.comparison)
    if (!run.interrupted) this.#notifyGone()
    if (this.#leftOut > 0) {
      const words = `${this.#leftOut} more results are left out: GitHub takes ${this.#max.all} in a run`
      this.#notifications.unshift(notification('error', words))
    }
    const rest = formatJson(this.#afterResults(run), 0).slice(1)
    return `${thresholds}${this.#results === 0 ? head : '\n'}],${rest}]}\n`
  }

  #blockText(block: Block, before: Set<string>): string {
    const { verdict } = block
    const findings = verdict.findings.filter((finding) => counts(finding, verdict))
    if (verdict.state === 'undecided' && findings.length === 0) this.#notifyUndecided(verdict)
    this.#baseline.reach(verdict)
    let text = ''
    for (const finding of findings) {
      const baselineState = this.#baseline.add(finding, verdict)
      const fingerprint = fingerprintOf(finding, verdict)
      // Another address of the same endpoint, where the device meets the same.
      if (before.has(fingerprint)) continue
      before.add(fingerprint)
      if (!this.#hasRoom(finding)) continue
      text += this.#resultText(this.#resultJson(finding, block, fingerprint, baselineState))
    }
    for (const outlook of forecastsOf(verdict)) {
      const fingerprint = forecastFingerprint(outlook, verdict)
      if (before.has(fingerprint)) continue
      before.add(fingerprint)
      if (this.#hasRoom({ effect: 'risks' }))
        text += this.#resultText(this.#forecastJson(outlook, block, fingerprint))
    }
    return text
  }

  #resultText(result: Json): string {
    const opening = this.#results++ === 0 ? `${head}\n` : ',\n'
    return `${opening}${formatJson(result, 0)}`
  }

  #forecastJson(outlook: Outlook, { verdict, addresses }: Block, fingerprint: string): Json {
    return {
      ruleId: forecastRule,
      ruleIndex: this.#rules.indexOf(forecastRule),
      kind: 'fail',
      level: forecastLevel(outlook),
      message: { text: messageText(`${forecastMessage(outlook, verdict)}.`, messageChars) },
      locations: [locationOf(outlook.findings[0], verdict, this.#named)],
      partialFingerprints: this.#prints(fingerprint),
      properties: {
        device: shown(verdict.device.id),
        target: shown(verdict.observation.target.text),
        addresses: [...addresses],
        ...forecastProperties(outlook),
      },
    }
  }

  /** What fails the run though every verdict may be well, at the line of the plan. */
  #thresholdsText({ plan, failures }: Comparison): string {
    let text = ''
    for (const failure of failures) {
      if (!this.#hasRoom({ effect: 'blocks' })) continue
      const { target, device } = failure
      text += this.#resultText({
        ruleId: thresholdRule,
        ruleIndex: this.#rules.indexOf(thresholdRule),
        ...kinds.blocks,
        message: {
          text: messageText(`${shown(device)}, ${shown(target)}: ${failureWords(failure)}.`, messageChars),
        },
        locations: [planLocation(this.#named(plan), failure)],
        partialFingerprints: this.#prints(thresholdFingerprint(failure)),
        properties: { device: shown(device), target: shown(target) },
      })
    }
    return text
  }

  #prints(fingerprint: string): Json {
    const occurrence = (this.#written.get(fingerprint) ?? 0) + 1
    this.#written.set(fingerprint, occurrence)
    return {
      'tlsfit/v1': fingerprint,
      // The one that GitHub goes by, in the form it gives its own.
      primaryLocationLineHash: `${fingerprint}:${occurrence}`,
    }
  }

  #hasRoom({ effect }: Pick<Finding, 'effect'>): boolean {
    const room = this.#results < this.#max.all && (effect === 'blocks' || this.#lesser < this.#max.lesser)
    if (!room) this.#leftOut++
    else if (effect !== 'blocks') this.#lesser++
    return room
  }

  #resultJson(
    finding: Finding,
    block: Block,
    fingerprint: string,
    baselineState: BaselineState | undefined,
  ): Json {
    const { verdict, addresses } = block
    const { device, observation } = verdict
    return {
      ruleId: finding.id,
      ruleIndex: this.#rules.indexOf(finding.id),
      ...kinds[finding.effect],
      ...(baselineState === undefined ? {} : { baselineState }),
      message: { text: messageOf(finding, block) },
      locations: [locationOf(finding, verdict, this.#named)],
      partialFingerprints: this.#prints(fingerprint),
      properties: {
        device: shown(device.id),
        target: shown(observation.target.text),
        addresses: [...addresses],
        stage: finding.stage,
        reached: finding.reached,
        limitSource: finding.limit === undefined ? null : shown(finding.limit.source),
        fixes: finding.fixes.map((suggested) => {
          const { id, title, commands } = formatFix(suggested, finding, device, observation.target)
          return { id, title, commands: [...commands] }
        }),
      },
    }
  }

  /** What is open, of which no finding speaks. */
  #notifyUndecided(verdict: Verdict): void {
    const [missing] = verdict.missing
    const why = missing === undefined ? '' : `: ${formatMissing(missing, verdict).why}`
    const words = `whether ${verdict.device.id} reaches ${verdict.observation.target.text} is not known${why}`
    this.#notify('warning', words)
  }

  #notifyGone(): void {
    for (const { target, device, id } of this.#baseline.gone()) {
      this.#notify('note', `${device}, ${target}: no more, of the last run: ${goneTitle(id)}`)
    }
  }

  #notify(level: Level, words: string): void {
    if (this.#notifications.length < maxNotifications) this.#notifications.push(notification(level, words))
  }

  #afterResults(run: RunSummary): { readonly [key: string]: Json } {
    const { version, startedAt, elapsedMs, exitCode, failed, interrupted } = run
    return {
      tool: {
        driver: { name: 'tlsfit', version, semanticVersion: version, rules: this.#rules.toJson() },
      },
      invocations: [
        {
          startTimeUtc: startedAt.toISOString(),
          endTimeUtc: new Date(startedAt.getTime() + elapsedMs).toISOString(),
          exitCode,
          executionSuccessful: failed === 0 && !interrupted,
          toolExecutionNotifications: this.#notifications,
        },
      ],
      automationDetails: { id: 'tlsfit/check/' },
      columnKind: 'utf16CodeUnits',
    }
  }
}

const head = `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[`

/** §3.27.9 and §3.27.10: only what fails has a level. */
const kinds: { readonly [E in Effect]: { readonly kind: string; readonly level: string } } = {
  blocks: { kind: 'fail', level: 'error' },
  risks: { kind: 'fail', level: 'warning' },
  unknown: { kind: 'open', level: 'none' },
  info: { kind: 'informational', level: 'none' },
}

/** The last run may be of another version, with findings that this one does not know. */
function goneTitle(id: string): string {
  return Object.hasOwn(findings, id) ? formatTitle(id as FindingId) : id
}

function messageOf(finding: Finding, { verdict, addresses }: Block): string {
  const { target } = verdict.observation
  const at = addresses.length === 0 || addresses[0] === target.host ? '' : ` at ${addresses.join(', ')}`
  const later = finding.reached ? '' : ' (met once what stops it earlier is cured)'
  const who = `${shown(verdict.device.id)}, ${shown(target.text)}${at}${later}`
  const [fix] = finding.fixes
  const best = fix === undefined ? '' : ` Fix: ${formatFix(fix, finding, verdict.device, target).title}.`
  return messageText(`${who}: ${causeText(finding, verdict, {})}${best}`, messageChars)
}

type Level = 'error' | 'warning' | 'note'

function notification(level: Level, words: string): Json {
  return { level, message: { text: messageText(words, messageChars) } }
}

function shown(text: string): string {
  return escapeText(text, { maxChars: 400 })
}
