import type { Connection, Observation } from '../observe/observation.ts'
import { isReached, type PlanSeen } from './snapshot-of.ts'

/**
 * Whether the network, or a machine with too much to do, may have had a part in what was seen: an address gave a hello no
 * answer, or a connection ended without a word before it was done. A refusal by an alert is an answer.
 */
export function isBrokenOff({ observations }: Pick<PlanSeen, 'observations'>): boolean {
  return observations.length === 0 || observations.some((one) => !isReached(one) || losesOne(one))
}

function losesOne({ connections }: Observation): boolean {
  return connections.some((connection) => connection.role !== 'probe' && isLost(connection))
}

function isLost({ close, establishedAtMs, alerts, exchanges, mqtt }: Connection): boolean {
  if (establishedAtMs === undefined) {
    const isRefused = alerts.some(({ direction, level }) => direction === 'received' && level !== 1)
    return !isRefused && (close?.by === 'peer' || close?.how === 'timeout')
  }
  const errors = [...exchanges.map(({ error }) => error), mqtt?.error]
  return errors.some((error) => error === 'timeout' || error === 'closed')
}
