import { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, rootCertificates } from 'node:tls'
import type { axios } from 'acme-client'
import { readRoots } from './read-roots.ts'

/** How long an order waits: for an answer, and before it asks again. */
export interface AcmePace {
  readonly timeoutMs: number
  readonly waitMs: number
}

export const usualPace: AcmePace = { timeoutMs: 30_000, waitMs: 1_000 }

/** Beside the first one. A directory that wants more is asked again in an hour. */
const RETRIES = 2
/** A directory may name a day in Retry-After (RFC 8555 §6.6); a gateway that starts does not wait for it. */
const LONGEST_WAIT_MS = 10_000

type Axios = typeof axios
type Asked = NonNullable<Parameters<Axios['request']>[0]> & { attempts?: number }

interface Failed {
  readonly config?: Asked
  readonly code?: string
  readonly response?: {
    readonly status: number
    readonly headers: { readonly [name: string]: unknown }
    /** Undefined where the connection broke within the answer. */
    readonly data?: unknown
  }
}

/**
 * Sets the requests of `acme-client` up: the roots, no proxy, and an end to its patience, which is over a minute, in
 * which nothing is served. Its own handler of errors loses what went wrong where there is no answer, takes one that
 * broke off for whole, and obeys any Retry-After (acme-client 5.4.0, src/axios.js): this one stands in its place. Throws `IdentityError` where `ca` cannot be read.
 */
export function setUpRequests(
  requests: Axios,
  { timeoutMs, waitMs }: AcmePace,
  ca: string | undefined,
): void {
  const own = ca === undefined ? [] : [readRoots(ca, 'ca of acme')]
  // Made once: reading all roots takes longer than a request.
  const secureContext = createSecureContext({ ca: [...rootCertificates, ...own] })
  const httpsAgent = new Agent({ secureContext })
  // Proxies of the environment are not for what is set up here.
  Object.assign(requests.defaults, { httpsAgent, proxy: false, timeout: timeoutMs })
  requests.interceptors.response.clear()
  requests.interceptors.response.use(undefined, async (failed: Failed) => {
    const { config, code } = failed
    const response = failed.response?.data === undefined ? undefined : failed.response
    const attempts = (config?.attempts ?? 0) + 1
    const waits = waitAfter(response, attempts * waitMs)
    if (config === undefined || code === 'ECONNABORTED' || attempts > RETRIES || waits === undefined) {
      if (response !== undefined) return response
      throw failed
    }
    await sleep(waits)
    return requests.request({ ...config, attempts } as Asked)
  })
}

/** In milliseconds; undefined where the answer is none to ask again after. */
function waitAfter(response: Failed['response'], usualMs: number): number | undefined {
  if (response === undefined) return usualMs
  if (response.status !== 429 && response.status < 500) return undefined
  const seconds = Number(response.headers['retry-after'])
  if (!(seconds > 0)) return usualMs
  return seconds * 1_000 > LONGEST_WAIT_MS ? undefined : seconds * 1_000
}
