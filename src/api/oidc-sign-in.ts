import { createHash, randomBytes } from 'node:crypto'
import type { Configuration } from 'openid-client'
import type { OidcConfig } from '../fleet/access-config.ts'
import { SealingKey } from '../store/sealed-credentials.ts'
import { type SignedIn, signedIn } from './oidc-roles.ts'

/** Why somebody does not come in, in one sentence for him. */
export class SignInError extends Error {
  override readonly name = 'SignInError'
  readonly code:
    | 'provider-silent'
    | 'provider-refused'
    | 'answer-invalid'
    | 'attempt-unknown'
    | 'role-missing'
  readonly hint: string

  constructor(code: SignInError['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

export interface OidcSignInDeps {
  readonly config: OidcConfig
  /** Of the dashboard, as browsers know it: an origin. */
  readonly publicUrl: string
  /** Opened when it is used; undefined: a public client. */
  readonly clientSecret: (() => Promise<string>) | undefined
  readonly now: () => Date
}

export const CALLBACK_PATH = '/api/v1/session/oidc/callback'
const REQUEST_SECONDS = 10
/** What the provider says of itself is asked for again after that. */
const CONFIGURATION_MS = 3_600_000
/** A provider that does not answer is not asked again by every click. */
const SILENT_MS = 5_000
export const ATTEMPT_SECONDS = 600
const attemptName = 'log-in'

interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where in the page it goes on. */
  readonly to: string
  readonly untilMs: number
}

/**
 * Log-in by OpenID Connect: authorization code, PKCE, nonce and state, the ID token's signature held against the
 * provider's keys. What belongs to an attempt stays with the browser that began it, sealed in a cookie: nobody else can
 * bring it to its end, and nothing piles up here.
 */
export class OidcSignIn {
  readonly #deps: OidcSignInDeps
  readonly #key = new SealingKey(randomBytes(32).toString('hex'))
  #opened: { readonly configuration: Promise<Configuration>; untilMs: number } | undefined

  constructor(deps: OidcSignInDeps) {
    this.#deps = deps
  }

  get name(): string {
    return this.#deps.config.name
  }

  get publicUrl(): string {
    return this.#deps.publicUrl
  }

  /** Sessions of another provider, client or set of roles hold no longer. */
  get digest(): string {
    const { issuer, clientId, groupsClaim, roles } = this.#deps.config
    const text = JSON.stringify([issuer, clientId, groupsClaim, roles])
    return createHash('sha256').update(text).digest('base64url')
  }

  /** Where the browser goes, and the attempt that it keeps meanwhile. Throws `SignInError`. */
  async begin(to: string): Promise<{ readonly url: string; readonly attempt: string }> {
    const oidc = await import('openid-client')
    const configuration = await this.#configuration()
    const attempt: Attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      to: /^#\/[\w\-./?=&%~+]{0,500}$/.test(to) ? to : '',
      untilMs: this.#deps.now().getTime() + ATTEMPT_SECONDS * 1_000,
    }
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: `${this.#deps.publicUrl}${CALLBACK_PATH}`,
      scope: [...new Set(['openid', ...this.#deps.config.scopes])].join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
      state: attempt.state,
      nonce: attempt.nonce,
    })
    return { url: url.href, attempt: this.seal(attempt) }
  }

  /** `search`: of the address that the provider sent the browser back to. Throws `SignInError`. */
  async finish(
    search: string,
    sealed: string | undefined,
  ): Promise<{ readonly who: SignedIn; readonly to: string }> {
    const { state, nonce, verifier, to = '', untilMs = 0 } = this.open<Attempt>(sealed) ?? {}
    const isOver = untilMs <= this.#deps.now().getTime()
    if (state === undefined || nonce === undefined || verifier === undefined || isOver) throw attemptUnknown()
    const oidc = await import('openid-client')
    const configuration = await this.#configuration()
    try {
      const tokens = await oidc.authorizationCodeGrant(
        configuration,
        new URL(`${this.#deps.publicUrl}${CALLBACK_PATH}${search}`),
        {
          ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
          idTokenExpected: true,
        },
      )
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('there is no ID token')
      const { userinfo_endpoint: hasMore } = configuration.serverMetadata()
      const more = hasMore ? await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub) : {}
      return { who: this.#admitted({ ...more, ...claims }), to }
    } catch (error) {
      throw error instanceof SignInError ? error : this.#failure(error)
    }
  }

  /** For the browser to keep, and nobody to read or change. */
  seal(value: object): string {
    return Buffer.from(this.#key.seal(attemptName, JSON.stringify(value))).toString('base64url')
  }

  /** Undefined for what is not ours, or of before the last start. */
  open<Value>(sealed: string | undefined): Partial<Value> | undefined {
    if (sealed === undefined || !/^[\w-]{20,4000}$/.test(sealed)) return undefined
    try {
      return JSON.parse(
        this.#key.open(attemptName, new Uint8Array(Buffer.from(sealed, 'base64url'))),
      ) as Partial<Value>
    } catch {
      return undefined
    }
  }

  #admitted(claims: { readonly sub: string; readonly [name: string]: unknown }): SignedIn {
    const found = signedIn(claims, this.#deps.config)
    if ('scope' in found) return found
    const { email, isUnverified } = found
    const who = email ?? claims.sub
    if (isUnverified) {
      const hint = 'verify it there, or name a group in watch.yaml, access.oidc.roles'
      throw new SignInError(
        'role-missing',
        `${this.name} does not say that the address ${who} is verified`,
        hint,
      )
    }
    const hint =
      'ask whoever runs it to name the address, its domain or a group in watch.yaml, access.oidc.roles'
    throw new SignInError('role-missing', `${who} is known to ${this.name}, and has no role here`, hint)
  }

  /** What the provider says of itself, its keys among it. Throws `SignInError`. */
  async #configuration(): Promise<Configuration> {
    const nowMs = performance.now()
    if (this.#opened === undefined || this.#opened.untilMs <= nowMs) {
      const opened = { configuration: this.#discover(), untilMs: nowMs + CONFIGURATION_MS }
      this.#opened = opened
      opened.configuration.catch(() => {
        opened.untilMs = performance.now() + SILENT_MS
      })
    }
    try {
      return await this.#opened.configuration
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async #discover(): Promise<Configuration> {
    const oidc = await import('openid-client')
    const { config, clientSecret } = this.#deps
    const secret = await clientSecret?.()
    const plain = config.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []
    return oidc.discovery(
      new URL(config.issuer),
      config.clientId,
      undefined,
      secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
      { execute: [oidc.enableNonRepudiationChecks, ...plain], timeout: REQUEST_SECONDS },
    )
  }

  /** What the library or the network says, without what the provider writes for people: that may be anybody's text. */
  #failure(error: unknown): SignInError {
    const { name } = this
    const { code } = (error ?? {}) as { code?: unknown }
    const refused = refusalOf(error)
    if (refused !== undefined) {
      const word = /^[\w.-]{1,60}$/.test(refused) ? refused : 'an error that has no name'
      const hint =
        word === 'access_denied' ? 'begin again' : 'look at issuer, client-id and client-secret in watch.yaml'
      return new SignInError('provider-refused', `${name} refused the log-in: ${word}`, hint)
    }
    if (error instanceof Error && error.name === 'SecretError') {
      const hint = 'put it where watch.yaml, access.oidc.client-secret says'
      return new SignInError('answer-invalid', `the client secret for ${name} cannot be had`, hint)
    }
    const word = typeof code === 'string' && /^[\w.-]{1,60}$/.test(code) ? code : undefined
    const network = networkCode(error) ?? (word === 'OAUTH_TIMEOUT' ? 'it took too long' : undefined)
    if (network !== undefined) {
      const hint = 'log in by a token, or see whether it runs and can be reached from tlsfit'
      return new SignInError('provider-silent', `${name} does not answer: ${network}`, hint)
    }
    const hint = 'begin again; if it stays so, look at access.oidc in watch.yaml'
    return new SignInError(
      'answer-invalid',
      `what ${name} answered does not hold: ${word ?? 'it is not readable'}`,
      hint,
    )
  }
}

function attemptUnknown(): SignInError {
  const message = 'this log-in was not begun in this browser, or too long ago'
  return new SignInError('attempt-unknown', message, 'begin it again')
}

/** The error of OAuth 2.0, in the answer's body or in its challenge. */
function refusalOf(error: unknown): string | undefined {
  const { error: written, cause } = (error ?? {}) as { error?: unknown; cause?: unknown }
  if (typeof written === 'string') return written
  const [challenge] = Array.isArray(cause) ? (cause as { parameters?: { error?: unknown } }[]) : []
  const word = challenge?.parameters?.error
  return typeof word === 'string' ? word : undefined
}

/** `fetch` hides it below a TypeError. */
function networkCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? at.code : undefined
    if (
      typeof code === 'string' &&
      /^(E[A-Z]+|UND_ERR_\w+|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_\w+|ERR_TLS_\w+)$/.test(code)
    ) {
      return code
    }
  }
  return undefined
}
