import type { Queries } from '../database.ts'

/** Tokens and sessions: by the SHA-256 of what their holder sends, which itself is kept nowhere. */
export interface TokenRow {
  readonly id: string
  readonly name: string
  readonly scope: 'read' | 'write' | 'admin'
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly last_used_at: Date | null
}

export interface SessionRow {
  readonly subject: string
  readonly scope: 'read' | 'write' | 'admin'
  readonly csrf: string
}

/** At `$2`. */
const tokenHolds = '(expires_at is null or expires_at > $2)'
/** At `$2`, with the provider and rules `$3`. */
const sessionHolds = `expires_at > $2 and (login = $3 or login is null and exists (
  select from token t where s.subject = 'token:' || t.id and (t.expires_at is null or t.expires_at > $2)))`

/** Once a minute is often enough. */
const USED_STEP = '1 minute'

/** Undefined for one that is not known, or has ended. Remembers that it was used. */
export async function findToken(
  queries: Queries,
  digest: Uint8Array,
  now: Date,
): Promise<TokenRow | undefined> {
  const [row] = await queries.query<TokenRow>(
    `select id, name, scope, created_at, expires_at, last_used_at from token
     where digest = $1 and ${tokenHolds}`,
    [digest, now],
  )
  if (row === undefined) return undefined
  if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() >= 60_000) {
    await queries.query(
      `update token set last_used_at = $2
       where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '${USED_STEP}')`,
      [row.id, now],
    )
  }
  return row
}

export function listTokens(queries: Queries): Promise<TokenRow[]> {
  return queries.query(
    'select id, name, scope, created_at, expires_at, last_used_at from token order by created_at, id',
  )
}

export async function insertToken(
  queries: Queries,
  token: Pick<TokenRow, 'id' | 'name' | 'scope' | 'created_at' | 'expires_at'>,
  digest: Uint8Array,
): Promise<void> {
  await queries.query(
    'insert into token (id, name, digest, scope, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)',
    [token.id, token.name, digest, token.scope, token.created_at, token.expires_at],
  )
}

/** Whether there was one. Sessions that it opened end with it. */
export async function deleteToken(queries: Queries, id: string): Promise<boolean> {
  const gone = await queries.query<{ id: string }>('delete from token where id = $1 returning id', [id])
  await queries.query('delete from session where subject = $1', [tokenSubject(id)])
  return gone.length > 0
}

/** Who a token stands for, in sessions and in the audit log. */
export function tokenSubject(id: string): string {
  return `token:${id}`
}

/**
 * It is no longer there than the token that opened it; one of a provider no longer than that provider and its rules,
 * `login`.
 */
export async function findSession(
  queries: Queries,
  digest: Uint8Array,
  now: Date,
  login: string | undefined,
): Promise<SessionRow | undefined> {
  const [row] = await queries.query<SessionRow>(
    `select subject, scope, csrf from session s where digest = $1 and ${sessionHolds}`,
    [digest, now, login ?? null],
  )
  return row
}

/** Which of these tokens and sessions hold still, by the digest in hex: as `findToken` and `findSession` see it. */
export async function readHeld(
  queries: Queries,
  digests: readonly string[],
  now: Date,
  login: string | undefined,
): Promise<ReadonlySet<string>> {
  const asked = `digest in (select decode(one, 'hex') from json_array_elements_text($1::json) one)`
  const rows = await queries.query<{ digest: string }>(
    `select encode(digest, 'hex') as digest from token where ${asked} and ${tokenHolds}
     union all select encode(digest, 'hex') from session s where ${asked} and ${sessionHolds}`,
    [JSON.stringify(digests), now, login ?? null],
  )
  return new Set(rows.map(({ digest }) => digest))
}

/** Those that have ended are cleared away. */
export async function insertSession(
  queries: Queries,
  session: SessionRow & {
    /** Of a provider and its rules; null: of a token. */
    readonly login: string | null
    readonly created_at: Date
    readonly expires_at: Date
  },
  digest: Uint8Array,
): Promise<void> {
  await queries.query('delete from session where expires_at <= $1', [session.created_at])
  await queries.query(
    `insert into session (digest, subject, scope, csrf, login, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      ...[digest, session.subject, session.scope, session.csrf, session.login],
      ...[session.created_at, session.expires_at],
    ],
  )
}

/** Whose it was; undefined where there was none. */
export async function deleteSession(queries: Queries, digest: Uint8Array): Promise<string | undefined> {
  const [gone] = await queries.query<{ subject: string }>(
    'delete from session where digest = $1 returning subject',
    [digest],
  )
  return gone?.subject
}

/** What somebody did; `detail` never has a secret in it. Gives the row's id. */
export async function insertAudit(
  queries: Queries,
  entry: {
    readonly at: Date
    readonly actor: string
    readonly action: string
    readonly subject: string
    readonly detail: unknown
  },
): Promise<number> {
  const [row] = await queries.query<{ id: number }>(
    'insert into audit (at, actor, action, subject, detail) values ($1, $2, $3, $4, $5::jsonb) returning id',
    [entry.at, entry.actor, entry.action, entry.subject, JSON.stringify(entry.detail)],
  )
  return row?.id ?? 0
}

/** It happened once more: counted where it stands, in `times` and `last`. */
export async function addToAudit(queries: Queries, id: number, now: Date): Promise<void> {
  await queries.query(
    `update audit set detail = detail || jsonb_build_object(
       'times', (detail ->> 'times')::bigint + 1, 'last', $2::text) where id = $1`,
    [id, now.toISOString()],
  )
}

export interface AuditRow {
  readonly id: number
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: unknown
}

export interface AuditQuery {
  /** Those of a smaller id. */
  readonly before?: number | undefined
  /** Part of who, what, whom or from where, in whatever case. */
  readonly q?: string | undefined
  readonly limit: number
}

/** The latest first. */
export function readAudit(queries: Queries, { before, q, limit }: AuditQuery): Promise<AuditRow[]> {
  return queries.query(
    `select id, at, actor, action, subject, detail from audit
     where ($1::bigint is null or id < $1) and ($2::text is null or position(lower($2) in lower(
       concat_ws(' ', actor, action, subject, detail ->> 'address'))) > 0)
     order by id desc limit $3`,
    [before ?? null, q ?? null, limit],
  )
}
