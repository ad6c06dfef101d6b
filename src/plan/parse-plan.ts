import type { Catalogue } from '../device/catalogue.ts'
import { badReference, DataFileError, lineFinder, parseDataFile } from '../device/data-file.ts'
import { FileFaults, type FilePath } from '../device/file-faults.ts'
import type { SecretPlace } from '../device/file-parts.ts'
import { blankUrl } from '../observe/secrets.ts'
import { parseTarget, TargetError } from '../observe/target.ts'
import {
  type DeviceRow,
  type HeaderRow,
  type MarginThresholds,
  type PlanFile,
  planFile,
  type TargetRow,
} from './plan-schema.ts'
import { deviceFault, headerFault, type RowFault, urlFault } from './row-faults.ts'

/** A plan, checked: every name in it leads somewhere. Paths and secrets are as written. */
export interface Plan {
  readonly file: string
  readonly targets: readonly PlannedTarget[]
  readonly lastRun: string | undefined
  readonly baseline: string | undefined
  /** What is wrong with what a place of the file names, such as a file that is not there. */
  readonly fault: (path: FilePath, what: string, mend: string) => DataFileError
}

/** One target, with what the file says for all where its own row says nothing. */
export interface PlannedTarget {
  /** As written, without the query that is named by reference. */
  readonly url: string
  readonly isFile: boolean
  /** What reports and the last run call it: its name, else its URL. */
  readonly label: string
  readonly name: string | undefined
  readonly line: number | undefined
  /** Where the file says it: in the target's own row, or for all. */
  readonly placeOf: (key: keyof TargetRow) => FilePath
  readonly query: SecretPlace | undefined
  readonly devices: readonly PlannedDevice[]
  readonly headers: readonly PlannedHeader[]
  readonly thresholds: MarginThresholds
  readonly settings: Pick<
    TargetRow,
    | 'anchors'
    | 'verify'
    | 'sni'
    | 'connect'
    | 'method'
    | 'bytes'
    | 'timeout'
    | 'client-cert'
    | 'client-key'
    | 'compare-sni'
  >
}

export interface PlannedDevice {
  /** What reports and the last run call it. */
  readonly label: string
  /** As typed; of a device by configuration, what the file configures, if it was named. */
  readonly id: string | undefined
  readonly config: ConfigRow | undefined
  readonly place: FilePath
}
export type ConfigRow = Exclude<DeviceRow, string>
export interface PlannedHeader {
  readonly place: FilePath
  readonly name: string
  readonly value: string | SecretPlace
}

const devicesAtMost = 200

/** Throws `DataFileError`, with line and mend; nothing of a secret is in it. */
export function parsePlan(text: string, file: string, catalogue: Catalogue): Plan {
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line))) {
    const at = { file, line: 1, path: '' }
    throw new DataFileError(
      'bad-shape',
      at,
      'is empty',
      'write devices: [ID] and targets: [URL], each on its line',
    )
  }
  const written = parseDataFile(text, file, planFile)
  const reader = new PlanReader(written, text, file, catalogue)
  const targets = written.targets.map((_, at) => reader.target(at))
  reader.finish(targets)
  return {
    file,
    targets,
    lastRun: written['last-run'],
    baseline: written.baseline,
    fault: (path, what, mend) => badReference(text, file, path.map(String), what, mend),
  }
}

class PlanReader {
  readonly #file: PlanFile
  readonly #faults: FileFaults
  readonly #lineOf: (path: readonly string[]) => number | undefined
  readonly #catalogue: Catalogue
  /** What is written once is faulty once, however many targets go by it. */
  readonly #read = new Map<unknown, unknown>()

  constructor(written: PlanFile, text: string, file: string, catalogue: Catalogue) {
    this.#file = written
    this.#faults = new FileFaults(text, file)
    this.#lineOf = lineFinder(text)
    this.#catalogue = catalogue
  }

  target(at: number): PlannedTarget {
    const written = this.#file.targets[at]
    const row: TargetRow = typeof written === 'string' ? { url: written } : (written as TargetRow)
    const here = ['targets', at]
    const url = typeof written === 'string' ? here : [...here, 'url']
    const isFile = this.#url(row, url)
    const { devices, headers, ...settings } = { ...defaultsOf(this.#file), ...definedOf(row) }
    const from = (key: keyof TargetRow): FilePath =>
      typeof written === 'string' || row[key] === undefined ? [key] : [...here, key]
    if (devices === undefined) {
      this.#faults.add(here, 'names no device', 'add devices: [nrf9160@1.3.7], here or for all targets')
    }
    const { 'client-cert': certificate, 'client-key': key } = settings
    if ((certificate === undefined) !== (key === undefined)) {
      const [has, lacks] =
        certificate === undefined
          ? (['client-key', 'client-cert'] as const)
          : (['client-cert', 'client-key'] as const)
      this.#faults.add(from(has), `needs ${lacks} with it`, `add ${lacks}: FILE`)
    }
    if (row.query !== undefined && (isFile || row.url.includes('?'))) {
      const what = isFile ? 'a file has no query' : 'the URL has a query already'
      this.#faults.add([...here, 'query'], what, 'keep one of them')
    }
    return {
      url: row.url,
      isFile,
      label: row.name ?? row.url,
      name: row.name,
      line: this.#lineOf(url.map(String)),
      placeOf: from,
      query: row.query,
      devices: this.#once(devices, () => this.#devices(devices ?? [], from('devices'))),
      headers: this.#once(headers, () => this.#headers(headers ?? [], from('headers'))),
      thresholds: settings.margins ?? { least: {}, shrink: {} },
      settings,
    }
  }

  finish(targets: readonly PlannedTarget[]): void {
    const first = new Map<string, number>()
    for (const [at, { label, line }] of targets.entries()) {
      const before = first.get(label)
      first.set(label, before ?? at)
      if (before === undefined) continue
      const where = targets[before]?.line
      const what = `is the target of line ${where ?? '?'} again${line === where ? ', on the same line' : ''}`
      this.#faults.add(['targets', at], what, 'take one out, or give each a name of its own')
    }
    if (this.#file['last-run'] !== undefined && this.#file.baseline !== undefined) {
      const mend = 'keep last-run, which tlsfit writes after each run, or baseline, which only you write'
      this.#faults.add(['baseline'], 'stands beside last-run', mend)
    }
    this.#faults.throwFirst()
  }

  #once<T>(written: unknown, read: () => T): T {
    if (written === undefined || !this.#read.has(written)) this.#read.set(written, read())
    return this.#read.get(written) as T
  }

  /** Whether it is a file. */
  #url(row: TargetRow, here: FilePath): boolean {
    if (this.#told(here, urlFault(row.url))) return false
    try {
      return parseTarget(row.url).filePath !== undefined
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      this.#faults.add(here, blankUrl(error.message), error.hint)
      return false
    }
  }

  #devices(rows: readonly DeviceRow[], here: FilePath): PlannedDevice[] {
    const labels = new Set<string>()
    if (rows.length > devicesAtMost) this.#faults.add(here, `names ${rows.length} devices`, 'split the list')
    return rows.slice(0, devicesAtMost).map((row, at) => {
      const path = [...here, at]
      const config = typeof row === 'string' ? undefined : row
      const id = typeof row === 'string' ? row.trim() : row.id
      const label = config === undefined ? (id ?? '') : (config.name ?? config.config)
      if (labels.has(label)) {
        this.#faults.add(path, 'is named twice', config ? 'give each a name of its own' : 'keep one of them')
      }
      labels.add(label)
      if (id !== undefined && (config !== undefined || id !== 'all'))
        this.#told(path, deviceFault(id, this.#catalogue))
      return { label, id, config, place: path }
    })
  }

  /** Whether there is something to tell. */
  #told(here: FilePath, fault: RowFault | undefined): boolean {
    if (fault !== undefined) this.#faults.add(here, fault.what, fault.mend)
    return fault !== undefined
  }

  #headers(rows: readonly HeaderRow[], here: FilePath): PlannedHeader[] {
    return rows.flatMap((row, at) => {
      const [entry] = Object.entries(row)
      if (entry === undefined) return []
      const [name, value] = entry
      const path = [...here, at]
      this.#told(path, headerFault(name, typeof value === 'string' ? value : undefined))
      return [{ place: path, name, value: value as string | SecretPlace }]
    })
  }
}

function defaultsOf({ targets, 'last-run': _, baseline, ...settings }: PlanFile) {
  return settings
}

function definedOf({ url, name, query, ...settings }: TargetRow) {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as typeof settings
}
