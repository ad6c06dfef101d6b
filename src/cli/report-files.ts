import { OutputFile } from '../io/output-file.ts'
import type { Verdict } from '../judge/verdict.ts'
import { escapeText } from '../report/escape.ts'
import {
  type Report,
  type ReportFormat,
  type RunSummary,
  reportFormats,
  type TargetFailure,
} from '../report/report.ts'
import { usageError } from './cli-error.ts'

/** One report of a run that goes to a file. */
export interface ReportFile {
  readonly format: ReportFormat
  readonly path: string
}

/** `--report FORMAT:FILE`, as often as given. */
export function parseReportFiles(values: readonly string[] | undefined): ReportFile[] {
  const files = (values ?? []).map((value): ReportFile => {
    const colon = value.indexOf(':')
    const format = reportFormats.find((each) => each === value.slice(0, Math.max(0, colon)))
    const path = value.slice(colon + 1)
    if (format !== undefined && path !== '') return { format, path }
    throw usageError(
      'report-invalid',
      `--report ${escapeText(value, { maxChars: 60 })} is not of the form FORMAT:FILE`,
      `write --report sarif:out.sarif; formats: ${reportFormats.join(', ')}`,
      '--report',
    )
  })
  const twice = files.find(({ path }, at) => files.findIndex((other) => other.path === path) !== at)
  if (twice === undefined) return files
  throw usageError(
    'report-invalid',
    `--report names ${escapeText(twice.path, { maxChars: 100 })} twice`,
    'give each report a file of its own',
    '--report',
  )
}

/**
 * The report of a run with others beside it, each written to its file while the run goes on and put in its place at
 * the end. A file that cannot be written any more is told once, and the others go on.
 */
export class ReportWithFiles implements Report {
  readonly #report: Report
  readonly #files: { readonly report: Report; readonly file: OutputFile }[]
  readonly #onTrouble: (error: unknown) => void

  /** Throws `InputError` where a file cannot be opened: nothing was dialled by then, and no file is left. */
  constructor(
    report: Report,
    files: readonly { readonly path: string; readonly report: Report }[],
    onTrouble: (error: unknown) => void,
  ) {
    this.#report = report
    this.#onTrouble = onTrouble
    this.#files = []
    try {
      for (const each of files) this.#files.push({ report: each.report, file: new OutputFile(each.path) })
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  add(verdicts: readonly Verdict[]): string {
    const text = this.#report.add(verdicts)
    this.#each(({ report, file }) => file.write(report.add(verdicts)))
    return text
  }

  fail(failure: TargetFailure): string {
    this.#each(({ report, file }) => file.write(report.fail(failure)))
    return this.#report.fail(failure)
  }

  end(run: RunSummary): string {
    this.endFiles(run)
    return this.#report.end(run)
  }

  /** Ends the files alone: where the run's own report is an error. */
  endFiles(run: RunSummary): void {
    this.#each(({ report, file }) => {
      file.write(report.end(run))
      file.commit()
    })
    this.#files.length = 0
  }

  /** Leaves no file behind; what stood under their names before, stands there still. */
  abandon(): void {
    for (const { file } of this.#files.splice(0)) file.discard()
  }

  #each(write: (one: { readonly report: Report; readonly file: OutputFile }) => void): void {
    for (const one of [...this.#files]) {
      try {
        write(one)
      } catch (error) {
        one.file.discard()
        this.#files.splice(this.#files.indexOf(one), 1)
        this.#onTrouble(error)
      }
    }
  }
}
