import type { DeviceLayer } from './device.ts'
import { type AskedLayer, DeviceIdError, nearestIds, parseDeviceId, printable } from './device-id.ts'
import type { Profile, ProfileRange, ProfileValues } from './profile.ts'
import { narrowest, parseVersionRange, rangesOverlap, type VersionRange } from './version-range.ts'

/** Where layers are looked up: the part of a `Catalogue` that this needs. */
export interface Profiles {
  readonly families: readonly string[]
  profile(family: string): Profile | undefined
}

/** A layer of an id, found in its profile. */
export interface FoundLayer {
  readonly layer: DeviceLayer
  readonly profile: Profile
  readonly version: VersionRange
  readonly values: ProfileValues
}

/** Looks up layers for one id and reports what is wrong with it. */
export class LayerFinder {
  readonly #asked: string
  readonly #catalogue: Profiles
  readonly #extra: ReadonlyMap<string, Profile>

  constructor(asked: string, catalogue: Profiles, extra: ReadonlyMap<string, Profile>) {
    this.#asked = asked
    this.#catalogue = catalogue
    this.#extra = extra
  }

  named(layers: readonly AskedLayer[]): FoundLayer[] {
    const found = layers.map((asked) => {
      const alias = asked.version === undefined ? findAlias(asked.family, this.#catalogue) : undefined
      const layer = alias === undefined ? asked : (parseDeviceId(alias)[0] ?? asked)
      return this.#find(this.#profile(layer), layer.version)
    })
    const families = found.map(({ profile }) => profile.family)
    const twice = families.find((family, index) => families.indexOf(family) !== index)
    if (twice !== undefined) throw this.#combination(`layer ${twice} is named twice`, 'name each layer once')
    return found
  }

  /** Puts layers in their order, and defaults where a layer is missing below, between or on top. */
  complete(asked: readonly FoundLayer[]): readonly FoundLayer[] {
    const named = this.#withBases(asked)
    const upper = named.filter(({ profile }) => profile.runsOn.length > 0)
    const lowest = named.filter(({ profile }) => profile.runsOn.length === 0)
    if (lowest.length > 1) {
      const families = lowest.map(({ profile }) => profile.family).join(' and ')
      throw this.#combination(`${families} are both lowest layers`, 'a device has one modem, stack or module')
    }
    const stack = [lowest[0] ?? this.#lowestUnder(upper[0]?.profile)]
    const waiting = [...upper]
    while (waiting.length > 0) {
      const next = waiting.findIndex(({ profile }) => runsOn(profile, stack))
      const [layer] = next >= 0 ? waiting.splice(next, 1) : [this.#between(stack, waiting)]
      if (layer !== undefined) stack.push(layer)
    }
    for (const family of stack[0]?.profile.under ?? []) {
      if (!stack.some(({ profile }) => profile.family === family)) stack.push(this.#default(family))
    }
    return stack
  }

  #profile(layer: AskedLayer): Profile {
    if (layer.isPath) {
      const own = this.#extra.get(layer.family)
      if (own !== undefined) return own
      throw new DeviceIdError(
        'profile-missing',
        this.#asked,
        `profile ${printable(layer.family)} was not read`,
        [],
        'check the path',
      )
    }
    const profile = this.#catalogue.profile(layer.family)
    if (profile !== undefined) return profile
    const nearest = nearestIds(layer.family, [...this.#catalogue.families, ...allAliases(this.#catalogue)])
    throw new DeviceIdError(
      'unknown-family',
      this.#asked,
      `no device or layer is called "${layer.family}"`,
      nearest,
      `nearest: ${nearest.join(', ')}; ./my.yaml names a profile of your own`,
    )
  }

  #find(profile: Profile, wanted: string | undefined): FoundLayer {
    const text = wanted ?? profile.defaultVersion
    const version = parseVersionRange(text)
    if (version === undefined)
      throw this.#version('bad-syntax', profile, `"${printable(text)}" is no version`, profile.ranges)
    const range = narrowest(profile.ranges, version)
    if (range === undefined) {
      const touched = profile.ranges.filter((one) => rangesOverlap(one.range, version))
      throw touched.length > 1
        ? this.#version(
            'ambiguous-version',
            profile,
            `${profile.family} ${text} spans versions that differ`,
            touched,
          )
        : this.#version(
            'unknown-version',
            profile,
            `nothing is known of ${profile.family} ${text}`,
            profile.ranges,
          )
    }
    const layer = {
      family: profile.family,
      name: profile.name,
      version: version.text,
      range: range.range.text,
      defaulted: wanted === undefined,
    }
    return { layer, profile, version, values: range.values }
  }

  #version(
    code: 'bad-syntax' | 'unknown-version' | 'ambiguous-version',
    profile: Profile,
    message: string,
    near: readonly ProfileRange[],
  ): DeviceIdError {
    const wanted = this.#asked.slice(0, 64)
    const ids = nearestIds(
      wanted,
      near.map(({ range }) => `${profile.family}@${range.text}`),
    )
    const known = profile.ranges.map(({ range }) => range.text).join(', ')
    return new DeviceIdError(code, this.#asked, message, ids, `known versions of ${profile.family}: ${known}`)
  }

  #default(family: string): FoundLayer {
    const found = this.#find(this.#profile({ family, isPath: false, version: undefined }), undefined)
    return { ...found, layer: { ...found.layer, defaulted: true } }
  }

  /** The layers named, and below each the base that its profile says, where no layer of that family is named. */
  #withBases(asked: readonly FoundLayer[]): readonly FoundLayer[] {
    const named = [...asked]
    for (let index = 0; index < named.length && named.length <= layersAtMost; index++) {
      const { base } = named[index]?.profile ?? {}
      const [layer] = base === undefined ? [] : parseDeviceId(base)
      if (layer === undefined || named.some(({ profile }) => profile.family === layer.family)) continue
      const found = this.#find(this.#profile(layer), layer.version)
      named.push({ ...found, layer: { ...found.layer, defaulted: true } })
    }
    return named
  }

  /** The default lowest layer under an upper one: the first family it runs on, followed down. */
  #lowestUnder(upper: Profile | undefined): FoundLayer {
    let family = upper?.runsOn[0]
    for (let depth = 0; depth < 8 && family !== undefined; depth++) {
      const found = this.#default(family)
      if (found.profile.runsOn.length === 0) return found
      family = found.profile.runsOn[0]
    }
    throw this.#combination('no lowest layer can be found', 'name the modem, stack or module first')
  }

  /** A layer that is missing between the stack and a layer still waiting. */
  #between(stack: readonly FoundLayer[], waiting: readonly FoundLayer[]): FoundLayer {
    const candidates = waiting.flatMap(({ profile }) => profile.runsOn)
    for (const family of candidates) {
      const profile = this.#catalogue.profile(family)
      if (profile !== undefined && profile.runsOn.length > 0 && runsOn(profile, stack))
        return this.#default(family)
    }
    const [upper] = waiting
    throw this.#combination(
      `${upper?.profile.family} does not run on ${stack.map(({ profile }) => profile.family).join(', ')}`,
      `${upper?.profile.family} runs on ${upper?.profile.runsOn.join(', ')}`,
    )
  }

  #combination(message: string, hint: string): DeviceIdError {
    return new DeviceIdError('bad-combination', this.#asked, message, [], hint)
  }
}

/** Bases of bases end somewhere. */
const layersAtMost = 16

function runsOn(profile: Profile, stack: readonly FoundLayer[]): boolean {
  return stack.some((below) => profile.runsOn.includes(below.profile.family))
}

/** The layer text that an alias of the catalogue stands for; undefined when it is none. */
export function findAlias(text: string, catalogue: Profiles): string | undefined {
  const wanted = text.trim().toLowerCase()
  if (catalogue.families.includes(wanted) || /[@/\\]/.test(wanted)) return undefined
  for (const family of catalogue.families) {
    const layer = catalogue.profile(family)?.aliases.get(wanted)
    if (layer !== undefined) return layer
  }
  return undefined
}

function allAliases(catalogue: Profiles): readonly string[] {
  return catalogue.families.flatMap((family) => [...(catalogue.profile(family)?.aliases.keys() ?? [])])
}
