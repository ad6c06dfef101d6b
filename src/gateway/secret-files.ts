import { readFileSync, statSync } from 'node:fs'
import type { SecretPlace } from './config-schema.ts'
import { type GatewayConfig, pathIn } from './gateway-config.ts'

/** A secret that cannot be had; `message` names its place and never its value. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

const MAX_SECRET_BYTES = 65_536

/** A secret of the gateway, read anew whenever its file changes, so that it may be renewed under a running gateway. */
export class Secret {
  readonly #read: () => string

  /** Throws `SecretError` where it is not there, empty or too long: at the start, not at the first request. */
  constructor(config: GatewayConfig, place: SecretPlace) {
    this.#read =
      place.file === undefined ? fromEnvironment(place.env ?? '') : fromFile(pathIn(config, place.file))
    this.#read()
  }

  /** Without the white space at its ends. Throws `SecretError`. */
  get value(): string {
    return this.#read()
  }
}

function fromEnvironment(name: string): () => string {
  return () => {
    const value = process.env[name]?.trim()
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
