import type { Json } from '../../observe/observation-json.ts'

/**
 * Text that is the same for two observations of which nobody would say that they differ: without times, without what a
 * server writes anew into each answer, and with its records by their largest.
 */
export function observationKey(observation: Json): string {
  return JSON.stringify(observation, keep)
}

const left: ReadonlySet<string> = new Set([
  'startedAt',
  'durationMs',
  'atMs',
  'establishedAtMs',
  // Written anew into each answer: ids of requests, tickets, versions of what is served.
  'errorText',
  'etag',
  'clientId',
  'handshakeBytesReceived',
  'headOffset',
  'bodyOffset',
  'applicationRecordsReceived',
  'applicationBytesReceived',
  'applicationRecordsSent',
])

function keep(key: string, value: unknown): unknown {
  if (left.has(key)) return undefined
  // In the order of the resolver, which turns from answer to answer.
  if (key === 'addresses' && Array.isArray(value)) return value.map((one) => JSON.stringify(one)).sort()
  if (key === 'records' && Array.isArray(value)) return largestOf(value)
  if (key === 'tcp' && Array.isArray(value))
    return value.map(({ outcome, purpose }) => `${purpose} ${outcome}`)
  return value
}

function largestOf(runs: readonly { readonly plaintextBytes?: unknown }[]): number {
  return Math.max(0, ...runs.map(({ plaintextBytes }) => Number(plaintextBytes)))
}
