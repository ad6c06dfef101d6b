import { type HostView, viewHosts } from '../judge/host-views.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import { planRoots, type RootPlan } from '../judge/root-plan.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Observation } from '../observe/observation.ts'
import type { HeldAnchor } from '../trust/trust-store.ts'
import { check } from './check.ts'
import type { CheckRequest } from './check-request.ts'
import { fetchIssuers, type IssuerFetch } from './fetch-issuers.ts'
import { systemAnchors } from './root-files.ts'
import { largestOrdinary } from './trust-of.ts'

/** Enough for a redirect and a few ranges: trust is no matter of the whole file. */
const defaultByteLimit = 65_536

/** The library's form of `tlsfit trust`. */
export interface TrustRequest
  extends Pick<
    CheckRequest,
    'headers' | 'now' | 'sendSecrets' | 'byteLimit' | 'timeoutMs' | 'catalogue' | 'knownRoots' | 'onProgress'
  > {
  /** What `check` takes: endpoints, captures, PEM files. */
  readonly targets: readonly TrustTarget[]
  /** Id as typed, or path of a profile file. */
  readonly device: string
  /** Roots of a CA of one's own, to choose among. */
  readonly roots: readonly HeldAnchor[]
  /** What the devices hold already. */
  readonly held: readonly HeldAnchor[]
  readonly verify: VerifyMode
  readonly serviceEnd: Date
  readonly fetchIssuers: boolean
}

/** One endpoint, capture or PEM file of a request. */
export interface TrustTarget {
  readonly target: string
  /** Where TCP connects instead. */
  readonly connect?: CheckRequest['connect']
}

/** The plan, and where issuers were fetched from that servers do not send. */
export interface TrustFound {
  readonly plan: RootPlan
  readonly fetches: readonly IssuerFetch[]
}

/**
 * Walks every address and every redirect of every target as the device would, and plans the anchors it needs. Throws
 * what `check` throws.
 */
export async function findTrust(request: TrustRequest, signal?: AbortSignal): Promise<TrustFound> {
  const { roots, held, verify, now, serviceEnd, knownRoots, catalogue } = request
  const verdicts: Verdict[] = []
  for (const target of request.targets) verdicts.push(...(await look(target, request, signal)))
  const observations = verdicts.map(({ observation }) => observation)
  const hops = await lookAtHops(observations, request, signal)
  const hosts = viewHosts([...observations, ...hops])
  const anchors = [...knownRoots, ...roots, ...held].map(({ certificate }) => certificate)
  const fetched = request.fetchIssuers
    ? await fetchIssuers(chainsOf(hosts), [...anchors, ...systemAnchors()], {
        timeoutMs: request.timeoutMs,
        signal,
      })
    : { certificates: [], fetches: [] }
  const plan = planRoots({
    device: verdicts[0]!.device,
    hosts,
    sources: {
      known: knownRoots,
      store: systemAnchors(),
      given: roots,
      held,
      fetched: fetched.certificates,
    },
    verify,
    now,
    serviceEnd,
    ordinary: largestOrdinary(catalogue),
  })
  return { plan, fetches: fetched.fetches }
}

function chainsOf(hosts: readonly HostView[]) {
  return hosts.flatMap(({ chains }) => chains.map(({ certificates }) => certificates))
}

function look(
  { target, connect }: TrustTarget,
  request: TrustRequest,
  signal: AbortSignal | undefined,
): Promise<Verdict[]> {
  const { device, roots, held, verify, byteLimit = defaultByteLimit } = request
  const { headers, now, sendSecrets, timeoutMs, catalogue, knownRoots, onProgress } = request
  const anchors = [...roots, ...held]
  return check(
    {
      target,
      devices: [device],
      anchors: anchors.length === 0 ? undefined : anchors,
      verify,
      sni: undefined,
      connect,
      clientCredential: undefined,
      headers,
      method: 'GET',
      now,
      sendSecrets,
      byteLimit,
      timeoutMs,
      catalogue,
      knownRoots,
      onProgress,
    },
    signal,
  )
}

/**
 * A redirect is followed to one address of its host: the others may present another chain. Only what was seen counts:
 * that an address is not reached from here says nothing of the first, which was.
 */
async function lookAtHops(
  observations: readonly Observation[],
  request: TrustRequest,
  signal: AbortSignal | undefined,
): Promise<Observation[]> {
  const hops = new Map<string, Observation[]>()
  for (const { connections, target } of observations) {
    for (const { role, host, port, chain, address } of connections) {
      const own = host?.toLowerCase() === target.host?.toLowerCase() && port === target.port
      // A literal address has no others.
      if (role !== 'redirect' || own || chain === undefined || host === undefined || host === address)
        continue
      hops.set(`tls://${host.includes(':') ? `[${host}]` : host}:${port}`, [])
    }
  }
  for (const target of hops.keys()) {
    const seen = (await look({ target }, { ...request, headers: [] }, signal)).map(
      ({ observation }) => observation,
    )
    hops.set(
      target,
      seen.filter(({ connections }) => connections.some(({ chain }) => chain !== undefined)),
    )
  }
  return [...hops.values()].flat()
}
