import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SecretPlace } from '../device/file-parts.ts'

/** A secret that cannot be had; `message` names its place and never its value. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

const MAX_SECRET_BYTES = 65_536

/** A secret that a file names by its place, read anew whenever it changes: it may be renewed under a running gateway. */
export class Secret {
  readonly #read: () => string

  /** Throws `SecretError` where it is not there, empty or too long: at the start, not at the first request. */
  constructor(named: { readonly file: string }, place: SecretPlace, env: Environment = process.env) {
    this.#read =
      place.file === undefined
        ? fromEnvironment(place.env ?? '', env)
        : fromFile(pathBeside(named.file, place.file))
    this.#read()
  }

  /** Without the white space at its ends. Throws `SecretError`. */
  get value(): string {
    return this.#read()
  }
}

/** A path of a file, which is taken from the folder that the file lies in. */
export function pathBeside(file: string, path: string): string {
  return resolve(dirname(resolve(file)), path)
}

type Environment = { readonly [name: string]: string | undefined }

function fromEnvironment(name: string, env: Environment): () => string {
  return () => {
    const value = env[name]?.trim()
    if (!value) throw new SecretError(`the environment has no ${name}: set it, or name a file`)
    return value
  }
}

function fromFile(path: string): () => string {
  let stamp = ''
  let value = ''
  return () => {
    try {
      const { mtimeMs, size, ino } = statSync(path)
      const now = `${mtimeMs} ${size} ${ino}`
      if (now === stamp) return value
      if (size > MAX_SECRET_BYTES) throw new SecretError(`${path}: ${size} bytes are too many for a secret`)
      const text = readFileSync(path, 'utf8').trim()
      // A file that is being written is empty for a moment: the secret of before stays.
      if (text === '' && value === '') throw new SecretError(`${path}: is empty: write the secret into it`)
      if (text !== '') [value, stamp] = [text, now]
      return value
    } catch (error) {
      if (error instanceof SecretError) throw error
      if (value !== '') return value
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      throw new SecretError(`${path}: cannot be read (${code}): a secret is expected there`)
    }
  }
}
