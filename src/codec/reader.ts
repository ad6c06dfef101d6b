import { DecodeError } from './decode-error.ts'

/**
 * Reads big-endian fields from the front of `bytes`, as TLS and DER lay them out.
 * Every method takes the field's name, so that a `DecodeError` says where the bytes broke.
 * Returned arrays are views of the input, never copies.
 */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #name: string
  readonly #base: number
  #at = 0

  /** `base` is added to the offsets of errors, for a reader over a part of something larger. */
  constructor(bytes: Uint8Array, name: string, base = 0) {
    this.#bytes = bytes
    this.#name = name
    this.#base = base
  }

  get offset(): number {
    return this.#base + this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  get atEnd(): boolean {
    return this.left === 0
  }

  u8(field: string): number {
    return this.#uint(1, field)
  }

  u16(field: string): number {
    return this.#uint(2, field)
  }

  u24(field: string): number {
    return this.#uint(3, field)
  }

  u32(field: string): number {
    return this.#uint(4, field)
  }

  bytes(length: number, field: string): Uint8Array {
    if (length > this.left) throw this.error('truncated', field, `needs ${length} bytes, ${this.left} left`)
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  /** What is left, possibly nothing. */
  rest(): Uint8Array {
    return this.bytes(this.left, 'rest')
  }

  vector8(field: string): Uint8Array {
    return this.bytes(this.u8(`${field}.length`), field)
  }

  vector16(field: string): Uint8Array {
    return this.bytes(this.u16(`${field}.length`), field)
  }

  vector24(field: string): Uint8Array {
    return this.bytes(this.u24(`${field}.length`), field)
  }

  /** A list of 16-bit numbers behind a 16-bit length, such as cipher_suites. */
  u16List16(field: string): number[] {
    const list = this.inside(this.vector16(field), field)
    const values: number[] = []
    while (!list.atEnd) values.push(list.u16(String(values.length)))
    return values
  }

  /** A list of bytes behind an 8-bit length, such as ec_point_formats. */
  u8List8(field: string): number[] {
    return [...this.vector8(field)]
  }

  /** Throws unless every byte was read. */
  end(): void {
    if (!this.atEnd) throw this.error('trailing', 'end', `${this.left} bytes too many`)
  }

  error(code: DecodeError['code'], field: string, detail?: string): DecodeError {
    return new DecodeError(code, `${this.#name}.${field}`, this.offset, detail)
  }

  /** A reader over `part`, a view just read from this one; its errors carry this one's path and offsets. */
  inside(part: Uint8Array, field: string): Reader {
    return new Reader(part, `${this.#name}.${field}`, this.offset - part.length)
  }

  #uint(size: number, field: string): number {
    if (size > this.left) throw this.error('truncated', field, `needs ${size} bytes, ${this.left} left`)
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + this.#bytes[this.#at + i]!
    this.#at += size
    return value
  }
}
