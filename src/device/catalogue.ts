import type { Device, DeviceLayer, LaterVersion } from './device.ts'
import { parseDeviceId } from './device-id.ts'
import type { FieldRow } from './evidence.ts'
import { limitsWithEvidence, parseEvidence } from './evidence-file.ts'
import { type FoundLayer, findAlias, LayerFinder } from './layer-finder.ts'
import { type OrdinaryRange, parseOrdinary } from './ordinary.ts'
import { overlay, type Profile, type ProfileValues, parseProfile } from './profile.ts'
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

/**
 * Texts by file name: a profile's file is named after its family (`nrf9160.yaml`). Nothing is parsed yet, so
 * a broken file throws `DataFileError` only where it is used.
 */
export function makeCatalogue(
  profileTexts: ReadonlyMap<string, string>,
  evidenceTexts: ReadonlyMap<string, string>,
  ordinaryText: string,
): Catalogue {
  const files = new Map([...profileTexts.keys()].sort().map((file) => [familyOf(file), file]))
  const profiles = new Map<string, Profile>()
  let rows: readonly FieldRow[] | undefined
  let ordinary: OrdinaryRange | undefined
  return {
    families: [...files.keys()],
    get rows() {
      rows ??= [...evidenceTexts].flatMap(([file, text]) => parseEvidence(text, `evidence/${file}`))
      return rows
    },
    get ordinary() {
      ordinary ??= parseOrdinary(ordinaryText, 'endpoints/ordinary.yaml')
      return ordinary
    },
    profile(family) {
      const file = files.get(family)
      if (file === undefined) return undefined
      const profile = profiles.get(family) ?? parseProfile(profileTexts.get(file) ?? '', `devices/${file}`)
      profiles.set(family, profile)
      return profile
    },
  }
}

/**
 * The device that an id means: `nrf9160@1.3.4+ncs@2.4.2`, `esp-idf@5.2`, `spwf04sx`, `./my.yaml`, or an alias.
 * Layers left out are filled in with the catalogue's defaults and marked `defaulted`. `extraProfiles` holds the
 * texts of the files that the id names by path. Throws `DeviceIdError`; `DataFileError` for a broken file.
 */
export function resolveDevice(
  asked: string,
  catalogue: Catalogue,
  extraProfiles: ReadonlyMap<string, string> = new Map(),
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
    name: layers.map(({ name, version }) => `${name} ${version}`).join(', '),
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

function familyOf(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, '')
}
