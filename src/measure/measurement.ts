import { join } from 'node:path'
import { Exam } from '../exam/exam.ts'
import { answersByDevice, SESSION_SCHEMA, SessionError, type SessionHeader } from '../exam/session.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { reachableAddresses } from '../serve/machine-hosts.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { MeasuringServer, type StrayKind } from './measuring-server.ts'
import { putAside, readSession, SessionFile } from './session-file.ts'
import { openTestCa, type TestCa } from './test-ca.ts'

export interface MeasurementOptions {
  /** Of the session and its test CA. */
  readonly folder: string
  /** Addresses to listen on. */
  readonly hosts: readonly string[]
  /** Undefined: that of the session that goes on, or any free one. */
  readonly port: number | undefined
  readonly mqttPort: number | undefined
  /** Under which devices connect, beside the addresses. */
  readonly names: readonly string[]
  /** The measurement is over when so many are examined. */
  readonly devices: number
  readonly holdMs: number
  readonly handshakeTimeoutMs: number
  readonly now: () => Date
  readonly version: string
  readonly events: MeasurementEvents
}

export interface MeasurementEvents {
  readonly asked: (device: string, probe: Probe, exam: Exam) => void
  readonly answered: (device: string, answer: Answer, exam: Exam) => void
  /** `count`: how many of its kind there were, this one included. */
  readonly stray: (address: string, why: StrayKind, count: number) => void
}

/** A measurement that runs: its session is on the disk as far as it has come. */
export interface Measurement {
  readonly ca: TestCa
  /** Names first, loopback last. */
  readonly urlHosts: readonly string[]
  readonly port: number
  readonly mqttPort: number
  /** What goes on from an earlier run; undefined: a new session. */
  readonly resumed: { readonly answers: number; readonly tornBytes: number } | undefined
  /** Where the session before is kept, which was over. */
  readonly aside: string | undefined
  readonly strays: ReadonlyMap<StrayKind, number>
  /** Of each device that was asked something, in the order they came. */
  exams(): ReadonlyMap<string, Exam>
  /** Fulfilled when enough devices are examined; rejected where the session cannot be written any more. */
  readonly over: Promise<void>
  close(): Promise<void>
}

export const SESSION_FILE = 'session.jsonl'

/** Whether all was asked of a device. */
export function isOver(exam: Exam): boolean {
  return exam.baseline !== undefined && exam.next() === undefined
}

/**
 * Opens a measurement, or goes on with that of the folder. Throws `SessionError` and `FrontError` where its files cannot be
 * used, and the system's error where it cannot listen or write.
 */
export async function openMeasurement(options: MeasurementOptions): Promise<Measurement> {
  const { folder, now, events } = options
  const file = join(folder, SESSION_FILE)
  const before = await readSession(file)
  const known = answersByDevice(before?.recorded ?? [])
  const done = [...known.values()].filter((answers) => isOver(new Exam(answers))).length
  const goesOn = before !== undefined && done < options.devices ? before : undefined
  const ca = await openTestCa(folder, now(), goesOn === undefined)
  if (goesOn !== undefined && goesOn.header.caSha256 !== ca.sha256)
    throw new SessionError('session-other', 1, 'its devices were measured with another test CA')

  const exams = new Map<string, Exam>()
  if (goesOn !== undefined) for (const [device, answers] of known) exams.set(device, new Exam(answers))
  const strays = new Map<StrayKind, number>()
  const ending = endingOf()
  let session: SessionFile | undefined
  const server = new MeasuringServer({
    testCa: ca,
    keys: new MeasuringKeys(),
    host: options.names[0],
    holdMs: options.holdMs,
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    now,
    earlier: goesOn === undefined ? new Map() : known,
    hosts: options.hosts,
    port: options.port ?? goesOn?.header.port ?? 0,
    events: {
      asked: (device, probe) => events.asked(device, probe, exams.get(device) ?? new Exam([])),
      answered: (device, answer, exam) => {
        exams.set(device, exam)
        try {
          session?.append({ device, answer })
        } catch (error) {
          ending.reject(error)
        }
        events.answered(device, answer, exam)
        if ([...exams.values()].filter(isOver).length >= options.devices) ending.resolve()
      },
      stray: (address, why) => {
        const count = (strays.get(why) ?? 0) + 1
        strays.set(why, count)
        events.stray(address, why, count)
      },
      failed: (error) => ending.reject(error),
    },
  })
  try {
    const listening = await server.open()
    const mqtt = await server.openAlso({
      hosts: options.hosts,
      port: options.mqttPort ?? goesOn?.header.mqttPort ?? 0,
    })
    const urlHosts = [...options.names, ...reachableAddresses(listening.addresses)]
    const header: SessionHeader = {
      schema: SESSION_SCHEMA,
      hosts: urlHosts,
      port: listening.port,
      mqttPort: mqtt.port,
      caSha256: ca.sha256,
      startedAt: now(),
      version: options.version,
    }
    const aside =
      before !== undefined && goesOn === undefined ? putAside(file, before.header.startedAt) : undefined
    session = goesOn === undefined ? SessionFile.begin(file, header) : SessionFile.resume(file, goesOn)
    return {
      ca,
      urlHosts,
      port: listening.port,
      mqttPort: mqtt.port,
      resumed: goesOn && { answers: goesOn.recorded.length, tornBytes: goesOn.tornBytes },
      aside,
      strays,
      exams: () => exams,
      over: ending.over,
      async close() {
        await server.close()
        session?.close()
        session = undefined
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

interface Ending {
  readonly over: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function endingOf(): Ending {
  let settle: Omit<Ending, 'over'> | undefined
  const over = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // Whoever waits for the end hears of it; nobody else has to.
  over.catch(() => {})
  return { over, ...settle! }
}
