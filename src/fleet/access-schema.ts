import * as v from 'valibot'
import { faultWords } from '../device/fault-words.ts'
import { text } from '../device/file-parts.ts'
import type { AccessConfig, OidcConfig, OidcRole } from './access-config.ts'
import type { SecretReference } from './watch-config.ts'

const loopbackUrl = /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$)/
const serviceUrl = v.pipe(
  text,
  v.check(
    (url) =>
      (/^https:\/\/[^\s@?#]+$/.test(url) || (loopbackUrl.test(url) && !/[\s@?#]/.test(url))) &&
      URL.canParse(url),
    'write an https:// URL; http:// is for loopback alone',
  ),
)
const publicUrl = v.pipe(
  serviceUrl,
  v.check((url) => !URL.canParse(url) || new URL(url).pathname === '/', 'write it without a path'),
  v.transform((url) => new URL(url).origin),
)

const networkForm = 'write an address or a network, such as 127.0.0.1 or 10.0.0.0/8'
const network = v.pipe(text, v.check(isNetwork, networkForm))

function isNetwork(written: string): boolean {
  const [address = '', bits, more] = written.split('/')
  if (more !== undefined) return false
  const is6 = address.includes(':')
  const holds = is6
    ? /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
    : /^(\d{1,3}\.){3}\d{1,3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255)
  return holds && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (is6 ? 128 : 32)))
}

const roleForm = 'write a row such as { domain: example.com, may: read }'
const role = v.pipe(
  v.strictObject(
    {
      may: v.picklist(['read', 'write', 'admin'], 'write read, write or admin'),
      group: v.optional(text),
      domain: v.optional(v.pipe(text, v.regex(/^[^\s@]+\.[^\s@]+$/, 'write it as it stands behind the @'))),
      email: v.optional(v.pipe(text, v.regex(/^[^\s@]+@[^\s@]+$/, 'write an address'))),
    },
    roleForm,
  ),
  v.check(
    ({ group, domain, email }) => [group, domain, email].filter((one) => one !== undefined).length === 1,
    faultWords('does not say whose it is', 'write exactly one of group, domain and email'),
  ),
)

export function accessSchema<Reference extends v.GenericSchema>(reference: Reference) {
  return v.strictObject({
    'public-url': v.optional(publicUrl),
    'trusted-proxies': v.optional(v.array(network, `write a list: [127.0.0.1, 10.0.0.0/8]`), []),
    oidc: v.optional(
      v.strictObject({
        issuer: serviceUrl,
        name: v.optional(v.pipe(text, v.maxLength(60, 'write 60 characters at most'))),
        'client-id': text,
        'client-secret': v.optional(reference),
        scopes: v.optional(v.array(v.pipe(text, v.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))), ['email']),
        'groups-claim': v.optional(text, 'groups'),
        roles: v.pipe(
          v.array(role, `${roleForm} for each`),
          v.minLength(1, 'nobody could come in: name a role'),
        ),
      }),
    ),
  })
}

export interface AccessRow {
  readonly 'public-url'?: string | undefined
  readonly 'trusted-proxies': readonly string[]
  readonly oidc?:
    | {
        readonly issuer: string
        readonly name?: string | undefined
        readonly 'client-id': string
        readonly scopes: readonly string[]
        readonly 'groups-claim': string
        readonly roles: readonly {
          readonly may: OidcRole['may']
          readonly group?: string | undefined
          readonly domain?: string | undefined
          readonly email?: string | undefined
        }[]
      }
    | undefined
}

export function accessOf(row: AccessRow, clientSecret: SecretReference | undefined): AccessConfig {
  const { oidc } = row
  return {
    publicUrl: row['public-url'],
    trustedProxies: row['trusted-proxies'],
    oidc:
      oidc &&
      ({
        issuer: oidc.issuer,
        name: oidc.name ?? new URL(oidc.issuer).host,
        clientId: oidc['client-id'],
        clientSecret,
        scopes: oidc.scopes,
        groupsClaim: oidc['groups-claim'],
        roles: oidc.roles.flatMap(roleOf),
      } satisfies OidcConfig),
  }
}

function roleOf({ may, group, domain, email }: NonNullable<AccessRow['oidc']>['roles'][number]): OidcRole[] {
  if (group !== undefined) return [{ may, group }]
  if (domain !== undefined) return [{ may, domain: domain.toLowerCase() }]
  return email === undefined ? [] : [{ may, email: email.toLowerCase() }]
}
