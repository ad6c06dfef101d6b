import { basename, dirname, isAbsolute, join } from 'node:path'
import { type Catalogue, listDevices } from '../device/catalogue.ts'
import { configuredDevice } from '../device/config/configured-device.ts'
import type { Device } from '../device/device.ts'
import { profilePaths } from '../device/device-id.ts'
import type { FilePath } from '../device/file-faults.ts'
import type { SecretPlace } from '../device/file-parts.ts'
import type { CheckJob } from '../io/check-request.ts'
import { readConfigTables } from '../io/config-tables.ts'
import { readInput } from '../io/input-file.ts'
import { openDevice } from '../io/open-device.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { Secret } from '../io/secret-files.ts'
import { SecretQuery } from '../observe/secret-query.ts'
import type { ConfigRow, Plan, PlannedDevice, PlannedTarget } from '../plan/parse-plan.ts'
import { escapeText } from '../report/escape.ts'
import { readAnchors, readClientCredential } from './check-files.ts'
import { parseConnect } from './check-options.ts'
import { expectedError } from './error-report.ts'

export interface PlanJobOptions {
  readonly catalogue: Catalogue
  readonly env: { readonly [name: string]: string | undefined }
  /** `--device`: in place of the plan's. */
  readonly devices: readonly string[] | undefined
  /** Of the command line: each goes before what the plan says. */
  readonly timeoutMs: number | undefined
  readonly sendSecrets: boolean
  readonly compareSni: boolean
}

const defaultTimeoutMs = 10_000

/** A path of the plan, which is taken from the folder that the plan lies in; as short as it can be for reports. */
export function pathOfPlan({ file }: Pick<Plan, 'file'>, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

/** One job a target. What the plan names is read here: throws `DataFileError` with the line that names it. */
export async function planJobs(plan: Plan, options: PlanJobOptions): Promise<CheckJob[]> {
  const reader = new JobReader(plan, options)
  const jobs: CheckJob[] = []
  for (const target of plan.targets) jobs.push(await reader.job(target))
  return jobs
}

class JobReader {
  readonly #plan: Plan
  readonly #options: PlanJobOptions
  /** What is written once is read once, however many targets go by it. */
  readonly #read = new Map<unknown, Promise<unknown>>()

  constructor(plan: Plan, options: PlanJobOptions) {
    this.#plan = plan
    this.#options = options
  }

  async job(target: PlannedTarget): Promise<CheckJob> {
    const { settings, label, line, query, placeOf } = target
    const { timeoutMs, sendSecrets, compareSni } = this.#options
    const plan = this.#plan
    return {
      target: target.isFile ? pathOfPlan(plan, target.url) : target.url,
      secretQuery: query && new SecretQuery(this.#secret(query, placeOf('query'))),
      place: { file: plan.file, line, name: label },
      devices: await this.#devices(target),
      anchors: await this.#anchors(target),
      verify: settings.verify ?? 'full',
      sni: settings.sni,
      connect: await this.#at(placeOf('connect'), async () => parseConnect(settings.connect)),
      clientCredential: await this.#credential(target),
      headers: target.headers.map(({ name, value, place }) => {
        return [name, typeof value === 'string' ? value : this.#secret(value, place)] as const
      }),
      method: settings.method?.toUpperCase() ?? 'GET',
      sendSecrets,
      compareSni: compareSni || settings['compare-sni'] === true,
      byteLimit: settings.bytes,
      timeoutMs:
        timeoutMs ??
        (settings.timeout === undefined ? defaultTimeoutMs : Math.round(settings.timeout * 1000)),
    }
  }

  #devices({ devices }: PlannedTarget): Promise<readonly (string | Device)[]> {
    const given = this.#options.devices
    if (given !== undefined) return Promise.resolve(given)
    return this.#once(devices, async () => {
      const made: (string | Device)[] = []
      for (const device of devices) {
        if (device.id === 'all' && device.config === undefined) {
          made.push(...listDevices(this.#options.catalogue).map(({ id }) => id))
        } else made.push(await this.#at(device.place, () => this.#device(device)))
      }
      return made
    })
  }

  async #device({ id, config, label }: PlannedDevice): Promise<string | Device> {
    const { catalogue } = this.#options
    if (config !== undefined) return this.#configured(config, label)
    const asked = id ?? label
    if (profilePaths(asked).length === 0) return asked
    const beside = asked.split('+').map((part) => {
      return profilePaths(part).length === 0 || isAbsolute(part) ? part : `./${pathOfPlan(this.#plan, part)}`
    })
    const device = await openDevice(beside.join('+'), { catalogue, knownRoots: openKnownRoots() })
    return { ...device, asked: label }
  }

  async #configured({ config, id, stack, mfl }: ConfigRow, label: string): Promise<Device> {
    const path = pathOfPlan(this.#plan, config)
    const text = Buffer.from(await readInput(path, 'an sdkconfig, a prj.conf or a header')).toString('utf8')
    const file = escapeText(basename(path), { maxChars: 80 })
    const { catalogue } = this.#options
    return configuredDevice({
      ...{ text, file, path, stack, id, catalogue, name: label },
      tables: readConfigTables(),
      maxFragmentLength: mfl,
    })
  }

  #anchors({ settings: { anchors }, placeOf }: PlannedTarget): Promise<CheckJob['anchors']> {
    if (anchors === undefined) return Promise.resolve(undefined)
    return this.#once(anchors, async () => {
      const held = []
      for (const [at, path] of anchors.entries()) {
        const read = () => readAnchors([pathOfPlan(this.#plan, path)], 'anchors')
        held.push(...((await this.#at([...placeOf('anchors'), at], read)) ?? []))
      }
      return held
    })
  }

  #credential({ settings, placeOf }: PlannedTarget): Promise<CheckJob['clientCredential']> {
    const { 'client-cert': certificate, 'client-key': key } = settings
    if (certificate === undefined || key === undefined) return Promise.resolve(undefined)
    const keyFile = pathOfPlan(this.#plan, key)
    const names = ['client-cert', 'client-key'] as const
    return readClientCredential(pathOfPlan(this.#plan, certificate), keyFile, names).catch(
      (error: unknown) => {
        const isOfKey = expectedError(error)?.at === keyFile
        throw this.#faultOf(placeOf(isOfKey ? 'client-key' : 'client-cert'), error)
      },
    )
  }

  #secret(secret: SecretPlace, place: FilePath): string {
    let value: string
    try {
      value = new Secret(this.#plan, secret, this.#options.env).value
    } catch (error) {
      throw this.#faultOf(place, error)
    }
    // The value itself is never told.
    if (!/[\u0000-\u001f\u007f]/.test(value)) return value
    throw this.#plan.fault(place, 'the secret that it names holds a control character', 'keep it on one line')
  }

  async #at<T>(place: FilePath, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw this.#faultOf(place, error)
    }
  }

  #faultOf(place: FilePath, error: unknown): unknown {
    const known = expectedError(error)
    if (known === undefined) return error
    return this.#plan.fault(
      place,
      known.message,
      known.hint ??
        (known.code === 'secret'
          ? 'set the variable, or write the file, before the run'
          : 'mend what it names'),
    )
  }

  #once<T>(written: unknown, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(written) ?? read()
    this.#read.set(written, known)
    return known as Promise<T>
  }
}
