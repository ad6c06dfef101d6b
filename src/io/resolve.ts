import type { LookupAddress } from 'node:dns'
import { Resolver, lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Lookup } from '../observe/observation.ts'
import { CNAME_TIMEOUT_MS, MAX_CNAMES } from './bounds.ts'
import { within } from './within.ts'

export interface ResolveOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** DNS servers for the CNAME look-up, `address:port`; undefined: those of the system. */
  readonly cnameServers?: readonly string[] | undefined
  /** Asks the system; another one where its calls are counted. */
  readonly lookup?: ((host: string) => Promise<LookupAddress[]>) | undefined
}

/** Every address, in the system's order. */
export function lookUpAll(host: string): Promise<LookupAddress[]> {
  return systemLookup(host, { all: true, verbatim: true })
}

/**
 * Every A and AAAA address of `host` as the system resolves it, in its order, without repeats; undefined for an
 * address literal. A failure is a value: `errorCode`. The CNAMEs are asked for separately and never fail the look-up.
 */
export async function resolveHost(host: string, options: ResolveOptions): Promise<Lookup | undefined> {
  if (isIP(host.split('%')[0]!) !== 0) return undefined
  const startedMs = performance.now()
  const cnames = resolveCnames(host, options)
  const found = await within(
    (options.lookup ?? lookUpAll)(host).then(
      (addresses) => ({ addresses, errorCode: undefined }),
      (error: NodeJS.ErrnoException) => ({ addresses: [], errorCode: error.code ?? 'EUNKNOWN' }),
    ),
    options.timeoutMs,
    options.signal,
  )
  const durationMs = performance.now() - startedMs
  const { addresses, errorCode } = found ?? { addresses: [], errorCode: 'ETIMEOUT' }
  const unique = new Map(
    addresses.map(({ address, family }) => [address, { address, family: family === 6 ? 6 : 4 } as const]),
  )
  return {
    host,
    addresses: [...unique.values()],
    cnames: errorCode === undefined ? await cnames : [],
    errorCode: errorCode ?? (unique.size === 0 ? 'ENODATA' : undefined),
    durationMs,
  }
}

/** Canonical names of `host` in order, as far as they are found in time; empty where there is none. */
export async function resolveCnames(
  host: string,
  options: Pick<ResolveOptions, 'signal' | 'cnameServers'>,
): Promise<string[]> {
  // Single labels and localhost come from the hosts file: no server knows them (RFC 6761 §6.3).
  if (!host.includes('.') || /(^|\.)(localhost|local)$/.test(host)) return []
  const resolver = new Resolver({ timeout: CNAME_TIMEOUT_MS, tries: 1 })
  if (options.cnameServers) resolver.setServers(options.cnameServers)
  const names: string[] = []
  const follow = async () => {
    for (let name = host; names.length < MAX_CNAMES; ) {
      const [next] = await resolver.resolveCname(name)
      if (next === undefined || names.includes(next)) return
      names.push(next)
      name = next
    }
  }
  try {
    await within(follow(), CNAME_TIMEOUT_MS, options.signal)
  } catch {
    // No CNAME, no server, no answer: the list says what was found until then.
  }
  resolver.cancel()
  return names
}
