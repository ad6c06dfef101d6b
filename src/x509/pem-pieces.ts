import { bareText, nonBase64 } from './pem-body.ts'

/** One `-----BEGIN` with what follows, wherever it stands and however it is damaged. */
export interface PemPiece {
  /** Such as `CERTIFICATE`. */
  readonly label: string
  /** Line of BEGIN, from 1. */
  readonly line: number
  /** Characters of the text from BEGIN up to and with END, as they stand in it. */
  readonly start: number
  readonly end: number
  /** Decoded as far as it goes. Empty for keys and session secrets, which are not read. */
  readonly bytes: Uint8Array
  readonly faults: readonly PemFault[]
  readonly lineEnds: LineEnds
  readonly carriageReturns: number
  readonly writtenOut: boolean
  /** A line feed follows END, as it stands or written out. */
  readonly endsLine: boolean
  /** Stands in quotation marks: a string of a program, of JSON or of an AT command. */
  readonly quoted: boolean
}

export type LineEnds = 'lf' | 'crlf' | 'none'

export type PemFault =
  | { readonly why: 'no-end' } // cut off, or another BEGIN comes first
  | { readonly why: 'other-end'; readonly label: string } // closed under another label
  | { readonly why: 'short-dashes' } // END with fewer than five dashes
  | { readonly why: 'joined' } // the END before it and this BEGIN share a line
  | { readonly why: 'not-base64'; readonly line: number }
  | { readonly why: 'padding' } // the number of base64 characters cannot be

/** More blocks than any bundle of roots has. */
const MAX_PEM_PIECES = 2_000

/** Longest body decoded: a certificate of `MAX_CERTIFICATE_BYTES` in base64, with quotation marks and indents. */
const maxBodyChars = 4_194_304

/** BEGIN, its blanks possibly escaped for a URL or for HTML. */
const begin = /-----BEGIN(?: |%20|\+|&nbsp;|&#32;)([A-Z0-9][A-Z0-9 .+%]{0,60})-----/y
const end = /-----END(?: |%20|\+|&nbsp;|&#32;)([A-Z0-9][A-Z0-9 .+%]{0,60})(-{1,5})/y

/** Every PEM block of a text in its order; linear in its length, and never throws. */
export function findPemPieces(text: string): PemPiece[] {
  const pieces: PemPiece[] = []
  const lines = new LineCounter(text)
  let endOfLast = -1
  let at = text.indexOf('-----BEGIN')
  while (at >= 0 && pieces.length < MAX_PEM_PIECES) {
    begin.lastIndex = at
    const opening = begin.exec(text)
    if (opening === null) {
      at = text.indexOf('-----BEGIN', at + 10)
      continue
    }
    const label = plainLabel(opening[1]!)
    const line = lines.lineOf(at)
    const bodyStart = at + opening[0].length
    const closing = findEnd(text, bodyStart, label)
    const joined = endOfLast === at ? [{ why: 'joined' } as const] : []
    const content = isSecretLabel(label)
      ? { ...nothing, end: closing.bodyEnd }
      : readBody(text, at, bodyStart, closing, line)
    const faults = [...joined, ...closing.faults, ...content.faults]
    const stop = closing.end ?? content.end
    const { bytes, lineEnds, carriageReturns, writtenOut, quoted } = content
    const endsLine =
      closing.end !== undefined && /^\s{0,4}(?:\\{1,4}[rn]|\r?\n)/.test(text.slice(stop, stop + 12))
    pieces.push({
      ...{ label, line, start: at, end: stop, bytes, faults },
      ...{ lineEnds, carriageReturns, writtenOut, endsLine, quoted },
    })
    endOfLast = closing.end ?? -1
    at = text.indexOf('-----BEGIN', Math.max(closing.end ?? closing.bodyEnd, bodyStart))
  }
  return pieces
}

/** Keys of every kind, and what lets a recorded session be read. */
export function isSecretLabel(label: string): boolean {
  return label.endsWith('PRIVATE KEY') || label === 'SSL SESSION PARAMETERS'
}

interface Closing {
  /** Behind END; undefined where there is none. */
  readonly end: number | undefined
  readonly bodyEnd: number
  readonly faults: readonly PemFault[]
}

function findEnd(text: string, from: number, label: string): Closing {
  for (let at = text.indexOf('-----', from); at >= 0; at = text.indexOf('-----', at + 5)) {
    end.lastIndex = at
    const found = end.exec(text)
    if (found !== null) {
      const faults: PemFault[] = []
      const other = plainLabel(found[1]!)
      if (other !== label) faults.push({ why: 'other-end', label: other })
      if (found[2]!.length < 5) faults.push({ why: 'short-dashes' })
      return { end: at + found[0].length, bodyEnd: at, faults }
    }
    begin.lastIndex = at
    if (begin.test(text)) return { end: undefined, bodyEnd: at, faults: [{ why: 'no-end' }] }
  }
  return { end: undefined, bodyEnd: text.length, faults: [{ why: 'no-end' }] }
}

interface Content {
  readonly bytes: Uint8Array
  readonly lineEnds: LineEnds
  readonly carriageReturns: number
  readonly writtenOut: boolean
  readonly quoted: boolean
  readonly faults: readonly PemFault[]
  /** Where what can be base64 ends. */
  readonly end: number
}

const nothing: Omit<Content, 'end'> = {
  bytes: new Uint8Array(),
  lineEnds: 'none',
  carriageReturns: 0,
  writtenOut: false,
  quoted: false,
  faults: [],
}

function readBody(text: string, start: number, bodyStart: number, closing: Closing, line: number): Content {
  const raw = text.slice(bodyStart, Math.min(closing.bodyEnd, bodyStart + maxBodyChars))
  const prefix = linePrefix(text, start)
  const bare = bareText(raw, prefix)
  const read = closing.end === undefined ? beforeProse(bare.text, raw) : bare.text
  const bad = nonBase64.exec(read)
  // Without END, the text that follows is no part of it, and no fault.
  const usable = bad === null ? read : read.slice(0, bad.index)
  const base64 = usable.replace(/\s/g, '')
  const faults: PemFault[] = []
  if (bad !== null && closing.end !== undefined) {
    faults.push({ why: 'not-base64', line: line + countLines(bare.text, bad.index) })
  } else if (closing.end !== undefined && (base64.length % 4 !== 0 || /=[^=]/.test(base64))) {
    faults.push({ why: 'padding' })
  }
  return {
    bytes: new Uint8Array(Buffer.from(base64, 'base64')),
    lineEnds: bare.lineEnds,
    carriageReturns: bare.carriageReturns,
    writtenOut: bare.writtenOut,
    quoted: bare.quoted,
    faults,
    end: closing.end ?? endOfUsable(raw, usable, bodyStart),
  }
}

/** A block without END stops at a line of several words. */
function beforeProse(text: string, raw: string): string {
  if (raw.includes('\\n')) return text
  const words = /\S[ \t]+\S/.exec(text)
  return words === null ? text : text.slice(0, text.lastIndexOf('\n', words.index) + 1)
}

/** For a block that was cut: behind the last line that was read of it. */
function endOfUsable(raw: string, usable: string, bodyStart: number): number {
  const last = usable.trimEnd().slice(-16).split(/\s/).pop() ?? ''
  const found = last === '' ? -1 : raw.indexOf(last)
  return found < 0 ? bodyStart : bodyStart + found + last.length
}

/** What stands before BEGIN on its line, such as the time of a log line. */
function linePrefix(text: string, start: number): string {
  const near = text.slice(Math.max(0, start - 200), start)
  return near.slice(near.lastIndexOf('\n') + 1)
}

function plainLabel(label: string): string {
  return label.replace(/%20|\+/g, ' ').trim()
}

function countLines(text: string, until: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < until; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** Lines of growing offsets, each character looked at once. */
class LineCounter {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  lineOf(offset: number): number {
    for (let next = this.#text.indexOf('\n', this.#at); next >= 0 && next < offset; ) {
      this.#line++
      this.#at = next + 1
      next = this.#text.indexOf('\n', this.#at)
    }
    return this.#line
  }
}
