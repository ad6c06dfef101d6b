import { createHash } from 'node:crypto'

const DIGEST_BYTES = 32

/**
 * Content with its SHA-256 behind it, over the place that it belongs to and the content: a file that is cut short,
 * damaged, or moved to another's place does not open.
 */
export function seal(place: string, content: Uint8Array): Buffer {
  return Buffer.concat([content, digestOf(place, content)])
}

/** Undefined where content and digest do not agree. */
export function unseal(place: string, file: Buffer): { content: Buffer; digest: string } | undefined {
  if (file.length < DIGEST_BYTES) return undefined
  const content = file.subarray(0, file.length - DIGEST_BYTES)
  const digest = file.subarray(file.length - DIGEST_BYTES)
  return digestOf(place, content).equals(digest) ? { content, digest: digest.toString('hex') } : undefined
}

export function digestOf(place: string, content: Uint8Array): Buffer {
  return createHash('sha256').update(`${place}\n`).update(content).digest()
}
