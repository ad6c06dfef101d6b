const NEWLINE = 10
const LETTER_CASE = 32

/**
 * Finds which of many short strings stand in a stream of bytes, in one pass whatever their number (Aho and Corasick,
 * 1975), without regard to case. The hot loop of the log reader: one table look-up a byte.
 */
export class AnchorScan {
  /**
   * `next[state * classes + class]` is the next state times `classes`, so that the loop multiplies nothing; its complement,
   * which is negative, where an anchor ends in that state or a line begins. State 0 is the root, 1 that behind a newline.
   */
  readonly #next: Int32Array
  readonly #classOf = new Uint8Array(256)
  readonly #classes: number
  /** Indices into the anchors given, by state. */
  readonly #ends: readonly (readonly number[] | undefined)[]

  /** `anchors`: lower case ASCII without newlines, none empty. */
  constructor(anchors: readonly string[]) {
    let classes = 2 // 0: any byte that no anchor has; 1: newline
    this.#classOf[NEWLINE] = 1
    for (const anchor of anchors) {
      for (let at = 0; at < anchor.length; at++) {
        const byte = anchor.charCodeAt(at)
        if (this.#classOf[byte] !== 0) continue
        this.#classOf[byte] = classes
        if (byte >= 97 && byte <= 122) this.#classOf[byte - LETTER_CASE] = classes
        classes++
      }
    }
    this.#classes = classes
    const ends: (number[] | undefined)[] = []
    this.#ends = ends
    this.#next = new Int32Array(countStates(anchors) * classes)
    let states = 2
    for (const [index, anchor] of anchors.entries()) {
      let state = 0
      for (let at = 0; at < anchor.length; at++) {
        const edge = state * classes + (this.#classOf[anchor.charCodeAt(at)] as number)
        if (this.#next[edge] === 0) this.#next[edge] = states++
        state = this.#next[edge] as number
      }
      ends[state] = [...(ends[state] ?? []), index]
    }
    this.#link(states, ends)
    this.#encode()
  }

  /** Breadth first: each state's missing edges are those of the longest suffix that is a state itself. */
  #link(states: number, ends: (number[] | undefined)[]): void {
    const classes = this.#classes
    const next = this.#next
    const suffix = new Int32Array(states)
    const queue = new Int32Array(states)
    let queued = 1 // the root
    for (let at = 0; at < queued; at++) {
      const state = queue[at] as number
      const fallback = suffix[state] as number
      const inherited = state === 0 ? undefined : ends[fallback]
      if (inherited !== undefined) ends[state] = [...(ends[state] ?? []), ...inherited]
      for (let kind = 0; kind < classes; kind++) {
        const child = next[state * classes + kind] as number
        const other = state === 0 ? 0 : (next[fallback * classes + kind] as number)
        if (child === 0) {
          next[state * classes + kind] = other
          continue
        }
        suffix[child] = other
        queue[queued++] = child
      }
    }
    next.copyWithin(classes, 0, classes)
    for (let state = 0; state < states; state++) next[state * classes + 1] = 1
  }

  #encode(): void {
    const next = this.#next
    for (let at = 0; at < next.length; at++) {
      const state = next[at] as number
      const row = state * this.#classes
      next[at] = state === 1 || this.#ends[state] !== undefined ? ~row : row
    }
  }

  /**
   * Reads `bytes[start, end)`, which begins at the beginning of a line. `onAnchor(index)` for each anchor found,
   * `onLine(end)` behind each line that had one, `end` being the offset of its newline; lines without are only counted.
   */
  scan(
    bytes: Uint8Array,
    start: number,
    end: number,
    onAnchor: (index: number) => void,
    onLine: (lineStart: number, lineEnd: number, linesBefore: number) => void,
  ): number {
    const next = this.#next
    const classOf = this.#classOf
    const classes = this.#classes
    let row = 0
    let lines = 0
    let lineStart = start
    let found = false
    for (let at = start; at < end; at++) {
      row = next[row + (classOf[bytes[at] as number] as number)] as number
      if (row >= 0) continue
      row = ~row
      if (row === classes) {
        if (found) onLine(lineStart, at, lines)
        found = false
        lines++
        lineStart = at + 1
        continue
      }
      found = true
      for (const index of this.#ends[row / classes] as readonly number[]) onAnchor(index)
    }
    if (found) onLine(lineStart, end, lines)
    return lines
  }
}

/** One for each beginning that differs from all others, the root and the root behind a newline. */
function countStates(anchors: readonly string[]): number {
  let states = 2
  let before = ''
  for (const anchor of [...anchors].sort()) {
    let shared = 0
    while (shared < anchor.length && anchor[shared] === before[shared]) shared++
    states += anchor.length - shared
    before = anchor
  }
  return states
}
