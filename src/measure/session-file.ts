import { closeSync, fdatasyncSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
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
    const { size } = await stat(file)
    if (size > MAX_SESSION_BYTES)
      throw new SessionError('session-too-large', 1, `it has more than ${MAX_SESSION_BYTES} bytes`)
    const bytes = await readFile(file)
    // Nothing was answered yet when the first line was torn off.
    if (!bytes.includes(0x0a)) return undefined
    const session = parseSession(bytes)
    return { ...session, tornBytes: bytes.length - session.wholeBytes }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A session as it is written: each line is on the disk before the next connection is answered. */
export class SessionFile {
  readonly #fd: number
  #wholeBytes: number

  private constructor(fd: number, wholeBytes: number) {
    this.#fd = fd
    this.#wholeBytes = wholeBytes
  }

  /** A new one, for its owner only. */
  static begin(file: string, header: SessionHeader): SessionFile {
    const session = new SessionFile(openSync(file, 'w', 0o600), 0)
    session.#write(formatHeader(header))
    return session
  }

  /** Goes on with one that `readSession` has read; what was torn off is dropped. */
  static resume(file: string, { wholeBytes }: Pick<Session, 'wholeBytes'>): SessionFile {
    const fd = openSync(file, 'r+')
    ftruncateSync(fd, wholeBytes)
    return new SessionFile(fd, wholeBytes)
  }

  /** Throws the system's error, such as ENOSPC; the file then still ends with the line before. */
  append(recorded: Recorded): void {
    this.#write(formatRecorded(recorded))
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(line: string): void {
    const bytes = Buffer.from(line)
    try {
      for (let written = 0; written < bytes.length; )
        written += writeSync(this.#fd, bytes, written, bytes.length - written, this.#wholeBytes + written)
      fdatasyncSync(this.#fd)
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
}

/** Keeps a session that is over beside the next one. */
export function putAside(file: string, startedAt: Date): string {
  const day = startedAt.toISOString().replace(/[-:]|\.\d+/g, '')
  const aside = file.replace(/(\.jsonl)?$/, `-${day}.jsonl`)
  renameSync(file, aside)
  return aside
}
