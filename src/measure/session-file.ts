import {
  closeSync,
  createReadStream,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import {
  formatHeader,
  formatRecorded,
  MAX_SESSION_BYTES,
  parseSession,
  type Recorded,
  type Session,
  SessionError,
  type SessionHeader,
} from '../exam/session.ts'

/** Undefined where there is no such file. Throws `SessionError`, or the system's error. */
export async function readSession(
  file: string,
): Promise<(Session & { readonly tornBytes: number }) | undefined> {
  try {
    const bytes = await readBounded(file)
    // Nothing was answered yet when the first line was torn off.
    if (!bytes.includes(0x0a)) return undefined
    const session = parseSession(bytes)
    return { ...session, tornBytes: bytes.length - session.wholeBytes }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A pipe or a device has no size that could be looked at before. */
async function readBounded(file: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > MAX_SESSION_BYTES)
      throw new SessionError('session-too-large', 1, `it has more than ${MAX_SESSION_BYTES >> 20} MB`)
  }
  return Buffer.concat(chunks)
}

const READ_BYTES = 1024 * 1024

/**
 * A session as it is written: each line is on the disk before the next connection is answered. What cannot be written is
 * kept, and written as soon as it can be.
 */
export class SessionFile {
  readonly #file: string
  #fd: number
  #wholeBytes: number
  readonly #waiting: string[] = []

  private constructor(file: string, fd: number, wholeBytes: number) {
    this.#file = file
    this.#fd = fd
    this.#wholeBytes = wholeBytes
  }

  /** A new one, for its owner only. Throws the system's error. */
  static begin(file: string, header: SessionHeader): SessionFile {
    const session = new SessionFile(file, openSync(file, 'w+', 0o600), 0)
    session.#waiting.push(formatHeader(header))
    const error = session.flush()
    if (error === undefined) return session
    session.close()
    throw error
  }

  /** Goes on with one that `readSession` has read; what was torn off is dropped. Throws the system's error. */
  static resume(file: string, { wholeBytes }: Pick<Session, 'wholeBytes'>): SessionFile {
    const fd = openSync(file, 'r+')
    ftruncateSync(fd, wholeBytes)
    return new SessionFile(file, fd, wholeBytes)
  }

  /** Answers that are not on the disk yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Undefined: all is on the disk. Else the system's error, such as ENOSPC; the file then still ends with a whole line. */
  append(recorded: Recorded): NodeJS.ErrnoException | undefined {
    this.#waiting.push(formatRecorded(recorded))
    return this.flush()
  }

  /** Writes what waits, as far as it can be written. Tells as `append` does. */
  flush(): NodeJS.ErrnoException | undefined {
    try {
      if (this.#waiting.length > 0 && !this.#isThere()) this.#writeAnew()
      for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
        this.#write(Buffer.from(line))
        this.#waiting.shift()
      }
      return undefined
    } catch (error) {
      return error as NodeJS.ErrnoException
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(bytes: Buffer): void {
    try {
      writeWhole(this.#fd, bytes, this.#wholeBytes)
    } catch (error) {
      this.#dropTorn()
      throw error
    }
    this.#wholeBytes += bytes.length
  }

  #dropTorn(): void {
    try {
      ftruncateSync(this.#fd, this.#wholeBytes)
    } catch {
      // The reader leaves a torn last line out, too.
    }
  }

  /** Whether what is written still has a name. */
  #isThere(): boolean {
    const named = statSync(this.#file, { throwIfNoEntry: false })
    return named !== undefined && named.ino === fstatSync(this.#fd).ino
  }

  /** Somebody has taken the file away: what was in it can still be read. */
  #writeAnew(): void {
    const bytes = Buffer.alloc(this.#wholeBytes)
    for (let read = 0; read < bytes.length; ) {
      const count = readSync(this.#fd, bytes, read, bytes.length - read, read)
      if (count === 0) break
      read += count
    }
    const fd = openSync(this.#file, 'wx+', 0o600)
    try {
      writeWhole(fd, bytes, 0)
    } catch (error) {
      closeSync(fd)
      rmSync(this.#file, { force: true })
      throw error
    }
    closeSync(this.#fd)
    this.#fd = fd
  }
}

function writeWhole(fd: number, bytes: Buffer, at: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(fd, bytes, written, bytes.length - written, at + written)
  fdatasyncSync(fd)
}

/** Keeps a session that is over beside the next one. */
export function putAside(file: string, startedAt: Date): string {
  const day = startedAt.toISOString().replace(/[-:]|\.\d+/g, '')
  const aside = file.replace(/(\.jsonl)?$/, `-${day}.jsonl`)
  renameSync(file, aside)
  return aside
}
