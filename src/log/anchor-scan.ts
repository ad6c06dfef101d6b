const NEWLINE = 10
/** Between a capital and its small letter. */
export const LETTER_CASE = 32

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
   * Reads `bytes[start, end)`, which begins at the beginning of a line. `onAnchor(index, end)` for each anchor found, which
   * ends before `end`, `onLine(end)` behind each line that had one, `end` being the offset of its newline; lines without
   * are only counted. Both halves are read side by side: a look-up waits for the one before it, but not for that of the
   * other half.
   */
  scan(
    bytes: Uint8Array,
    start: number,
    end: number,
    onAnchor: (index: number, end: number) => void,
    onLine: (lineStart: number, lineEnd: number, linesBefore: number) => void,
  ): number {
    const next = this.#next
    const classOf = this.#classOf
    const newline = bytes.indexOf(NEWLINE, Math.floor((start + end) / 2))
    const middle = newline < 0 ? end : Math.min(newline + 1, end)
    const halves = [new Half(start, this.#classes), new Half(middle, this.#classes)] as const
    const [first, second] = halves
    const shared = Math.min(middle - start, end - middle)
    let one = 0
    let other = 0
    for (let at = 0; at < shared; at++) {
      one = next[one + (classOf[bytes[start + at] as number] as number)] as number
      other = next[other + (classOf[bytes[middle + at] as number] as number)] as number
      if ((one | other) >= 0) continue
      if (one < 0) one = first.see(~one, start + at)
      if (other < 0) other = second.see(~other, middle + at)
    }
    this.#finish(first, bytes, one, start + shared, middle)
    this.#finish(second, bytes, other, middle + shared, end)
    let before = 0
    for (const { seen, lines } of halves) {
      for (let at = 0; at < seen.length; at += 3) {
        const [row, from, to] = [seen[at] as number, seen[at + 1] as number, seen[at + 2] as number]
        if (row < 0) onLine(from, to, before + ~row)
        else for (const index of this.#ends[row / this.#classes] as readonly number[]) onAnchor(index, to)
      }
      before += lines
    }
    return before
  }

  #finish(half: Half, bytes: Uint8Array, begun: number, start: number, end: number): void {
    let row = begun
    for (let at = start; at < end; at++) {
      row = this.#next[row + (this.#classOf[bytes[at] as number] as number)] as number
      if (row < 0) row = half.see(~row, at)
    }
    half.endLine(end)
  }
}

/** What one half of the bytes holds, kept until its turn comes. */
class Half {
  /**
   * Three numbers each: the row of an anchor, its line's start and its end; behind the last one of a line the complement of
   * the number of newlines before that line, the line's start and its end.
   */
  readonly seen: number[] = []
  /** Newlines. */
  lines = 0
  readonly #newline: number
  #start: number
  #hasAnchor = false

  /** `newline`: the row behind one. */
  constructor(start: number, newline: number) {
    this.#start = start
    this.#newline = newline
  }

  see(row: number, at: number): number {
    if (row !== this.#newline) {
      this.seen.push(row, this.#start, at + 1)
      this.#hasAnchor = true
      return row
    }
    this.endLine(at)
    this.lines++
    return row
  }

  endLine(at: number): void {
    if (this.#hasAnchor) this.seen.push(~this.lines, this.#start, at)
    this.#hasAnchor = false
    this.#start = at + 1
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
