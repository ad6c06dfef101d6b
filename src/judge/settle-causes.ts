import type { Device, DeviceLayer } from '../device/device.ts'
import type { Finding } from '../finding/finding.ts'
import type { CauseRanking, HeldBack, RankedCause } from './causes.ts'
import type { Verdict } from './verdict.ts'

/** What a cause weighs that the endpoint itself shows, and what is left of one that it shows to be none. */
const SHOWN = 0.95
const UNSEEN = 0.5

/** What the log tells of its endpoint, and what is known of devices. */
export interface SettleBy {
  readonly hosts: readonly string[]
  /** Layers of the device that a finding hangs on though nobody named their version. */
  readonly hangsOn: (finding: Finding, device: Device) => readonly DeviceLayer[]
}

/**
 * Brings in what the endpoint, a capture or a chain shows (`--with`): a cause that blocks the device there goes first,
 * and is certain where the log speaks for it too, nothing else blocks, and it blocks whatever version was taken by
 * default. Where the verdict is that the device fits, causes that it covers lose half of their weight: they are not
 * what is there now. What was looked at at another host than the log names (`hosts`) says nothing of the log.
 */
export function settleCauses(
  ranking: CauseRanking,
  verdicts: readonly Verdict[],
  { hosts, hangsOn }: SettleBy,
): CauseRanking {
  if (verdicts.length === 0 || !ranking.failed) return ranking
  const elsewhere = otherHost(verdicts, hosts)
  if (elsewhere !== undefined) return { ...ranking, heldBack: elsewhere }
  const blocking = verdicts.flatMap(({ findings, device }) =>
    findings.filter(({ reached, effect }) => reached && effect === 'blocks').map((one) => ({ one, device })),
  )
  const shown = new Set(blocking.flatMap(({ one: { cause } }) => (cause === undefined ? [] : [cause])))
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
  const agreed = shown.size === 1 && shown.has(first.id) && ranking.causes.some(({ id }) => id === first.id)
  const layers = agreed ? blocking.flatMap(({ one, device }) => hangsOn(one, device)) : []
  if (layers.length > 0) return { ...ranking, causes, heldBack: { why: 'version-not-told', layers } }
  return {
    ...ranking,
    decided: agreed,
    causes: causes.map((cause, at) => (at === 0 && agreed ? { ...cause, confidence: 'certain' } : cause)),
  }
}

function otherHost(verdicts: readonly Verdict[], hosts: readonly string[]): HeldBack | undefined {
  // An address is no other host than the name that leads to it.
  const named = new Set(
    hosts.filter((host) => /^[^:]*[a-z][^:]*$/i.test(host)).map((host) => host.toLowerCase()),
  )
  if (named.size === 0) return undefined
  const looked = verdicts.map(({ observation: { target, connections } }) => {
    const seen = [target.host, ...connections.map(({ hello }) => hello?.sni)]
    return seen.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]))
  })
  if (looked.some((names) => names.length === 0 || names.some((name) => named.has(name)))) return undefined
  return { why: 'another-host', named: [...named], seen: [...new Set(looked.flat())] }
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
