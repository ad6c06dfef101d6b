import type { UpstreamAnswer } from './contract.ts'

/** A checksum of a whole file. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256'
  readonly hex: string
  /** Field or place that gave it, for the log. */
  readonly from: string
}

/**
 * What the head of a 200 says of its whole body. `Content-MD5` is of the body sent, which is the whole only in a 200;
 * `x-ms-blob-content-md5` is of the blob. Amazon's is of the whole unless it ends in `-n`: then of n parts.
 */
export function wholeChecksum(answer: Pick<UpstreamAnswer, 'field'>): Checksum | undefined {
  return (
    read(answer, 'x-amz-checksum-sha256', 'sha256', 32) ??
    read(answer, 'x-ms-blob-content-md5', 'md5', 16) ??
    read(answer, 'content-md5', 'md5', 16)
  )
}

function read(
  answer: Pick<UpstreamAnswer, 'field'>,
  name: string,
  algorithm: Checksum['algorithm'],
  bytes: number,
): Checksum | undefined {
  const value = answer.field(name)?.trim()
  if (value === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined
  const sum = Buffer.from(value, 'base64')
  return sum.length === bytes ? { algorithm, hex: sum.toString('hex'), from: name } : undefined
}
