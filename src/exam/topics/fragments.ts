import { bestRecords } from '../own-records.ts'
import { saidOfHandshake } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { Serving } from '../serving.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'
import { chainFound } from './chain.ts'

/** How messages may be spread over records, RFC 5246 §6.2.1: both are allowed, and not all stacks know it. */
export interface FragmentsFound {
  /** A message cut over several records. */
  readonly cut: boolean | undefined
  /** Several messages in one record. */
  readonly merged: boolean | undefined
}

export const fragmentsTopic: Topic = {
  id: 'fragments',
  next(exam) {
    const { baseline } = exam
    if (baseline === undefined || said(exam) !== undefined) return undefined
    const serving = bestRecords(exam, baseline.serving)
    // In TLS 1.3 all but the ServerHello is sealed by OpenSSL, which cuts and joins as it likes.
    if (baseline.version > 0x0303 && serving.engine === 'openssl') return undefined
    // Where the whole flight is more than a record may hold, that would be what fails.
    const flightBytes = plainFlightBytes(exam, serving) ?? Infinity
    if (flightBytes > (chainFound(exam)?.message.passes ?? 0)) return undefined
    return { topic: 'fragments', key: 'merged', serving: { ...serving, flight: merged } }
  },
  atMost: (exam) => (exam.baseline !== undefined && said(exam) !== undefined ? 0 : 1),
}

/** Of the plain chain with those records, as it was sent. */
function plainFlightBytes(exam: ExamView, { engine }: Serving): number | undefined {
  const { baseline } = exam
  const own = exam.of('own-records').at(-1)
  const plain =
    engine === baseline?.serving.engine
      ? exam.answers.find(({ probe }) => probe.serving === baseline.serving)
      : own
  return plain?.outcome.sent.flightBytes
}

const merged = { recordBytes: 16_384, merge: true }

export function fragmentsFound(exam: ExamView): FragmentsFound {
  const vote = said(exam)
  return {
    cut: chainFound(exam)?.joinsRecords,
    merged: vote === undefined || vote === 'lost' ? undefined : vote === 'passes',
  }
}

function said(exam: ExamView) {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const saidOf = (answer: Answer) => saidOfHandshake(answer.outcome, baseline)
  return toldOf(exam, exam.of('fragments'), 'merged', saidOf)
}
