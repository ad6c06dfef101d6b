import { join } from 'node:path'
import type { Exam } from '../exam/exam.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { isOver, type Measurement } from '../measure/measurement.ts'
import type { DeviceNote, StrayKind } from '../measure/measuring-events.ts'
import type { Quiet } from '../measure/quiet-watch.ts'
import { TEST_CA_FILE } from '../measure/test-ca.ts'
import { questionWords } from '../report/measure-words.ts'
import { answerJson, measuredJson } from '../report/measured-json.ts'
import { urlHost } from '../serve/machine-hosts.ts'
import { credentialJson } from '../serve/serving.ts'
import type { CliIo } from './cli-io.ts'
import type { MeasurePlan } from './measure.ts'
import { MeasurePage, type MeasureTrust } from './measure-page.ts'
import { countsOf, measuredDevice, namingOf, type ProfileFiles, resultText } from './measure-results.ts'
import type { Trouble } from './measure-troubles.ts'

/** What is told while it runs. */
export interface Teller {
  opened(measurement: Measurement, trust: MeasureTrust): void
  asked(device: string, probe: Probe): void
  answered(device: string, answer: Answer, exam: Exam): void
  /** `count`: how many of its kind there were. */
  stray(address: string, why: StrayKind, count: number): void
  noted(note: DeviceNote): void
  quiet(quiet: Quiet): void
  trouble(trouble: Trouble): void
  ended(measurement: Measurement, trust: MeasureTrust, profiles: ProfileFiles): void
}

/** For people. */
export function textTeller(plan: MeasurePlan, io: CliIo): Teller {
  const page = new MeasurePage(io)
  return {
    opened: (measurement, trust) => page.opened(measurement, trust),
    asked: (device, probe) => page.asked(device, probe),
    answered: (device, answer, exam) => page.answered(device, answer, exam),
    stray: (address, why, count) => page.stray(address, why, count),
    noted: (note) => page.noted(note),
    quiet: (quiet) => page.quiet(quiet),
    trouble: (trouble) => page.trouble(trouble),
    ended: (measurement, trust, profiles) => {
      const { devices, strays } = measurement.found()
      for (const [device, exam] of devices)
        page.text(
          `\n${resultText(measuredDevice(device, exam, { known: plan.device, version: plan.version }), io)}`,
        )
      const paths = [...devices.keys()].flatMap((device) => profiles.pathOf(device) ?? [])
      page.closing(trust, {
        strays,
        profiles: paths,
        next: paths[0] && `tlsfit check --device ${asLayer(paths[0])} HOST`,
        keyFile: join(plan.folder, TEST_CA_FILE),
        unfinished: [...devices.values()].filter(isOver).length < plan.devices,
      })
    },
  }
}

/** A path that a device id may hold. */
function asLayer(path: string): string {
  return /^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(path) ? path : `./${path}`
}

/** For scripts: a line an event. */
export function jsonTeller(plan: MeasurePlan, io: CliIo): Teller {
  const line = (value: unknown) => io.stdout.write(`${JSON.stringify(value)}\n`)
  return {
    opened: (measurement, trust) => line(measuringJson(measurement, trust)),
    asked: () => {},
    answered: (device, answer, exam) => line(answerJson(device, answer, exam)),
    stray: (address, why, count) => {
      if (count === 1) line({ schema: 'tlsfit/measured-stray@1', address, why })
    },
    noted: (note) => line(noteJson(note)),
    quiet: ({ device, seconds, usualSeconds }) =>
      line({
        schema: 'tlsfit/measured-quiet@1',
        device: device ?? null,
        seconds,
        usualSeconds: usualSeconds ?? null,
      }),
    trouble: ({ error: { code, message, hint, at }, over }) =>
      line({ schema: 'tlsfit/measured-trouble@1', code, message, hint, at, over }),
    ended: (measurement) => {
      const { devices, strays } = measurement.found()
      const list = [...devices].map(([device, exam]) => ({ device, exam }))
      line(measuredJson(list, countsOf(strays), namingOf(plan.version)))
    },
  }
}

function noteJson(note: DeviceNote) {
  const { kind, ...more } = note
  const said =
    note.kind === 'interrupted' ? { device: note.device, question: questionWords(note.probe) } : more
  return { schema: 'tlsfit/measured-note@1', note: kind, ...said }
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
