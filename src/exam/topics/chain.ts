import type { LimitFound, LimitSearch } from '../limit-search.ts'
import { priorOfMain } from '../other-version.ts'
import { bestRecords } from '../own-records.ts'
import { remembered } from '../remembered.ts'
import { saidOfHandshake } from '../said.ts'
import { searchOf, toldOf } from '../searching.ts'
import type { Serving } from '../serving.ts'
import { withChain } from '../serving-of.ts'
import type { Answer, Baseline, ExamView, Probe, Topic } from '../topic.ts'
import {
  type ChainShape,
  chainOfMessage,
  derOfPair,
  LEAST_CERTIFICATE_BYTES,
  manyOfBytes,
  PAIR_MORE_IN_TLS13,
} from './chain-shapes.ts'
import { type HandshakeBytes, handshakeBytesOf, lighterHandshake } from './handshake-bytes.ts'

/**
 * Message sizes at which stacks are built: buffers of 2^n and 1.5 · 2^n, what modems and modules document, and 18,466 of
 * wolfSSL as it is, internal.h MAX_CERTIFICATE_SZ behind a header.
 */
const usualBytes: readonly number[] = [
  2048, 2304, 2560, 3072, 4096, 5120, 6144, 8192, 10_240, 12_288, 16_384, 18_466, 20_480, 24_576, 32_768,
  49_152,
]
/** Every shape can be made from here, and every device known takes it. */
const LEAST_MESSAGE_BYTES = 1700
const MOST_MESSAGE_BYTES = 65_535
/** Buffers of a whole record with its overhead end below. */
const COMMON_MESSAGE_BYTES = 16_900
/** Most devices that join records take a message of any size so. */
const UNLIMITED_WHEN_JOINED = 0.5
/** Mbed TLS joins them in the buffer of a record, which has room for header, IV, MAC and padding: ssl_misc.h, PAYLOAD_OVERHEAD. */
const ROOM_WHEN_JOINED = 400
/** Above a usual value: header of the record or the message, and the lengths within. */
const NEAR = 40
/** Small enough that every message here is cut, and large enough that BearSSL and all others take it. */
export const SPLIT_RECORD_BYTES = 512
/** Enough to make each certificate smaller, and the message larger; a longer path might be what is refused. */
const MANY = 3

/** What limits the certificates that a server sends, and in which way it is counted. */
export interface ChainFound {
  /** Bytes of the Certificate message with its header, half in the leaf and half in one intermediate. */
  readonly message: LimitFound
  /**
   * What the limit counts. `message`: also where a record of its size is all that the device takes. `handshake`: all its
   * messages together. `unknown`: more than one of these fits.
   */
  readonly counts:
    | 'record'
    | 'path'
    | 'certificate'
    | 'message'
    | 'sent'
    | 'handshake'
    | 'unknown'
    | undefined
  /** Where it counts all messages of a handshake, or that cannot be told apart: their sum. */
  readonly handshake: HandshakeBytes | undefined
  /** Cut into small records, where those are joined: the limit of the message itself. */
  readonly joined: LimitFound | undefined
  /** Whether a message that is cut over records is taken. */
  readonly joinsRecords: boolean | undefined
}

/** Bytes of the chain: how many. RFC 5246 §7.4.2. */
export const chainTopic = topicOf((chain) => chain.next())
/** And which of them count: asked when the bytes of records are known, too. */
export const chainCountsTopic = topicOf((chain) => chain.next() ?? chain.nextForCounts())

function topicOf(next: (chain: ChainExam) => Probe | undefined): Topic {
  return {
    id: 'chain',
    next(exam) {
      const chain = chainExamOf(exam)
      return chain && next(chain)
    },
    atMost: (exam) => chainExamOf(exam)?.atMost() ?? MOST_CONNECTIONS,
  }
}

/** What was searched by bisection: the message, and where a record is what limits it, the message in small records. */
export function chainSearches(
  exam: ExamView,
): { readonly message: LimitSearch; readonly joined: LimitSearch | undefined } | undefined {
  return exam.of('chain').length > 0 ? chainExamOf(exam)?.searches() : undefined
}

export const chainFound = remembered((exam): ChainFound | undefined => {
  return exam.of('chain').length > 0 ? chainExamOf(exam)?.found() : undefined
})

const MOST_CONNECTIONS = 30
const TLS12 = 0x0303

class ChainExam {
  readonly #exam: ExamView
  readonly #baseline: Baseline
  readonly #searches = new Map<string, LimitSearch>()

  constructor(exam: ExamView, baseline: Baseline) {
    this.#exam = exam
    this.#baseline = baseline
  }

  next(): Probe | undefined {
    const main = this.#search('pair')
    const value = main.next()
    if (value !== undefined) return this.#probe(`pair:${value}`, this.#shaped('pair', value))
    const { passes, fails } = main.found
    if (!this.#canSplit) return undefined
    if (fails === undefined) return this.#ask(`split:${passes}`, this.#split('pair', passes))
    const joins = this.#said(`split:${passes}`)
    if (joins === undefined) return this.#ask(`split:${passes}`, this.#split('pair', passes))
    if (joins === 'passes') {
      const record = this.#ask(`split:${fails}`, this.#split('pair', fails))
      if (record !== undefined) return record
      if (this.#said(`split:${fails}`) === 'passes') {
        const joined = this.#search('split-pair', fails).next()
        return joined === undefined
          ? undefined
          : this.#probe(`split-pair:${joined}`, this.#split('pair', joined))
      }
    }
    return undefined
  }

  nextForCounts(): Probe | undefined {
    const pair = this.#search('pair')
    // There is no smaller chain to tell with what is counted.
    if (pair.refusesLeast) return undefined
    const { passes, fails } = pair.found
    const again = pair.nextToConfirm()
    if (again !== undefined) return this.#probe(`pair:${again}`, this.#shaped('pair', again))
    if (fails === undefined) return undefined
    if (this.#said(`split:${fails}`) === 'passes') {
      const joined = this.#search('split-pair', fails).nextToConfirm()
      return joined === undefined
        ? undefined
        : this.#probe(`split-pair:${joined}`, this.#split('pair', joined))
    }
    const unneeded = this.#ask(`unneeded:${fails}`, this.#shaped('unneeded', fails))
    if (unneeded !== undefined || this.#said(`unneeded:${fails}`) === 'passes') return unneeded
    // The same bytes of DER: what counts all certificates together still fails.
    const many = this.#ask(`many:${fails}`, manyOfBytes(this.#plain, countFor(fails), derOfPair(fails)))
    if (many !== undefined || this.#said(`many:${fails}`) === 'passes') return many
    const sum = this.#ask(`sum:${passes}`, manyOfBytes(this.#plain, countFor(passes), derOfPair(passes)))
    if (sum !== undefined || this.#said(`sum:${passes}`) === 'passes') return sum
    // One certificate with a byte more than the pair has a smaller message.
    const one = this.#ask(`one:${passes}`, withChain(this.#plain, { leafBytes: derOfPair(passes) + 1 }))
    if (one !== undefined || this.#said(`one:${passes}`) !== 'passes') return one
    return this.#ask(`light:${fails}`, this.#light(fails))
  }

  searches() {
    const message = this.#search('pair')
    const { fails } = message.found
    const joined = fails === undefined ? undefined : this.#search('split-pair', fails)
    return { message, joined: joined?.steps.length === 0 ? undefined : joined }
  }

  found(): ChainFound {
    const { found: message } = this.#search('pair')
    const { fails, passes } = message
    const split = this.#said(`split:${passes}`)
    const joinsRecords = split === undefined || split === 'lost' ? undefined : split === 'passes'
    const none = { joined: undefined, handshake: undefined }
    if (fails === undefined) return { ...none, message, counts: undefined, joinsRecords }
    const isRecord = this.#said(`split:${fails}`) === 'passes'
    if (isRecord) {
      const joined = this.#search('split-pair', fails).found
      return { ...none, message, counts: 'record', joined, joinsRecords }
    }
    const counts = this.#counts(passes, fails)
    const handshake = counts === 'handshake' || counts === 'unknown' ? this.#handshake() : undefined
    return { ...none, message, counts, handshake, joinsRecords }
  }

  /** The ways of counting are told apart by what passes although the message is too large. */
  #counts(passes: number, fails: number): ChainFound['counts'] {
    const told = (key: string) => this.#said(key)
    if (told(`unneeded:${fails}`) === 'passes') return 'path'
    if (told(`many:${fails}`) === 'passes') return 'certificate'
    if (told(`sum:${passes}`) === 'passes') return 'sent'
    if (told(`one:${passes}`) !== 'passes') return 'unknown'
    const light = told(`light:${fails}`)
    if (light === 'fails') return 'message'
    return light === 'passes' && this.#handshake() !== undefined ? 'handshake' : 'unknown'
  }

  #handshake(): HandshakeBytes | undefined {
    const whole = this.#exam.of('chain').filter(({ probe }) => /^(pair|sum|one|light):/.test(probe.key))
    return handshakeBytesOf(this.#exam, whole, this.#baseline)
  }

  #light(messageBytes: number): Serving | undefined {
    const lighter = lighterHandshake(this.#exam, this.#baseline)
    return lighter && chainOfMessage(bestRecords(this.#exam, lighter), 'pair', messageBytes)
  }

  atMost(): number {
    return Math.max(0, MOST_CONNECTIONS - this.#exam.of('chain').length)
  }

  get #plain(): Serving {
    return bestRecords(this.#exam, this.#baseline.serving)
  }

  #search(name: 'pair' | 'split-pair', passes = LEAST_MESSAGE_BYTES): LimitSearch {
    const known = this.#searches.get(name)
    if (known !== undefined) return known
    // What is searched is counted as TLS 1.2 does, and what stacks are built for is the message that they get.
    const more = this.#baseline.version > TLS12 ? PAIR_MORE_IN_TLS13 : 0
    const options = {
      passes,
      assumed: name === 'pair',
      most: MOST_MESSAGE_BYTES,
      usual: usualBytes.map((bytes) => bytes - more),
      near: NEAR,
      common: COMMON_MESSAGE_BYTES - more,
      ...(name === 'split-pair' ? { unlimited: UNLIMITED_WHEN_JOINED, room: ROOM_WHEN_JOINED } : {}),
      ...this.#priorOfMain(name, more),
    }
    const search = searchOf(this.#exam, 'chain', name, options, this.#saidOf)
    this.#searches.set(name, search)
    return search
  }

  #priorOfMain(name: 'pair' | 'split-pair', more: number) {
    const main = this.#exam.main && chainFound(this.#exam.main)
    const asMessage = main?.counts === 'message' || main?.counts === 'record'
    return priorOfMain(
      this.#exam,
      () => (name === 'pair' ? main?.message : main?.joined),
      asMessage ? more : 0,
    )
  }

  readonly #saidOf = (answer: Answer) => saidOfHandshake(answer.outcome, this.#baseline)

  #said(key: string) {
    const answers = this.#exam.of('chain')
    const really = key.startsWith('split') ? answers.filter((one) => this.#wasSplit(one)) : answers
    return toldOf(this.#exam, really, key, this.#saidOf)
  }

  /** Once, and again while the answers do not decide. */
  #ask(key: string, serving: Serving | undefined): Probe | undefined {
    return serving === undefined || this.#said(key) !== undefined ? undefined : this.#probe(key, serving)
  }

  #shaped(shape: ChainShape, bytes: number): Serving | undefined {
    return chainOfMessage(this.#plain, shape, bytes)
  }

  /** In TLS 1.3 OpenSSL seals the message in records as it likes. */
  get #canSplit(): boolean {
    return this.#baseline.version <= TLS12 || this.#plain.engine === 'own'
  }

  #wasSplit({ probe }: Answer): boolean {
    return this.#baseline.version <= TLS12 || probe.serving.engine === 'own'
  }

  #split(shape: ChainShape, bytes: number): Serving | undefined {
    const serving = this.#shaped(shape, bytes)
    return serving && { ...serving, flight: { recordBytes: SPLIT_RECORD_BYTES, merge: false } }
  }

  #probe(key: string, serving: Serving | undefined): Probe | undefined {
    return serving && { topic: 'chain', key, serving }
  }
}

/** Certificates of which the same bytes can be made; 0: too few bytes for that. */
function countFor(messageBytes: number): number {
  return derOfPair(messageBytes) >= MANY * LEAST_CERTIFICATE_BYTES ? MANY : 0
}

const chainExamOf = remembered((exam) => exam.baseline && new ChainExam(exam, exam.baseline))
