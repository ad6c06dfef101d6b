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
    (merge ? [Buffer.concat(messages)] : messages).flatMap((part) => pieces(part, recordBytes))
}

/** None is empty: RFC 8446 §5.1 forbids such records. */
function pieces(bytes: Uint8Array, recordBytes: number): Uint8Array[] {
  const all: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += recordBytes) all.push(bytes.subarray(at, at + recordBytes))
  return all
}
