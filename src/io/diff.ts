import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { compareDevices, type DeviceDifferences } from '../device/device-differences.ts'
import { compareObservations, type Difference } from '../judge/differences.ts'
import { type LimitCrossed, limitsBetween } from '../judge/limits-between.ts'
import type { Observation } from '../observe/observation.ts'
import { InputError } from './input-error.ts'
import { openKnownRoots } from './root-files.ts'

/** Both sides looked at, and what they differ in. */
export type Diffed = DevicesDiffed | ObservationsDiffed

export interface DevicesDiffed {
  readonly kind: 'devices'
  readonly a: Device
  readonly b: Device
  readonly differences: DeviceDifferences
}

export interface ObservationsDiffed {
  readonly kind: 'observations'
  readonly a: string
  readonly b: string
  readonly pairs: readonly PairDiffed[]
  /** Sessions of a capture that have no partner on the other side. */
  readonly onlyA: readonly Observation[]
  readonly onlyB: readonly Observation[]
}

export interface PairDiffed {
  readonly a: Observation
  readonly b: Observation
  readonly differences: readonly Difference[]
  /** Limits of devices that one side's chain passes and the other does not. */
  readonly limits: readonly LimitCrossed[]
}

export interface DiffRequest {
  /** Targets, captures, PEM files, or `device:ID`. */
  readonly a: string
  readonly b: string
  readonly catalogue: Catalogue
  /** Dials a target or reads a file: one observation for each session seen. */
  readonly look: (target: string) => Promise<readonly Observation[]>
}

const devicePrefix = 'device:'

/** Throws `InputError`, `DeviceIdError`, and what `look` throws. */
export async function diff({ a, b, catalogue, look }: DiffRequest): Promise<Diffed> {
  const devices = [a, b].map((side) => side.startsWith(devicePrefix))
  if (devices[0] && devices[1]) {
    const [one, other] = [a, b].map((side) => resolveDevice(side.slice(devicePrefix.length), catalogue)) as [
      Device,
      Device,
    ]
    return { kind: 'devices', a: one, b: other, differences: compareDevices(one, other, catalogue) }
  }
  if (devices[0] || devices[1]) {
    const other = devices[0] ? b : a
    throw new InputError(
      'sides-unlike',
      'a device is compared with a device, not with an endpoint or file',
      `write device:ID on both sides, or tlsfit check ${other} --device ID`,
      other,
    )
  }
  const [left, right] = [await look(a), await look(b)]
  const knownRoots = openKnownRoots()
  const { pairs, onlyA, onlyB } = pair(left, right)
  return {
    kind: 'observations',
    a,
    b,
    pairs: pairs.map(([one, other]) => {
      const differences = compareObservations(one, other, knownRoots)
      return { a: one, b: other, differences, limits: limitsBetween(differences, catalogue) }
    }),
    onlyA,
    onlyB,
  }
}

/** Sessions to the same server name belong together, then those to the same address, then what is left, in order. */
function pair(left: readonly Observation[], right: readonly Observation[]) {
  const [restA, restB] = [[...left], [...right]]
  const pairs: [Observation, Observation][] = []
  const keys = [
    (one: Observation) => one.connections[0]?.hello?.sni,
    (one: Observation) => one.connections[0]?.address,
    () => 'any',
  ]
  for (const keyOf of keys) {
    for (const one of [...restA]) {
      const key = keyOf(one)
      const at = key === undefined ? -1 : restB.findIndex((other) => keyOf(other) === key)
      if (at < 0) continue
      pairs.push([one, restB[at] as Observation])
      restA.splice(restA.indexOf(one), 1)
      restB.splice(at, 1)
    }
  }
  return { pairs, onlyA: restA, onlyB: restB }
}
