import { stringify } from 'yaml'
import { keyShareGroups, recordedHello } from '../observe/hello-profile.ts'
import { readHello } from './hello-found.ts'
import { measuredQuirks } from './measured-quirks.ts'
import { answersBehind, type MeasuredValue } from './measured-value.ts'
import { measuredValues } from './measured-values.ts'
import { otherVersionOf } from './other-version.ts'
import { type Answer, type ExamView, type TopicId, topicIds } from './topic.ts'

/** A profile of `devices/`, as data ready to be written as YAML. */
export interface MeasuredProfile {
  readonly family: string
  readonly name: string
  readonly defaultVersion: 'any'
  readonly sources: Readonly<Record<string, { readonly confidence: 'measured'; readonly where: string }>>
  readonly common: Readonly<Record<string, unknown>>
  readonly ranges: { readonly any: null }
}

export interface ProfileNaming {
  /** Key of the profile, such as `my-device`. */
  readonly family: string
  /** Version of tlsfit. */
  readonly version: string
}

/**
 * What the answers of one device say, as a profile: both bounds of each limit, the way it counts, and for each value the
 * days and the number of connections behind it. What was not told is absent.
 */
export function measuredProfile(exam: ExamView, naming: ProfileNaming): MeasuredProfile {
  const cited = new Citations(exam, naming)
  const common: Record<string, Record<string, unknown> | unknown[]> = {}
  const hello = helloOf(exam, cited)
  if (hello !== undefined) common.hello = hello
  for (const value of measuredValues) put(common, value, exam, cited)
  const quirks = measuredQuirks.flatMap(({ topics, of }) =>
    of(exam).map((value) => ({ value, source: cited.of(topics) })),
  )
  if (quirks.length > 0) common.quirks = quirks
  return {
    family: naming.family,
    name: `device measured on ${daysOf(exam.answers)}`,
    defaultVersion: 'any',
    sources: cited.sources,
    common,
    ranges: { any: null },
  }
}

/** The profile as a file. */
export function writeMeasuredProfile(exam: ExamView, naming: ProfileNaming): string {
  const head = [
    `Measured by tlsfit measure (${naming.version}) in ${exam.answers.length} connections. What was not told is absent.`,
    'passes: the largest that was taken; fails: the smallest that was not.',
  ]
  const body = stringify(measuredProfile(exam, naming), { lineWidth: 110 })
  return `${head.map((line) => `# ${line}`).join('\n')}\n${body}`
}

function put(
  common: Record<string, Record<string, unknown> | unknown[]>,
  value: MeasuredValue,
  exam: ExamView,
  cited: Citations,
): void {
  const { group, key } = value
  const written = value.of(exam)
  if (written === undefined || answersBehind(value, exam).length === 0) return
  const { note, ...rest } = written
  const cite = { ...rest, source: cited.ofValue(value), ...(note === undefined ? {} : { note }) }
  if (group === undefined) common[key] = cite
  else common[group] = { ...(common[group] as Record<string, unknown> | undefined), [key]: cite }
}

function helloOf(exam: ExamView, cited: Citations): Record<string, unknown> | undefined {
  const good = exam.baseline && exam.answers.find(({ probe }) => probe.serving === exam.baseline?.serving)
  const read =
    readHello(good?.outcome.hello) ??
    exam.answers.map(({ outcome }) => readHello(outcome.hello)).find((one) => one !== undefined)
  if (read === undefined) return undefined
  return { ...recordedHello(read.sent, keyShareGroups(read.hello), cited.ofHello()) }
}

/** Sources of the profile: one a set of topics, made when it is cited. */
class Citations {
  readonly sources: Record<string, { confidence: 'measured'; where: string }> = {}
  readonly #exam: ExamView
  readonly #naming: ProfileNaming

  constructor(exam: ExamView, naming: ProfileNaming) {
    this.#exam = exam
    this.#naming = naming
  }

  of(topics: readonly TopicId[]): string {
    const asked = topics.filter((topic) => this.#exam.of(topic).length > 0)
    return this.#cite(
      asked.join('-'),
      topicIds.filter((topic) => asked.includes(topic)).flatMap((topic) => this.#exam.of(topic)),
    )
  }

  /** A value that was asked for by some connections of a topic alone has a source of its own. */
  ofValue(value: MeasuredValue): string {
    const other = otherVersionOf(this.#exam)
    return value.asks === undefined && other === undefined
      ? this.of(value.topics)
      : this.#cite(value.key, answersBehind(value, this.#exam))
  }

  ofHello(): string {
    return this.#cite(
      'hello',
      this.#exam.answers.filter(({ outcome }) => outcome.hello !== undefined),
    )
  }

  #cite(key: string, answers: readonly Answer[]): string {
    const connections = answers.length === 1 ? '1 connection' : `${answers.length} connections`
    const where = `tlsfit measure ${this.#naming.version}, ${daysOf(answers)}, ${connections}: ${key}`
    this.sources[key] = { confidence: 'measured', where }
    return key
  }
}

/** First and last day, once where they are the same. */
function daysOf(answers: readonly Answer[]): string {
  const days = answers.map(({ outcome }) => outcome.at.toISOString().slice(0, 10)).sort()
  const [first = 'no day', last = first] = [days[0], days.at(-1)]
  return first === last ? first : `${first} to ${last}`
}
