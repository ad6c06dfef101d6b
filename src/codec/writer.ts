const FIRST_SIZE = 256

/**
 * Writes big-endian fields. A vector's length is filled in when its function returns,
 * so that the code nests as the struct in the RFC does. Throws `RangeError` for a value
 * or vector that its field cannot hold.
 */
export class Writer {
  #buffer = new Uint8Array(FIRST_SIZE)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  u8(value: number): this {
    return this.#uint(value, 1)
  }

  u16(value: number): this {
    return this.#uint(value, 2)
  }

  u24(value: number): this {
    return this.#uint(value, 3)
  }

  u32(value: number): this {
    return this.#uint(value, 4)
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  /** ASCII text; throws for anything else, since names on the wire are A-labels. */
  ascii(text: string): this {
    const at = this.#grow(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) throw new RangeError(`not ASCII: character ${i} of ${JSON.stringify(text)}`)
      this.#buffer[at + i] = code
    }
    return this
  }

  vector8(write: () => void): this {
    return this.#vector(1, write)
  }

  vector16(write: () => void): this {
    return this.#vector(2, write)
  }

  vector24(write: () => void): this {
    return this.#vector(3, write)
  }

  #vector(size: number, write: () => void): this {
    const at = this.#grow(size)
    write()
    this.#put(at, this.#length - at - size, size)
    return this
  }

  #uint(value: number, size: number): this {
    this.#put(this.#grow(size), value, size)
    return this
  }

  #put(at: number, value: number, size: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) {
      throw new RangeError(`${value} does not fit ${size} bytes`)
    }
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) {
      this.#buffer[at + i] = rest % 256
    }
  }

  /** Makes room for `count` bytes and returns where they start. */
  #grow(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, at))
      this.#buffer = larger
    }
    return at
  }
}
