import type { Catalogue } from '../device/catalogue.ts'
import { badReference, DataFileError, parseDataFile } from '../device/data-file.ts'
import { nearestIds } from '../device/device-id.ts'
import { FileFaults, type FilePath } from '../device/file-faults.ts'
import { blankUrl } from '../observe/secrets.ts'
import { parseTarget, TargetError } from '../observe/target.ts'
import { deviceFault, headerFault, type RowFault, urlFault } from '../plan/row-faults.ts'
import { accessOf } from './access-schema.ts'
import type { ClientCertificateReference, Fleet, WatchConfig, WatchedEndpoint } from './watch-config.ts'
import {
  channelOf,
  clockOf,
  maintenanceOf,
  referenceOf,
  retentionOf,
  thresholdPartsOf,
  transparencyOf,
  viewsOf,
} from './watch-parts.ts'
import { type EndpointRow, type FleetRow, type WatchFile, watchFile } from './watch-schema.ts'

export interface ParsedWatch {
  readonly config: WatchConfig
  /**
   * What is wrong with what a place of the file names, such as a file that is not there. Rows of the config stand in
   * the order of the file: `['fleets', 0, 'anchors', 1]`.
   */
  readonly fault: (path: FilePath, what: string, mend: string) => DataFileError
}

/** Thousands of endpoints are written by a machine. */
const watchLimitBytes = 8_388_608
const endpointsAtMost = 20_000

/** Throws `DataFileError`, with line and mend; nothing of a secret is in it. */
export function parseWatch(text: string, file: string, catalogue: Catalogue): ParsedWatch {
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line))) {
    const at = { file, line: 1, path: '' }
    const mend = 'write endpoints: [URL] and fleets:, each on its line'
    throw new DataFileError('bad-shape', at, 'is empty', mend)
  }
  const written = parseDataFile(text, file, watchFile, watchLimitBytes)
  const config = new WatchReader(written, new FileFaults(text, file), catalogue).config()
  return {
    config,
    fault: (path, what, mend) => badReference(text, file, path.map(String), what, mend),
  }
}

class WatchReader {
  readonly #file: WatchFile
  readonly #faults: FileFaults
  readonly #catalogue: Catalogue

  constructor(written: WatchFile, faults: FileFaults, catalogue: Catalogue) {
    this.#file = written
    this.#faults = faults
    this.#catalogue = catalogue
  }

  config(): WatchConfig {
    const { defaults, vantages, fleets, endpoints, channels, maintenance, retention } = this.#file
    const { views, transparency, access } = this.#file
    if (endpoints.length > endpointsAtMost) {
      this.#faults.add(['endpoints'], `names ${endpoints.length} endpoints`, 'split the list')
    }
    const config: WatchConfig = {
      fleets: fleets.map((row, at) => this.#fleet(row, ['fleets', at])),
      endpoints: endpoints.slice(0, endpointsAtMost).map((row, at) => this.#endpoint(row, ['endpoints', at])),
      channels: channels.map(channelOf),
      vantages,
      schedule: { everySeconds: defaults.every, thoroughSeconds: defaults.thorough },
      timeoutSeconds: defaults.timeout,
      thresholds: thresholdPartsOf(defaults.thresholds ?? {}),
      retries: { count: defaults.retries?.count, afterSeconds: defaults.retries?.after },
      maintenance: maintenance.flatMap((row, at) => {
        const { window, fault } = maintenanceOf(row)
        this.#told(['maintenance', at], fault)
        return window === undefined ? [] : [window]
      }),
      retention: retentionOf(retention),
      views: viewsOf(views),
      transparency: transparencyOf(transparency),
      access:
        access &&
        accessOf(access, access.oidc?.['client-secret'] && referenceOf(access.oidc['client-secret'])),
    }
    this.#checkNames(config)
    this.#faults.throwFirst()
    return config
  }

  #fleet(row: FleetRow, here: FilePath): Fleet {
    const { id, name, device, count, anchors, verify, clock } = row
    this.#told([...here, 'device'], fleetDeviceFault(device, this.#catalogue))
    return { id, name: name ?? id, device: device.trim(), count, anchors, verify, clock: clockOf(clock) }
  }

  #endpoint(written: WatchFile['endpoints'][number], here: FilePath): WatchedEndpoint {
    const row = typeof written === 'string' ? { target: written } : (written as EndpointRow)
    const url = typeof written === 'string' ? here : [...here, 'target']
    this.#told(url, targetFault(row.target))
    if (row.query !== undefined && row.target.includes('?')) {
      this.#faults.add([...here, 'query'], 'the URL has a query already', 'keep one of them')
    }
    const id = row.id ?? slug(row.target)
    if (id === '') this.#faults.add(url, 'gives no id by itself', 'write id: NAME beside it')
    return {
      id,
      name: row.name ?? row.id ?? row.target,
      target: row.target,
      query: row.query && referenceOf(row.query),
      sni: row.sni,
      connect: row.connect,
      method: row.method,
      bytes: row.bytes,
      timeoutSeconds: row.timeout,
      headers: this.#headers(row.headers ?? [], [...here, 'headers']),
      clientCertificate: this.#clientCertificate(row, here),
      everySeconds: row.every,
      thoroughSeconds: row.thorough,
      fleets: row.fleets,
      vantages: row.vantages ?? this.#file.vantages,
      thresholds: row.thresholds && thresholdPartsOf(row.thresholds),
    }
  }

  #headers(rows: NonNullable<EndpointRow['headers']>, here: FilePath): WatchedEndpoint['headers'] {
    return rows.flatMap((row, at) => {
      const [entry] = Object.entries(row)
      if (entry === undefined) return []
      const [name, value] = entry
      this.#told([...here, at], headerFault(name, typeof value === 'string' ? value : undefined))
      return [{ name, value: typeof value === 'string' ? value : referenceOf(value) }]
    })
  }

  #clientCertificate(row: EndpointRow, here: FilePath): ClientCertificateReference | undefined {
    const { 'client-cert': certificate, 'client-key': key } = row
    if (certificate !== undefined && key !== undefined) {
      return { certificate: referenceOf(certificate), key: referenceOf(key) }
    }
    if (certificate !== undefined) {
      this.#faults.add([...here, 'client-cert'], 'needs client-key with it', 'add client-key: FILE')
    }
    if (key !== undefined) {
      this.#faults.add([...here, 'client-key'], 'needs client-cert with it', 'add client-cert: FILE')
    }
    return undefined
  }

  /** Every id once, and every name of one leads somewhere. */
  #checkNames(config: WatchConfig): void {
    const { endpoints, fleets, channels, maintenance } = this.#file
    this.#once(
      'fleets',
      fleets.map(({ id }) => id),
    )
    this.#once(
      'channels',
      channels.map(({ id }) => id),
    )
    this.#once(
      'maintenance',
      maintenance.map(({ id }) => id),
    )
    this.#once('vantages', config.vantages)
    this.#onceOfAll()
    this.#once(
      'endpoints',
      config.endpoints.map(({ id }) => id),
    )
    const known = {
      fleets: new Set(fleets.map(({ id }) => id)),
      endpoints: new Set(config.endpoints.map(({ id }) => id)),
      vantages: new Set(config.vantages),
    }
    for (const [at, row] of endpoints.entries()) {
      if (typeof row === 'string') continue
      const { fleets, vantages } = row as EndpointRow
      this.#exist(fleets, known.fleets, 'fleet', ['endpoints', at, 'fleets'])
      this.#exist(vantages, known.vantages, 'vantage point', ['endpoints', at, 'vantages'])
    }
    for (const list of ['channels', 'maintenance'] as const) {
      for (const [at, { endpoints, fleets }] of this.#file[list].entries()) {
        this.#exist(endpoints, known.endpoints, 'endpoint', [list, at, 'endpoints'])
        this.#exist(fleets, known.fleets, 'fleet', [list, at, 'fleets'])
      }
    }
  }

  #once(
    list: 'fleets' | 'channels' | 'maintenance' | 'vantages' | 'endpoints',
    ids: readonly string[],
  ): void {
    const seen = new Set<string>()
    for (const [at, id] of ids.entries()) {
      const mend = list === 'endpoints' ? 'take one out, or give each an id of its own' : 'give each its own'
      if (seen.has(id)) this.#faults.add([list, at], `${id} is the id of another one`, mend)
      seen.add(id)
    }
  }

  /** One page shows them all, each by its id. */
  #onceOfAll(): void {
    const { gateways, measurements } = this.#file.views
    const seen = new Set<string>()
    for (const [list, rows] of [
      ['gateways', gateways],
      ['measurements', measurements],
    ] as const) {
      for (const [at, { id }] of rows.entries()) {
        if (seen.has(id))
          this.#faults.add(['views', list, at], `${id} is the id of another one`, 'give each its own')
        seen.add(id)
      }
    }
  }

  #exist(ids: readonly string[] | undefined, known: ReadonlySet<string>, what: string, here: FilePath): void {
    for (const [at, id] of (ids ?? []).entries()) {
      if (known.has(id)) continue
      const [near] = nearestIds(id, known, 1)
      const mend = near === undefined ? `there is no ${what} in this file` : `did you mean ${near}?`
      this.#faults.add([...here, at], `${id} is no ${what} of this file`, mend)
    }
  }

  #told(here: FilePath, fault: RowFault | undefined): void {
    if (fault !== undefined) this.#faults.add(here, fault.what, fault.mend)
  }
}

/** `https://example.com:8443/fw.bin` is `example.com-8443-fw.bin`. */
export function slug(target: string): string {
  return target
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/*/, '')
    .replace(/[?#].*$/s, '')
    .replace(/[^a-z0-9._]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 80)
    .replace(/-+$/, '')
}

const labTarget = /^lab:[a-z0-9][a-z0-9-]*(\/[1-9]\d?)?$/

/** Also of an endpoint that comes by another way than the file. */
export function targetFault(target: string): RowFault | undefined {
  if (labTarget.test(target)) return undefined
  const secret = urlFault(target)
  if (secret !== undefined) return secret
  try {
    if (parseTarget(target).filePath === undefined) return undefined
    return { what: 'is a file, and a file has nothing to watch', mend: 'write https://, mqtts:// or tls://' }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return { what: blankUrl(error.message), mend: error.hint }
  }
}

/** A fleet is of one device. */
export function fleetDeviceFault(device: string, catalogue: Catalogue): RowFault | undefined {
  const id = device.trim()
  if (id === 'all' || id.includes(',')) {
    return { what: 'is not one device', mend: 'write a fleet for each, with its count' }
  }
  return deviceFault(id, catalogue)
}
