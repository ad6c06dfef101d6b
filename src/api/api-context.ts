import type { Context } from 'hono'
import type { Catalogue } from '../device/catalogue.ts'
import type { Database } from '../store/database.ts'
import type { SealingKey } from '../store/sealed-credentials.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Scope } from './contract.ts'
import type { OidcSignIn } from './oidc-sign-in.ts'
import type { LiveViews } from './views/live-views.ts'
import type { WatchService } from './watch-service.ts'

/** What the routes work with. */
export interface ApiDeps {
  readonly database: Database
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly watch: WatchService
  /** What runs beside the watch; undefined: nothing is named. */
  readonly views?: LiveViews | undefined
  /** Seals credentials; undefined: none are taken. */
  readonly sealingKey?: SealingKey | undefined
  /** With the login `oidc`. */
  readonly signIn?: OidcSignIn | undefined
  readonly now: () => Date
  /** Of tlsfit. */
  readonly version: string
  readonly options: ApiOptions
  /** A fault of ours; the answer says no more than that there was one. */
  readonly onFault: (error: unknown) => void
}

export interface ApiOptions {
  /** `none`: whoever reaches it may do all; for loopback alone. With `oidc` tokens open it, too. */
  readonly login: 'none' | 'token' | 'oidc'
  /** Names it is reached by, beside `localhost` and addresses: those of a reverse proxy, such as `fit.example.com`. */
  readonly hosts: readonly string[]
  /** Addresses and networks of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** Cookies only over TLS: wherever it is reached from another machine. */
  readonly secureCookies: boolean
  /** Badges are shown to anybody who knows the ids. */
  readonly publicBadges: boolean
  /** Endpoints and playground may name addresses of this network. */
  readonly privateTargets: boolean
  /** Where the built page lies; undefined: API alone. */
  readonly webFolder: string | undefined
  /** Requests of one caller in a minute. */
  readonly requestsPerMinute: number
}

export const defaultOptions: ApiOptions = {
  login: 'none',
  hosts: [],
  trustedProxies: [],
  secureCookies: false,
  publicBadges: false,
  privateTargets: false,
  webFolder: undefined,
  requestsPerMinute: 600,
}

/** Who asks. */
export interface Caller {
  readonly subject: string
  readonly scope: Scope
  readonly by: 'nothing' | 'token' | 'session'
  /** What a page has to send along with changes; undefined for tokens, which no browser adds by itself. */
  readonly csrf: string | undefined
  /** SHA-256 of the token or cookie that came; undefined where nobody logs in. */
  readonly digest?: Uint8Array | undefined
}

/** `caller`: undefined for somebody unknown; `address`: of the client, as far as a proxy of ours says so. */
export interface ApiEnv {
  Variables: { caller: Caller | undefined; address: string | undefined }
}
export type ApiContext = Context<ApiEnv>
