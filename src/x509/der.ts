import { DecodeError } from '../codec/decode-error.ts'

/** Deepest nesting read; certificates need about ten levels. */
export const MAX_DER_DEPTH = 24

/** Identifier octets of X.690 that certificates use. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** One tag-length-value, X.690 §8.1. Arrays are views of the input; offsets count from the document's first byte. */
export interface DerElement {
  /** The identifier octet, class and constructed bit included: 0xa3 is `[3]` constructed. */
  readonly tag: number
  readonly start: number
  /** First byte of the value. */
  readonly valueStart: number
  readonly end: number
  /** Tag, length and value. */
  readonly bytes: Uint8Array
  readonly value: Uint8Array
}

/**
 * Reads DER elements one after the other. Indefinite lengths, tag numbers over 30, lengths past the end and
 * nesting over `MAX_DER_DEPTH` throw `DecodeError`. A length in more octets than it needs is BER: it is read, and
 * noted in `oddities`.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #name: string
  readonly #base: number
  readonly #depth: number
  readonly #oddities: Set<string>
  #at = 0

  /** `base` is where `bytes` begins in the document. */
  constructor(bytes: Uint8Array, name: string, oddities: Set<string>, base = 0, depth = 0) {
    this.#bytes = bytes
    this.#name = name
    this.#base = base
    this.#depth = depth
    this.#oddities = oddities
  }

  get offset(): number {
    return this.#base + this.#at
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The next identifier octet; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** The next element, whatever its tag. */
  any(field: string): DerElement {
    const start = this.#at
    const tag = this.#byte(field)
    if ((tag & 0x1f) === 0x1f) throw this.error('value', field, 'a tag number over 30', start)
    const length = this.#length(field)
    const valueStart = this.#at
    const end = valueStart + length
    if (end > this.#bytes.length) {
      throw this.error('truncated', field, `needs ${length} bytes, ${this.#bytes.length - valueStart} left`)
    }
    this.#at = end
    return {
      tag,
      start: this.#base + start,
      valueStart: this.#base + valueStart,
      end: this.#base + end,
      bytes: this.#bytes.subarray(start, end),
      value: this.#bytes.subarray(valueStart, end),
    }
  }

  /** The next element, which must have this tag. */
  expect(tag: number, field: string): DerElement {
    const found = this.nextTag
    if (found !== undefined && found !== tag) {
      throw this.error('value', field, `tag ${formatTag(found)} instead of ${formatTag(tag)}`)
    }
    return this.any(field)
  }

  /** The next element if it has this tag. */
  optional(tag: number, field: string): DerElement | undefined {
    return this.nextTag === tag ? this.any(field) : undefined
  }

  /** A reader over the value of a constructed element just read. */
  inside(element: DerElement, field: string): DerReader {
    if (this.#depth + 1 > MAX_DER_DEPTH) throw this.error('nesting', field, 'nested too deep')
    const name = `${this.#name}.${field}`
    return new DerReader(element.value, name, this.#oddities, element.valueStart, this.#depth + 1)
  }

  sequence(field: string): DerReader {
    return this.inside(this.expect(tags.sequence, field), field)
  }

  /** Notes a departure that leaves the document readable. */
  odd(oddity: string): void {
    this.#oddities.add(oddity)
  }

  /** Throws unless every byte was read. */
  end(): void {
    if (!this.atEnd) throw this.error('trailing', 'end', `${this.#bytes.length - this.#at} bytes too many`)
  }

  error(code: DecodeError['code'], field: string, detail?: string, at = this.#at): DecodeError {
    return new DecodeError(code, `${this.#name}.${field}`, this.#base + at, detail)
  }

  #byte(field: string): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.error('truncated', field, 'missing')
    this.#at++
    return byte
  }

  /** X.690 §8.1.3; four length octets are more than any certificate needs. */
  #length(field: string): number {
    const first = this.#byte(field)
    if (first < 0x80) return first
    if (first === 0x80) throw this.error('length', field, 'an indefinite length, which DER forbids')
    const octets = first & 0x7f
    if (octets > 4) throw this.error('length', field, `a length of ${octets} octets`)
    let length = 0
    for (let i = 0; i < octets; i++) length = length * 256 + this.#byte(field)
    if (length < 0x80 || length < 256 ** (octets - 1)) this.odd('a length in more octets than it needs')
    return length
  }
}

function formatTag(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`
}
