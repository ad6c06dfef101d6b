import { resolveDevice } from '../catalogue.ts'
import type { Device } from '../device.ts'
import { parseProfile } from '../parse-profile.ts'
import type { DerivedProfile } from './derived.ts'
import { deriveDownloadClient } from './download-client.ts'
import { type ConfigRequest, deriveProfile, versionGuessed } from './from-config.ts'
import { parseKconfig } from './kconfig.ts'
import { writeProfile } from './write-profile.ts'

export interface ConfiguredDeviceRequest extends ConfigRequest {
  /** Path of the file as its reader knows it, for reports. */
  readonly path: string
  /** The device that the file configures, as typed; undefined: the layer that the file names. */
  readonly id: string | undefined
  /** What the device is called in reports; undefined: by its file. */
  readonly name: string | undefined
}

/**
 * The device that a build's configuration makes. Throws `ConfigFileError` for a file that is none or does not tell,
 * `DeviceIdError` for a device or layer that nobody knows.
 */
export function configuredDevice(request: ConfiguredDeviceRequest): Device {
  const { id, catalogue, path, file } = request
  const below = id === undefined ? undefined : resolveDevice(id, catalogue)
  const derived = derivedOver(request, below)
  const family = familyOf(request.name ?? file, catalogue.families)
  // Never read from a disk: the text is handed over under this name.
  const profile = `./${family}.yaml`
  const text = writeProfile(derived, file, family)
  // A layer that the file itself names is no default of ours.
  const isGuessed = derived.notes.some((note) => note.startsWith(versionGuessed))
  const base = id ?? (isGuessed ? undefined : derived.base)
  const asked = base === undefined ? `${profile}@any` : `${base}+${profile}@any`
  const device = resolveDevice(asked, catalogue, new Map([[profile, parseProfile(text, profile)]]))
  const stack = request.stack ?? (below && layerBelow(below))
  const configuration = { file: path, lines: linesOf(derived), id, stack, mfl: request.maxFragmentLength }
  return { ...device, asked: request.name ?? path, configuration }
}

/** On an nRF91 TLS runs in the modem; its application's configuration is that of the client above it. */
export function derivedOver(request: ConfigRequest, below: Device | undefined): DerivedProfile {
  const { text, file, stack } = request
  if (below !== undefined && isModemClient(below)) {
    return deriveDownloadClient(parseKconfig(text, file), below, file)
  }
  // The file goes by the layer that it lies on, unless another was named for it.
  return deriveProfile({ ...request, stack: stack ?? (below && layerBelow(below)) })
}

/** What `--stack` of from-config says for a file that configures this device. */
function layerBelow(below: Device): string | undefined {
  if (isModemClient(below)) return below.id
  const lowest = below.layers[0]
  return lowest && `${lowest.family}@${lowest.version}`
}

function isModemClient({ layers }: Device): boolean {
  return layers.some(({ family }) => family === 'ncs')
}

function linesOf({ values }: DerivedProfile): Record<string, number> {
  const found = values.flatMap(({ key, value, lines }) => {
    const line = lines[0]?.line
    return value === null || line === undefined ? [] : [[key, line] as const]
  })
  return Object.fromEntries(found)
}

/** A word that may stand in a device id, and is no family's own. */
function familyOf(name: string, families: readonly string[]): string {
  const word = name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 48)
  if (word === '') return 'my-device'
  return families.includes(word) ? `${word}-own` : word
}
