import { createGunzip } from 'node:zlib'

/**
 * Gzip that grows more than this is a bomb, once `FREE_BYTES` are out. Captures shrink to a tenth, seldom a fiftieth; the
 * format's own limit is about 1,030.
 */
const MAX_GZIP_RATIO = 300
const FREE_BYTES = 1024 ** 3
const OUTPUT_BYTES = 1024 * 1024
/** Unpacked in one step; of a step in which the data breaks zlib hands out nothing. */
const STEP_BYTES = 32 * 1024

export interface GunzipBounds {
  readonly ratio?: number
  readonly freeBytes?: number
}

/** Why unpacking ended before the data did; undefined: it did not. */
export type GunzipEnd = { readonly reason: string; readonly packedOffset: number } | undefined

/**
 * Unpacks `chunks` piece by piece into `sink`, which says whether it wants more. Nothing is kept: the next chunk is only
 * asked for when the last one has been unpacked.
 */
export async function gunzip(
  chunks: AsyncIterable<Buffer>,
  sink: (unpacked: Buffer) => boolean,
  { ratio = MAX_GZIP_RATIO, freeBytes = FREE_BYTES }: GunzipBounds = {},
): Promise<GunzipEnd> {
  const stream = createGunzip({ chunkSize: OUTPUT_BYTES })
  let packed = 0
  let unpacked = 0
  let wanted = true
  let ended: GunzipEnd
  let failure: unknown
  const stop = () => {
    wanted = false
    stream.destroy()
  }
  const done = new Promise<void>((resolve) => {
    stream.once('close', resolve)
    stream.once('error', (error: NodeJS.ErrnoException) => {
      ended ??= { reason: reasons[error.code ?? ''] ?? 'broken gzip data', packedOffset: packed }
      resolve()
    })
  })
  stream.on('data', (piece: Buffer) => {
    if (!wanted) return
    unpacked += piece.length
    if (unpacked > freeBytes && unpacked > packed * ratio) {
      ended = { reason: `gzip data that grows more than ${ratio} times`, packedOffset: packed }
      stop()
      return
    }
    try {
      if (!sink(piece)) stop()
    } catch (error) {
      failure = error
      stop()
    }
  })
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length && wanted && ended === undefined; at += STEP_BYTES) {
      const step = chunk.subarray(at, at + STEP_BYTES)
      packed += step.length
      await Promise.race([new Promise<void>((resolve) => stream.write(step, () => resolve())), done])
    }
    if (!wanted || ended !== undefined) break
  }
  if (wanted && ended === undefined) stream.end()
  await done
  if (failure !== undefined) throw failure
  return ended
}

const reasons: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'gzip data that ends early',
}
