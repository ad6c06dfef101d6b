import type { Answer, ExamView, Probe, Topic, TopicId } from './topic.ts'
import { baselineOf, baselineTopic } from './topics/baseline.ts'
import { chainTopic } from './topics/chain.ts'
import { dataRecordTopic, responseHeadTopic } from './topics/data-record.ts'
import { moreVerificationTopic, verificationTopic } from './topics/verification.ts'

/** In the order asked. */
const topics: readonly Topic[] = [
  baselineTopic,
  verificationTopic,
  chainTopic,
  dataRecordTopic,
  moreVerificationTopic,
  responseHeadTopic,
]

/** The exam of one device as its answers leave it. */
export class Exam implements ExamView {
  readonly answers: readonly Answer[]
  readonly baseline: ExamView['baseline']
  readonly #byTopic = new Map<TopicId, Answer[]>()

  constructor(answers: readonly Answer[]) {
    this.answers = answers
    this.baseline = baselineOf(answers)
    for (const answer of answers) {
      const own = this.#byTopic.get(answer.probe.topic) ?? []
      own.push(answer)
      this.#byTopic.set(answer.probe.topic, own)
    }
  }

  of(topic: TopicId): readonly Answer[] {
    return this.#byTopic.get(topic) ?? []
  }

  /** The next connection to make; undefined: the exam is over. */
  next(): Probe | undefined {
    for (const topic of topics) {
      const probe = topic.next(this)
      if (probe !== undefined) return probe
    }
    return undefined
  }

  /** Connections that are still to come, at most. */
  get atMost(): number {
    return topics.reduce((sum, topic) => sum + topic.atMost(this), 0)
  }
}
