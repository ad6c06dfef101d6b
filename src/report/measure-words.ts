import { checkWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { measuredQuirks } from '../exam/measured-quirks.ts'
import { answersBehind, type Written } from '../exam/measured-value.ts'
import { measuredValues } from '../exam/measured-values.ts'
import { innerProbe } from '../exam/other-version.ts'
import type { Outcome } from '../exam/outcome.ts'
import { saidOfAnswer, saidOfHandshake, saidOfTrust } from '../exam/said.ts'
import type { Answer, Baseline, ExamView, Probe, TopicId } from '../exam/topic.ts'
import { SPLIT_RECORD_BYTES } from '../exam/topics/chain.ts'
import { PSS } from '../exam/topics/keys.ts'
import { type OldVersion, oldVersions } from '../exam/topics/old-versions.ts'
import { type CheckId, checkIds } from '../exam/topics/verification.ts'
import { PLAIN_IN_TLS13 } from '../exam/trust-versions.ts'
import { usualGapMs } from '../exam/usual-gap.ts'
import { formatAlert } from '../tls/alerts.ts'
import { countingNames, partName, withUnit } from './device-words.ts'
import { formatCount, formatDay, formatNumber } from './units.ts'

/** What is asked of the device by one connection. */
export function questionWords(probe: Probe): string {
  if (probe.topic === 'other-version') return `in TLS 1.3: ${questionWords(innerProbe(probe))}`
  const words = questions[probe.topic]?.(probe)
  return words ?? `${probe.topic.replaceAll('-', ' ')}: ${probe.key.replaceAll('+', ', ')}`
}

const questions: { readonly [Topic in TopicId]?: (probe: Probe) => string | undefined } = {
  baseline: ({ serving: { chain, maxVersion } }) =>
    `does it take the smallest chain, with a key of ${keyName(chain.key)}, up to ${maxVersion}?`,
  verification: checkQuestion,
  'more-verification': checkQuestion,
  'own-records': () => 'does it take records that are not made by OpenSSL?',
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
  keys: ({ key }) =>
    key === PSS
      ? 'does it take a key exchange of TLS 1.2 that is signed with RSA-PSS?'
      : `does it take a certificate with ${listed(key)}?`,
  groups: ({ key }) => `does it take a key exchange with ${listed(key)}?`,
  names: ({ key }) => `does it match a name in the form ${key.replaceAll('-', ' ')}?`,
  redirect: ({ key }) => `does it follow a redirect to ${key.replaceAll('-', ' ')}?`,
  'redirects-in-row': () => 'how many redirects in a row does it follow?',
  ranges: ({ key }) =>
    key === 'ignored'
      ? 'what does it do where the server answers a Range with the whole file?'
      : 'which ranges of a file does it ask for?',
  'old-versions': ({ key }) => (isOldVersion(key) ? `does it refuse ${checkWords[key].served}?` : undefined),
  resumption: () => 'does it resume its session?',
  resilience: ({ key }) => resilienceQuestions[key] ?? `what does it do after ${key.replaceAll('-', ' ')}?`,
  idle: () => 'how long does it wait for an answer?',
  'response-head': ({ key }) => `does it take a response head of ${sizeIn(key)}?`,
}

function checkQuestion({ key }: Probe): string | undefined {
  if (key === PLAIN_IN_TLS13) return 'does it take the smallest chain in TLSv1.3 as well?'
  const [id = '', version] = key.split('@')
  if (!isCheck(id)) return undefined
  return `does it refuse ${checkWords[id].served}${version === undefined ? '' : `, in ${version}`}?`
}

function isOldVersion(key: string): key is OldVersion | 'downgrade-sentinel' {
  return key === 'downgrade-sentinel' || oldVersions.some((one) => one === key)
}

export function isCheck(key: string): key is CheckId {
  return checkIds.some((id) => id === key)
}

const resilienceQuestions: { readonly [key: string]: string } = {
  segments: 'does it take what comes in tiny TCP segments?',
  slow: 'does it take what comes slowly, in small pieces?',
  'close-in-flight': 'does it come back after a close in the middle of the handshake?',
  renegotiation: 'does it renegotiate when the server asks for it?',
  ...Object.fromEntries(
    ['handshake-failure', 'protocol-version', 'internal-error', 'unrecognized-name'].map((alert) => [
      `alert-${alert}`,
      `does it come back after the alert ${alert.replaceAll('-', '_')}?`,
    ]),
  ),
}

const listed = (key: string) => key.split('+').map(keyName).join(', ')

const sizeIn = (key: string) => `${formatNumber(Number(key.split(':')[1]))} bytes`

function keyName(key: string): string {
  return /^p\d/.test(key) ? key.replace('p', 'P-') : /^rsa|^sha/.test(key) ? key.toUpperCase() : key
}

/** What the device did, in a few words. */
export function answerWords({ probe, outcome }: Answer, { baseline }: ExamView): string {
  const { alerts, end, reached } = outcome
  const whole = probe.topic === 'resumption' && probe.key === 'again' && !outcome.resumed
  if (whole && (reached === 'request' || reached === 'answered')) return 'it made a whole handshake'
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
const told: ReadonlySet<TopicId> = new Set([
  'redirect',
  'redirects-in-row',
  'ranges',
  'resumption',
  'resilience',
  'idle',
])

function factWords({ reached, requests, resumed, renegotiation, cameInPlain, end, alerts }: Outcome): string {
  const facts = [
    ...(resumed ? ['it resumed its session'] : []),
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
  /** Of the profile. */
  readonly key: string
  readonly name: string
  readonly text: string
  /** Of a limit how well it is known; `told`: no limit, but how it behaves. */
  readonly certainty: 'exact' | 'at-least' | 'between' | 'told'
  /** Both bounds of a limit: `4,096 pass, 4,097 fail`. */
  readonly bounds: string | undefined
  /** Of a limit what it counts, where the unit does not say it. */
  readonly counts: string | undefined
  readonly notes: readonly string[]
  /** Connections behind it. */
  readonly connections: number
  /** Their first and last day, once where they are the same. */
  readonly days: string
}

/** What is known so far, one line a value of the profile. */
export function knownLines(exam: ExamView): readonly KnownLine[] {
  return measuredValues.flatMap((value) => {
    const { key } = value
    const written = value.of(exam)
    if (written === undefined) return []
    const behind = answersBehind(value, exam)
    const { length: connections } = behind
    return [{ key, name: nameOf(key), ...valueWords(key, written), connections, days: daysOf(behind) }]
  })
}

/** What a profile has no place for, without what it accepts: that is a finding of security. */
export function behaviourSentences(exam: ExamView): readonly string[] {
  return measuredQuirks.flatMap(({ of }) => of(exam)).filter((text) => !text.startsWith('It accepted '))
}

/** Address of a device, and as much of its hello's print as tells two behind one address apart. */
export function deviceName(device: string): { readonly address: string; readonly print: string | undefined } {
  const [address = '', print = ''] = device.split(' ')
  return { address, print: print === '' ? undefined : print.slice(0, 6) }
}

/** `2026-11-21`, or `2026-11-21 to 2026-11-23`. */
export function daysOf(answers: readonly Answer[]): string {
  const days = answers.map(({ outcome }) => formatDay(outcome.at)).sort()
  const [first = 'no day', last = first] = [days[0], days.at(-1)]
  return first === last ? first : `${first} to ${last}`
}

function nameOf(key: string): string {
  return Object.hasOwn(ownNames, key) ? (ownNames[key] ?? key) : partName({ key })
}

const ownNames: { readonly [key: string]: string } = {
  handshakeFragments: 'handshake messages cut over records',
  peer: 'verification',
}

type ValueWords = Omit<KnownLine, 'key' | 'name' | 'connections' | 'days'>

function valueWords(key: string, written: Written): ValueWords {
  const { value, atLeast, counts, passes, fails, note, tlsVersions } = written as {
    value?: unknown
    atLeast?: number
    tlsVersions?: readonly string[]
    counts?: string
    passes?: Readonly<Record<string, number>>
    fails?: Readonly<Record<string, number>>
    note?: string
  }
  const notes = note === undefined ? [] : [note]
  if (counts === undefined) {
    const text = Array.isArray(value) ? value.join(', ') : asText(key, value)
    return { text, certainty: 'told', bounds: undefined, counts: undefined, notes }
  }
  const way = counts === 'unknown' ? Object.keys(passes ?? {})[0] : counts
  const low = way === undefined ? undefined : passes?.[way]
  const high = way === undefined ? undefined : fails?.[way]
  // Where nothing failed, nothing tells what a limit would count.
  const counted = high === undefined ? undefined : countsWords(counts, way)
  const words = limitWords(key, value, low, high)
  if (atLeast !== undefined) {
    const text = `${formatNumber(atLeast)} or ${words.text}, by the version of TLS`
    return { ...words, text, counts: counted, notes }
  }
  if (tlsVersions === undefined) return { ...words, counts: counted, notes }
  const where = `in ${tlsVersions.join(', ').replaceAll('v', ' ')} only`
  const text = typeof value === 'number' || low !== undefined ? `${words.text}, ${where}` : `known ${where}`
  return { ...words, text, counts: counted, notes }
}

function limitWords(
  key: string,
  value: unknown,
  low: number | undefined,
  high: number | undefined,
): Pick<KnownLine, 'text' | 'certainty' | 'bounds'> {
  const both = [
    ...(low === undefined ? [] : [`${formatNumber(low)} pass${low === 1 ? 'es' : ''}`]),
    ...(high === undefined ? [] : [`${formatNumber(high)} fail${high === 1 ? 's' : ''}`]),
  ]
  const bounds = both.length === 0 ? undefined : both.join(', ')
  if (typeof value === 'number') return { text: withUnit(key, value), certainty: 'exact', bounds }
  if (low === undefined || high === undefined)
    return { text: `at least ${withUnit(key, low ?? 0)}`, certainty: 'at-least', bounds: undefined }
  return {
    text: `at least ${formatNumber(low)}, less than ${withUnit(key, high)}`,
    certainty: 'between',
    bounds,
  }
}

/** Ways of counting that the name of the limit says already. */
const selfEvident: readonly string[] = ['items', 'bits', 'record', 'certificate', 'text']

function countsWords(counts: string, way: string | undefined): string | undefined {
  if (selfEvident.includes(counts)) return undefined
  if (Object.hasOwn(countingNames, counts))
    return `counts ${countingNames[counts as keyof typeof countingNames]}`
  return way === undefined ? undefined : `figures of ${countingNames[way as keyof typeof countingNames]}`
}

function asText(key: string, value: unknown): string {
  return typeof value === 'number' ? withUnit(key, value) : String(value)
}

/** Of what is left, by how fast this device came back so far. */
export function leftWords(exam: Exam): string {
  const { atMost, answers } = exam
  if (exam.baseline === undefined) return 'it has not taken the plain chain yet'
  const left = atMost === 0 ? 'no connection left' : `at most ${formatCount(atMost, 'connection')} left`
  // The middle gap: a device that stood still for a while comes as fast as before.
  const gap = usualGapMs(answers)
  if (gap === undefined || answers.length < 3 || atMost === 0) return left
  const seconds = Math.ceil((gap * atMost) / 1000)
  return `${left}, about ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}`
}
