import type { ModemTrace } from '../capture/modem-trace.ts'
import type { TlsSession } from '../capture/session.ts'
import type { LogFacts } from '../log/symptom.ts'
import { type CauseRanking, type RankedCause, rankCauses } from './causes.ts'

export interface ModemRanking {
  readonly ranking: CauseRanking
  /** Frame that shows that the device had a network after all; undefined: nothing was to be overcome, or was. */
  readonly overcomeIn: number | undefined
  /** Messages that cannot be read follow: the network may have taken the device in with one of them. */
  readonly hiddenAfter: boolean
}

/**
 * The causes that a modem trace speaks for. What the same capture shows later counts more than a reject: IP packets or a
 * TLS session mean that there was a network; a ciphered message may be the accept. Pure.
 */
export function rankModem(
  facts: LogFacts,
  frames: readonly number[],
  trace: ModemTrace,
  sessions: readonly TlsSession[],
): ModemRanking {
  const ranking = rankCauses(facts)
  const cause = ranking.causes.find(({ id }) => id === 'no-network')
  if (cause === undefined) return { ranking, overcomeIn: undefined, hiddenAfter: false }
  const failedIn = Math.max(...cause.evidence.map(({ lastLine }) => frames[lastLine - 1] ?? 0))
  const reached = Math.max(trace.lastIpFrame, ...sessions.flatMap(lastFrames))
  if (reached > failedIn) {
    const causes = ranking.causes.filter(({ id }) => id !== 'no-network')
    return {
      ranking: { ...ranking, causes, decided: false, failed: causes.length > 0 },
      overcomeIn: reached,
      hiddenAfter: false,
    }
  }
  if (trace.lastCipheredFrame <= failedIn) return { ranking, overcomeIn: undefined, hiddenAfter: false }
  const causes = ranking.causes.map(
    (one): RankedCause => (one === cause ? { ...one, confidence: 'possible' } : one),
  )
  return { ranking: { ...ranking, causes, decided: false }, overcomeIn: undefined, hiddenAfter: true }
}

function lastFrames({ messages }: TlsSession): number[] {
  const last = messages.at(-1)
  return last === undefined ? [] : [last.frame]
}
