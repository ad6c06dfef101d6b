import type { Outcome } from './outcome.ts'
import type { Serving } from './serving.ts'

/** One connection to be made: what is asked, and with what. */
export interface Probe {
  readonly topic: TopicId
  /** What of the topic: a size, a group, a kind of certificate. Equal keys are the same question asked again. */
  readonly key: string
  readonly serving: Serving
}

/** A probe and what came of it. The list of all of them is the whole state of an exam: the rest is computed from it. */
export interface Answer {
  readonly probe: Probe
  readonly outcome: Outcome
}

export type TopicId = (typeof topicIds)[number]

/** In the order asked: what decides most comes first. */
export const topicIds = [
  'baseline', // the smallest chain there is: is the test CA loaded?
  'verification', // unknown CA, wrong name, expired
  'own-records', // does it take records that are not OpenSSL's? Asked where OpenSSL's tell too little
  'chain', // Certificate message, its parts told apart
  'data-record',
  'handshake-record',
  'fragments', // a message cut over records, several in one
  'certificate', // bytes of one certificate
  'certificates', // how many
  'alternative-names', // how many
  'other-version', // the limits once more, in TLS 1.3
  'more-verification', // the rest of what ought to be refused
  'keys', // kinds and sizes of keys, hashes of signatures
  'groups',
  'names', // forms of the name in a certificate
  'old-versions', // TLS 1.1 and 1.0, and a downgrade
  'response-head',
  'redirect',
  'ranges', // of a file
  'resumption',
  'resilience',
  'redirects-in-row',
  'idle',
] as const

/** One matter of an exam. Pure: everything is computed from the answers. */
export interface Topic {
  readonly id: TopicId
  /** The next connection to make for it; `undefined`: all is asked, or it cannot be asked of this device. */
  next(exam: ExamView): Probe | undefined
  /** How many connections it may still take at most; for the time left. */
  atMost(exam: ExamView): number
}

/** What is known so far. */
export interface ExamView {
  /** All answers of this device in order. */
  readonly answers: readonly Answer[]
  of(topic: TopicId): readonly Answer[]
  /** What a good connection looks like; undefined until one was good. */
  readonly baseline: Baseline | undefined
  /** Of what was asked in another version: the exam that this is a part of. */
  readonly main?: ExamView
}

/** What the device does when nothing is wrong: what every other answer is compared with. */
export interface Baseline {
  readonly serving: Serving
  /** `request`: it asks for something once the handshake is over. `established`: it never did. */
  readonly good: 'established' | 'request'
  readonly version: number
  /** It stayed until it was sent away. One that leaves by itself looks like one that refuses after the handshake. */
  readonly waits: boolean
}
