import { saidOfHandshake } from '../said.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'

/** How long the server is silent at most. Devices give up after 5, 10 or 15 seconds, or wait for very long. */
const IDLE_MOST_MS = 20_000
const MOST_ASKED = 2

export interface IdleFound {
  /** How long it waited for an answer, or for anything at all where it never asks. */
  readonly waitedMs: number
  /** It left by itself; false: it still waited when the server had waited long enough. */
  readonly leaves: boolean
}

/** Asked last: it takes its time. */
export const idleTopic: Topic = {
  id: 'idle',
  next(exam) {
    const { baseline } = exam
    if (baseline === undefined || !isOpen(exam)) return undefined
    const answer = { kind: 'silence', mostMs: IDLE_MOST_MS } as const
    return { topic: 'idle', key: 'silence', serving: { ...baseline.serving, answer } }
  },
  atMost: (exam) => (isOpen(exam) ? 1 : 0),
}

export function idleFound(exam: ExamView): IdleFound | undefined {
  const outcome = whole(exam).at(-1)?.outcome
  return outcome && { waitedMs: outcome.waitedMs, leaves: outcome.end !== 'kept' }
}

function isOpen(exam: ExamView): boolean {
  return exam.baseline !== undefined && whole(exam).length === 0 && exam.of('idle').length < MOST_ASKED
}

/** That it leaves is what was asked for, and no refusal. */
function whole(exam: ExamView): Answer[] {
  const { baseline } = exam
  if (baseline === undefined) return []
  const { good } = baseline
  return exam
    .of('idle')
    .filter(({ outcome }) => saidOfHandshake(outcome, { good, waits: false }) === 'passes')
}
