import { bodyStart } from './cacheable.ts'
import { CacheReadError, type UpstreamAnswer } from './contract.ts'
import type { VersionSeen } from './version-order.ts'

/**
 * The bytes of `version` from `first` on, as the answer brings them: of a 206 all, of a 200 what follows. Throws
 * `version-gone` where the answer is of another version, `incomplete` where it says one thing and sends another.
 * Ends early where the body does: the caller counts.
 */
export async function* bytesFrom(
  answer: UpstreamAnswer,
  version: VersionSeen,
  first: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const start = bodyStart(answer, version, first)
    if (start === undefined) throw wrongAnswer(answer)
    let at = start
    for await (const chunk of answer.body) {
      if (at + chunk.length > version.length) {
        throw new CacheReadError('incomplete', 'the upstream sends more than the length that it gave')
      }
      const skipped = Math.max(0, Math.min(first - at, chunk.length))
      at += chunk.length
      if (skipped < chunk.length) yield chunk.subarray(skipped)
    }
  } finally {
    answer.cancel()
  }
}

function wrongAnswer({ status }: UpstreamAnswer): CacheReadError {
  if (status === 200 || status === 206 || status === 412 || status === 404 || status === 416) {
    return new CacheReadError('version-gone', `the upstream has another version now (status ${status})`)
  }
  return new CacheReadError('unreachable', `the upstream answers with status ${status}`)
}
