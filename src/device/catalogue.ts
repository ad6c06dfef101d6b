import type { Device, DeviceLayer, LaterVersion } from './device.ts'
import { parseDeviceId } from './device-id.ts'
import type { FieldRow } from './evidence.ts'
import { type FoundLayer, findAlias, LayerFinder } from './layer-finder.ts'
import { limitsWithEvidence } from './limits-with-evidence.ts'
import type { OrdinaryRange } from './ordinary.ts'
import { overlay, type Profile, type ProfileValues } from './profile.ts'
import {
  unknownBuild,
  unknownHello,
  unknownHttp,
  unknownLimits,
  unknownMqtt,
  unknownTrust,
  unknownVerification,
} from './unknown.ts'
import { compareVersions, parseVersionRange, rangesOverlap } from './version-range.ts'

/** Everything known of devices. Files are parsed when first asked for; what they say never changes. */
export interface Catalogue {
  /** In the order of the files' names. */
  readonly families: readonly string[]
  readonly rows: readonly FieldRow[]
  readonly ordinary: OrdinaryRange
  /** undefined for an unknown family. Throws `DataFileError` when its file is broken. */
  profile(family: string): Profile | undefined
}

/** Where what a catalogue tells comes from; each part is asked for once, when it is first needed. */
export interface CatalogueSource {
  readonly families: readonly string[]
  /** Of one of `families`. */
  profile(family: string): Profile
  rows(): readonly FieldRow[]
  ordinary(): OrdinaryRange
}

export function catalogueOf(source: CatalogueSource): Catalogue {
  const profiles = new Map<string, Profile>()
  const families = new Set(source.families)
  let rows: readonly FieldRow[] | undefined
  let ordinary: OrdinaryRange | undefined
  return {
    families: [...families],
    get rows() {
      rows ??= source.rows()
      return rows
    },
    get ordinary() {
      ordinary ??= source.ordinary()
      return ordinary
    },
    profile(family) {
      if (!families.has(family)) return undefined
      const profile = profiles.get(family) ?? source.profile(family)
      profiles.set(family, profile)
      return profile
    },
  }
}

/**
 * The device that an id means: `nrf9160@1.3.4+ncs@2.4.2`, `esp-idf@5.2`, `spwf04sx`, `./my.yaml`, or an alias.
 * Layers left out are filled in with the catalogue's defaults and marked `defaulted`. `extraProfiles` holds the
 * profiles that the id names by path. Throws `DeviceIdError`; `DataFileError` for a broken file.
 */
export function resolveDevice(
  asked: string,
  catalogue: Catalogue,
  extraProfiles: ReadonlyMap<string, Profile> = new Map(),
): Device {
  const finder = new LayerFinder(asked, catalogue, extraProfiles)
  const found = finder.complete(finder.named(parseDeviceId(findAlias(asked, catalogue) ?? asked)))
  const layers = found.map(({ layer }) => layer)
  const rows = catalogue.rows.filter((row) => found.some((one) => rowHolds(row, one)))
  const device = toDevice(asked, layers, found.map(({ values }) => values).reduce(overlay), rows)
  return { ...device, later: laterVersions(found) }
}

/** Every range of every lowest layer, with the default layers on top: what `all` means. */
export function listDevices(catalogue: Catalogue): readonly Device[] {
  return catalogue.families
    .map((family) => catalogue.profile(family))
    .filter((profile) => profile !== undefined && profile.runsOn.length === 0)
    .flatMap((profile) => (profile?.ranges ?? []).map(({ range }) => `${profile?.family}@${range.text}`))
    .map((id) => resolveDevice(id, catalogue))
}

function laterVersions([lowest, ...upper]: readonly FoundLayer[]): LaterVersion[] {
  if (lowest === undefined) return []
  const { profile, version } = lowest
  return profile.ranges
    .filter(({ range }) => compareVersions(range.low, version.high) > 0)
    .sort((a, b) => compareVersions(a.range.low, b.range.low))
    .map(({ range, values }) => {
      const { hello, verification } = [values, ...upper.map((layer) => layer.values)].reduce(overlay)
      return {
        version: range.text.split('..')[0] ?? range.text,
        hello: { ...unknownHello, ...hello },
        certificateSignatures: verification?.certificateSignatures,
      }
    })
}

function rowHolds(row: FieldRow, { profile, version }: FoundLayer): boolean {
  const versions = parseVersionRange(row.versions)
  return row.family === profile.family && versions !== undefined && rangesOverlap(versions, version)
}

function toDevice(
  asked: string,
  layers: readonly DeviceLayer[],
  values: ProfileValues,
  rows: readonly FieldRow[],
): Omit<Device, 'later'> {
  return {
    id: layers.map(({ family, version }) => `${family}@${version}`).join('+'),
    asked,
    // A profile that makes no difference of versions has none to tell.
    name: layers.map(({ name, version }) => (version === 'any' ? name : `${name} ${version}`)).join(', '),
    version: layers[0]?.version ?? '',
    layers,
    hello: { ...unknownHello, ...values.hello },
    limits: limitsWithEvidence({ ...unknownLimits, ...values.limits }, rows),
    verification: { ...unknownVerification, ...values.verification },
    trust: { ...unknownTrust, ...values.trust },
    build: { ...unknownBuild, ...values.build },
    http: values.http === undefined ? undefined : { ...unknownHttp, ...values.http },
    mqtt: values.mqtt === undefined ? undefined : { ...unknownMqtt, ...values.mqtt },
    anchorsHeld: values.anchorsHeld,
    handshakeFragments: values.handshakeFragments,
    errors: values.errors,
    evidence: rows,
    quirks: values.quirks,
  }
}
