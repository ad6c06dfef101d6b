import { join } from 'node:path'
import { formatCredential } from '../credential/credential.ts'
import { plainName } from '../credential/plain-text.ts'
import { removalOf } from '../credential/remove-credential.ts'
import type { Exam } from '../exam/exam.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { isOver, type Measurement, openMeasurement, SESSION_FILE } from '../measure/measurement.ts'
import type { StrayKind } from '../measure/measuring-server.ts'
import { answerJson, measuredJson } from '../report/measured-json.ts'
import { settingsFor } from '../serve/device-settings.ts'
import { urlHost } from '../serve/machine-hosts.ts'
import { credentialJson, writeCredential } from '../serve/serving.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { MeasurePlan } from './measure.ts'
import { sessionError, writeError } from './measure-errors.ts'
import { MeasurePage, type MeasureTrust } from './measure-page.ts'
import { measuredDevice, namingOf, ProfileFiles, resultText } from './measure-results.ts'
import { cannotListen, interrupted } from './service.ts'

/** A security tag that no sample of the nRF Connect SDK uses: the roots that the device holds stay where they are. */
export const TEST_SEC_TAG = 4200
/** A device on a slow link, with a slow processor. */
const HANDSHAKE_TIMEOUT_MS = 30_000
/** Until a device that does not come back is asked to be reset. */
const QUIET_MS = 60_000

/** What is told while it runs. */
interface Teller {
  opened(measurement: Measurement, trust: MeasureTrust): void
  asked(device: string, probe: Probe): void
  answered(device: string, answer: Answer, exam: Exam): void
  stray(address: string, why: StrayKind, count: number): void
  waiting(seconds: number): void
  ended(measurement: Measurement, trust: MeasureTrust, profiles: ProfileFiles): void
}

/** Runs a measurement to its end, or until it is interrupted. */
export async function measure(plan: MeasurePlan, io: CliIo): Promise<number> {
  const teller = plan.format === 'json' ? jsonTeller(plan, io) : textTeller(plan, io)
  const profiles = new ProfileFiles(plan.out ?? join(plan.folder, 'device.yaml'), plan.version)
  const failure = failing()
  const quiet = new QuietWatch((seconds) => teller.waiting(seconds))
  // What comes before the start was told waits for it.
  const early: (() => void)[] = []
  let started = false
  const tell = (act: () => void) => (started ? act() : early.push(act))
  const measurement = await open(plan, io, {
    asked: (device, probe) => {
      quiet.stop()
      tell(() => teller.asked(device, probe))
    },
    answered: (device, answer, exam) => {
      quiet.start()
      try {
        profiles.write(device, exam)
      } catch (error) {
        failure.reject(error)
      }
      tell(() => teller.answered(device, answer, exam))
    },
    stray: (address, why, count) => tell(() => teller.stray(address, why, count)),
  })
  try {
    for (const [device, exam] of measurement.exams()) profiles.write(device, exam)
    const trust = await trustOf(measurement, plan)
    teller.opened(measurement, trust)
    started = true
    for (const act of early) act()
    quiet.start()
    const how = await Promise.race([
      measurement.over.then(() => 'over' as const),
      interrupted().then(() => 'interrupted' as const),
      failure.failed,
    ])
    quiet.stop()
    await measurement.close()
    teller.ended(measurement, trust, profiles)
    return how === 'over' ? exitCodes.done : exitCodes.interrupted
  } catch (error) {
    quiet.stop()
    await measurement.close()
    throw writeError(error, join(plan.folder, SESSION_FILE))
  }
}

async function open(
  plan: MeasurePlan,
  io: CliIo,
  events: Parameters<typeof openMeasurement>[0]['events'],
): Promise<Measurement> {
  const { folder, hosts, port, mqttPort, names, devices, holdMs, version } = plan
  try {
    return await openMeasurement({
      folder,
      hosts,
      port,
      mqttPort,
      names,
      devices,
      holdMs,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      now: io.now,
      version,
      events,
    })
  } catch (error) {
    const listening = cannotListen(error, hosts, port ?? 0)
    throw listening !== error ? listening : sessionError(error, join(folder, SESSION_FILE))
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

function textTeller(plan: MeasurePlan, io: CliIo): Teller {
  const page = new MeasurePage(io)
  return {
    opened: (measurement, trust) => page.opened(measurement, trust),
    asked: (device, probe) => page.asked(device, probe),
    answered: (device, answer, exam) => page.answered(device, answer, exam),
    stray: (address, why, count) => page.stray(address, why, count),
    waiting: (seconds) => page.waiting(seconds),
    ended: (measurement, trust, profiles) => {
      const exams = [...measurement.exams()]
      for (const [device, exam] of exams)
        page.text(
          `\n${resultText(measuredDevice(device, exam, { known: plan.device, version: plan.version }), io)}`,
        )
      const [path] = exams.flatMap(([device]) => profiles.pathOf(device) ?? [])
      page.closing(trust, {
        strays: measurement.strays,
        next: path && `tlsfit check --device ${asLayer(path)} HOST`,
        unfinished: exams.filter(([, exam]) => isOver(exam)).length < plan.devices,
      })
    },
  }
}

/** A path that a device id may hold. */
function asLayer(path: string): string {
  return /^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(path) ? path : `./${path}`
}

function jsonTeller(plan: MeasurePlan, io: CliIo): Teller {
  const line = (value: unknown) => io.stdout.write(`${JSON.stringify(value)}\n`)
  return {
    opened: (measurement, trust) => line(measuringJson(measurement, trust)),
    asked: () => {},
    answered: (device, answer, exam) => line(answerJson(device, answer, exam)),
    stray: (address, why, count) => {
      if (count === 1) line({ schema: 'tlsfit/measured-stray@1', address, why })
    },
    waiting: (seconds) => line({ schema: 'tlsfit/measured-quiet@1', seconds }),
    ended: (measurement) => {
      const devices = [...measurement.exams()].map(([device, exam]) => ({ device, exam }))
      line(measuredJson(devices, measurement.strays, namingOf(plan.version)))
    },
  }
}

/** `tlsfit/measuring@1`. */
function measuringJson({ ca, urlHosts, port, mqttPort, resumed }: Measurement, trust: MeasureTrust) {
  const { device, credential, removal } = trust
  return {
    schema: 'tlsfit/measuring@1',
    urls: urlHosts.map((host) => `https://${urlHost(host)}:${port}/`),
    mqttUrls: urlHosts.map((host) => `mqtts://${urlHost(host)}:${mqttPort}`),
    caPem: ca.pem,
    caSha256: ca.sha256,
    caUntil: ca.notAfter.toISOString(),
    caDevice:
      device === undefined
        ? null
        : { device: device.id, ...credentialJson(credential), notes: credential.notes, removal },
    resumed: resumed ?? null,
  }
}

function failing(): { readonly failed: Promise<never>; readonly reject: (error: unknown) => void } {
  let reject = (_error: unknown) => {}
  const failed = new Promise<never>((_resolve, no) => {
    reject = no
  })
  failed.catch(() => {})
  return { failed, reject: (error) => reject(error) }
}

/** Tells when nobody came for a while, once each time. */
class QuietWatch {
  readonly #tell: (seconds: number) => void
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (seconds: number) => void) {
    this.#tell = tell
  }

  start(): void {
    this.stop()
    this.#timer = setTimeout(() => this.#tell(QUIET_MS / 1000), QUIET_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
