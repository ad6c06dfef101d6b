import { createHash } from 'node:crypto'

/**
 * Bytes that look random and are the same for the same seed: serial numbers, log ids, firmware images.
 * SHA-256 over seed and counter. Never used for keys.
 */
export function seededBytes(seed: string, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let made = 0, counter = 0; made < length; made += 32, counter++) {
    blocks.push(createHash('sha256').update(`${seed}\0${counter}`).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}
