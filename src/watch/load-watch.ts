import { readFileSync } from 'node:fs'
import type { Catalogue } from '../device/catalogue.ts'
import { profilePaths } from '../device/device-id.ts'
import type { AccessConfig } from '../fleet/access-config.ts'
import { type ParsedWatch, parseWatch } from '../fleet/parse-watch.ts'
import type {
  Channel,
  Fleet,
  SecretReference,
  Transparency,
  WatchConfig,
  WatchedEndpoint,
  WatchedViews,
} from '../fleet/watch-config.ts'
import { InputError } from '../io/input-error.ts'
import { readInput } from '../io/input-file.ts'
import { pathBeside } from '../io/secret-files.ts'
import type { HeldCertificate, StoredFleet } from '../store/rows/fleets.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { parseCertificates } from '../x509/pem.ts'
import { FleetDevices, LabError } from './fleet-devices.ts'
import { LabTargets } from './lab-targets.ts'

/** `watch.yaml` with all that it names read: nothing of it needs the files again but secrets. */
export interface LoadedWatch extends Omit<WatchConfig, 'fleets' | 'views'> {
  readonly fleets: readonly Omit<StoredFleet, 'origin'>[]
  /** For who serves the dashboard; undefined: none. */
  readonly views?: WatchedViews | undefined
}

export interface LoadContext {
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
}

/** Throws `DataFileError` with line and mend, `InputError` for a file that cannot be read. */
export async function loadWatch(file: string, context: LoadContext): Promise<LoadedWatch> {
  const text = Buffer.from(await readInput(file, 'a watch.yaml')).toString('utf8')
  const parsed = parseWatch(text, file, context.catalogue)
  const { config } = parsed
  const fleets: Omit<StoredFleet, 'origin'>[] = []
  for (const [at, fleet] of config.fleets.entries()) {
    fleets.push(await loadFleet(fleet, at, file, parsed, context))
  }
  return {
    ...config,
    fleets,
    endpoints: config.endpoints.map((endpoint) => withPaths(endpoint, file)),
    channels: config.channels.map((channel) => channelWithPaths(channel, file)),
    transparency: withPath(config.transparency, file),
    views: {
      ...config.views,
      measurements: config.views.measurements.map((one) => ({
        ...one,
        folder: pathBeside(file, one.folder),
      })),
    },
    access: config.access && accessWithPaths(config.access, file),
  }
}

function withPath(where: Transparency | undefined, file: string): Transparency | undefined {
  return where !== undefined && 'file' in where ? { ...where, file: pathBeside(file, where.file) } : where
}

async function loadFleet(
  { anchors, ...fleet }: Fleet,
  at: number,
  file: string,
  { fault }: ParsedWatch,
  { catalogue, knownRoots }: LoadContext,
): Promise<Omit<StoredFleet, 'origin'>> {
  const held: HeldCertificate[] = []
  const heldOfLab: string[] = []
  for (const [index, written] of (anchors ?? []).entries()) {
    const here = ['fleets', at, 'anchors', index]
    if (written.startsWith('lab:')) {
      heldOfLab.push(written)
      continue
    }
    const root = knownRoots.find(({ id }) => id === written)
    if (root !== undefined) {
      held.push({ label: written, der: base64(root.certificate.der) })
      continue
    }
    try {
      const path = pathBeside(file, written)
      const certificates = parseCertificates(readBounded(path), written)
      held.push(...certificates.map(({ der }) => ({ label: written, der: base64(der) })))
    } catch (error) {
      const mend = 'name a file of PEM or DER, an id of roots/, or lab:CASE/STEP'
      throw fault(here, error instanceof Error ? error.message : String(error), mend)
    }
  }
  const profiles: { [path: string]: string } = {}
  for (const path of profilePaths(fleet.device)) {
    try {
      profiles[path] = readBounded(pathBeside(file, path)).toString('utf8')
    } catch (error) {
      throw fault(['fleets', at, 'device'], (error as Error).message, 'name a profile file (YAML)')
    }
  }
  const loaded = {
    ...fleet,
    held: anchors === undefined ? undefined : held,
    heldOfLab: heldOfLab.length === 0 ? undefined : heldOfLab,
    profiles: Object.keys(profiles).length === 0 ? undefined : profiles,
  }
  await checkFleet(loaded, ['fleets', at], fault, catalogue)
  return loaded
}

/** A device or a step of the lab that is not there is told at the start, not at the first probe. */
async function checkFleet(
  fleet: Omit<StoredFleet, 'origin'>,
  here: readonly (string | number)[],
  fault: ParsedWatch['fault'],
  catalogue: Catalogue,
): Promise<void> {
  try {
    await new FleetDevices(catalogue).open({ ...fleet, origin: 'file', heldOfLab: undefined })
    for (const target of fleet.heldOfLab ?? []) LabTargets.check(target)
  } catch (error) {
    const part = error instanceof LabError ? 'anchors' : 'device'
    const mend = error instanceof LabError ? 'tlsfit lab lists the cases' : 'tlsfit devices lists them'
    throw fault([...here, part], error instanceof Error ? error.message : String(error), mend)
  }
}

const MAX_FILE_BYTES = 4_194_304

function readBounded(path: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InputError(
      'file-unreadable',
      `${path} cannot be read (${code})`,
      'give a file that is there',
      path,
    )
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new InputError('file-too-large', `${path} has ${bytes.length} bytes`, 'give a smaller file', path)
  }
  return bytes
}

function base64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64')
}

/** Files of secrets lie beside the config, wherever the process runs. */
function withPaths(endpoint: WatchedEndpoint, file: string): WatchedEndpoint {
  const { query, headers, clientCertificate } = endpoint
  return {
    ...endpoint,
    query: query && besideConfig(query, file),
    headers: headers.map(({ name, value }) => {
      return { name, value: typeof value === 'string' ? value : besideConfig(value, file) }
    }),
    clientCertificate: clientCertificate && {
      certificate: besideConfig(clientCertificate.certificate, file),
      key: besideConfig(clientCertificate.key, file),
    },
  }
}

function channelWithPaths(channel: Channel, file: string): Channel {
  const parts = Object.entries(channel).map(([key, value]) => {
    const isFile = typeof value === 'object' && value !== null && 'file' in value
    return [key, isFile ? besideConfig(value as SecretReference, file) : value]
  })
  return Object.fromEntries(parts) as Channel
}

function accessWithPaths(access: AccessConfig, file: string): AccessConfig {
  const { oidc } = access
  const { clientSecret } = oidc ?? {}
  return {
    ...access,
    oidc: oidc && { ...oidc, clientSecret: clientSecret && besideConfig(clientSecret, file) },
  }
}

function besideConfig(reference: SecretReference, file: string): SecretReference {
  return 'file' in reference ? { file: pathBeside(file, reference.file) } : reference
}
