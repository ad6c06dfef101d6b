import type { Observation } from '../observe/observation.ts'

/** Milliseconds that the look at an endpoint took: look-up, attempts that failed, connections. Zero for a file. */
export function observedMs(observation: Observation): number {
  const lookup = observation.lookup?.durationMs ?? 0
  const failed = observation.tcp.filter((attempt) => attempt.outcome !== 'connected')
  const connections = observation.connections.map((each) =>
    // Times of a connection count from the start of its TCP connect.
    Math.max(0, each.close?.atMs ?? 0, each.establishedAtMs ?? 0, each.messages.at(-1)?.atMs ?? 0),
  )
  const times = [lookup, ...failed.map((attempt) => attempt.durationMs), ...connections]
  return times.reduce((total, ms) => total + (Number.isFinite(ms) && ms > 0 ? ms : 0), 0)
}
