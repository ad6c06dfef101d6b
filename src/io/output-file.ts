import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from './input-error.ts'

/**
 * A file that is written piece by piece and stands under its name only once it is whole: until then it lies beside it.
 * What is no regular file, such as a pipe, is written as it is.
 */
export class OutputFile {
  readonly #path: string
  /** Where it is written; undefined: under its own name. */
  readonly #temporary: string | undefined
  #fd: number | undefined

  /** Opens it. Throws `InputError` where that cannot be. */
  constructor(path: string) {
    try {
      const found = statSync(path, { throwIfNoEntry: false })
      this.#path = found === undefined ? path : realpathSync(path)
      this.#temporary =
        found === undefined || found.isFile() || found.isDirectory()
          ? `${this.#path}.${process.pid}.part`
          : undefined
      if (found?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' })
      this.#fd = openSync(this.#temporary ?? this.#path, 'w', 0o666)
    } catch (error) {
      throw unwritable(path, error)
    }
  }

  /** Throws `InputError` where it cannot be written; then it is gone. */
  write(text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#opened(), bytes, at)
    } catch (error) {
      this.discard()
      throw unwritable(this.#path, error)
    }
  }

  /** Gives it its name. Throws `InputError` where that fails. */
  commit(): void {
    try {
      if (this.#temporary !== undefined) {
        fsyncSync(this.#opened())
        this.#close()
        renameSync(this.#temporary, this.#path)
      }
      this.#close()
    } catch (error) {
      this.discard()
      throw unwritable(this.#path, error)
    }
  }

  /** Leaves what stands under its name as it was. */
  discard(): void {
    this.#close()
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true })
  }

  #opened(): number {
    if (this.#fd === undefined) throw new Error('written after its end')
    return this.#fd
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) closeSync(fd)
  }
}

function unwritable(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error'
  const reason = reasons[code]
  const hint = code === 'ENOENT' ? `make the folder first: mkdir -p ${dirname(path)}` : reason?.hint
  const what = reason?.what ?? code
  return new InputError(
    'file-unwritable',
    `cannot write ${path}: ${what}`,
    hint ?? 'write it elsewhere',
    path,
  )
}

const reasons: { readonly [code: string]: { readonly what: string; readonly hint?: string } | undefined } = {
  ENOENT: { what: 'its folder does not exist' },
  ENOTDIR: { what: 'its folder is a file' },
  EISDIR: { what: 'it is a folder', hint: 'name a file in it' },
  EACCES: { what: 'permission denied' },
  EPERM: { what: 'permission denied' },
  EROFS: { what: 'the file system is read-only' },
  ENOSPC: { what: 'no space is left on the disk', hint: 'make room, or write it elsewhere' },
  EDQUOT: { what: 'the quota of the disk is used up', hint: 'make room, or write it elsewhere' },
  EFBIG: { what: 'it grows larger than files may be here' },
}
