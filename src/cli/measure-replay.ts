import { Exam } from '../exam/exam.ts'
import { answersByDevice, SESSION_SCHEMA } from '../exam/session.ts'
import { foundOf } from '../measure/measurement.ts'
import { readSession } from '../measure/session-file.ts'
import { escapeText } from '../report/escape.ts'
import { measuredJson } from '../report/measured-json.ts'
import { formatCount } from '../report/units.ts'
import { CliError, exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { MeasurePlan } from './measure.ts'
import { replayError } from './measure-errors.ts'
import { MeasuredReportFiles, measuredResult, removalFor } from './measure-reports.ts'
import { countsOf, measuredDevice, namingOf, ProfileFiles, resultText } from './measure-results.ts'

/** `tlsfit measure --replay FILE`: the same results from the answers alone. */
export async function replay(plan: MeasurePlan, file: string, io: CliIo): Promise<number> {
  const reports = new MeasuredReportFiles(plan.reports)
  try {
    return await replayInto(reports, plan, file, io)
  } finally {
    reports.discard()
  }
}

async function replayInto(
  reports: MeasuredReportFiles,
  plan: MeasurePlan,
  file: string,
  io: CliIo,
): Promise<number> {
  const session = await readSession(file).catch((error: unknown) => {
    throw replayError(error, file)
  })
  if (session === undefined) {
    throw new CliError(exitCodes.unreadable, 'session-missing', `there is no session in ${file}`, {
      hint: `write a file that begins with ${SESSION_SCHEMA}, such as session.jsonl of --dir`,
      at: file,
    })
  }
  const exams = new Map(
    [...answersByDevice(session.recorded)].map(([device, answers]) => [device, new Exam(answers)] as const),
  )
  const { devices: found, strays } = foundOf(exams)
  if (session.tornBytes > 0)
    io.stderr.write(
      `note: the last line of ${escapeText(file, { maxChars: 200 })} was torn off (${formatCount(session.tornBytes, 'byte')}): it is left out\n`,
    )
  // By the version that asked: the profile is the one that was written then.
  const { version, caSha256 } = session.header
  const known = plan.device
  const devices = [...found].map(([device, exam]) => measuredDevice(device, exam, { known, version }))
  const profiles = plan.out === undefined ? undefined : new ProfileFiles(plan.out, version)
  for (const { device, exam } of devices) profiles?.write(device, exam)
  const results = devices.map((one) => measuredResult(one, profiles?.pathOf(one.device)))
  const testCa = { sha256: caSha256, removal: removalFor(known) }
  reports.write({ version, devices: results, testCa }, strays)
  if (plan.format === 'json') {
    io.stdout.write(`${JSON.stringify(measuredJson(devices, countsOf(strays), namingOf(version)))}\n`)
    return exitCodes.done
  }
  const texts = devices.map((one) => resultText(one, io))
  io.stdout.write(texts.length === 0 ? 'no device has answered in this session\n' : texts.join('\n'))
  return exitCodes.done
}
