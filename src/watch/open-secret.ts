import { open } from 'node:fs/promises'
import type { SecretReference } from '../fleet/watch-config.ts'

/** A secret that cannot be had. The message says which, and never holds any of it. */
export class SecretError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SecretError'
  }
}

/** Gives the secret behind a reference at the moment it is used; throws `SecretError`. */
export type OpenSecret = (reference: SecretReference) => Promise<string>

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the store's sealed credentials; undefined where there is none of this name. */
  readonly credential: (name: string) => Promise<string | undefined>
}

/** The parts of one channel alone, which its settings name as credentials; nothing else can be had by it. */
export function partOpener(open: () => Promise<Readonly<Record<string, string>>>): OpenSecret {
  return async (reference) => {
    if (!('credential' in reference))
      throw new SecretError('a channel of the API has secrets of its own alone')
    const parts = await open()
    const secret = Object.hasOwn(parts, reference.credential) ? parts[reference.credential] : undefined
    if (secret === undefined) throw new SecretError(`its ${reference.credential} is not there`)
    return secret
  }
}

/** A key with its certificate chain is shorter. */
const MAX_SECRET_BYTES = 65_536

/** A file's line end is no part of its secret. */
export function secretOpener(sources: SecretSources): OpenSecret {
  return async (reference) => {
    const secret = await read(reference, sources)
    if (secret === '') throw new SecretError(`${nameOf(reference)} is empty`)
    return secret
  }
}

async function read(reference: SecretReference, { env, credential }: SecretSources): Promise<string> {
  if ('file' in reference) return (await readSecretFile(reference.file)).replace(/\r?\n$/, '')
  const secret = 'env' in reference ? env[reference.env] : await credential(reference.credential)
  if (secret === undefined) throw new SecretError(`${nameOf(reference)} is not there`)
  return secret
}

async function readSecretFile(path: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      if (bytesRead > MAX_SECRET_BYTES) throw new SecretError(`file ${path} is too large for a secret`)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof SecretError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new SecretError(`file ${path} cannot be read: ${code}`)
  }
}

function nameOf(reference: SecretReference): string {
  if ('file' in reference) return `file ${reference.file}`
  return 'env' in reference ? `environment variable ${reference.env}` : `credential ${reference.credential}`
}
