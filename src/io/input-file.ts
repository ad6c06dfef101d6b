import { createReadStream } from 'node:fs'
import { shownTarget } from '../observe/target.ts'
import { MAX_FILE_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { InputError } from './input-error.ts'
import { openInput } from './open-input.ts'

/** Bounded also where the path is no plain file, such as a pipe. */
export async function readInput(path: string, wanted: string): Promise<Uint8Array> {
  const shown = shownTarget(path)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const fd = await openInput(path)
    for await (const chunk of createReadStream(path, { fd, end: MAX_FILE_BYTES })) {
      chunks.push(chunk)
      bytes += chunk.length
    }
  } catch (error) {
    throw unreadable(path, error, wanted)
  }
  if (bytes <= MAX_FILE_BYTES) return Buffer.concat(chunks)
  throw tooLarge(shown, wanted)
}

/** All of a source that was opened, bounded as `readInput` is. */
export async function readSource(source: ByteSource, wanted: string): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source.chunks) {
    bytes += chunk.length
    if (bytes > MAX_FILE_BYTES) throw tooLarge(source.name, wanted)
    // A chunk is only valid until the next.
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks)
}

function tooLarge(shown: string, wanted: string): InputError {
  return new InputError(
    'file-too-large',
    `${shown} has more than ${MAX_FILE_BYTES} bytes`,
    `give ${wanted}`,
    shown,
  )
}

/** What the system said of a file, as an error of the user's input. */
export function unreadable(path: string, error: unknown, wanted: string): InputError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  const shown = shownTarget(path)
  const message = `${shown} cannot be read: ${reasons[code] ?? code}`
  return new InputError('file-unreadable', message, `give ${wanted}`, shown)
}

/** What system codes say, for people. */
export const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ETIMEDOUT: 'it is a pipe that nobody writes to',
}
