import { DecodeError } from '../codec/decode-error.ts'

/** A response head larger than this is not read to its end. */
export const MAX_HEAD_BYTES = 65_536
/** Field lines kept of one head. */
export const MAX_HEADER_LINES = 512

/** Status line and fields of a response, RFC 9112 §4 and §5. Names and values are hostile text. */
export interface ResponseHead {
  /** `1.1`, as sent. */
  readonly httpVersion: string
  readonly status: number
  /** Possibly empty. */
  readonly reason: string
  /** In order, names as sent, values without the white space around them; folded lines are joined by a space. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** From the first byte of the status line to the empty line, inclusive. */
  readonly headBytes: number
  /** Where it departs from RFC 9112 and was read nevertheless. */
  readonly oddities: readonly HeadOddity[]
}

export type HeadOddity =
  | 'bare-line-feed' // a line ends in LF without CR
  | 'folded-line' // obs-fold, RFC 9112 §5.2
  | 'line-without-colon' // left out
  | 'space-before-colon'
  | 'repeated-content-length' // the same value more than once
  | 'too-many-lines' // those past `MAX_HEADER_LINES` are left out

/**
 * Reads one response head from bytes that come in any pieces. Throws `DecodeError`: `value` as soon as the bytes
 * cannot be HTTP, `too-large` past `MAX_HEAD_BYTES`.
 */
export class ResponseHeadParser {
  #bytes = new Uint8Array(1024)
  #length = 0
  /** Where the search for the end of the head goes on. */
  #scanned = 0

  /** Bytes of the head received so far. */
  get received(): number {
    return this.#length
  }

  /** The head once it is whole, with the number of bytes of this `chunk` that belong to it. */
  push(chunk: Uint8Array): { head: ResponseHead; consumed: number } | undefined {
    const before = this.#length
    const room = MAX_HEAD_BYTES - before
    this.#append(chunk.subarray(0, room))
    checkStart(this.#bytes.subarray(0, this.#length))
    const end = this.#findEnd()
    if (end === undefined) {
      if (chunk.length >= room) {
        throw new DecodeError(
          'too-large',
          'response.head',
          MAX_HEAD_BYTES,
          `no end in ${MAX_HEAD_BYTES} bytes`,
        )
      }
      return undefined
    }
    return { head: parseHead(this.#bytes.subarray(0, end)), consumed: end - before }
  }

  #append(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(MAX_HEAD_BYTES, 2 * (this.#length + chunk.length)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
  }

  /** Position after the empty line; lines end in LF, with or without CR. */
  #findEnd(): number | undefined {
    for (let at = this.#scanned; at < this.#length; at++) {
      if (this.#bytes[at] !== LF) continue
      const previous = this.#bytes[at - 1] === CR ? at - 2 : at - 1
      if (previous > 0 && this.#bytes[previous] === LF) return at + 1
    }
    this.#scanned = this.#length
    return undefined
  }
}

/** Value of the first field of that name, in any case; undefined when there is none. */
export function headerValue(head: ResponseHead, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return head.headers.find(([given]) => given.toLowerCase() === wanted)?.[1]
}

/** Whether a comma-separated field, such as Connection, lists `token`. */
export function headerHasToken(head: ResponseHead, name: string, token: string): boolean {
  const wanted = name.toLowerCase()
  return head.headers.some(
    ([given, value]) =>
      given.toLowerCase() === wanted &&
      value.split(',').some((item) => item.trim().toLowerCase() === token.toLowerCase()),
  )
}

const CR = 0x0d
const LF = 0x0a
const start = new TextEncoder().encode('HTTP/')

function checkStart(bytes: Uint8Array): void {
  for (let i = 0; i < Math.min(start.length, bytes.length); i++) {
    if (bytes[i] !== start[i]) {
      throw new DecodeError('value', 'response.status-line', i, 'does not begin with HTTP/')
    }
  }
}

function parseHead(bytes: Uint8Array): ResponseHead {
  const oddities = new Set<HeadOddity>()
  const lines = Buffer.from(bytes).toString('latin1').split('\n')
  lines.splice(-2) // the empty line, and what follows its LF: nothing
  const clean = lines.map((line) => {
    if (line.endsWith('\r')) return line.slice(0, -1)
    oddities.add('bare-line-feed')
    return line
  })
  const status = /^HTTP\/(\d+(?:\.\d+)?) +(\d{3})(?: (.*))?$/s.exec(clean[0] ?? '')
  if (!status) throw new DecodeError('value', 'response.status-line', 0, 'is no status line')
  const headers: [string, string][] = []
  for (const line of clean.slice(1)) {
    if (/^[ \t]/.test(line)) {
      oddities.add('folded-line')
      const last = headers.at(-1)
      if (last) last[1] = `${last[1]} ${line.trim()}`.trim()
      continue
    }
    const colon = line.indexOf(':')
    if (colon <= 0) {
      oddities.add('line-without-colon')
      continue
    }
    const name = line.slice(0, colon)
    if (name.trimEnd() !== name) oddities.add('space-before-colon')
    if (headers.length >= MAX_HEADER_LINES) {
      oddities.add('too-many-lines')
      continue
    }
    headers.push([name.trimEnd(), line.slice(colon + 1).trim()])
  }
  const lengths = headers.filter(([name]) => name.toLowerCase() === 'content-length')
  if (lengths.length > 1) oddities.add('repeated-content-length')
  return {
    httpVersion: status[1]!,
    status: Number(status[2]),
    reason: status[3] ?? '',
    headers,
    headBytes: bytes.length,
    oddities: [...oddities],
  }
}
