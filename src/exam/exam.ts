import { otherVersionOf } from './other-version.ts'
import type { Answer, ExamView, Probe, Topic, TopicId } from './topic.ts'
import { alternativeNamesTopic } from './topics/alternative-names.ts'
import { baselineOf, baselineTopic } from './topics/baseline.ts'
import { certificateTopic } from './topics/certificate.ts'
import { certificatesTopic } from './topics/certificates.ts'
import { chainCountsTopic } from './topics/chain.ts'
import {
  chainWithRecordTopic,
  dataRecordAgainTopic,
  dataRecordTopic,
  responseHeadTopic,
} from './topics/data-record.ts'
import { fragmentsTopic } from './topics/fragments.ts'
import { idleTopic } from './topics/idle.ts'
import { groupsTopic, keysTopic } from './topics/keys.ts'
import { namesTopic } from './topics/names.ts'
import { oldVersionsTopic } from './topics/old-versions.ts'
import { otherVersionTopic } from './topics/other-version.ts'
import { ownRecordsTopic } from './topics/own-records.ts'
import { rangesTopic } from './topics/ranges.ts'
import { redirectTopic } from './topics/redirect.ts'
import { redirectsInRowTopic } from './topics/redirects-in-row.ts'
import { resilienceTopic } from './topics/resilience.ts'
import { resumptionTopic } from './topics/resumption.ts'
import { moreVerificationTopic, verificationAgainTopic, verificationTopic } from './topics/verification.ts'

/** In the order asked. */
const topics: readonly Topic[] = [
  baselineTopic,
  verificationTopic,
  ownRecordsTopic,
  chainWithRecordTopic,
  dataRecordTopic,
  verificationAgainTopic,
  moreVerificationTopic,
  chainCountsTopic,
  dataRecordAgainTopic,
  fragmentsTopic,
  certificateTopic,
  certificatesTopic,
  alternativeNamesTopic,
  otherVersionTopic,
  keysTopic,
  groupsTopic,
  namesTopic,
  oldVersionsTopic,
  responseHeadTopic,
  redirectTopic,
  rangesTopic,
  resumptionTopic,
  resilienceTopic,
  redirectsInRowTopic,
  idleTopic,
]

/** Connections of a whole exam; of those before the first good one only its kinds count. */
const MOST_CONNECTIONS = 80
const KINDS_OF_BASELINE = 4

/** What is kept back for the questions that come later, so that a long search leaves room for all of them. */
const kept: { readonly [Id in TopicId]?: number } = {
  // What a device trusts is never left out for a longer search.
  verification: 10,
  'data-record': 6,
  fragments: 1,
  certificates: 1,
  'alternative-names': 1,
  'more-verification': 22,
  'other-version': 8,
  keys: 5,
  names: 1,
  'old-versions': 2,
  'response-head': 2,
  redirect: 1,
  ranges: 2,
  resumption: 2,
  resilience: 2,
  'redirects-in-row': 2,
  idle: 1,
}

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
    const left = MOST_CONNECTIONS - this.#counted
    for (const [index, topic] of topics.entries()) {
      const probe = topic.next(this)
      if (probe === undefined) continue
      if (topic.id === 'baseline' || left > this.#keptFor(topics.slice(index + 1), left)) return probe
    }
    return undefined
  }

  get #counted(): number {
    const before = this.of('baseline').length
    return this.answers.length - before + Math.min(before, KINDS_OF_BASELINE)
  }

  /** Connections that the later topics still need of what is kept for them. */
  #keptFor(later: readonly Topic[], left: number): number {
    const most = later
      .filter(({ id }) => id !== 'other-version' || otherVersionOf(this) !== undefined)
      .reduce((sum, { id }) => sum + (kept[id] ?? 0), 0)
    if (left > most) return most
    return later
      .filter((topic) => topic.next(this) !== undefined)
      .reduce((sum, { id }) => sum + Math.max(0, (kept[id] ?? 0) - this.of(id).length), 0)
  }

  /** Connections that are still to come, at most. */
  get atMost(): number {
    const left = Math.max(0, MOST_CONNECTIONS - this.#counted)
    const now = topics.findIndex((topic) => topic.next(this) !== undefined)
    if (now < 0) return 0
    return Math.min(
      left,
      topics.slice(now).reduce((sum, topic) => sum + topic.atMost(this), 0),
    )
  }
}
