import type { Connection, Observation } from '../observe/observation.ts'
import { chainDigest } from './chain-digest.ts'
import type { Schedule } from './schedule-defaults.ts'

/**
 * What the rounds between two thorough ones send, and what they have to meet so that all that was seen of the other
 * hellos stands. Plain JSON.
 */
export interface SpotCheck {
  /** Digest of what was asked for whom: with other settings, fleets or another tlsfit all is asked anew. */
  readonly basis: string
  readonly hellos: readonly SpotHello[]
  /** No date passes before, so that the judge would say the same: ISO 8601. */
  readonly until?: string | undefined
}

export interface SpotHello {
  /** Its device sends it. */
  readonly fleetId: string
  readonly plan: string
  /** Digest of what it met, at all addresses. */
  readonly met: string
}

/** One distinct hello of a thorough round. */
export interface HelloSeen {
  readonly plan: string
  readonly observations: readonly Observation[]
  /** How many devices send it. */
  readonly devices: number
}

/** So few distinct hellos are all sent in every round. */
const ALWAYS_SENT = 3

/**
 * The fewest hellos that together meet all that was met: each chain and version, at each host and address. Of several
 * the one that takes fewer connections, then the one of more devices. Where every hello was turned down, one of them.
 * Undefined where that saves nothing.
 */
export function chooseSpots(seen: readonly HelloSeen[]): readonly HelloSeen[] | undefined {
  if (seen.length <= ALWAYS_SENT) return undefined
  const open = seen
    .map((hello) => ({ hello, met: answersOf(hello), cost: connectionsOf(hello) }))
    .sort(
      (a, b) =>
        a.cost - b.cost || b.hello.devices - a.hello.devices || (a.hello.plan < b.hello.plan ? -1 : 1),
    )
  const wanted = new Set(open.flatMap(({ met }) => met))
  const chosen: HelloSeen[] = []
  while (wanted.size > 0) {
    const gain = (met: readonly string[]) => met.filter((one) => wanted.has(one)).length
    const most = Math.max(...open.map(({ met }) => gain(met)))
    const best = open.find(({ met }) => gain(met) === most)
    if (best === undefined) break
    chosen.push(best.hello)
    for (const one of best.met) wanted.delete(one)
  }
  if (chosen.length === 0 && open[0] !== undefined) chosen.push(open[0].hello)
  return chosen.length < seen.length ? chosen : undefined
}

/** Of a probe of ours nothing: no device meets that. */
function answersOf({ observations }: HelloSeen): string[] {
  return [
    ...new Set(
      observations.flatMap(({ connections }) =>
        connections.filter(isAnswered).map(({ host, address, negotiated, chain }) => {
          const digest = chain === undefined ? '' : chainDigest(chain.certificates)
          return JSON.stringify([host, address, negotiated?.version, digest])
        }),
      ),
    ),
  ]
}

function isAnswered({ role, negotiated }: Connection): boolean {
  return role !== 'probe' && negotiated !== undefined
}

function connectionsOf({ observations }: HelloSeen): number {
  return observations.reduce((sum, { connections }) => sum + connections.length, 0)
}

/**
 * Whether the round of `slot` sends every hello, `seenSlot` being the last that did: where the next one would come too
 * late. Endpoints have their own places within the interval, so that a thousand that were added together are not
 * looked at together ever after.
 */
export function isThoroughDue(
  { everySeconds, thoroughSeconds }: Schedule,
  seenSlot: Date,
  slot: Date,
  /** From 0 to 1, of the endpoint. */
  place: number,
): boolean {
  const [everyMs, spanMs] = [everySeconds * 1_000, (thoroughSeconds - everySeconds) * 1_000]
  if (spanMs < everyMs || slot < seenSlot) return true
  const earliest = seenSlot.getTime() + everyMs
  const offset = place * spanMs
  const dueMs = (Math.floor((earliest - offset) / spanMs) + 1) * spanMs + offset
  return slot.getTime() + everyMs > dueMs
}
