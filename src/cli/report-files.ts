import { OutputFile } from '../io/output-file.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Report, RunSummary, TargetFailure } from '../report/report.ts'

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
    this.#endFiles(run)
    return this.#report.end(run)
  }

  /** Ends the files with a failure alone: the run's own report is an error. */
  failFiles(failure: TargetFailure, run: RunSummary): void {
    this.#each(({ report, file }) => file.write(report.fail(failure)))
    this.#endFiles(run)
  }

  /** Leaves no file behind; what stood under their names before, stands there still. */
  abandon(): void {
    for (const { file } of this.#files.splice(0)) file.discard()
  }

  #endFiles(run: RunSummary): void {
    this.#each(({ report, file }) => {
      file.write(report.end(run))
      file.commit()
    })
    this.#files.length = 0
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

/** Writes a file that says why its run failed, and nothing else. Throws `InputError`. */
export function writeFailure(
  { path, report }: { readonly path: string; readonly report: Report },
  failure: TargetFailure,
  run: RunSummary,
): void {
  const file = new OutputFile(path)
  try {
    file.write(report.fail(failure))
    file.write(report.end(run))
    file.commit()
  } catch (error) {
    file.discard()
    throw error
  }
}
