/** Header of a record, RFC 8446 §5.1. */
export interface RecordHeader {
  readonly contentType: number
  /** Of the fragment, as it travels. */
  readonly length: number
}

const HEADER_BYTES = 5

/** Finds the headers of records in a stream, however it is cut; the fragments are passed over. */
export class RecordHeaders {
  readonly #header: number[] = []
  #fragmentLeft = 0

  /** The headers that are whole with these bytes. */
  push(bytes: Uint8Array): RecordHeader[] {
    const found: RecordHeader[] = []
    for (let at = 0; at < bytes.length; ) {
      const passed = Math.min(this.#fragmentLeft, bytes.length - at)
      this.#fragmentLeft -= passed
      at += passed
      if (at === bytes.length) break
      this.#header.push(bytes[at++]!)
      const [contentType, , , high, low] = this.#header
      if (this.#header.length < HEADER_BYTES) continue
      const length = high! * 256 + low!
      found.push({ contentType: contentType!, length })
      this.#fragmentLeft = length
      this.#header.length = 0
    }
    return found
  }
}
