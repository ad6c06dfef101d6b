import { checkWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { measuredValues, type Written } from '../exam/measured-values.ts'
import type { Outcome } from '../exam/outcome.ts'
import { saidOfAnswer, saidOfHandshake, saidOfTrust } from '../exam/said.ts'
import type { Answer, Baseline, ExamView, Probe, TopicId } from '../exam/topic.ts'
import { SPLIT_RECORD_BYTES } from '../exam/topics/chain.ts'
import { type CheckId, checkIds } from '../exam/topics/verification.ts'
import { formatAlert } from '../tls/alerts.ts'
import { countingNames, partName, withUnit } from './device-words.ts'
import { formatCount, formatNumber } from './units.ts'

/** What is asked of the device by one connection. */
export function questionWords(probe: Probe): string {
  const words = questions[probe.topic]?.(probe)
  return words ?? `${probe.topic.replaceAll('-', ' ')}: ${probe.key.replaceAll('+', ', ')}`
}

const questions: { readonly [Topic in TopicId]?: (probe: Probe) => string | undefined } = {
  baseline: ({ serving: { chain, maxVersion } }) =>
    `does it take the smallest chain, with a key of ${keyName(chain.key)}, up to ${maxVersion}?`,
  verification: checkQuestion,
  'more-verification': checkQuestion,
  chain: ({ key }) => {
    const [shape = '', bytes = ''] = key.split(':')
    const size = `${formatNumber(Number(bytes))} bytes`
    const pair = `a Certificate message of ${size}`
    switch (shape) {
      case 'pair':
        return `does it take ${pair}?`
      case 'split':
      case 'split-pair':
        return `does it take ${pair}, cut into records of ${SPLIT_RECORD_BYTES}?`
      case 'unneeded':
        return `does it take ${pair}, most of it behind the path?`
      case 'many':
        return `does it take the certificates of a message of ${size} as many small ones?`
      case 'sum':
        return `does it take as many bytes of certificates as in ${size}, in a longer message?`
      case 'one':
        return `does it take a byte more of certificates than in ${size}, in a shorter message?`
      default:
        return undefined
    }
  },
  'data-record': ({ key }) => `does it take a record of ${sizeIn(key)} of data?`,
  fragments: () => 'does it take several handshake messages in one record?',
  certificate: ({ key }) => `does it take one certificate of ${sizeIn(key)}?`,
  certificates: ({ serving: { chain } }) => {
    const path = `${formatNumber(chain.intermediates.length + 1)} certificates`
    const behind = chain.unneeded.length
    return behind === 0
      ? `does it take ${path}?`
      : `does it take ${path} and ${formatNumber(behind)} that nobody needs?`
  },
  'alternative-names': ({ key }) =>
    `does it take a certificate with ${formatNumber(Number(key.split(':')[1]))} names?`,
  keys: ({ key }) => `does it take a certificate with ${listed(key)}?`,
  groups: ({ key }) => `does it take a key exchange with ${listed(key)}?`,
  names: ({ key }) => `does it match a name in the form ${key.replaceAll('-', ' ')}?`,
  redirect: ({ key }) => `does it follow a redirect to ${key.replaceAll('-', ' ')}?`,
  ranges: () => 'which ranges of a file does it ask for?',
  resumption: () => 'does it take up its session?',
  resilience: ({ key }) => `what does it do after ${key.replaceAll('-', ' ')}?`,
  idle: () => 'how long does it wait for an answer?',
  'response-head': ({ key }) => `does it take a response head of ${sizeIn(key)}?`,
}

function checkQuestion({ key }: Probe): string | undefined {
  return isCheck(key) ? `does it refuse ${checkWords[key].served}?` : undefined
}

export function isCheck(key: string): key is CheckId {
  return checkIds.some((id) => id === key)
}

const listed = (key: string) => key.split('+').map(keyName).join(', ')

const sizeIn = (key: string) => `${formatNumber(Number(key.split(':')[1]))} bytes`

function keyName(key: string): string {
  return /^p\d/.test(key) ? key.replace('p', 'P-') : /^rsa|^sha/.test(key) ? key.toUpperCase() : key
}

/** What the device did, in a few words. */
export function answerWords({ probe, outcome }: Answer, { baseline }: ExamView): string {
  const { alerts, end, reached } = outcome
  if (baseline !== undefined && told.has(probe.topic)) return factWords(outcome)
  const said = baseline === undefined ? undefined : saidOf(probe, outcome, baseline)
  if (said === 'passes' || (said === undefined && (reached === 'request' || reached === 'answered')))
    return 'it took it'
  if (said === 'lost') return 'nothing was told'
  if (alerts.length > 0) return `it refused: alert ${alerts.map(formatAlert).join(', ')}`
  if (end === 'kept') return 'it said nothing more'
  return end === 'reset' ? `it reset the connection ${when[reached]}` : `it closed ${when[reached]}`
}

const when: { readonly [Reached in Outcome['reached']]: string } = {
  connected: 'before its hello',
  hello: 'in the handshake',
  established: 'after the handshake',
  request: 'after its request',
  answered: 'at the answer',
}

/** Topics that ask what it does, not whether it takes something. */
const told: ReadonlySet<TopicId> = new Set(['redirect', 'ranges', 'resumption', 'resilience', 'idle'])

function factWords({ reached, requests, resumed, renegotiation, cameInPlain, end, alerts }: Outcome): string {
  const facts = [
    ...(resumed ? ['it took up its session'] : []),
    ...(renegotiation === undefined ? [] : [`the renegotiation was ${renegotiation}`]),
    ...(requests.length > 1 ? [`it asked ${requests.length} times`] : []),
    ...(cameInPlain ? ['it came in the clear'] : []),
    ...(alerts.length > 0 ? [`it sent alert ${alerts.map(formatAlert).join(', ')}`] : []),
  ]
  const left = end === 'kept' ? 'it stayed' : `it left ${when[reached]}`
  return [...facts, left].join(', ')
}

function saidOf({ topic, serving: { answer } }: Probe, outcome: Outcome, baseline: Baseline) {
  if (topic === 'verification' || topic === 'more-verification' || topic === 'names')
    return saidOfTrust(outcome, baseline)
  return answer.kind === 'record' || answer.kind === 'head'
    ? saidOfAnswer(outcome, baseline, true)
    : saidOfHandshake(outcome, baseline)
}

/** One value that was measured, in words. */
export interface KnownLine {
  readonly name: string
  readonly text: string
  /** Further words: what counts, notes. */
  readonly more: readonly string[]
  /** Connections behind it. */
  readonly connections: number
}

/** What is known so far, one line a value of the profile. */
export function knownLines(exam: ExamView): readonly KnownLine[] {
  return measuredValues.flatMap(({ key, topics, of }) => {
    const written = of(exam)
    if (written === undefined) return []
    const connections = topics.reduce((sum, topic) => sum + exam.of(topic).length, 0)
    return [{ name: nameOf(key), ...valueWords(key, written), connections }]
  })
}

function nameOf(key: string): string {
  return key === 'handshakeFragments' ? 'handshake messages cut over records' : partName({ key })
}

function valueWords(key: string, written: Written): Pick<KnownLine, 'text' | 'more'> {
  const { value, counts, passes, fails, note } = written as {
    value?: unknown
    counts?: string
    passes?: Readonly<Record<string, number>>
    fails?: Readonly<Record<string, number>>
    note?: string
  }
  const notes = note === undefined ? [] : [note]
  if (counts === undefined)
    return { text: Array.isArray(value) ? value.join(', ') : String(value), more: notes }
  const way = counts === 'unknown' ? Object.keys(passes ?? {})[0] : counts
  const low = way === undefined ? undefined : passes?.[way]
  const high = way === undefined ? undefined : fails?.[way]
  const bounds = [
    ...(low === undefined ? [] : [`${withUnit(key, low)} pass${low === 1 ? 'es' : ''}`]),
    ...(high === undefined ? [] : [`${formatNumber(high)} fail${high === 1 ? 's' : ''}`]),
  ].join(', ')
  const name = Object.hasOwn(countingNames, counts)
    ? `counts ${countingNames[counts as keyof typeof countingNames]}`
    : `both as ${way === undefined ? 'counted' : countingNames[way as keyof typeof countingNames]}`
  const figure = typeof value === 'number' ? `${withUnit(key, value)}: ` : ''
  return { text: `${figure}${bounds}`, more: [name, ...notes] }
}

/** Of what is left, by how fast this device came back so far. */
export function leftWords(exam: Exam): string {
  const { atMost, answers } = exam
  if (exam.baseline === undefined) return 'it has not taken the plain chain yet'
  const times = answers.slice(-20).map(({ outcome }) => outcome.at.getTime())
  const [first, last] = [times[0], times.at(-1)]
  const left = atMost === 0 ? 'no connection left' : `at most ${formatCount(atMost, 'connection')} left`
  if (first === undefined || last === undefined || times.length < 3 || atMost === 0) return left
  const seconds = Math.ceil((((last - first) / (times.length - 1)) * atMost) / 1000)
  return `${left}, at most ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}`
}
