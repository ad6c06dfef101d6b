import type { Answer } from '../exam/topic.ts'

/** Of a device whose own speed is not known yet: a slow processor behind a slow link. */
export const FIRST_HANDSHAKE_TIMEOUT_MS = 60_000
/** A key of another kind costs a small processor many times as much. */
const HANDSHAKES = 10
const LEAST_TIMEOUT_MS = 10_000
const MOST_TIMEOUT_MS = 300_000
/** Of the plain flight: a larger one takes longer on the same link. */
const PLAIN_FLIGHT_BYTES = 2_000
/** The last gaps decide: a device that fails may come back later each time. */
const GAPS = 8

/**
 * How long a handshake of such a flight may take. `goodMs`: the slowest good one of this device so far, its request
 * included; undefined: there was none.
 */
export function handshakeTimeoutMs(
  goodMs: number | undefined,
  flight: { readonly messageBytes: number; readonly pausesMs: number },
): number {
  if (goodMs === undefined) return FIRST_HANDSHAKE_TIMEOUT_MS + 2 * flight.pausesMs
  const ownMs = goodMs * (HANDSHAKES + flight.messageBytes / PLAIN_FLIGHT_BYTES)
  return Math.min(MOST_TIMEOUT_MS, Math.max(LEAST_TIMEOUT_MS, ownMs) + 2 * flight.pausesMs)
}

/** What passes between two connections of a device, as a rule; undefined: it came but once. */
export function usualGapMs(answers: readonly Answer[]): number | undefined {
  const times = answers.slice(-GAPS - 1).map(({ outcome }) => outcome.at.getTime())
  // A session that went on later has one gap that says nothing: the middle one does not mind it.
  const gaps = times.slice(1).map((time, index) => Math.max(0, time - times[index]!))
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]
}
