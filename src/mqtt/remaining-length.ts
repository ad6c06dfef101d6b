/** Bit of a length byte that says that another follows, MQTT 3.1.1 §2.2.3. */
const MORE = 0x80

export interface RemainingLength {
  /** Of the packet, behind its fixed header. */
  readonly bytes: number
  /** Of the fixed header: the type, and the length itself. */
  readonly headerBytes: number
}

/**
 * Remaining Length of the packet at the start of `bytes`. Undefined while it is not all there; `malformed` where it runs
 * over four bytes.
 */
export function readRemainingLength(bytes: Uint8Array): RemainingLength | 'malformed' | undefined {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[1 + i]
    if (byte === undefined) return undefined
    length += (byte & ~MORE) * 128 ** i
    if (byte < MORE) return { bytes: length, headerBytes: 2 + i }
  }
  return 'malformed'
}

/** A variable byte integer. Throws `RangeError` above 268,435,455. */
export function encodeLength(length: number): Uint8Array {
  if (length >= 128 ** 4) throw new RangeError(`length: ${length} does not fit four bytes`)
  const bytes: number[] = []
  let left = length
  do {
    const low = left % 128
    left = Math.floor(left / 128)
    bytes.push(left > 0 ? low | MORE : low)
  } while (left > 0)
  return Uint8Array.from(bytes)
}
