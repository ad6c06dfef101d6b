import { AnchorScan, LETTER_CASE } from './anchor-scan.ts'

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

/** Formats that have one anchor. */
export interface AnchorGroup {
  readonly anchor: string
  /** What follows the letters that the scan looks for. */
  readonly rest: Uint8Array
  /** Indices, ascending. */
  readonly formats: readonly number[]
}

/** Which formats a line can match, by the anchors that the scan finds in it. */
export class AnchorTable {
  readonly scan: AnchorScan
  /** By number of what is scanned. */
  readonly #groups: (AnchorGroup[] | undefined)[] = []
  readonly #numbers = new Map<string, number>()

  /** `anchors`: one a format, in their order. */
  constructor(anchors: readonly string[]) {
    const sharing = new Map<string, number[]>()
    for (const [index, anchor] of anchors.entries()) {
      const formats = sharing.get(anchor)
      if (formats === undefined) sharing.set(anchor, [index])
      else formats.push(index)
    }
    for (const [anchor, formats] of sharing) {
      const number = this.#add(anchor.slice(0, SCANNED_LETTERS))
      const group = { anchor, rest: Buffer.from(anchor.slice(SCANNED_LETTERS), 'latin1'), formats }
      const groups = this.#groups[number]
      if (groups === undefined) this.#groups[number] = [group]
      else groups.push(group)
    }
    const { commands, ...single } = special
    for (const one of [...Object.values(single), ...commands]) this.#add(one)
    this.scan = new AnchorScan([...this.#numbers.keys()])
  }

  /** Of one of `special`. */
  numberOf(anchor: string): number {
    return this.#numbers.get(anchor) as number
  }

  groupsOf(number: number): readonly AnchorGroup[] {
    return this.#groups[number] ?? []
  }

  #add(anchor: string): number {
    const number = this.#numbers.get(anchor) ?? this.#numbers.size
    this.#numbers.set(anchor, number)
    return number
  }
}

/** Whether the rest of an anchor stands at `at`. */
export function standsAt({ rest }: AnchorGroup, bytes: Uint8Array, at: number): boolean {
  for (let letter = 0; letter < rest.length; letter++) {
    const byte = bytes[at + letter] ?? 0
    if ((byte >= 65 && byte <= 90 ? byte + LETTER_CASE : byte) !== rest[letter]) return false
  }
  return true
}
