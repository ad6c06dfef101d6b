import { dirname, join, resolve } from 'node:path'
import { formatCredential } from '../credential/credential.ts'
import { plainName } from '../credential/plain-text.ts'
import { removalOf } from '../credential/remove-credential.ts'
import type { Exam } from '../exam/exam.ts'
import { type Measurement, openMeasurement, SESSION_FILE } from '../measure/measurement.ts'
import { QuietWatch } from '../measure/quiet-watch.ts'
import { settingsFor } from '../serve/device-settings.ts'
import { urlHost } from '../serve/machine-hosts.ts'
import { writeCredential } from '../serve/serving.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { MeasurePlan } from './measure.ts'
import { listenError, sessionError, unwrittenYet, writeError } from './measure-errors.ts'
import type { MeasureTrust } from './measure-page.ts'
import { MeasuredReportFiles, type MeasuredRun, measuredResult, TEST_SEC_TAG } from './measure-reports.ts'
import { measuredDevice, ProfileFiles } from './measure-results.ts'
import { jsonTeller, textTeller } from './measure-teller.ts'
import { Troubles } from './measure-troubles.ts'
import { interrupted } from './service.ts'

/** Of a device on a slow link; what sends a byte a second is gone then. */
const HELLO_TIMEOUT_MS = 30_000

/** Runs a measurement to its end, or until it is interrupted. */
export async function measure(plan: MeasurePlan, io: CliIo): Promise<number> {
  const reports = new MeasuredReportFiles(plan.reports)
  try {
    return await measureInto(reports, plan, io)
  } finally {
    reports.discard()
  }
}

async function measureInto(reports: MeasuredReportFiles, plan: MeasurePlan, io: CliIo): Promise<number> {
  const teller = plan.format === 'json' ? jsonTeller(plan, io) : textTeller(plan, io)
  const profiles = new ProfileFiles(plan.out ?? join(plan.folder, 'device.yaml'), plan.version)
  // The session's own folder is made further below.
  if (plan.out !== undefined && dirname(resolve(plan.out)) !== plan.folder) profiles.check()
  const file = join(plan.folder, SESSION_FILE)
  const quiet = new QuietWatch((one) => teller.quiet(one))
  const troubles = new Troubles((trouble) => teller.trouble(trouble))
  // What comes before the start was told waits for it.
  const early: (() => void)[] = []
  let started = false
  const tell = (act: () => void) => (started ? act() : early.push(act))
  const writeProfile = (device: string, exam: Exam) =>
    troubles.of('profile', () => profiles.write(device, exam))
  const measurement = await open(plan, io, {
    asked: (device, probe) => {
      quiet.came(device)
      tell(() => teller.asked(device, probe))
    },
    answered: (device, answer, exam) => {
      if (exam.next() !== undefined) quiet.left(device, exam)
      tell(() => {
        teller.answered(device, answer, exam)
        writeProfile(device, exam)
      })
    },
    stray: (address, why, count) => tell(() => teller.stray(address, why, count)),
    noted: (note) => tell(() => teller.noted(note)),
    unwritten: (error) =>
      tell(() =>
        troubles.of('session', () => {
          if (error !== undefined) throw unwrittenYet(error, file)
        }),
      ),
  })
  try {
    const trust = await trustOf(measurement, plan)
    teller.opened(measurement, trust)
    started = true
    for (const [device, exam] of measurement.exams()) writeProfile(device, exam)
    for (const act of early) act()
    quiet.start()
    const how = await Promise.race([
      measurement.over.then(() => 'over' as const),
      interrupted().then(() => 'interrupted' as const),
    ])
    quiet.stop()
    const unwritten = await measurement.close()
    for (const [device, exam] of measurement.exams()) writeProfile(device, exam)
    teller.ended(measurement, trust, profiles)
    try {
      reports.write(reportOf(measurement, trust, profiles, plan), measurement.found().strays)
    } catch (error) {
      // Answers that are lost weigh more.
      throw unwritten === undefined ? error : writeError(unwritten, file)
    }
    if (unwritten !== undefined) throw writeError(unwritten, file)
    const profileError = troubles.errorOf('profile')
    if (profileError !== undefined) throw profileError
    return how === 'over' ? exitCodes.done : exitCodes.interrupted
  } finally {
    quiet.stop()
    await measurement.close()
  }
}

function reportOf(
  measurement: Measurement,
  { removal }: MeasureTrust,
  profiles: ProfileFiles,
  { device: known, version }: MeasurePlan,
): MeasuredRun {
  const devices = [...measurement.found().devices].map(([device, exam]) =>
    measuredResult(measuredDevice(device, exam, { known, version }), profiles.pathOf(device)),
  )
  return { version, devices, testCa: { sha256: measurement.ca.sha256, removal } }
}

async function open(
  plan: MeasurePlan,
  io: CliIo,
  events: Parameters<typeof openMeasurement>[0]['events'],
): Promise<Measurement> {
  const { folder, hosts, port, mqttPort, names, devices, knownBy, holdMs, version } = plan
  try {
    return await openMeasurement({
      folder,
      hosts,
      port,
      mqttPort,
      names,
      devices,
      knownBy,
      holdMs,
      helloTimeoutMs: HELLO_TIMEOUT_MS,
      now: io.now,
      version,
      events,
    })
  } catch (error) {
    throw listenError(error, plan) ?? sessionError(error, join(folder, SESSION_FILE))
  }
}

/** The test CA as the device loads it, its files, and how it is taken away again. */
async function trustOf({ ca, urlHosts, port }: Measurement, plan: MeasurePlan): Promise<MeasureTrust> {
  const { device, folder } = plan
  const certificate = decodeCertificate(ca.der)
  const host = urlHosts[0] ?? 'localhost'
  const settings =
    device &&
    settingsFor(device, {
      url: `https://${urlHost(host)}:${port}/`,
      host,
      port,
      path: '/',
      caName: plainName(certificate),
      caBytes: ca.der.length,
      caSha256: ca.sha256,
      keyType: 'rsa-2048',
      oldSuites: true,
    })
  const credential = formatCredential(settings?.format ?? 'pem', [certificate], {
    name: 'tlsfit_test_ca',
    secTag: TEST_SEC_TAG,
    storedLimit: device?.limits.storedAnchorBytes,
  })
  const files = await writeCredential({ credential, ca }, folder)
  const removal = removalOf(credential.format, TEST_SEC_TAG)
  return { device, credential, files, fixes: settings?.fixes ?? [], removal }
}
