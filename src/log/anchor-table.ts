import { AnchorScan } from './anchor-scan.ts'

/**
 * How much of an anchor the scan looks for. The whole table of states must not outgrow the processor's cache, and is
 * made anew for each run; the few lines that hold the beginning only are told apart when they are read.
 */
const SCANNED_LETTERS = 12

/** What else makes a line worth reading, beside the formats' anchors. */
export const special = {
  url: '://',
  pemBegin: '-----begin certificate',
  pemEnd: '-----end certificate',
  /** A bare ERROR says what it is the answer to: the AT command a few lines before. */
  error: 'error',
  commands: ['at+', 'at#', 'at%', 'at^', 'at$', 'at*'],
} as const

/** Which formats a line can match, by the anchors that the scan finds in it. */
export class AnchorTable {
  readonly scan: AnchorScan
  /** Indices of formats by number of their anchor. */
  readonly #formats: (number[] | undefined)[] = []
  readonly #numbers = new Map<string, number>()

  /** `anchors`: one a format, in their order. */
  constructor(anchors: readonly string[]) {
    for (const [index, anchor] of anchors.entries()) {
      const number = this.#add(anchor.slice(0, SCANNED_LETTERS))
      const sharing = this.#formats[number]
      if (sharing === undefined) this.#formats[number] = [index]
      else sharing.push(index)
    }
    const { commands, ...single } = special
    for (const one of [...Object.values(single), ...commands]) this.#add(one)
    this.scan = new AnchorScan([...this.#numbers.keys()])
  }

  /** Of one of `special`. */
  numberOf(anchor: string): number {
    return this.#numbers.get(anchor) as number
  }

  formatsOf(number: number): readonly number[] {
    return this.#formats[number] ?? []
  }

  #add(anchor: string): number {
    const number = this.#numbers.get(anchor) ?? this.#numbers.size
    this.#numbers.set(anchor, number)
    return number
  }
}
