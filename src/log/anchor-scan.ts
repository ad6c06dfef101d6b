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
      for (const byte of Buffer.from(anchor, 'latin1')) {
        if (this.#classOf[byte] !== 0) continue
        this.#classOf[byte] = classes
        if (byte >= 97 && byte <= 122) this.#classOf[byte - LETTER_CASE] = classes
        classes++
      }
    }
    this.#classes = classes
    const children: (Map<number, number> | undefined)[] = [new Map(), undefined]
    const ends: (number[] | undefined)[] = [undefined, undefined]
    for (const [index, anchor] of anchors.entries()) {
      let state = 0
      for (const byte of Buffer.from(anchor, 'latin1')) {
        const kind = this.#classOf[byte] as number
        const edges = children[state] ?? new Map<number, number>()
        children[state] = edges
        let child = edges.get(kind)
        if (child === undefined) {
          child = children.length
          children.push(undefined)
          ends.push(undefined)
          edges.set(kind, child)
        }
        state = child
      }
      ends[state] = [...(ends[state] ?? []), index]
    }
    this.#next = new Int32Array(children.length * classes)
    this.#ends = ends
    this.#link(children, ends)
    this.#encode()
  }

  /** Breadth first: each state's missing edges are those of the longest suffix that is a state itself. */
  #link(children: readonly (Map<number, number> | undefined)[], ends: (number[] | undefined)[]): void {
    const classes = this.#classes
    const next = this.#next
    const suffix = new Int32Array(children.length)
    const queue: number[] = []
    for (const [kind, child] of children[0] ?? []) {
      next[kind] = child
      queue.push(child)
    }
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at] as number
      const fallback = suffix[state] as number
      next.copyWithin(state * classes, fallback * classes, (fallback + 1) * classes)
      const inherited = ends[fallback]
      if (inherited !== undefined) ends[state] = [...(ends[state] ?? []), ...inherited]
      for (const [kind, child] of children[state] ?? []) {
        suffix[child] = next[state * classes + kind] as number
        next[state * classes + kind] = child
        queue.push(child)
      }
    }
    next.copyWithin(classes, 0, classes)
    for (let state = 0; state < children.length; state++) next[state * classes + 1] = 1
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
