import type * as v from 'valibot'
import type {
  Confidence,
  DeviceHello,
  DeviceLimits,
  ErrorWords,
  FamilyKind,
  HttpClientProfile,
  MqttClientProfile,
  Sourced,
  StackBuild,
  TrustSemantics,
  Verification,
} from './device.ts'
import type { Limit } from './limit.ts'
import { badNamesOf } from './profile-names.ts'
import type { profileFile, profileValues } from './profile-schema.ts'
import { mayFollow, narrowest, parseVersionRange, rangesHint, type VersionRange } from './version-range.ts'

/** One family as `devices/<family>.yaml` tells it: a modem or stack, an SDK, a library. */
export interface Profile {
  readonly family: string
  readonly name: string
  readonly kind: FamilyKind | undefined
  /** The layer put below when the user names none of its family, such as `mbedtls@2.28`. */
  readonly base: string | undefined
  /** Families this layer lies on; empty for a lowest layer. */
  readonly runsOn: readonly string[]
  /** Layers put on top when the user names none, lowest first. */
  readonly under: readonly string[]
  readonly defaultVersion: string
  /** Other ids -> layer text such as `nrf9160@1.3.1..1.3.7`. */
  readonly aliases: ReadonlyMap<string, string>
  /** What a change of version does by itself. */
  readonly updates: readonly Sourced<string>[]
  /** In the order of the file. Two either share no version, or the later one lies inside the earlier one. */
  readonly ranges: readonly ProfileRange[]
}

export interface ProfileRange {
  readonly range: VersionRange
  /** `common`, the values of the ranges that it lies inside, and the range's own, each over the one before. */
  readonly values: ProfileValues
}

/** A part that is absent is unknown. */
export interface ProfileValues {
  readonly hello: Partial<DeviceHello>
  readonly limits: Partial<DeviceLimits>
  readonly verification: Partial<Verification>
  readonly trust: Partial<TrustSemantics>
  readonly build: Partial<StackBuild>
  readonly http: Partial<HttpClientProfile> | undefined
  readonly mqtt: Partial<MqttClientProfile> | undefined
  readonly anchorsHeld: Sourced<readonly string[]> | undefined
  readonly handshakeFragments: Sourced<'joined' | 'refused'> | undefined
  readonly errors: readonly ErrorWords[]
  readonly quirks: readonly Sourced<string>[]
}

type ValuesAsWritten = v.InferOutput<typeof profileValues>
/** A file of the right shape, with the defaults of the schema: plain JSON. */
export type ProfileAsWritten = v.InferOutput<typeof profileFile>
type Cited = { readonly source: string | string[]; readonly confidence?: Confidence | undefined }

/** The error for a value at `path` that cannot stand there. */
export type ProfileFault = (path: readonly string[], what: string, hint: string) => Error

/** What a file of the right shape says. Throws what `fault` makes where a name or a range in it cannot be used. */
export function readProfile(written: ProfileAsWritten, fault: ProfileFault): Profile {
  const reader = new ProfileReader(written, fault)
  const common = reader.values(written.common as ValuesAsWritten, ['common'])
  const ranges: ProfileRange[] = []
  for (const [rangeText, own] of Object.entries(written.ranges)) {
    const range = reader.range(rangeText)
    const base = narrowest(ranges, range)?.values ?? common
    ranges.push({
      range,
      values: own === null ? base : refine(base, reader.values(own, ['ranges', rangeText])),
    })
  }
  reader.checkRanges(ranges.map(({ range }) => range))
  return {
    family: written.family,
    name: written.name,
    kind: written.kind,
    base: written.base,
    runsOn: reader.runsOn(written),
    under: written.under,
    defaultVersion: written.defaultVersion,
    updates: reader.updates(written),
    aliases: new Map(Object.entries(written.aliases).map(([id, layer]) => [id.toLowerCase(), layer])),
    ranges,
  }
}

/** Reads values as written into values with their source spelt out. */
class ProfileReader {
  readonly #bad: ProfileFault
  readonly #sources: ReadonlyMap<string, { readonly where: string; readonly confidence: Confidence }>

  constructor(written: ProfileAsWritten, fault: ProfileFault) {
    this.#bad = fault
    this.#sources = new Map(Object.entries(written.sources))
  }

  updates({ updates }: ProfileAsWritten): readonly Sourced<string>[] {
    return updates.map((update, index) => this.#cite(update, ['updates', String(index)]))
  }

  /** The base's family is one of those it runs on. */
  runsOn({ base, runsOn }: ProfileAsWritten): readonly string[] {
    if (base === undefined) return runsOn
    const family = baseFamily(base)
    if (family === undefined)
      throw this.#bad(['base'], 'is no layer', 'write a family with its version, such as mbedtls@2.28')
    return runsOn.includes(family) ? runsOn : [family, ...runsOn]
  }

  range(rangeText: string): VersionRange {
    const range = parseVersionRange(rangeText)
    if (range !== undefined) return range
    throw this.#bad(
      ['ranges', rangeText],
      'is no range of versions',
      'write 1.3.4, 5.x, 1.2.1..1.2.6, ..1.2 or 3.0..',
    )
  }

  checkRanges(ranges: readonly VersionRange[]): void {
    if (ranges.length === 0)
      throw this.#bad(['ranges'], 'is empty', 'name at least one range; any covers all versions')
    ranges.forEach((range, index) => {
      const other = ranges.slice(0, index).find((before) => !mayFollow(before, range))
      if (other === undefined) return
      throw this.#bad(['ranges', range.text], `overlaps ${other.text}`, rangesHint)
    })
  }

  values(written: ValuesAsWritten, path: readonly string[]): ProfileValues {
    for (const bad of badNamesOf(written)) throw this.#bad([...path, ...bad.path], bad.what, bad.hint)
    return {
      hello: {
        ...this.#group(written.hello, [...path, 'hello'], ['origin']),
        ...(written.hello.origin === undefined ? {} : { origin: written.hello.origin }),
      },
      limits: this.#group(written.limits, [...path, 'limits']),
      verification: this.#group(written.verification, [...path, 'verification']),
      trust: this.#group(written.trust, [...path, 'trust']),
      build: this.#group(written.build, [...path, 'build']),
      http: written.http === undefined ? undefined : this.#group(written.http, [...path, 'http']),
      mqtt: written.mqtt === undefined ? undefined : this.#group(written.mqtt, [...path, 'mqtt']),
      anchorsHeld:
        written.anchorsHeld == null ? undefined : this.#cite(written.anchorsHeld, [...path, 'anchorsHeld']),
      handshakeFragments:
        written.handshakeFragments == null
          ? undefined
          : this.#cite(written.handshakeFragments, [...path, 'handshakeFragments']),
      errors: written.errors.map((words, index) => {
        const { note: _note, ...rest } = this.#cite(words, [...path, 'errors', String(index)])
        return { ...rest, log: words.log }
      }),
      quirks: written.quirks.map((quirk, index) => this.#cite(quirk, [...path, 'quirks', String(index)])),
    }
  }

  /** Cites every value of a group; `null` becomes `undefined` and takes the common value away. */
  // biome-ignore lint/suspicious/noExplicitAny: the schema has checked each member against the contract type
  #group(written: Readonly<Record<string, any>>, path: readonly string[], skip: readonly string[] = []): any {
    const group: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(written)) {
      if (skip.includes(key)) continue
      if (value === null) group[key] = undefined
      else if (Object.hasOwn(value, 'counts')) group[key] = this.#limit(value, [...path, key])
      else group[key] = this.#cite(value, [...path, key])
    }
    return group
  }

  #limit(written: NonNullable<ValuesAsWritten['limits']['chainBytes']>, path: readonly string[]): Limit {
    return {
      ...this.#cite(written, path),
      value: written.value,
      atLeast: written.atLeast,
      disputed: written.disputed.map((other, index) =>
        this.#cite(other, [...path, 'disputed', String(index)]),
      ),
    }
  }

  /** Puts the text and confidence of the source, or of the first of several, in place of its key. */
  #cite<T extends Cited>(written: T, path: readonly string[]): Omit<T, 'source' | 'confidence'> & Origin {
    const keys = typeof written.source === 'string' ? [written.source] : written.source
    const cited = keys.map((key) => this.#sources.get(key) ?? key)
    const unknown = cited.find((source) => typeof source === 'string')
    if (typeof unknown === 'string') {
      const known = [...this.#sources.keys()].join(', ')
      throw this.#bad(
        [...path, 'source'],
        `"${unknown}" is not in sources`,
        `add it there, or use one of: ${known}`,
      )
    }
    const sources = cited.filter((source) => typeof source !== 'string')
    return {
      ...written,
      source: sources.map(({ where }) => where).join('; '),
      confidence: written.confidence ?? sources[0]?.confidence ?? 'inferred',
    }
  }
}

/** undefined where the text is not one layer of the catalogue with a version. */
export function baseFamily(base: string): string | undefined {
  const [family = '', version, ...more] = base.split('@')
  if (more.length > 0 || version === undefined || parseVersionRange(version) === undefined) return undefined
  return /^[a-z0-9][a-z0-9_.-]{0,63}$/.test(family) ? family : undefined
}

interface Origin {
  readonly source: string
  readonly confidence: Confidence
}

/** A range's own values over the common ones; its errors and quirks come after those that all versions have. */
function refine(common: ProfileValues, own: ProfileValues): ProfileValues {
  return {
    ...overlay(common, own),
    errors: [...common.errors, ...own.errors],
    quirks: [...common.quirks, ...own.quirks],
  }
}

/** An upper layer over a lower one: `upper` over `lower`, value by value; lists of errors and quirks are joined, those of `upper` first. */
export function overlay(lower: ProfileValues, upper: ProfileValues): ProfileValues {
  return {
    hello: { ...lower.hello, ...upper.hello },
    limits: { ...lower.limits, ...upper.limits },
    verification: { ...lower.verification, ...upper.verification },
    trust: { ...lower.trust, ...upper.trust },
    build: { ...lower.build, ...upper.build },
    http: lower.http === undefined ? upper.http : { ...lower.http, ...upper.http },
    mqtt: lower.mqtt === undefined ? upper.mqtt : { ...lower.mqtt, ...upper.mqtt },
    anchorsHeld: upper.anchorsHeld ?? lower.anchorsHeld,
    handshakeFragments: upper.handshakeFragments ?? lower.handshakeFragments,
    errors: [...upper.errors, ...lower.errors],
    quirks: [...upper.quirks, ...lower.quirks],
  }
}
