import { DecodeError } from '../../src/codec/decode-error.ts'

/** The outcome of a decoder that throws `DecodeError` alone. */
export function decoded(read: () => string): string {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return faultOf(error)
  }
}

/** Where bytes broke, positions in lists left out. */
export function faultOf({ code, field }: DecodeError): string {
  return `${code} ${field.replace(/\.\d+/g, '.#')}`
}

/** A count as an outcome: few different words for many different numbers. */
export function about(count: number): string {
  return count < 4 ? `${count}` : `2^${Math.floor(Math.log2(count))}`
}
