import { type FileHandle, open } from 'node:fs/promises'
import { unreadable } from './input-file.ts'

/** Large reads: a gigabyte is a few hundred of them. */
const CHUNK_BYTES = 2 * 1024 * 1024

/**
 * A file, FIFO or device from its start to its end, each byte once. Two buffers take turns: a chunk is only valid until
 * the next is asked for, and meanwhile the other buffer is being filled. Throws `InputError` (`file-unreadable`).
 */
export async function* fileChunks(path: string, wanted: string): AsyncGenerator<Buffer, void, void> {
  const file = await attempt(path, wanted, open(path))
  try {
    let [current, other] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)]
    let pending = fill(file, current)
    for (;;) {
      const bytes = await attempt(path, wanted, pending)
      if (bytes === 0) return
      pending = fill(file, other)
      // Handled where it is awaited; not at all when the consumer leaves first.
      pending.catch(() => {})
      yield current.subarray(0, bytes)
      const last = current
      current = other
      other = last
    }
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  return (await file.read(buffer, 0, buffer.length, null)).bytesRead
}

async function attempt<T>(path: string, wanted: string, act: Promise<T>): Promise<T> {
  try {
    return await act
  } catch (error) {
    throw unreadable(path, error, wanted)
  }
}
