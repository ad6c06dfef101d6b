import { readFileSync } from 'node:fs'
import { IdentityError } from './identity-error.ts'

/** PEM of roots that a configuration names; `key`: where it names them, for `IdentityError` where the file cannot be read. */
export function readRoots(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new IdentityError(`${path}: cannot be read (${code})`, `${key} names a PEM file`)
  }
}
