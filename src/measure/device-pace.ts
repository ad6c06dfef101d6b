/** Of a device whose own speed is not known yet: a slow processor behind a slow link. */
export const FIRST_HANDSHAKE_TIMEOUT_MS = 60_000
/** A key of another kind costs a small processor many times as much. */
const HANDSHAKES = 10
const LEAST_TIMEOUT_MS = 10_000
const MOST_TIMEOUT_MS = 300_000
/** Of the plain flight: a larger one takes longer on the same link. */
const PLAIN_FLIGHT_BYTES = 2_000

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
