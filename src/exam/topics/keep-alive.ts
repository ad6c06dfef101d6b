import { firstRequest, speaksHttp } from '../requests.ts'
import type { ExamView } from '../topic.ts'

/** What the device does with a connection on which it has its answer. Every small answer of the exam tells it. */
export interface KeepAliveFound {
  /** Another request came on the same connection, while the server waited. */
  readonly asksAgain: boolean
  /**
   * Whether it stays or leaves once it has the answer; undefined: it does both. `server-closes`: it asks the server to
   * close, which does, so that neither can be seen.
   */
  readonly afterwards: 'stays' | 'leaves' | 'server-closes' | undefined
  /** Its Connection header. */
  readonly header: string | undefined
  readonly connections: number
}

export function keepAliveFound(exam: ExamView): KeepAliveFound | undefined {
  if (!speaksHttp(exam)) return undefined
  const answered = exam.answers.filter(
    ({ probe: { serving }, outcome }) =>
      serving.answer.kind === 'small' && serving.disturbance === undefined && outcome.reached === 'answered',
  )
  if (answered.length === 0) return undefined
  const stayed = answered.filter(({ outcome }) => outcome.end === 'kept').length
  const header = firstRequest(exam)?.connection
  return {
    asksAgain: answered.some(({ outcome }) => outcome.requests.length > 1),
    afterwards: /\bclose\b/i.test(header ?? '')
      ? 'server-closes'
      : stayed === answered.length
        ? 'stays'
        : stayed === 0
          ? 'leaves'
          : undefined,
    header,
    connections: answered.length,
  }
}
