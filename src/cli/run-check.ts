import type { CheckRequest } from '../io/check-request.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { TargetFailure } from '../report/report.ts'
import type { CheckOptions } from './check-options.ts'
import { type CliIo, reportColumns, wantsAscii, wantsColor } from './cli-io.ts'
import { expectedError } from './error-report.ts'
import { ProgressLine } from './progress-line.ts'
import { RunTally } from './run-tally.ts'

/** Looks at every target and writes the report as it comes. Returns the exit code. */
export async function runCheck(options: CheckOptions, io: CliIo): Promise<number> {
  const [{ check }, { openKnownRoots }, { openReport }, { packageVersion }] = await Promise.all([
    import('../io/check.ts'),
    import('../io/root-files.ts'),
    import('./open-report.ts'),
    import('../io/data-folder.ts'),
  ])
  const report = await openReport(options.format, {
    color: wantsColor(io),
    columns: reportColumns(io),
    ascii: wantsAscii(io),
    strict: options.strict,
    can: options.can,
  })
  const knownRoots = openKnownRoots()
  const forecast = options.forecast
    ? (await import('../io/forecast-files.ts')).openForecast(knownRoots, options.candidates)
    : undefined
  const progress = new ProgressLine(io)
  const tally = new RunTally(packageVersion(), io.now())
  for (const target of options.targets) {
    let found: Verdict[]
    try {
      found = await check({
        ...requestOf(options),
        target,
        knownRoots,
        forecast,
        onProgress: (step) => progress.show(step),
      })
    } catch (error) {
      // Of one target alone the error is the whole answer.
      const failure = options.targets.length > 1 ? failureOf(target, error) : undefined
      if (failure === undefined) throw error
      tally.fail(failure)
      io.stdout.write(report.fail(failure))
      continue
    } finally {
      progress.clear()
    }
    tally.add(found, options.now)
    io.stdout.write(report.add(found))
  }
  const run = tally.summary(io.now(), options.strict)
  io.stdout.write(report.end(run))
  return run.exitCode
}

function requestOf(
  options: CheckOptions,
): Omit<CheckRequest, 'target' | 'knownRoots' | 'onProgress' | 'forecast'> {
  const { targets, format, strict, can, forecast, candidates, ...request } = options
  return request
}

/** Undefined for what is our own fault: that ends the run. */
function failureOf(target: string, error: unknown): TargetFailure | undefined {
  const known = expectedError(error)
  if (known === undefined) return undefined
  const { code, message, hint, at } = known
  return { target, code, message, hint, at }
}
