/**
 * How handshake messages that go under the same keys become records, RFC 8446 §5.1: gives the plaintext of each record. A
 * record layer may put several messages in one record, and spread one over many.
 */
export type Cut = (messages: readonly Uint8Array[]) => readonly Uint8Array[]

export interface Cutting {
  /** Plaintext of a record at most. */
  readonly recordBytes: number
  /** Whether several messages may share a record; else each begins one of its own. */
  readonly merge: boolean
}

/** Records as full as they may be. Throws `RangeError` for records of no bytes. */
export function cutEvenly({ recordBytes, merge }: Cutting): Cut {
  if (recordBytes < 1) throw new RangeError(`recordBytes must be at least 1, is ${recordBytes}`)
  return (messages) =>
    (merge ? [Buffer.concat(messages)] : messages).flatMap((part) => pieces(part, () => recordBytes))
}

/** All messages together in records of these sizes, in order; what is left goes in records of the last one. */
export function cutBySizes(sizes: readonly number[]): Cut {
  if (sizes.length === 0 || sizes.some((size) => size < 1))
    throw new RangeError('sizes must be some, of at least 1 byte each')
  return (messages) => pieces(Buffer.concat(messages), (index) => sizes[Math.min(index, sizes.length - 1)]!)
}

/** None is empty: RFC 8446 §5.1 forbids such records. */
function pieces(bytes: Uint8Array, sizeOf: (index: number) => number): Uint8Array[] {
  const all: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += all.at(-1)!.length)
    all.push(bytes.subarray(at, at + sizeOf(all.length)))
  return all
}
