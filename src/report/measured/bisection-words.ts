import type { Device } from '../../device/device.ts'
import type { Limit } from '../../device/limit.ts'
import type { Bisection, BisectionId } from '../../exam/bisections.ts'
import type { LimitFound } from '../../exam/limit-search.ts'
import { messageReading } from '../../exam/message-reading.ts'
import type { ExamView } from '../../exam/topic.ts'
import { SPLIT_RECORD_BYTES } from '../../exam/topics/chain.ts'
import { derOfPair } from '../../exam/topics/chain-shapes.ts'
import { countingNames } from '../device-words.ts'
import { formatCount, formatNumber } from '../units.ts'

interface SearchWords {
  readonly title: string
  readonly unit: string
}

const searchWords: { readonly [Id in BisectionId]: SearchWords } = {
  'chain-message': { title: 'Certificate message', unit: 'byte' },
  'chain-message-in-records': {
    title: `Certificate message in records of ${SPLIT_RECORD_BYTES} bytes`,
    unit: 'byte',
  },
  'data-record': { title: 'Record of data', unit: 'byte' },
  certificate: { title: 'One certificate', unit: 'byte' },
  certificates: { title: 'Certificates of the path', unit: 'certificate' },
  'alternative-names': { title: 'Names in a certificate', unit: 'name' },
  'response-head': { title: 'Response head', unit: 'byte' },
}

export function searchTitle(id: BisectionId): string {
  return searchWords[id].title
}

export function amountOf(id: BisectionId, value: number): string {
  return formatCount(value, searchWords[id].unit)
}

/** `4,096 bytes`, `at least 65,535 bytes`, `4,000 to 4,099 bytes`. */
export function foundWords(id: BisectionId, { passes, fails, exact }: LimitFound): string {
  if (fails === undefined) return `at least ${amountOf(id, passes)}`
  return exact ? amountOf(id, passes) : `${formatNumber(passes)} to ${amountOf(id, fails - 1)}`
}

/** The same as a sentence with its connections. */
export function foundSentence({ id, found, steps }: Bisection): string {
  const { passes, fails, exact, contradicted } = found
  const asked = formatCount(steps.length, 'connection')
  const bounds =
    fails === undefined
      ? `${amountOf(id, passes)} ${passWord(passes)}, and nothing failed`
      : `${amountOf(id, passes)} ${passWord(passes)}, ${formatNumber(fails)} ${fails === 1 ? 'fails' : 'fail'}`
  const open = exact ? '' : '; the search did not come to its end'
  const flaky =
    contradicted.length === 0
      ? ''
      : `; passed and failed by turns at ${contradicted.map(formatNumber).join(', ')}`
  return `${bounds}: ${asked}${open}${flaky}.`
}

function passWord(value: number): string {
  return value === 1 ? 'passes' : 'pass'
}

/** A figure of the catalogue, where it stands on the axis of a search. */
export interface CatalogueMark {
  /** In the unit of the axis. */
  readonly value: number
  /** The figure of the catalogue, in its own unit. */
  readonly figure: number
  /** The figure itself, what it counts, its confidence and source. */
  readonly words: string
}

/** What the catalogue says of the limit that was looked for. Empty where it has no figure. */
export function catalogueMarks(id: BisectionId, device: Device, exam: ExamView): CatalogueMark[] {
  const { limits, http } = device
  switch (id) {
    case 'chain-message':
    case 'chain-message-in-records': {
      const message = markOf(limits.handshakeMessageBytes, (value) => value)
      const der = limits.chainBytes
      if (der?.counts === 'unknown') return [...message, ...markOf(der, (value) => value)]
      const inMessage = (value: number) => messageReading(exam)(value + pairOverhead)
      const isOfDer = der?.counts === 'sent' || der?.counts === 'path'
      return [...message, ...(isOfDer ? markOf(der, inMessage) : [])]
    }
    case 'data-record':
      return markOf(limits.recordBytes, (value) => value)
    case 'certificate':
      return markOf(limits.certificateBytes, (value) => value)
    case 'certificates':
      return markOf(limits.chainCertificates, (value) => value)
    case 'response-head':
      return markOf(http?.responseHeadBytes, (value) => value)
    case 'alternative-names':
      return []
  }
}

/** Of the message that has a pair of certificates with no byte. */
const pairOverhead = -derOfPair(0)

function markOf(limit: Limit | undefined, onAxis: (value: number) => number): CatalogueMark[] {
  if (typeof limit?.value !== 'number') return []
  const { value, counts, confidence, source } = limit
  const what = counts === 'unknown' ? 'what it counts is not said' : `counts ${countingNames[counts]}`
  const here = onAxis(value)
  const translated = here === value ? '' : `: a message of ${formatNumber(here)} bytes has as many`
  return [
    {
      value: here,
      figure: value,
      words: `${formatNumber(value)} (${what}${translated}; ${confidence}: ${source})`,
    },
  ]
}
