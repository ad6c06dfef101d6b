import { getCookie, setCookie } from 'hono/cookie'
import { deleteSession, insertAudit, insertSession } from '../store/rows/access-rows.ts'
import type { ApiContext, ApiDeps } from './api-context.ts'
import type { Callers } from './callers.ts'
import type { Scope } from './contract.ts'
import { digestOf, newSecret } from './tokens.ts'

export interface NewSession {
  readonly subject: string
  readonly scope: Scope
  /** Of the provider and its rules; null: by a token, and no longer there than it. */
  readonly login: string | null
  readonly hours: number
  /** For the audit log. */
  readonly detail: object
}

/** Who came with a session before has a new one after: what was known of the old one is worth nothing. */
export async function openSession(
  { database, now, options }: ApiDeps,
  callers: Callers,
  c: ApiContext,
  { subject, scope, login, hours, detail }: NewSession,
): Promise<{ readonly csrf: string }> {
  const old = getCookie(c, callers.cookieName)
  const [secret, csrf, at] = [newSecret(''), newSecret(''), now()]
  const expires = new Date(at.getTime() + hours * 3_600_000)
  const session = { subject, scope, csrf, login, created_at: at, expires_at: expires }
  const address = callers.address(c)
  await database.transaction(async (queries) => {
    if (old !== undefined) await deleteSession(queries, digestOf(old))
    await insertSession(queries, session, digestOf(secret))
    const entry = { at, actor: subject, action: 'log-in', subject, detail: { ...detail, address } }
    await insertAudit(queries, entry)
  })
  const cookie = { path: '/', httpOnly: true, sameSite: 'Strict', secure: options.secureCookies } as const
  setCookie(c, callers.cookieName, secret, { ...cookie, expires })
  return { csrf }
}
