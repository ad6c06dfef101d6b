import { type AnchorGroup, type AnchorTable, special, standsAt } from './anchor-table.ts'
import type { Dialects, LineFormat } from './dialects.ts'
import { cleanLine, findUrls, hasControls, parseLineTime } from './log-line.ts'
import { LogText } from './log-text.ts'
import type { LogFacts } from './symptom.ts'
import { type RawMatch, SymptomCollector } from './symptom-collector.ts'

/** A longer line is read in pieces of this size: a log of one line of a gigabyte takes no more memory. */
const MAX_LINE_BYTES = 65_536
/** A PEM block of a device is a few kilobytes. */
const MAX_PEM_BYTES = 16_384
const MAX_PEM_BLOCKS = 64
/** Different formats looked for in one line. */
const MAX_FORMATS_A_LINE = 64

const CARRIAGE_RETURN = 13
const ANSWER = ' -> ERROR'
const MOST_LINES_TO_ANSWER = 8

/** Found once for all readers: to look through thousands of formats takes longer than to read a short log. */
const answers = new WeakMap<Dialects, readonly number[]>()

function answersOf(dialects: Dialects): readonly number[] {
  let found = answers.get(dialects)
  if (found === undefined) {
    found = [...dialects.lines.keys()].filter((at) => dialects.lines[at]?.format.text.endsWith(ANSWER))
    answers.set(dialects, found)
  }
  return found
}

/**
 * Reads a device's log piece by piece: most lines are passed over at the speed of one table look-up a byte, and only
 * those with a known literal are looked at. Memory is bounded whatever comes. Throws `LogError` for what is no text.
 */
export class LogReader {
  readonly #formats: readonly LineFormat[]
  readonly #anchors: AnchorTable
  readonly #text = new LogText()
  readonly #collector: SymptomCollector
  #rest = Buffer.alloc(0)
  #lines = 0
  #bytes = 0
  /** Numbers of the anchors found in the line being read: few, so that a search in them is cheaper than a set. */
  #found: number[] = []
  /** Formats whose whole anchor stands in it, if it has no control characters. */
  #candidates: AnchorGroup[] = []
  #pem: { readonly line: number; text: string } | undefined
  readonly #certificates: { line: number; pem: string }[] = []
  #notes = new Set<string>()

  constructor(dialects: Dialects) {
    this.#formats = dialects.lines
    this.#anchors = dialects.anchors
    this.#urlIndex = this.#anchors.numberOf(special.url)
    this.#beginIndex = this.#anchors.numberOf(special.pemBegin)
    this.#endIndex = this.#anchors.numberOf(special.pemEnd)
    this.#commandIndexes = special.commands.map((one) => this.#anchors.numberOf(one))
    this.#answers = answersOf(dialects)
    this.#collector = new SymptomCollector(dialects)
  }

  readonly #urlIndex: number
  readonly #beginIndex: number
  readonly #endIndex: number
  readonly #commandIndexes: readonly number[]
  /** Formats of the form `AT+X -> ERROR`. */
  readonly #answers: readonly number[]
  #command: { readonly name: string; readonly line: number } | undefined

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    const text = this.#text.decode(chunk)
    const bytes =
      this.#rest.length === 0
        ? Buffer.from(text.buffer, text.byteOffset, text.length)
        : Buffer.concat([this.#rest, text])
    const newline = bytes.lastIndexOf(10)
    let start = 0
    if (newline >= 0) {
      this.#read(bytes, 0, newline + 1)
      start = newline + 1
    }
    while (bytes.length - start > MAX_LINE_BYTES) {
      this.#notes.add(`a line of more than ${MAX_LINE_BYTES} bytes was read in pieces`)
      this.#read(bytes, start, start + MAX_LINE_BYTES)
      start += MAX_LINE_BYTES
    }
    this.#rest = Buffer.from(bytes.subarray(start))
  }

  finish(): LogFacts {
    if (this.#rest.length > 0) {
      this.#read(this.#rest, 0, this.#rest.length)
      this.#lines++
    }
    return {
      lines: this.#lines,
      bytes: this.#bytes,
      ...this.#collector.finish(),
      certificates: this.#certificates,
      notes: [...this.#notes, ...this.#collector.notes],
    }
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const base = this.#lines
    let pemFrom = this.#pem === undefined ? -1 : start
    this.#lines += this.#anchors.scan.scan(
      bytes,
      start,
      end,
      (anchor, at) => this.#take(anchor, bytes, at),
      (lineStart, lineEnd, before) => {
        const found = this.#found
        const number = base + before + 1
        if (found.includes(this.#beginIndex) && this.#certificates.length < MAX_PEM_BLOCKS) {
          this.#pem = { line: number, text: '' }
          pemFrom = lineStart
        }
        if (found.includes(this.#endIndex) && this.#pem !== undefined) {
          this.#keepPem(bytes, pemFrom, lineEnd)
          this.#certificates.push({ line: this.#pem.line, pem: this.#pem.text })
          this.#pem = undefined
        }
        // A carriage return before the newline is half of it.
        const textEnd = bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd
        this.#matchLine(bytes.toString('utf8', lineStart, textEnd), number)
        this.#found.length = 0
        this.#candidates.length = 0
      },
    )
    if (this.#pem !== undefined) this.#keepPem(bytes, pemFrom, end)
  }

  #take(anchor: number, bytes: Uint8Array, at: number): void {
    if (!this.#found.includes(anchor)) {
      if (this.#found.length >= MAX_FORMATS_A_LINE) return
      this.#found.push(anchor)
    }
    for (const group of this.#anchors.groupsOf(anchor)) {
      if (!this.#candidates.includes(group) && standsAt(group, bytes, at)) this.#candidates.push(group)
    }
  }

  #hasCommand(): boolean {
    return this.#commandIndexes.some((index) => this.#found.includes(index))
  }

  #keepPem(bytes: Buffer, start: number, end: number): void {
    if (this.#pem === undefined || start < 0) return
    this.#pem.text += bytes.toString('utf8', start, Math.min(end, start + MAX_PEM_BYTES))
    if (this.#pem.text.length > MAX_PEM_BYTES) this.#pem = undefined
  }

  /** A carriage return alone also begins a line anew: progress lines, and terminals of serial ports. */
  #matchLine(raw: string, number: number): void {
    if (!hasControls(raw)) {
      this.#matchPart(raw.trimEnd(), number, this.#candidates)
      return
    }
    // What is taken out of the line can join an anchor that the scan did not see whole.
    const candidates = this.#found.flatMap((anchor) => this.#anchors.groupsOf(anchor))
    for (const part of raw.split('\r')) this.#matchPart(cleanLine(part), number, candidates)
  }

  #matchPart(line: string, number: number, candidates: readonly AnchorGroup[]): void {
    if (line === '') return
    if (this.#found.includes(this.#urlIndex)) for (const url of findUrls(line)) this.#collector.addUrl(url)
    const matches = this.#matches(line, candidates)
    if (matches.length > 0) this.#collector.addLine(number, line, parseLineTime(line), matches)
    this.#followCommand(line, number)
  }

  #isCommand(number: number): boolean {
    return this.#command !== undefined && number - this.#command.line <= MOST_LINES_TO_ANSWER
  }

  #followCommand(line: string, number: number): void {
    if (this.#hasCommand()) {
      const name = /\bAT([+#%^$*][A-Z][A-Z0-9_]{1,20})/i.exec(line)?.[1]
      if (name !== undefined) this.#command = { name: name.toUpperCase(), line: number }
    }
    if (this.#command === undefined || !this.#isCommand(number) || !/^[^A-Za-z]*ERROR\W*$/i.test(line)) return
    const answer = `AT${this.#command.name}${ANSWER}`
    this.#command = undefined
    for (const index of this.#answers) {
      const format = this.#formats[index] as LineFormat
      if (format.format.text !== answer) continue
      const match = { format, index, values: new Map(), start: 0, end: answer.length, tagged: 1 } as const
      this.#collector.addLine(number, answer, parseLineTime(line), [match])
      return
    }
  }

  #matches(line: string, candidates: readonly AnchorGroup[]): RawMatch[] {
    const matches: RawMatch[] = []
    const lower = line.toLowerCase()
    for (const { anchor, formats } of candidates) {
      if (!lower.includes(anchor)) continue
      for (const index of formats) {
        const format = this.#formats[index] as LineFormat
        if (!lower.includes(format.format.word)) continue
        const match = format.format.expression.exec(line)
        if (match === null) continue
        const values = valuesOf(format, match)
        const { index: start } = match
        matches.push({
          format,
          index,
          values,
          start,
          end: start + match[0].length,
          tagged: isTagged(format, line, start),
        })
      }
    }
    return matches
  }
}

function valuesOf({ format }: LineFormat, match: RegExpExecArray): Map<string, string> {
  const values = new Map<string, string>()
  for (const [at, name] of format.names.entries())
    if (name !== undefined) values.set(name, match[at + 1] ?? '')
  return values
}

/** 2: a tag of the format stands before the text; 1: the format has none; 0: another or none stands there. */
function isTagged({ tags }: LineFormat, line: string, start: number): 0 | 1 | 2 {
  if (tags.length === 0) return 1
  const before = line.slice(Math.max(0, start - 120), start).toLowerCase()
  return tags.some((tag) => before.includes(tag.toLowerCase())) ? 2 : 0
}
