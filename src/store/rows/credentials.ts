import type { Queries } from '../database.ts'
import type { SealingKey } from '../sealed-credentials.ts'

/** Their names and ages; what they are nobody is told. */
export function listCredentials(queries: Queries): Promise<{ name: string; created_at: Date }[]> {
  return queries.query('select name, created_at from credential order by name')
}

/** In place of one of the same name. */
export async function putCredential(
  queries: Queries,
  key: SealingKey,
  name: string,
  secret: string,
  now: Date,
): Promise<void> {
  await queries.query(
    `insert into credential (name, secret, created_at) values ($1, $2, $3)
     on conflict (name) do update set secret = excluded.secret, created_at = excluded.created_at`,
    [name, key.seal(name, secret), now],
  )
}

/** For the time that it is used, as `open-secret.ts` asks. Undefined where there is none. Throws `CredentialError`. */
export async function openCredential(
  queries: Queries,
  key: SealingKey,
  name: string,
): Promise<string | undefined> {
  const [row] = await queries.query<{ secret: Uint8Array }>('select secret from credential where name = $1', [
    name,
  ])
  return row === undefined ? undefined : key.open(name, row.secret)
}

export async function deleteCredential(queries: Queries, name: string): Promise<boolean> {
  const gone = await queries.query('delete from credential where name = $1 returning name', [name])
  return gone.length > 0
}
