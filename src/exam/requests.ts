import type { Outcome, RequestSeen } from './outcome.ts'
import type { ExamView } from './topic.ts'

/** Whether the device speaks HTTP, by its first request. */
export function speaksHttp(exam: ExamView): boolean {
  return exam.baseline?.good === 'request' && firstRequest(exam)?.kind === 'http'
}

export function firstRequest(exam: ExamView): RequestSeen | undefined {
  return exam.answers.find(({ outcome }) => outcome.requests.length > 0)?.outcome.requests[0]
}

/** What the device did after one of its connections: those behind it. */
export function outcomesAfter(exam: ExamView, outcome: Outcome): readonly Outcome[] {
  const at = exam.answers.findIndex((answer) => answer.outcome === outcome)
  return at < 0 ? [] : exam.answers.slice(at + 1).map((answer) => answer.outcome)
}
