import type { Device, Sourced } from './device.ts'
import type { Limit } from './limit.ts'
import type { ProfileValues } from './profile.ts'
import {
  unknownBuild,
  unknownHello,
  unknownHttp,
  unknownLimits,
  unknownMqtt,
  unknownTrust,
  unknownVerification,
} from './unknown.ts'

/** One part of what is known of a device, or is not. */
export interface DevicePart {
  readonly group: PartGroup
  readonly key: string
  /** Undefined: unknown. */
  readonly known: Sourced<unknown> | Limit | undefined
}

export type PartGroup = 'hello' | 'limits' | 'verification' | 'trust' | 'build' | 'http' | 'mqtt'

const groups: { readonly [G in PartGroup]: readonly string[] } = {
  hello: Object.keys(unknownHello).filter((key) => key !== 'origin'),
  limits: Object.keys(unknownLimits),
  verification: Object.keys(unknownVerification),
  trust: Object.keys(unknownTrust),
  build: Object.keys(unknownBuild),
  http: Object.keys(unknownHttp),
  mqtt: Object.keys(unknownMqtt),
}

/**
 * Every part that a profile may give, known or not, group by group. Parts of the HTTP and MQTT clients only where
 * the device has such a client.
 */
export function partsOf(device: Device | ProfileValues): readonly DevicePart[] {
  return Object.entries(groups).flatMap(([group, keys]) => {
    const values = device[group as PartGroup] as Readonly<Record<string, DevicePart['known']>> | undefined
    if (values === undefined) return []
    return keys.map((key) => ({ group: group as PartGroup, key, known: values[key] }))
  })
}

export function isLimit(known: NonNullable<DevicePart['known']>): known is Limit {
  return 'counts' in known
}

/** Notes, sources and confidence may differ; the figures count, and for limits how they count. */
export function sameFigures({ known: a }: DevicePart, { known: b }: DevicePart): boolean {
  if (a === undefined || b === undefined) return a === b
  return figures(a) === figures(b)
}

function figures(known: NonNullable<DevicePart['known']>): string {
  if (!('counts' in known)) return JSON.stringify(known.value)
  return JSON.stringify([known.value, known.atLeast, known.counts, known.passes, known.fails])
}
