import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { compareDevices } from '../device/device-differences.ts'
import { parseProfile } from '../device/parse-profile.ts'
import type { Exam } from '../exam/exam.ts'
import { CONNECTIONS_OF_A_DEVICE } from '../exam/examined.ts'
import { type ProfileNaming, writeMeasuredProfile } from '../exam/measured-profile.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import type { Found } from '../measure/measurement.ts'
import { readDifference } from '../report/measured/measured-difference.ts'
import { formatMeasured, type MeasuredDevice } from '../report/measured-text.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'

/** Profiles of the devices of one measurement, each in a file of its own. */
export class ProfileFiles {
  readonly #first: string
  readonly #version: string
  readonly #paths = new Map<string, string>()

  constructor(first: string, version: string) {
    this.#first = first
    this.#version = version
  }

  /** Whether one can be written at all, before a device has come a hundred times. Throws `CliError`. */
  check(): void {
    const temporary = `${this.#first}.${randomBytes(6).toString('hex')}`
    try {
      if (statSync(this.#first, { throwIfNoEntry: false })?.isDirectory())
        throw unwritable('EISDIR', this.#first, 'name a file with --out')
      writeFileSync(temporary, '', { flag: 'wx' })
    } catch (error) {
      throw error instanceof CliError
        ? error
        : unwritable(codeOf(error), this.#first, 'name another file with --out')
    } finally {
      rmSync(temporary, { force: true })
    }
  }

  /** Whole or not at all. A device that never took the plain chain, or hardly came, has none. Throws `CliError`. */
  write(device: string, exam: Exam): void {
    if (exam.baseline === undefined || exam.answers.length < CONNECTIONS_OF_A_DEVICE) return
    const path = this.#paths.get(device) ?? this.#next()
    this.#paths.set(device, path)
    const temporary = `${path}.${randomBytes(6).toString('hex')}`
    try {
      writeFileSync(temporary, writeMeasuredProfile(exam, namingOf(this.#version)), { flag: 'wx' })
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw unwritable(codeOf(error), path, REWRITE)
    }
  }

  pathOf(device: string): string | undefined {
    return this.#paths.get(device)
  }

  #next(): string {
    const count = this.#paths.size + 1
    return count === 1 ? this.#first : this.#first.replace(/(\.[^./\\]*)?$/, `-${count}$1`)
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}

const REWRITE =
  'make room, or name another file with --out; the answers are in the session, and the same command goes on'

function unwritable(code: string, path: string, hint: string): CliError {
  return new CliError(exitCodes.unreadable, 'file-unwritable', `the profile cannot be written (${code})`, {
    hint,
    at: path,
  })
}

/** How many connections there were of each kind. */
export function countsOf(strays: Found['strays']): Map<string, number> {
  return new Map([...strays].map(([why, { count }]) => [why, count]))
}

export function namingOf(version: string): ProfileNaming {
  return { family: 'my-device', version }
}

/** A device with what differs from what the catalogue says of `known`. */
export function measuredDevice(
  device: string,
  exam: Exam,
  { known, version }: { readonly known: Device | undefined; readonly version: string },
): MeasuredDevice {
  if (known === undefined || exam.baseline === undefined) return { device, exam }
  const differences = compareDevices(known, asDevice(exam, version), openCatalogue())
  return { device, exam, difference: readDifference(known, differences, exam) }
}

/** All that is told of one device. */
export function resultText(measured: MeasuredDevice, io: CliIo): string {
  return formatMeasured(measured, pageOptions(io))
}

function asDevice(exam: Exam, version: string): Device {
  const path = './device.yaml'
  const profile = parseProfile(writeMeasuredProfile(exam, namingOf(version)), path)
  return resolveDevice(path, openCatalogue(), new Map([[path, profile]]))
}
