import { createHash } from 'node:crypto'
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { Observation } from '../observe/observation.ts'
import type { Json } from '../observe/observation-json.ts'
import { shownTarget } from '../observe/target.ts'
import type { Seen } from './check.ts'
import type { CheckJob } from './check-request.ts'
import { InputError } from './input-error.ts'
import { decodeEntry, encodeEntry } from './journal-entry.ts'
import { lockJournal } from './journal-lock.ts'
import { type Question, questionOf, whatDiffers } from './journal-question.ts'

/** What a run has seen so far, in a file, so that a later run of the same question goes on from there. */
export interface Journal {
  /** What an earlier run saw of the job of that number, by plan; undefined where it did not come to it. */
  recall(index: number): ReadonlyMap<string, readonly Observation[]> | undefined
  /** Adds what was seen of that job. Files are not kept: they are read again. */
  keep(index: number, seen: readonly Seen[]): void
  close(): void
}

export interface JournalOptions {
  readonly jobs: readonly CheckJob[]
  /** Version of tlsfit. */
  readonly version: string
  /** Told once where the file cannot be written any more; the run goes on without it. */
  readonly onBroken: (error: InputError) => void
}

const SCHEMA = 'tlsfit/journal@1'
const OWNER_ONLY = 0o600
const CHUNK_BYTES = 1024 * 1024
const MAX_HEADER_BYTES = 64 * 1024 * 1024
const NEWLINE = 0x0a

/**
 * Opens a journal, or begins one (for its owner alone, 0600). Lines of JSON: a header with what was asked, then one for each target as it
 * ended. A last line that is torn is dropped. Holds no secret: observations are blanked, headers are named without
 * their values. Throws `InputError` for a file that is no journal, one of another question, or one that
 * another run is writing; none of them is changed.
 */
export function openJournal(path: string, options: JournalOptions): Journal {
  const unlock = lockJournal(path)
  let file: number | undefined
  try {
    file = attempt(path, () => openSync(path, 'a+', OWNER_ONLY))
    return new FileJournal(file, path, options, unlock)
  } catch (error) {
    if (file !== undefined) closeSync(file)
    unlock()
    throw error
  }
}

interface Place {
  readonly offset: number
  readonly bytes: number
}

class FileJournal implements Journal {
  readonly #file: number
  readonly #path: string
  readonly #options: JournalOptions
  readonly #keys: readonly string[]
  readonly #places = new Map<string, Place>()
  #endBytes = 0
  #broken = false

  readonly #unlock: () => void

  constructor(file: number, path: string, options: JournalOptions, unlock: () => void) {
    this.#unlock = unlock
    this.#file = file
    this.#path = path
    this.#options = options
    const questions = options.jobs.map(questionOf)
    this.#keys = keysOf(options.jobs, questions)
    const stat = fstatSync(file)
    if (!stat.isFile()) throw foreign(path, 'is no plain file')
    if (stat.size === 0) this.#write(headerOf(questions, options.version))
    else this.#read(stat.size, questions)
  }

  recall(index: number): ReadonlyMap<string, readonly Observation[]> | undefined {
    const place = this.#places.get(this.#keys[index] ?? '')
    return place === undefined ? undefined : decodeEntry(this.#bytesAt(place).toString('utf8'))
  }

  keep(index: number, seen: readonly Seen[]): void {
    const [job, key] = [this.#options.jobs[index], this.#keys[index]]
    if (this.#broken || job === undefined || key === undefined) return
    if (seen.some(({ plan }) => plan === undefined)) return
    const line = encodeEntry(key, shownTarget(job.target, job.secretQuery), seen)
    try {
      this.#write(line)
    } catch (error) {
      this.#broken = true
      this.#options.onBroken(error as InputError)
    }
  }

  close(): void {
    closeSync(this.#file)
    this.#unlock()
  }

  /** Appends a line, or nothing of it. */
  #write(line: string): void {
    const bytes = Buffer.from(line)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    } catch (error) {
      attempt(this.#path, () => ftruncateSync(this.#file, this.#endBytes))
      throw unwritable(this.#path, error)
    }
    this.#endBytes += bytes.length
  }

  #read(size: number, questions: readonly Question[]): void {
    let header: string | undefined
    for (const place of linesOf(this.#file, size)) {
      if (header === undefined) {
        if (place.bytes > MAX_HEADER_BYTES) throw foreign(this.#path, 'is no journal of tlsfit')
        header = this.#bytesAt(place).toString('utf8')
        this.#compare(header, questions)
      } else {
        const head = this.#bytesAt({ offset: place.offset, bytes: Math.min(place.bytes, 80) })
        const key = /^\{"key":"([0-9a-f]{64})",/.exec(head.toString('latin1'))?.[1]
        if (key !== undefined) this.#places.set(key, place)
      }
      this.#endBytes = place.offset + place.bytes + 1
    }
    if (header === undefined) throw foreign(this.#path, 'is no journal of tlsfit')
    if (this.#endBytes < size) attempt(this.#path, () => ftruncateSync(this.#file, this.#endBytes))
  }

  #compare(header: string, questions: readonly Question[]): void {
    const asked = askedIn(header)
    if (asked === undefined) throw foreign(this.#path, 'is no journal of tlsfit')
    const differs = whatDiffers(asked, distinct(questions))
    if (differs === undefined) return
    throw new InputError(
      'journal-other-question',
      `${this.#path} is the journal of another question: ${differs} differ`,
      'ask as before, or give --resume another file; the journal says in its first line what was asked',
      this.#path,
    )
  }

  #bytesAt({ offset, bytes }: Place): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    let at = 0
    while (at < bytes) {
      const count = readSync(this.#file, buffer, at, bytes - at, offset + at)
      if (count === 0) break
      at += count
    }
    return buffer.subarray(0, at)
  }
}

/** Whole lines, without their line feed. */
function* linesOf(file: number, size: number): Generator<Place> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let start = 0
  for (let offset = 0; offset < size; ) {
    const count = readSync(file, buffer, 0, buffer.length, offset)
    if (count === 0) return
    const chunk = buffer.subarray(0, count)
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      // The next read uses the buffer again.
      yield { offset: start, bytes: offset + at - start }
      start = offset + at + 1
    }
    offset += count
  }
}

function headerOf(questions: readonly Question[], version: string): string {
  return `${JSON.stringify({ schema: SCHEMA, version, asked: distinct(questions) })}\n`
}

function askedIn(header: string): readonly Question[] | undefined {
  try {
    const { schema, asked } = JSON.parse(header) as { readonly [key: string]: Json }
    return schema === SCHEMA && Array.isArray(asked) ? (asked as unknown as Question[]) : undefined
  } catch {
    return undefined
  }
}

function distinct(questions: readonly Question[]): Question[] {
  return [...new Map(questions.map((question) => [JSON.stringify(question), question])).values()]
}

/** Targets that differ in their secrets alone are told apart by their order. */
function keysOf(jobs: readonly CheckJob[], questions: readonly Question[]): string[] {
  const counts = new Map<string, number>()
  return jobs.map((job, at) => {
    const text = JSON.stringify([shownTarget(job.target, job.secretQuery), questions[at]])
    const count = counts.get(text) ?? 0
    counts.set(text, count + 1)
    return createHash('sha256').update(`${count} ${text}`).digest('hex')
  })
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new InputError(
    'journal-unwritable',
    `the journal ${path} cannot be written: ${code === 'ENOSPC' ? 'no space is left (ENOSPC)' : code}`,
    'name a file in a folder that you may write to, with space left',
    path,
  )
}

function foreign(path: string, what: string): InputError {
  return new InputError(
    'journal-foreign',
    `${path} ${what}`,
    'give --resume a file that is not there yet, or one that it wrote before',
    path,
  )
}
