import { createReadStream } from 'node:fs'
import { shownTarget } from '../observe/target.ts'
import { MAX_FILE_BYTES } from './bounds.ts'
import { InputError } from './input-error.ts'

/** Bounded also where the path is no plain file, such as a pipe. */
export async function readInput(path: string, wanted: string): Promise<Uint8Array> {
  const shown = shownTarget(path)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path, { end: MAX_FILE_BYTES })) {
      chunks.push(chunk)
      bytes += chunk.length
    }
  } catch (error) {
    throw unreadable(path, error, wanted)
  }
  if (bytes <= MAX_FILE_BYTES) return Buffer.concat(chunks)
  throw new InputError(
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

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
}
