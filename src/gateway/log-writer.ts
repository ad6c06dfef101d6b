import { escapeText } from '../report/escape.ts'
import type { GatewayEvent, GatewayLog } from './gateway-log.ts'

/** One event as one line, with its line feed. */
export type LogFormat = (event: GatewayEvent, at: Date, worker: number | undefined) => string

/** Of one value: a target may be as long as a head. */
const MAX_VALUE_CHARS = 1_000

/** Keys in this order, `time` first; unknown ones are left out. */
export const jsonLine: LogFormat = (event, at, worker) => {
  const { level, what, listener, connection, remote, upstream, message, facts } = event
  const line = {
    time: at.toISOString(),
    level,
    what,
    worker,
    listener,
    connection,
    remote,
    upstream,
    ...facts,
    message,
  }
  return `${JSON.stringify(line, (_key, value) => (typeof value === 'string' ? cut(value) : value))}\n`
}

function cut(text: string): string {
  return text.length <= MAX_VALUE_CHARS ? text : `${text.slice(0, MAX_VALUE_CHARS)}...`
}

/** For people, and for a journal that stamps its own time. */
export const textLine: LogFormat = (event, at, worker) => {
  const { level, what, listener, connection, remote, upstream, message, facts = {} } = event
  const place = [
    worker === undefined ? undefined : `worker ${worker}`,
    listener,
    remote,
    connection === undefined ? undefined : `#${connection}`,
    upstream === undefined ? undefined : `upstream ${upstream}`,
  ]
  const numbers = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  )
  const words = [at.toISOString(), level, what, ...place, ...numbers, message]
  return `${words.flatMap((word) => (word === undefined ? [] : [escapeText(word)])).join(' ')}\n`
}

/** Writes every event at once, as one write: lines of several processes on one pipe do not mix up to 4,096 bytes. */
export function logTo(
  write: (line: string) => void,
  format: LogFormat,
  worker?: number,
  now: () => Date = () => new Date(),
): GatewayLog {
  return (event) => write(format(event, now(), worker))
}
