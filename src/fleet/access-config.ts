import type { SecretReference } from './watch-config.ts'

/** Who may reach the dashboard, and how: `access` of `watch.yaml`. */
export interface AccessConfig {
  /** Where browsers find it, without a path: `https://fit.example.com`. */
  readonly publicUrl?: string | undefined
  /** Addresses and networks of reverse proxies: what they say of a client's address is believed. */
  readonly trustedProxies: readonly string[]
  readonly oidc?: OidcConfig | undefined
}

/** Log-in by OpenID Connect. */
export interface OidcConfig {
  readonly issuer: string
  /** What the button says. */
  readonly name: string
  readonly clientId: string
  /** Undefined: a public client, by PKCE alone. */
  readonly clientSecret?: SecretReference | undefined
  /** Asked for beside `openid`. */
  readonly scopes: readonly string[]
  readonly groupsClaim: string
  /** The widest of those that hold; none: may not come in. */
  readonly roles: readonly OidcRole[]
}

export type OidcRole = { readonly may: 'read' | 'write' | 'admin' } & (
  | { readonly group: string }
  /** Of verified addresses, behind the `@`. */
  | { readonly domain: string }
  | { readonly email: string }
)
