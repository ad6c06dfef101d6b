import type { OidcConfig } from '../fleet/access-config.ts'
import type { Scope } from './contract.ts'
import { allows } from './tokens.ts'

export interface SignedIn {
  /** `oidc:` and the verified address, else the provider's own name for who it is. */
  readonly subject: string
  readonly scope: Scope
  readonly sub: string
  readonly email: string | undefined
}

export interface NoRole {
  readonly email: string | undefined
  /** There is an address, and the provider does not say that it is whose it claims to be. */
  readonly isUnverified: boolean
}

/**
 * What the claims of a verified ID token come to. An address that the provider did not verify is anybody's: rules for
 * addresses do not hold for it.
 */
export function signedIn(
  claims: { readonly sub: string; readonly [name: string]: unknown },
  { roles, groupsClaim }: Pick<OidcConfig, 'roles' | 'groupsClaim'>,
): SignedIn | NoRole {
  const written = typeof claims.email === 'string' ? claims.email.toLowerCase() : undefined
  const email = claims.email_verified === true ? written : undefined
  const groups = new Set([claims[groupsClaim]].flat().filter((one) => typeof one === 'string'))
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  const scopes = roles
    .filter((rule) => {
      if ('group' in rule) return groups.has(rule.group)
      return 'domain' in rule ? rule.domain === domain : rule.email === email
    })
    .map(({ may }) => may)
  const [first, ...others] = scopes
  if (first === undefined) {
    return { email: written, isUnverified: written !== undefined && email === undefined }
  }
  const scope = others.reduce((widest, one) => (allows(widest, one) ? widest : one), first)
  return { subject: `oidc:${email ?? claims.sub}`, scope, sub: claims.sub, email }
}
