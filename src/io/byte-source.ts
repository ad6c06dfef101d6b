import { closeSync, fstatSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { shownTarget } from '../observe/target.ts'
import { InputError } from './input-error.ts'
import { reasons } from './input-file.ts'
import { openInput } from './open-input.ts'

/** An input that is read once, piece by piece, however large it is. */
export interface ByteSource {
  /** For people: the path, or `-`. */
  readonly name: string
  /** undefined for standard input. */
  readonly path: string | undefined
  /** Bytes of the file; undefined where that is not known before, as of a pipe. */
  readonly totalBytes: number | undefined
  /** The first bytes, to tell what it is; fewer only where the input is shorter. */
  readonly head: Uint8Array
  /** Everything, the head included. A piece is only valid until the next is asked for. */
  readonly chunks: AsyncIterable<Buffer>
}

/** Enough to tell a log from a chain, a capture or a capsule. */
const HEAD_BYTES = 65_536
const CHUNK_BYTES = 1024 * 1024

/** Throws `InputError` (`file-unreadable`) for what cannot be opened. `stdin`: where the path is `-`. */
export async function openSource(
  path: string,
  stdin: () => AsyncIterable<Uint8Array>,
  wanted: string,
): Promise<ByteSource> {
  if (path === '-') return fromIterable('-', undefined, undefined, stdin()[Symbol.asyncIterator]())
  const shown = shownTarget(path)
  try {
    const file = await openInput(path)
    const stat = fstatSync(file)
    if (stat.isDirectory()) {
      closeSync(file)
      throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    }
    return await fromIterable(
      shown,
      path,
      stat.isFile() ? stat.size : undefined,
      readFile(file, stat.isFile()),
    )
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const why = reasons[code] ?? code
    throw new InputError('file-unreadable', `${shown} cannot be read: ${why}`, `give ${wanted}`, shown)
  }
}

async function fromIterable(
  name: string,
  path: string | undefined,
  totalBytes: number | undefined,
  pieces: AsyncIterator<Uint8Array>,
): Promise<ByteSource> {
  const first: Buffer[] = []
  let bytes = 0
  let ended = false
  while (bytes < HEAD_BYTES && !ended) {
    const { value, done } = await pieces.next()
    if (done === true) ended = true
    else {
      first.push(Buffer.from(value))
      bytes += value.length
    }
  }
  const head = Buffer.concat(first)
  return {
    name,
    path,
    totalBytes,
    head: head.subarray(0, HEAD_BYTES),
    chunks: (async function* () {
      yield head
      if (ended) return
      for (;;) {
        const { value, done } = await pieces.next()
        if (done === true) return
        yield Buffer.from(value.buffer, value.byteOffset, value.length)
      }
    })(),
  }
}

async function* readFile(file: number, isPlain: boolean): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  try {
    for (;;) {
      // The writer of a pipe may take its time: all else goes on meanwhile.
      const count = isPlain
        ? readSync(file, buffer, 0, buffer.length, null)
        : (await readLater(file, buffer, 0, buffer.length, null)).bytesRead
      if (count === 0) return
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}

const readLater = promisify(read)
