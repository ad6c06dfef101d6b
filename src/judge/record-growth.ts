import type { Connection, HttpResponseSeen, RecordRun } from '../observe/observation.ts'

/** A record this much larger than those at the start is growth, and not the unevenness of a stream. */
const GROWTH_FACTOR = 1.25
/** Records at the start of a body that say what size the server begins with. */
const START_RECORDS = 2

export interface Growth {
  /** Largest record at the start of the body. */
  readonly fromBytes: number
  /** Largest record of the response. */
  readonly toBytes: number
  /** Position, in the plaintext of the connection, of the first record of that size. */
  readonly offset: number
}

export function responsesOf(connections: readonly Connection[]): HttpResponseSeen[] {
  return connections.flatMap(({ exchanges }) => exchanges.flatMap(({ response }) => response ?? []))
}

/**
 * Responses of a connection in which records grow while the body runs, as HAProxy, Cloudflare and Go servers do it.
 * The records that hold the head do not count: head and body are often written apart.
 */
export function findGrowth(connection: Connection): Growth[] {
  const responses = responsesOf([connection])
  return responses.flatMap((response, i) => {
    const end = responses[i + 1]?.headOffset ?? Number.POSITIVE_INFINITY
    const growth = growthOf(recordsBetween(connection.records, response.bodyOffset, end))
    return growth === undefined ? [] : [growth]
  })
}

/** Runs cut to the records that begin at `start` or later and before `end`. */
function recordsBetween(runs: readonly RecordRun[], start: number, end: number): RecordRun[] {
  return runs.flatMap(({ plaintextBytes, count, offset }) => {
    if (plaintextBytes === 0) return []
    const skipped = Math.max(0, Math.ceil((start - offset) / plaintextBytes))
    const until =
      end === Number.POSITIVE_INFINITY ? count : Math.min(count, Math.ceil((end - offset) / plaintextBytes))
    const left = until - skipped
    return left > 0 ? [{ plaintextBytes, count: left, offset: offset + skipped * plaintextBytes }] : []
  })
}

function growthOf(runs: readonly RecordRun[]): Growth | undefined {
  let seen = 0
  let fromBytes = 0
  let after = 0
  for (const [index, run] of runs.entries()) {
    if (seen >= START_RECORDS) break
    fromBytes = Math.max(fromBytes, run.plaintextBytes)
    seen += run.count
    after = index + 1
  }
  if (seen < START_RECORDS) return undefined
  const later = runs.slice(after)
  const toBytes = Math.max(0, ...later.map(({ plaintextBytes }) => plaintextBytes))
  if (toBytes <= fromBytes * GROWTH_FACTOR) return undefined
  const at = later.find(({ plaintextBytes }) => plaintextBytes === toBytes)!
  return { fromBytes, toBytes, offset: at.offset }
}
