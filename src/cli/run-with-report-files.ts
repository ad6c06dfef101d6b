import { packageVersion } from '../io/data-folder.ts'
import type { Report, ReportOptions, RunSummary } from '../report/report.ts'
import { exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { errorOf, sayError } from './error-report.ts'
import { openReport } from './open-report.ts'
import { ReportWithFiles } from './report-files.ts'
import type { ReportFile } from './report-option.ts'

/** Of text in a file: no terminal is there to ask. */
const fileColumns = 100

/** Opens the run's own report, with those beside it that go to files. */
export type Beside = (report: Report) => Report

/**
 * Runs `run` with reports to files beside its own. A file that cannot be written is told on stderr and makes the exit
 * code 65, unless something is blocked. Where the run ends with an error, the files say so: a reader of theirs must not
 * take an earlier run's for this one's.
 */
export async function runWithReportFiles(
  asked: readonly ReportFile[],
  options: Pick<ReportOptions, 'strict' | 'can'>,
  io: CliIo,
  run: (beside: Beside) => Promise<number>,
): Promise<number> {
  const fileOptions = { ...options, color: false, columns: fileColumns, ascii: false }
  const files = await Promise.all(
    asked.map(async ({ format, path }) => ({
      path,
      report: await openReport(format, fileOptions, io.folder),
    })),
  )
  let broken = false
  const onTrouble = (error: unknown) => {
    broken = true
    sayError(errorOf(error), io)
  }
  const startedAt = io.now()
  let reports: ReportWithFiles | undefined
  try {
    const exitCode = await run((report) => {
      reports = new ReportWithFiles(report, files, onTrouble)
      return reports
    })
    return broken && exitCode !== exitCodes.blocked ? exitCodes.unreadable : exitCode
  } catch (error) {
    const { code, message, hint, at, exitCode } = errorOf(error)
    reports?.failFiles(
      { target: 'tlsfit check', code, message, hint, at },
      failedRun(startedAt, io.now(), exitCode),
    )
    throw error
  } finally {
    reports?.abandon()
  }
}

/** A run of which nothing came but an error. */
function failedRun(startedAt: Date, now: Date, exitCode: number): RunSummary {
  return {
    version: packageVersion(),
    startedAt,
    elapsedMs: now.getTime() - startedAt.getTime(),
    asked: 1,
    targets: 1,
    failed: 1,
    resumed: 0,
    states: { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 },
    connections: 0,
    bytesSent: 0,
    bytesReceived: 0,
    interrupted: false,
    exitCode,
  }
}
