import { otherVersionOf, outer, plainServings } from '../other-version.ts'
import { saidOfHandshake } from '../said.ts'
import { votesFor } from '../searching.ts'
import type { Answer, ExamView, Probe, Topic } from '../topic.ts'
import { certificateTopic } from './certificate.ts'
import { certificatesTopic } from './certificates.ts'
import { chainCountsTopic } from './chain.ts'
import { chainWithRecordTopic, dataRecordAgainTopic, dataRecordTopic } from './data-record.ts'
import { fragmentsTopic } from './fragments.ts'

/** What may not be the same in both versions: TLS 1.3 seals its messages, and stacks have another way through them. */
const topics: readonly Topic[] = [
  chainWithRecordTopic,
  dataRecordTopic,
  chainCountsTopic,
  fragmentsTopic,
  certificatesTopic,
  certificateTopic,
  dataRecordAgainTopic,
]

const MOST_CONNECTIONS = 32

/** The limits once more in the other version that the device offers: a figure of one is none of the other. */
export const otherVersionTopic: Topic = {
  id: 'other-version',
  next(exam) {
    const other = otherVersionOf(exam)
    if (other === undefined || exam.of('other-version').length >= MOST_CONNECTIONS) return undefined
    if (other.baseline === undefined) return plainProbe(exam)
    for (const topic of topics) {
      const probe = topic.next(other)
      if (probe !== undefined) return outer(probe)
    }
    return undefined
  },
  atMost(exam) {
    if (otherVersionTopic.next(exam) === undefined && exam.baseline !== undefined) return 0
    return Math.max(0, MOST_CONNECTIONS - exam.of('other-version').length)
  },
}

/** Each kind until it is taken, or refused by all that was asked. */
function plainProbe(exam: ExamView): Probe | undefined {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const asked = exam.of('other-version')
  const said = ({ outcome }: Answer) => saidOfHandshake(outcome, baseline)
  for (const serving of plainServings(exam, baseline)) {
    const probe = outer({ topic: 'baseline', key: serving.engine, serving })
    if (votesFor(asked, probe.key, said) === undefined) return probe
  }
  return undefined
}
