import { createHash } from 'node:crypto'
import { isBrokenOff } from '../fleet/broken-off.ts'
import { certificateDates, type Dates, datesIn, knownRootDates, nextPassing } from '../fleet/next-date.ts'
import type { PlanSeen } from '../fleet/snapshot-of.ts'
import { chooseSpots, isThoroughDue, type SpotCheck } from '../fleet/spot-check.ts'
import type { Seen } from '../io/check.ts'
import { trustOf } from '../io/trust-of.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import { sightDigest } from '../store/rows/sightings.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { DecodedOnce } from '../x509/decoded-once.ts'
import type { OpenFleet } from './fleet-devices.ts'

/** What the last thorough round left: as long as spots meet the same, it stands. */
export interface Stood {
  readonly sighting: string
  readonly thoroughSlot: Date
  readonly spot: SpotCheck
}

/** Whether spots may stand for all of it in the round of `slot`. */
export function mayStand(
  { spot, thoroughSlot }: Stood,
  { endpoint, basis, slot, now }: { endpoint: StoredEndpoint; basis: string; slot: Date; now: Date },
): boolean {
  return (
    spot.basis === basis &&
    (spot.until === undefined || now.toISOString() < spot.until) &&
    !isThoroughDue(endpoint, thoroughSlot, slot, placeOf(endpoint.id))
  )
}

/** From 0 to 1, the same each time. */
function placeOf(id: string): number {
  return createHash('sha256').update(`thorough ${id}`).digest().readUInt32BE() / 2 ** 32
}

/** Whether each spot met what it met before. */
export function meetsSame({ hellos }: SpotCheck, seen: ReadonlyMap<OpenFleet, Seen>): boolean {
  const met = new Map(
    [...seen].map(([{ fleet }, { plan, observations }]) => [fleet.id, { plan, observations }]),
  )
  return hellos.every(({ fleetId, plan, met: before }) => {
    const now = met.get(fleetId)
    return now?.plan === plan && sightDigest(now.observations) === before
  })
}

interface SpotContext {
  readonly knownRoots: readonly KnownRoot[]
  readonly decoded: DecodedOnce
}

/**
 * What the next rounds are to look at. Undefined where they send every hello: where that are few, and where one of
 * them was broken off that was not the last time as well (`isKnown`).
 */
export function spotCheckOf(
  seen: ReadonlyMap<OpenFleet, Seen>,
  { basis, isKnown, now }: { readonly basis: string; readonly isKnown: boolean; readonly now: Date },
  context: SpotContext,
): SpotCheck | undefined {
  const hellos = new Map<string, PlanSeen & { devices: number; fleetId: string }>()
  for (const [{ fleet }, { plan = '', observations }] of seen) {
    const known = hellos.get(plan)
    if (known === undefined) hellos.set(plan, { plan, observations, devices: fleet.count, fleetId: fleet.id })
    else known.devices += fleet.count
  }
  const all = [...hellos.values()]
  if (!isKnown && all.some(isBrokenOff)) return undefined
  const chosen = chooseSpots(all)
  if (chosen === undefined) return undefined
  const untilMs = passesAt([...seen.keys()], all, context, now.getTime())
  return {
    basis,
    hellos: chosen.map(({ plan, observations }) => ({
      fleetId: hellos.get(plan)?.fleetId ?? '',
      plan,
      met: sightDigest(observations),
    })),
    until: untilMs === undefined ? undefined : new Date(untilMs).toISOString(),
  }
}

/** When the first date passes that any verdict may hang on: rather one too many than one too few. */
function passesAt(
  fleets: readonly OpenFleet[],
  seen: readonly PlanSeen[],
  { knownRoots, decoded }: SpotContext,
  nowMs: number,
): number | undefined {
  const connections = new Set(
    seen.flatMap(({ observations }) => observations.flatMap((one) => one.connections)),
  )
  const certificates = new Set(
    [...connections].flatMap(
      ({ chain }) => chain?.certificates.flatMap((der) => decoded.get(der) ?? []) ?? [],
    ),
  )
  const sent = certificateDates([...certificates])
  const asked = datesIn([...connections].map(({ exchanges }) => exchanges))
  const common = [sent, asked, datesOfRoots(knownRoots)]
  const clocks = new Map(fleets.map(({ fleet }) => [JSON.stringify(fleet.clock), fleet.clock]))
  const passing = [
    ...[...clocks.values()].flatMap((clock) => common.map((dates) => nextPassing(dates, clock, nowMs))),
    ...fleets.map((open) => nextPassing(datesHeld(open, knownRoots), open.fleet.clock, nowMs)),
  ].filter((one) => one !== undefined)
  return passing.length === 0 ? undefined : Math.min(...passing)
}

const rootDates = new WeakMap<readonly KnownRoot[], Dates>()

function datesOfRoots(roots: readonly KnownRoot[]): Dates {
  const known = rootDates.get(roots)
  if (known !== undefined) return known
  const dates = knownRootDates(roots)
  rootDates.set(roots, dates)
  return dates
}

const heldDates = new WeakMap<OpenFleet, Dates>()

function datesHeld(open: OpenFleet, knownRoots: readonly KnownRoot[]): Dates {
  const known = heldDates.get(open)
  if (known !== undefined) return known
  const held = trustOf(open.device, { anchors: open.held, knownRoots }).held ?? []
  const dates = certificateDates(held.map(({ certificate }) => certificate))
  heldDates.set(open, dates)
  return dates
}

const fleetDigests = new WeakMap<StoredFleet, string>()

/** Digest of what is asked for whom. */
export function basisOf(endpoint: StoredEndpoint, fleets: readonly StoredFleet[], version: string): string {
  const when = { dueAt: undefined, own: undefined, everySeconds: undefined, thoroughSeconds: undefined }
  const asked = { ...endpoint, ...when, name: undefined }
  const hash = createHash('sha256').update(JSON.stringify([version, asked]))
  for (const fleet of fleets) {
    let digest = fleetDigests.get(fleet)
    if (digest === undefined) {
      digest = createHash('sha256').update(JSON.stringify(fleet)).digest('base64')
      fleetDigests.set(fleet, digest)
    }
    hash.update(digest)
  }
  return hash.digest('base64')
}
