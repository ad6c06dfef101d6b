import type { Place } from '../finding/place.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Json } from '../observe/observation-json.ts'
import { comparisonJson } from './comparison-json.ts'
import { verdictJson } from './json.ts'
import { formatJson } from './json-text.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from './report.ts'

/** `tlsfit/verdicts@1`, written piece by piece: `verdicts` first, then `failed` and `run`, known at the end. */
export class JsonReport implements Report {
  readonly #failed: Json[] = []
  readonly #can: readonly Place[] | undefined
  #began = false

  constructor({ can }: Pick<ReportOptions, 'can'> = {}) {
    this.#can = can
  }

  add(verdicts: readonly Verdict[]): string {
    // Nothing has begun where a verdict cannot be written.
    const texts = verdicts.map((verdict) => indented(verdictJson(verdict, this.#can), 4))
    return texts.map((text) => `${this.#before()}\n${text}`).join('')
  }

  fail(failure: TargetFailure): string {
    this.#failed.push(failureJson(failure))
    return ''
  }

  end(run: RunSummary): string {
    const opening = this.#began ? '' : `${head}[]`
    const closing = this.#began ? '\n  ]' : ''
    const failed = this.#failed.length > 0 ? `,\n  "failed": ${indented(this.#failed, 2).trimStart()}` : ''
    return `${opening}${closing}${failed},\n  "run": ${indented(runJson(run), 2).trimStart()}\n}\n`
  }

  #before(): string {
    if (this.#began) return ','
    this.#began = true
    return `${head}[`
  }
}

/** One verdict a line, one line for each target that failed, and of a plan a last one with what `run` of the document is. */
export class JsonLinesReport implements Report {
  readonly #can: readonly Place[] | undefined

  constructor({ can }: Pick<ReportOptions, 'can'> = {}) {
    this.#can = can
  }

  add(verdicts: readonly Verdict[]): string {
    return verdicts.map((verdict) => `${formatJson(verdictJson(verdict, this.#can), 0)}\n`).join('')
  }

  fail(failure: TargetFailure): string {
    return `${formatJson(failureJson(failure), 0)}\n`
  }

  end(run: RunSummary): string {
    return run.comparison === undefined ? '' : `${formatJson({ run: runJson(run) }, 0)}\n`
  }
}

const head = '{\n  "schema": "tlsfit/verdicts@1",\n  "verdicts": '

/** A line feed within a string is spelt `\n` in JSON: only those between lines are moved. */
function indented(value: Json, columns: number): string {
  const indent = ' '.repeat(columns)
  return `${indent}${formatJson(value).replaceAll('\n', `\n${indent}`)}`
}

/** Of the form of `tlsfit/error@1`, with the target it is about. */
function failureJson({ target, code, message, hint, at }: TargetFailure): { readonly [key: string]: Json } {
  return { target, error: { code, message, hint: hint ?? null, at: at ?? null } }
}

function runJson(run: RunSummary): { readonly [key: string]: Json } {
  const { comparison, ...rest } = run
  return {
    ...rest,
    startedAt: run.startedAt.toISOString(),
    states: { ...run.states },
    ...(comparison === undefined ? {} : { comparison: comparisonJson(comparison) }),
  }
}
