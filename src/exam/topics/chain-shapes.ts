import type { ChainToServe, Serving } from '../serving.ts'
import { plainIntermediate, withChain } from '../serving-of.ts'

/** How the bytes of a Certificate message are spread over certificates. */
export type ChainShape = 'pair' | 'unneeded'

/** Header of the message and length of its list. */
const MESSAGE_OVERHEAD = 7
/** Length before each certificate. */
const EACH_OVERHEAD = 3
/** Of two certificates in TLS 1.3: an empty context, and an empty list of extensions behind each, RFC 8446 §4.4.2. */
export const PAIR_MORE_IN_TLS13 = 1 + 2 * 2
/** No certificate of ours is smaller. */
export const LEAST_CERTIFICATE_BYTES = 800

/**
 * A serving whose Certificate message has exactly so many bytes, header included. `pair`: leaf and one intermediate, half
 * each. `unneeded`: of the same sizes, but nobody needs the second. Undefined where no such chain exists.
 */
export function chainOfMessage(
  serving: Serving,
  shape: ChainShape,
  messageBytes: number,
): Serving | undefined {
  const chain = chainOf(shape, messageBytes - MESSAGE_OVERHEAD)
  return chain && withChain(serving, chain)
}

/** Several certificates, all needed, whose DER together has so many bytes. */
export function manyOfBytes(serving: Serving, count: number, derBytes: number): Serving | undefined {
  const sizes = spread(derBytes, count)
  return sizes && withChain(serving, neededOf(sizes))
}

/** DER of both certificates of a pair, from the message. */
export function derOfPair(messageBytes: number): number {
  return messageBytes - MESSAGE_OVERHEAD - 2 * EACH_OVERHEAD
}

function chainOf(shape: ChainShape, listBytes: number): Partial<ChainToServe> | undefined {
  const sizes = spread(listBytes - 2 * EACH_OVERHEAD, 2)
  if (sizes === undefined) return undefined
  return shape === 'pair' ? neededOf(sizes) : { leafBytes: sizes[0]!, unneeded: sizes.slice(1) }
}

function neededOf([leafBytes, ...others]: readonly number[]): Partial<ChainToServe> {
  return { leafBytes, intermediates: others.map((bytes) => ({ ...plainIntermediate, bytes })) }
}

/** As even as whole bytes go, the largest first. */
function spread(bytes: number, count: number): number[] | undefined {
  if (count === 0) return undefined
  const each = Math.floor(bytes / count)
  if (each < LEAST_CERTIFICATE_BYTES) return undefined
  return Array.from({ length: count }, (_, index) => each + (index < bytes - each * count ? 1 : 0))
}
