import { join } from 'node:path'
import { Exam } from '../exam/exam.ts'
import { examined } from '../exam/examined.ts'
import {
  answersByDevice,
  type Recorded,
  SESSION_SCHEMA,
  SessionError,
  type SessionHeader,
} from '../exam/session.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import { reachableAddresses } from '../serve/machine-hosts.ts'
import type { KnownBy } from './known-devices.ts'
import type { DeviceNote, StrayKind } from './measuring-events.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { MeasuringServer } from './measuring-server.ts'
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
  readonly knownBy: KnownBy | undefined
  readonly holdMs: number
  readonly helloTimeoutMs: number
  readonly now: () => Date
  readonly version: string
  readonly events: MeasurementEvents
}

export interface MeasurementEvents {
  readonly asked: (device: string, probe: Probe, exam: Exam) => void
  readonly answered: (device: string, answer: Answer, exam: Exam) => void
  /** `count`: how many of its kind there were, this one included. */
  readonly stray: (address: string, why: StrayKind, count: number) => void
  readonly noted: (note: DeviceNote) => void
  /** The session cannot be written: its answers are kept, and writing is tried again. Undefined: it can be again. */
  readonly unwritten: (error: NodeJS.ErrnoException | undefined) => void
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
  /** Of each that was asked something, in the order they came, scanners among them. */
  exams(): ReadonlyMap<string, Exam>
  found(): Found
  /** Fulfilled when enough devices are examined; rejected by a fault of ours. */
  readonly over: Promise<void>
  /** Writes what could not be written so far; what still cannot is told. Nothing happens the second time. */
  close(): Promise<Unwritten | undefined>
}

/** What came, the devices told from the others. */
export interface Found {
  readonly devices: ReadonlyMap<string, Exam>
  readonly strays: ReadonlyMap<StrayKind, Strays>
}

/** Connections of one kind. */
export interface Strays {
  readonly count: number
  /** Where they came from, the first few. */
  readonly addresses: readonly string[]
}

/** Answers that are lost with the process. */
export interface Unwritten {
  readonly error: NodeJS.ErrnoException
  readonly answers: number
}

export const SESSION_FILE = 'session.jsonl'
/** Until a session that could not be written is tried again, whether a device comes or not. */
const RETRY_MS = 5_000
/** Addresses kept of each kind of stray. */
const MOST_ADDRESSES = 4

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

  const earlier = goesOn === undefined ? new Map<string, readonly Answer[]>() : known
  const exams = new Map([...earlier].map(([device, answers]) => [device, new Exam(answers)]))
  const strays = new Map<StrayKind, Strays>()
  const kept = new KeptAnswers(events.unwritten)
  const ending = endingOf()
  const server = new MeasuringServer({
    testCa: ca,
    keys: new MeasuringKeys(),
    host: options.names[0],
    holdMs: options.holdMs,
    helloTimeoutMs: options.helloTimeoutMs,
    now,
    earlier,
    knownBy: options.knownBy,
    several: options.devices > 1,
    hosts: options.hosts,
    port: options.port ?? goesOn?.header.port ?? 0,
    events: {
      asked: (device, probe) => events.asked(device, probe, exams.get(device) ?? new Exam([])),
      answered: (device, answer, exam) => {
        exams.set(device, exam)
        kept.add({ device, answer })
        events.answered(device, answer, exam)
        if ([...exams.values()].filter(isOver).length >= options.devices) ending.resolve()
      },
      stray: (address, why) => {
        const { count } = countStray(strays, why, address, 1)
        events.stray(address, why, count)
      },
      noted: events.noted,
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
    kept.writeTo(goesOn === undefined ? SessionFile.begin(file, header) : SessionFile.resume(file, goesOn))
    return {
      ca,
      urlHosts,
      port: listening.port,
      mqttPort: mqtt.port,
      resumed: goesOn && { answers: goesOn.recorded.length, tornBytes: goesOn.tornBytes },
      aside,
      exams: () => exams,
      found: () => foundOf(exams, strays),
      over: ending.over,
      async close() {
        await server.close()
        return kept.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Answers on their way to the session: those before its file is open, and those that could not be written. */
class KeptAnswers {
  readonly #unwritten: MeasurementEvents['unwritten']
  readonly #early: Recorded[] = []
  #session: SessionFile | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(unwritten: MeasurementEvents['unwritten']) {
    this.#unwritten = unwritten
  }

  add(recorded: Recorded): void {
    if (this.#session === undefined) this.#early.push(recorded)
    else this.#wrote(this.#session.append(recorded))
  }

  writeTo(session: SessionFile): void {
    this.#session = session
    for (const recorded of this.#early) this.#wrote(session.append(recorded))
  }

  close(): Unwritten | undefined {
    clearInterval(this.#retry)
    const error = this.#session?.flush()
    const answers = this.#session?.waiting ?? 0
    this.#session?.close()
    this.#session = undefined
    return error && { error, answers }
  }

  /** Tells that it cannot be written, and that it can be again, once each. */
  #wrote(error: NodeJS.ErrnoException | undefined): void {
    if ((error === undefined) === (this.#retry === undefined)) return
    clearInterval(this.#retry)
    this.#retry = error && setInterval(() => this.#wrote(this.#session?.flush()), RETRY_MS)
    this.#unwritten(error)
  }
}

/** Devices and strays of these exams: what turned out to be no device is a stray. */
export function foundOf(
  exams: ReadonlyMap<string, Exam>,
  strays: ReadonlyMap<StrayKind, Strays> = new Map(),
): Found {
  const { devices, others } = examined(exams)
  const all = new Map(strays)
  for (const [device, exam] of others) {
    const why = exam.baseline === undefined ? 'never-good' : 'brief'
    countStray(all, why, device.split(' ', 1)[0]!, exam.answers.length)
  }
  return { devices: new Map(devices), strays: all }
}

function countStray(strays: Map<StrayKind, Strays>, why: StrayKind, address: string, more: number): Strays {
  const { count, addresses } = strays.get(why) ?? { count: 0, addresses: [] }
  const isNews = !addresses.includes(address) && addresses.length < MOST_ADDRESSES
  const counted = { count: count + more, addresses: isNews ? [...addresses, address] : addresses }
  strays.set(why, counted)
  return counted
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
