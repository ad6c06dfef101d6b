import type { Device } from '../device/device.ts'
import { CheckBatch, type TargetResult } from '../io/check-batch.ts'
import type { CheckJob } from '../io/check-request.ts'
import { packageVersion } from '../io/data-folder.ts'
import type { Journal } from '../io/journal.ts'
import { openDevice } from '../io/open-device.ts'
import { openKnownRoots } from '../io/root-files.ts'
import type { Report, RunSummary, TargetFailure } from '../report/report.ts'
import { BatchProgress } from './batch-progress.ts'
import type { CheckOptions } from './check-options.ts'
import { exitCodes } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import { errorOf } from './error-report.ts'
import { exitCodeCompared } from './exit-code.ts'
import { openReport } from './open-report.ts'
import type { PlanRun } from './plan-run.ts'
import { ProgressLine } from './progress-line.ts'
import { RunTally } from './run-tally.ts'
import type { Beside } from './run-with-report-files.ts'

/**
 * Looks at every target and writes the report as it comes. Returns the exit code. Interrupted, it ends the report where
 * it is. Of one target alone an error is the whole answer, and thrown; of several it is reported, and the run goes on.
 */
export async function runCheck(options: CheckOptions, io: CliIo, beside?: Beside): Promise<number> {
  const { jobs, strict, planRun } = options
  const written = {
    ...pageOptions(io),
    strict,
    can: options.can,
    lastRun: planRun?.before,
  }
  const own = await openReport(options.format, written, io.folder)
  const report = beside?.(own) ?? own
  const knownRoots = openKnownRoots()
  const forecast = options.forecast
    ? (await import('../io/forecast-files.ts')).openForecast(knownRoots, options.candidates)
    : undefined
  const run = { ...options.run, knownRoots, forecast }
  const opened = await withDevices(jobs, (asked) => openDevice(asked, run))
  const journal = await openedJournal(options, packageVersion(), io)
  const signal = io.interruption?.()
  const tally = new RunTally(packageVersion(), io.now(), jobs.length)
  const line = new ProgressLine(io)
  const batch = new CheckBatch({
    jobs: opened,
    run,
    sideBySide: options.sideBySide,
    journal,
    signal,
    onProgress: jobs.length > 1 || options.quiet ? undefined : (step) => line.show(step),
  })
  const progress = jobs.length > 1 && !options.quiet ? progressOf(batch, tally, jobs.length, io) : undefined
  if (options.repeats > 0 && !options.quiet) {
    io.stderr.write(`note: ${options.repeats} of the targets were given before; each is looked at once\n`)
  }
  const write = async (text: string) => {
    if (text === '') return
    progress?.clear()
    line.clear()
    io.stdout.write(text)
    await io.stdout.drained?.()
  }
  try {
    for await (const result of batch.results()) {
      if ('error' in result && jobs.length === 1) throw result.error
      const place = jobs[result.index]?.place
      await write(reported(result, place, { report, tally, planRun, now: run.now, io }))
    }
  } finally {
    progress?.stop()
    line.clear()
    journal?.close()
  }
  const ended = tally.summary(io.now(), signal?.aborted ?? false, batch.traffic, strict)
  const summary = await compared(planRun, ended, io)
  await write(report.end(summary))
  return summary.exitCode
}

/** The run beside the one before it: a threshold that is broken fails it, whatever the verdicts. */
async function compared(planRun: PlanRun | undefined, run: RunSummary, io: CliIo): Promise<RunSummary> {
  if (planRun === undefined) return run
  const comparison = await planRun.finish(run.interrupted)
  const { unwritten } = planRun
  if (unwritten !== undefined) io.stderr.write(`error: ${unwritten.message}\nhint: ${unwritten.hint}\n`)
  const exitCode = exitCodeCompared(run.exitCode, comparison, unwritten !== undefined)
  return { ...run, comparison, exitCode }
}

/** What a result goes into. */
interface Reporting {
  readonly report: Report
  readonly tally: RunTally
  readonly planRun: PlanRun | undefined
  readonly now: Date
  readonly io: CliIo
}

/** The result's place in the report, and in the count. A report that fails is a fault in that target alone, too. */
function reported(
  result: TargetResult,
  place: CheckJob['place'],
  { report, tally, planRun, now, io }: Reporting,
): string {
  let error: unknown
  if ('error' in result) error = result.error
  else {
    try {
      const text = report.add(result.verdicts)
      tally.add(result.verdicts, now, result.resumed)
      planRun?.add(result.verdicts)
      return text
    } catch (caught) {
      error = caught
    }
  }
  const { exitCode, code, message, hint, at } = errorOf(error)
  const isFault = exitCode === exitCodes.fault
  if (isFault && io.env.TLSFIT_DEBUG === '1' && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`)
  }
  tally.fail(isFault)
  planRun?.fail(place?.name ?? result.target)
  const failure: TargetFailure = { target: result.target, code, message, hint, at, place }
  return report.fail(failure)
}

/** Each device is opened once: what is wrong with it is wrong for every target, and told before anything is dialled. */
async function withDevices(
  jobs: readonly CheckJob[],
  open: (asked: CheckJob['devices'][number]) => Promise<Device>,
): Promise<CheckJob[]> {
  const opened = new Map<CheckJob['devices'][number], Device>()
  const lists = new Map<CheckJob['devices'], readonly Device[]>()
  const all: CheckJob[] = []
  for (const job of jobs) {
    let devices = lists.get(job.devices)
    if (devices === undefined) {
      for (const asked of job.devices) opened.set(asked, opened.get(asked) ?? (await open(asked)))
      devices = job.devices.flatMap((asked) => opened.get(asked) ?? [])
      lists.set(job.devices, devices)
    }
    all.push({ ...job, devices })
  }
  return all
}

async function openedJournal(
  { journalFile, jobs }: CheckOptions,
  version: string,
  io: CliIo,
): Promise<Journal | undefined> {
  if (journalFile === undefined) return undefined
  const { openJournal } = await import('../io/journal.ts')
  return openJournal(journalFile, {
    jobs,
    version,
    onBroken: ({ message }) => {
      io.stderr.write(`error: ${message}\nhint: the report goes on; what is seen from here on is not kept\n`)
    },
  })
}

function progressOf(batch: CheckBatch, tally: RunTally, asked: number, io: CliIo): BatchProgress {
  return new BatchProgress(io, () => ({
    done: tally.targets,
    asked,
    blocked: tally.blockedTargets,
    slowest: batch.slowest,
  }))
}
