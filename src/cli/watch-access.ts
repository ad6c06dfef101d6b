import { type ApiOptions, defaultOptions } from '../api/api-context.ts'
import { issueToken } from '../api/tokens.ts'
import { isLoopback } from '../io/tcp.ts'
import type { Database } from '../store/database.ts'
import { listTokens } from '../store/rows/access-rows.ts'
import type { ParsedArguments } from './arguments.ts'
import type { CliIo } from './cli-io.ts'

/** Options of `tlsfit watch` that say who may reach the dashboard, and what it may reach. */
export const accessArgs = {
  'public-host': {
    type: 'string',
    valueHint: 'NAME',
    description: 'name that the dashboard is reached by, as of a reverse proxy; repeatable',
  },
  'public-badges': { type: 'boolean', description: 'badges need no token' },
  'allow-private': {
    type: 'boolean',
    description: 'the dashboard may name addresses of this machine and network, too',
  },
  'key-file': {
    type: 'string',
    valueHint: 'FILE',
    description: 'key that seals credentials in the store, 32 bytes as base64; TLSFIT_KEY is the default',
  },
} as const

/** On loopback whoever reaches it may do all; beyond it a token is needed, and cookies go over TLS alone. */
export function accessOptions(
  parsed: ParsedArguments,
  host: string,
): Pick<ApiOptions, 'login' | 'hosts' | 'secureCookies' | 'publicBadges' | 'privateTargets'> {
  const hosts = parsed.values.get('public-host') ?? []
  // A name is of a reverse proxy, and whoever comes through that comes from loopback, too.
  const open = !(host === 'localhost' || isLoopback(host)) || hosts.length > 0
  return {
    login: open ? 'token' : defaultOptions.login,
    hosts,
    secureCookies: open,
    publicBadges: parsed.flags.has('public-badges'),
    privateTargets: parsed.flags.has('allow-private'),
  }
}

/** Where a token is needed and there is none, the first is made, and told this once. */
export async function firstToken(database: Database, login: ApiOptions['login'], io: CliIo): Promise<void> {
  if (login === 'none' || (await listTokens(database)).some(({ scope }) => scope === 'admin')) return
  const { token } = await issueToken(
    database,
    { name: 'first', scope: 'admin', expiresAt: undefined },
    io.now(),
  )
  io.stderr.write(`token: ${token}\nhint: told this once: log in with it, and make others in the settings\n`)
}
