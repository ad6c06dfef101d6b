import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../store/database.ts'
import { insertToken } from '../store/rows/access-rows.ts'
import type { Scope } from './contract.ts'

/** `read` sees, `write` changes what is watched, `admin` also says who may. */
const ranks: { readonly [scope in Scope]: number } = { read: 0, write: 1, admin: 2 }

export function allows(has: Scope, wanted: Scope): boolean {
  return ranks[has] >= ranks[wanted]
}

/** What a holder sends. Told from other secrets by its beginning, so that scanners of repositories find it. */
export function newSecret(prefix: 'tlsfit_' | ''): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`
}

/** What the store keeps of it: it has 256 bits of chance, and needs neither salt nor slowness. */
export function digestOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}

export interface NewToken {
  readonly name: string
  readonly scope: Scope
  readonly expiresAt: Date | undefined
}

/** Makes a token; `token` is not to be had again. */
export async function issueToken(
  database: Pick<Database, 'query' | 'script'>,
  { name, scope, expiresAt }: NewToken,
  now: Date,
): Promise<{ readonly id: string; readonly token: string }> {
  const id = randomBytes(6).toString('hex')
  const token = newSecret('tlsfit_')
  const row = { id, name, scope, created_at: now, expires_at: expiresAt ?? null }
  await insertToken(database, row, digestOf(token))
  return { id, token }
}
