import type { CauseRanking, RankedCause } from './causes.ts'
import type { Verdict } from './verdict.ts'

/** What a cause weighs that the endpoint itself shows, and what is left of one that it shows to be none. */
const SHOWN = 0.95
const UNSEEN = 0.5

/**
 * Brings in what the endpoint, a capture or a chain shows (`--with`): a cause that blocks the device there goes first,
 * and is certain where the log speaks for it too and nothing else blocks. Where the verdict is that the device fits,
 * causes that it covers lose half of their weight: they are not what is there now. What was looked at at another host
 * than the log names (`hosts`) proves nothing of the log.
 */
export function settleCauses(
  ranking: CauseRanking,
  verdicts: readonly Verdict[],
  hosts: readonly string[] = [],
): CauseRanking {
  if (verdicts.length === 0 || !ranking.failed) return ranking
  const findings = verdicts.flatMap((verdict) => verdict.findings.filter(({ reached }) => reached))
  const shown = new Set(
    findings.flatMap(({ effect, cause }) => (effect === 'blocks' && cause !== undefined ? [cause] : [])),
  )
  const fits = verdicts.every(({ state }) => state === 'fits' || state === 'at-risk')
  const covered: ReadonlySet<string> = new Set(verdictCauses)
  const known = ranking.causes.map((cause): RankedCause => {
    if (shown.has(cause.id)) return { ...cause, weight: Math.max(cause.weight, SHOWN) }
    return fits && covered.has(cause.id) ? { ...cause, weight: cause.weight * UNSEEN } : cause
  })
  const added = [...shown]
    .filter((id) => !ranking.causes.some((cause) => cause.id === id))
    .map(
      (id): RankedCause => ({ id, confidence: 'possible', weight: UNSEEN, evidence: [], afterMs: undefined }),
    )
  const causes = [...known, ...added].sort((a, b) => b.weight - a.weight)
  const first = causes[0]
  if (ranking.decided || first === undefined) return { ...ranking, causes }
  const agreed =
    !isOfAnotherHost(verdicts, hosts) &&
    shown.size === 1 &&
    shown.has(first.id) &&
    ranking.causes.some(({ id }) => id === first.id)
  return {
    ...ranking,
    decided: agreed,
    causes: causes.map((cause, at) => (at === 0 && agreed ? { ...cause, confidence: 'certain' } : cause)),
  }
}

function isOfAnotherHost(verdicts: readonly Verdict[], hosts: readonly string[]): boolean {
  // An address is no other host than the name that leads to it.
  const named = new Set(
    hosts.filter((host) => /^[^:]*[a-z][^:]*$/i.test(host)).map((host) => host.toLowerCase()),
  )
  if (named.size === 0) return false
  return verdicts.every(({ observation: { target, connections } }) => {
    const seen = [target.host, ...connections.map(({ hello }) => hello?.sni)]
    const names = seen.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]))
    return names.length > 0 && !names.some((name) => named.has(name))
  })
}

/** What a verdict of `fits` speaks against: causes of the endpoint as it is, not of the device's own set-up. */
const verdictCauses = [
  'chain-too-large',
  'cert-too-large',
  'no-common-version',
  'no-common-cipher',
  'sigalg-unsupported',
  'rsa-key-too-large',
  'cert-expired',
  'tcp-refused',
  'dns-failure',
] as const
