import { packageVersion } from '../io/data-folder.ts'
import type { Report, ReportOptions, RunSummary, TargetFailure } from '../report/report.ts'
import { exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { errorOf, sayError } from './error-report.ts'
import { openReport } from './open-report.ts'
import type { PlanRun } from './plan-run.ts'
import { ReportWithFiles, writeFailure } from './report-files.ts'
import type { ReportFile } from './report-option.ts'

/** Of text in a file: no terminal is there to ask. */
const fileColumns = 100

/** Opens the run's own report, with those beside it that go to files. */
export type Beside = (report: Report) => Report

/**
 * Reads the options and runs `run` with reports to files beside its own. A file that cannot be written is told on stderr
 * and makes the exit code 65, unless something is blocked. Where the run ends with an error, be it in the options, the
 * files say so: a reader of theirs must not take an earlier run's for this one's.
 */
export async function runWithReportFiles<Options extends ReadOptions>(
  asked: readonly ReportFile[],
  read: () => Promise<Options>,
  io: CliIo,
  run: (options: Options, beside: Beside) => Promise<number>,
): Promise<number> {
  let broken = false
  const onTrouble = (error: unknown) => {
    broken = true
    sayError(errorOf(error), io)
  }
  const startedAt = io.now()
  let options: Options | undefined
  let reports: ReportWithFiles | undefined
  try {
    options = await read()
    const files = await reportsTo(asked, options, io)
    const exitCode = await run(options, (report) => {
      reports = new ReportWithFiles(report, files, onTrouble)
      return reports
    })
    return broken && exitCode !== exitCodes.blocked ? exitCodes.unreadable : exitCode
  } catch (error) {
    const told = failureOf(error, startedAt, io)
    if (reports !== undefined) reports.failFiles(told.failure, told.run)
    else await failFiles(asked, options, told, io, onTrouble)
    throw error
  } finally {
    reports?.abandon()
  }
}

/** The files of a run whose options could not even be told apart say so; what cannot be written is told on stderr. */
export async function tellReportFiles(
  asked: readonly ReportFile[],
  error: unknown,
  io: CliIo,
): Promise<void> {
  const onTrouble = (trouble: unknown) => sayError(errorOf(trouble), io)
  await failFiles(asked, undefined, failureOf(error, io.now(), io), io, onTrouble)
}

interface Told {
  readonly failure: TargetFailure
  readonly run: RunSummary
}

function failureOf(error: unknown, startedAt: Date, io: CliIo): Told {
  const { code, message, hint, at, exitCode } = errorOf(error)
  return {
    failure: { target: 'tlsfit check', code, message, hint, at },
    run: failedRun(startedAt, io.now(), exitCode),
  }
}

async function failFiles(
  asked: readonly ReportFile[],
  options: ReadOptions | undefined,
  { failure, run }: Told,
  io: CliIo,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  for (const file of await reportsTo(asked, options, io)) {
    try {
      writeFailure(file, failure, run)
    } catch (trouble) {
      // It may be the very file that the run failed for.
      if (errorOf(trouble).message !== failure.message) onTrouble(trouble)
    }
  }
}

type ReadOptions = Pick<ReportOptions, 'strict' | 'can'> & { readonly planRun?: PlanRun | undefined }

function reportsTo(asked: readonly ReportFile[], options: ReadOptions | undefined, io: CliIo) {
  const { strict = false, can, planRun } = options ?? {}
  const fileOptions = {
    ...{ strict, can, lastRun: planRun?.before },
    ...{ color: false, columns: fileColumns, ascii: false },
  }
  return Promise.all(
    asked.map(async ({ format, path }) => ({
      path,
      report: await openReport(format, fileOptions, io.folder),
    })),
  )
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
