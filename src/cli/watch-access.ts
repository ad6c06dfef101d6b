import { type ApiOptions, defaultOptions } from '../api/api-context.ts'
import { OidcSignIn } from '../api/oidc-sign-in.ts'
import { issueToken } from '../api/tokens.ts'
import type { AccessConfig, OidcConfig } from '../fleet/access-config.ts'
import type { SecretReference } from '../fleet/watch-config.ts'
import { isLoopback } from '../io/tcp.ts'
import type { Database } from '../store/database.ts'
import { insertAudit, listTokens } from '../store/rows/access-rows.ts'
import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'
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
  { publicUrl, trustedProxies = [], oidc }: Partial<AccessConfig> = {},
): Pick<
  ApiOptions,
  'login' | 'hosts' | 'secureCookies' | 'publicBadges' | 'privateTargets' | 'trustedProxies'
> {
  const named = publicUrl === undefined ? [] : [new URL(publicUrl).hostname]
  const hosts = [...(parsed.values.get('public-host') ?? []), ...named.filter((name) => !isLocal(name))]
  // A name is of a reverse proxy, and whoever comes through that comes from loopback, too.
  const open = !isLocal(host) || hosts.length > 0
  if (oidc !== undefined && open && publicUrl === undefined) {
    throw usageError(
      'public-url-missing',
      'access.oidc needs the address that browsers know',
      'write access.public-url: https://NAME into watch.yaml',
    )
  }
  return {
    login: oidc !== undefined ? 'oidc' : open ? 'token' : defaultOptions.login,
    hosts,
    trustedProxies,
    secureCookies: publicUrl === undefined ? open : publicUrl.startsWith('https:'),
    publicBadges: parsed.flags.has('public-badges'),
    privateTargets: parsed.flags.has('allow-private'),
  }
}

/** Log-in by OpenID Connect, where `watch.yaml` has it. `url`: of the dashboard, where no other one is written. */
export function signInOf(
  { oidc, publicUrl }: Partial<AccessConfig>,
  url: string,
  openSecret: (reference: SecretReference) => Promise<string>,
  now: () => Date,
): OidcSignIn | undefined {
  if (oidc === undefined) return undefined
  const { clientSecret: place } = oidc
  const clientSecret = place && (() => openSecret(place))
  return new OidcSignIn({ config: oidc, publicUrl: publicUrl ?? url, clientSecret, now })
}

function isLocal(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'))
}

/** Where a token is needed and there is none, the first is made, and told this once. */
export async function firstToken(
  database: Database,
  login: ApiOptions['login'],
  io: CliIo,
  oidc?: OidcConfig | undefined,
): Promise<void> {
  if (oidc?.roles.some(({ may }) => may === 'admin')) return
  if (login === 'none' || (await listTokens(database)).some(({ scope }) => scope === 'admin')) return
  const token = await database.transaction(async (queries) => {
    const at = io.now()
    const made = await issueToken(queries, { name: 'first', scope: 'admin', expiresAt: undefined }, at)
    const detail = { scope: 'admin' }
    await insertAudit(queries, { at, actor: 'command line', action: 'token-add', subject: 'first', detail })
    return made.token
  })
  io.stderr.write(`token: ${token}\nhint: told this once: log in with it, and make others in the settings\n`)
}
