import type { Counting, Readings } from '../device/limit.ts'
import { checkWords } from './check-words.ts'
import type { LimitFound } from './limit-search.ts'
import type { ExamView, TopicId } from './topic.ts'
import { chainFound } from './topics/chain.ts'
import { dataRecordFound, responseHeadFound } from './topics/data-record.ts'
import { type CheckId, checkFound, checkIds } from './topics/verification.ts'

/** One value of a profile, from the answers to some topics. */
export interface MeasuredValue {
  /** Of the profile; undefined: the value stands beside the groups. */
  readonly group: 'limits' | 'verification' | 'http' | undefined
  readonly key: string
  /** Whose connections are behind it. */
  readonly topics: readonly TopicId[]
  /** What is written beside the source; undefined: nothing is told. */
  readonly of: (exam: ExamView) => Written | undefined
}

export type Written = Readonly<Record<string, unknown>>

/** A sentence for `quirks`. */
export interface MeasuredQuirk {
  readonly topics: readonly TopicId[]
  readonly of: (exam: ExamView) => readonly string[]
}

/** Each value that a profile has a place for. A topic adds its row. */
export const measuredValues: readonly MeasuredValue[] = [
  { group: 'limits', key: 'chainBytes', topics: ['chain'], of: chainBytes },
  { group: 'limits', key: 'certificateBytes', topics: ['chain'], of: certificateBytes },
  { group: 'limits', key: 'handshakeMessageBytes', topics: ['chain'], of: handshakeMessageBytes },
  {
    group: 'limits',
    key: 'recordBytes',
    topics: ['data-record'],
    of: (exam) => limitOf(dataRecordFound(exam), 'record'),
  },
  {
    group: 'http',
    key: 'responseHeadBytes',
    topics: ['response-head'],
    of: (exam) => (asksHttp(exam) ? limitOf(responseHeadFound(exam), 'text') : undefined),
  },
  { group: 'verification', key: 'peer', topics: ['verification', 'more-verification'], of: peer },
  {
    group: 'verification',
    key: 'name',
    topics: ['verification'],
    of: (exam) => told(checkFound(exam, 'wrong-name'), 'checked', 'unchecked'),
  },
  { group: 'verification', key: 'dates', topics: ['verification', 'more-verification'], of: dates },
  {
    group: undefined,
    key: 'handshakeFragments',
    topics: ['chain'],
    of: (exam) => {
      const joins = chainFound(exam)?.joinsRecords
      return joins === undefined ? undefined : { value: joins ? 'joined' : 'refused' }
    },
  },
]

/** What a profile has no place for. */
export const measuredQuirks: readonly MeasuredQuirk[] = [
  { topics: ['verification'], of: (exam) => accepted(exam, (id) => early.includes(id)) },
  { topics: ['more-verification'], of: (exam) => accepted(exam, (id) => !early.includes(id)) },
  {
    topics: ['chain'],
    of: (exam) => {
      const found = chainFound(exam)
      if (found?.counts !== 'record' || found.message.fails === undefined) return []
      const { passes, fails } = found.message
      return [
        `In the handshake it takes a record of ${passes} bytes of plaintext, and not one of ${fails}; cut into smaller records, a larger message is taken.`,
      ]
    },
  },
]

const early: readonly CheckId[] = ['unknown-ca', 'wrong-name', 'expired']

function accepted(exam: ExamView, which: (id: CheckId) => boolean): string[] {
  return checkIds
    .filter((id) => which(id) && checkFound(exam, id) === 'accepts')
    .map((id) => `It accepted ${checkWords[id].served}.`)
}

/** A limit with both bounds in one way of counting; the figure itself only where it is known to the unit. */
export function limitOf(
  found: LimitFound | undefined,
  counts: Counting,
  reading: (value: number) => number = (value) => value,
  note?: string,
): Written | undefined {
  if (found === undefined || found.connections === 0) return undefined
  const { passes, fails, exact } = found
  const bounds = boundsOf(passes, fails, (value) => ({ [counts]: reading(value) }))
  const notes = [...(note === undefined ? [] : [note]), ...flakyNote(found)]
  return {
    ...(exact && fails !== undefined ? { value: reading(passes) } : {}),
    counts,
    ...bounds,
    ...noteOf(notes),
  }
}

function boundsOf(passes: number, fails: number | undefined, readings: (value: number) => Readings): Written {
  return { passes: readings(passes), ...(fails === undefined ? {} : { fails: readings(fails) }) }
}

function noteOf(notes: readonly string[]): Written {
  return notes.length === 0 ? {} : { note: notes.join('; ') }
}

function flakyNote({ contradicted, exact, fails }: LimitFound): string[] {
  return [
    ...(contradicted.length > 0
      ? [`passed and failed by turns at ${contradicted.join(', ')}: the device breaks off now and then`]
      : []),
    ...(exact
      ? []
      : [fails === undefined ? 'not looked for to the end' : 'the bounds are not next to each other yet']),
  ]
}

/** Header of the message and length of its list, and the length before each of the two certificates. */
const PAIR_OVERHEAD = 7 + 2 * 3
const derOfPair = (messageBytes: number) => messageBytes - PAIR_OVERHEAD
const largerOfPair = (messageBytes: number) => Math.ceil(derOfPair(messageBytes) / 2)

function chainBytes(exam: ExamView): Written | undefined {
  const found = chainFound(exam)
  if (found === undefined) return undefined
  const { message, counts, handshake } = found
  switch (counts) {
    case 'sent':
      return limitOf(message, 'sent', derOfPair)
    case 'path':
      return limitOf(message, 'path', derOfPair, 'certificates behind the path are not counted')
    case 'record':
    case 'certificate':
    case 'message':
      return undefined
    case undefined: {
      if (message.passes === undefined || message.fails !== undefined) return undefined
      const readings = (value: number) => ({ sent: derOfPair(value), path: derOfPair(value) })
      return {
        counts: 'sent',
        ...boundsOf(message.passes, undefined, readings),
        note: message.exact ? 'no limit was met up to there' : 'not looked for to the end',
      }
    }
    case 'handshake':
    case 'unknown': {
      const readings = (value: number) => ({
        sent: derOfPair(value),
        path: derOfPair(value),
        message: messageReading(exam)(value),
        certificate: largerOfPair(value),
      })
      return {
        counts: 'unknown',
        candidates: ['sent', 'path', 'message', 'certificate'],
        ...boundsOf(message.passes, message.fails, readings),
        ...noteOf([
          ...flakyNote(message),
          counts === 'handshake' && handshake !== undefined
            ? `all handshake messages of both sides together: ${handshake.passes} bytes pass, ${handshake.fails} fail`
            : 'what the limit counts was not told',
        ]),
      }
    }
  }
}

function certificateBytes(exam: ExamView): Written | undefined {
  const found = chainFound(exam)
  if (found?.counts !== 'certificate') return undefined
  return limitOf(found.message, 'certificate', largerOfPair, 'measured on a chain of two of one size')
}

function handshakeMessageBytes(exam: ExamView): Written | undefined {
  const found = chainFound(exam)
  if (found?.counts === 'message') return limitOf(found.message, 'message', messageReading(exam))
  if (found?.counts === 'record')
    return limitOf(found.joined, 'message', messageReading(exam), 'in records that it takes')
  if (found === undefined || found.counts !== undefined || found.message.fails !== undefined) return undefined
  return limitOf(found.message, 'message', messageReading(exam))
}

/** The search counts as TLS 1.2 does; 1.3 has a context and an empty list of extensions a certificate, RFC 8446 §4.4.2. */
function messageReading({ baseline }: ExamView): (messageBytes: number) => number {
  const more = baseline !== undefined && baseline.version >= 0x0304 ? 1 + 2 * 2 : 0
  return (messageBytes) => messageBytes + more
}

function asksHttp(exam: ExamView): boolean {
  return exam.answers.some(({ outcome }) => outcome.requests.some(({ kind }) => kind === 'http'))
}

function told(
  said: 'refuses' | 'accepts' | undefined,
  refuses: string,
  accepts: string,
): Written | undefined {
  return said === undefined ? undefined : { value: said === 'refuses' ? refuses : accepts }
}

/** A certificate signed by itself is of no CA either: where one is taken and the other is not, both are told apart. */
function peer(exam: ExamView): Written | undefined {
  const unknown = checkFound(exam, 'unknown-ca')
  const own = checkFound(exam, 'self-signed')
  if (unknown === undefined) return undefined
  if (unknown === 'refuses' && own === 'accepts') return undefined
  return told(unknown, 'required', 'none')
}

function dates(exam: ExamView): Written | undefined {
  const expired = checkFound(exam, 'expired')
  const future = checkFound(exam, 'not-yet-valid')
  if (expired === undefined || (future !== undefined && future !== expired)) return undefined
  return told(expired, 'checked', 'unchecked')
}
