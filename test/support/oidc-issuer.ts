import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider from 'oidc-provider'

export interface Account {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly groups?: readonly string[]
}

/** A real provider on loopback, at which whoever comes is `account`, or is turned away. */
export interface OidcIssuer {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  account: Account | 'denied'
  /** Changes what its token endpoint answers. */
  tamper: ((body: Record<string, unknown>) => Record<string, unknown>) | undefined
  /** Paths that it was asked for. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

export async function oidcIssuer(redirectUri: string): Promise<OidcIssuer> {
  const asked: string[] = []
  let provider: Provider | undefined
  const server = createServer((request, response) => {
    asked.push(request.url?.split('?')[0] ?? '')
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const issuer: OidcIssuer = {
    url: `http://127.0.0.1:${address.port}`,
    ...{ clientId: 'tlsfit', clientSecret: 's3cret-of-the-client' },
    account: { sub: 'nobody' },
    tamper: undefined,
    asked,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  provider = new Provider(issuer.url, {
    clients: [
      {
        ...{ client_id: issuer.clientId, client_secret: issuer.clientSecret },
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'first' }] },
    cookies: { keys: ['of a test'] },
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => (issuer.account === 'denied' ? { sub: id } : issuer.account),
    }),
  })
  return issuer

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (provider === undefined) throw new Error('not open yet')
    if (request.url?.startsWith('/interaction/') === true) return interact(provider, request, response)
    if (request.url === '/token' && issuer.tamper !== undefined) tampered(response, issuer.tamper)
    provider.callback()(request, response)
  }

  async function interact(from: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await from.interactionDetails(request, response)
    const { account } = issuer
    if (account === 'denied') {
      return from.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: '<b>no</b>',
      })
    }
    const grant = new from.Grant({ accountId: account.sub, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    const consent = { grantId: await grant.save() }
    await from.interactionFinished(request, response, { login: { accountId: account.sub }, consent })
  }
}

function tampered(response: ServerResponse, tamper: NonNullable<OidcIssuer['tamper']>): void {
  const end = response.end.bind(response) as (body?: unknown) => ServerResponse
  response.end = ((body?: unknown) => {
    const text = Buffer.isBuffer(body) ? body.toString('utf8') : String(body)
    const changed = JSON.stringify(tamper(JSON.parse(text)))
    response.setHeader('content-length', Buffer.byteLength(changed))
    return end(changed)
  }) as typeof response.end
}
