import type { Condition, ExpiryDetail } from './condition.ts'
import { type EndpointState, hitting } from './endpoint-state.ts'
import type { CertificateFacts, Snapshot } from './snapshot.ts'
import type { Fleet, Thresholds } from './watch-config.ts'

const DAY_MS = 86_400_000
/** A leaf that lives for days is renewed within days. */
const leafShare = 0.25

/** Of the certificates that are served: for each role the one that ends first. */
export function expiryConditions(state: EndpointState): Condition[] {
  const { endpoint, views, now } = state
  return (['leaf', 'intermediate', 'root'] as const).flatMap((role) => {
    const seen = views.flatMap(({ vantage, snapshot, toCome }) =>
      [...(snapshot?.chains ?? []), ...(toCome ?? [])]
        .flatMap(({ certificates }) => certificates)
        .filter((one) => one.role === role && isSoon(one, endpoint.thresholds, now))
        .map((certificate) => ({ vantage, certificate })),
    )
    const [first] = seen.sort((a, b) => (a.certificate.notAfter < b.certificate.notAfter ? -1 : 1))
    if (first === undefined) return []
    const { subject, notAfter, sha256 } = first.certificate
    const detail: ExpiryDetail = { role, subject, notAfter, days: daysTo(notAfter, now), fleets: [] }
    const vantages = seen
      .filter(({ certificate }) => certificate.sha256 === sha256)
      .map(({ vantage }) => vantage)
    return [
      {
        kind: 'expiry',
        cause: `expiry:${endpoint.id}:${role}`,
        severity: role === 'leaf' && notAfter <= now.toISOString() ? 'critical' : 'warning',
        ...hitting(state, new Set(state.fleets.map(({ id }) => id))),
        vantages: [...new Set(vantages)],
        once: false,
        detail,
      },
    ]
  })
}

function isSoon(certificate: CertificateFacts, thresholds: Thresholds, now: Date): boolean {
  const end = new Date(certificate.notAfter).getTime()
  if (Number.isNaN(end)) return false
  return (end - now.getTime()) / DAY_MS < soonDays(certificate, thresholds) || end <= now.getTime()
}

function soonDays({ role, notBefore, notAfter }: CertificateFacts, { expiryDays }: Thresholds): number {
  const [start, end] = [new Date(notBefore).getTime(), new Date(notAfter).getTime()]
  const most =
    role === 'leaf' && !Number.isNaN(start) ? ((end - start) / DAY_MS) * leafShare : Number.POSITIVE_INFINITY
  return Math.min(expiryDays[role], most)
}

/** When what is said of the ends of certificates is something else, if nothing else changes: soon, a day less, over. */
export function nextExpiryStep(
  certificates: readonly CertificateFacts[],
  thresholds: Thresholds,
  now: Date,
): number | undefined {
  const steps = certificates.flatMap((certificate) => {
    const leftMs = new Date(certificate.notAfter).getTime() - now.getTime()
    if (!(leftMs >= 0)) return []
    const days = Math.min(Math.floor(leftMs / DAY_MS), soonDays(certificate, thresholds))
    // Comparisons there are strict: a moment later.
    return [now.getTime() + leftMs - days * DAY_MS + 1]
  })
  return steps.length === 0 ? undefined : Math.min(...steps)
}

function daysTo(notAfter: string, now: Date): number {
  return Math.floor((new Date(notAfter).getTime() - now.getTime()) / DAY_MS)
}

/** A certificate that a fleet holds, as `HeldAnchor` has it. */
export interface HeldFacts {
  readonly sha256: string
  /** Common name; the whole name where it has none. */
  readonly subject: string
  readonly notAfter: string
}

/**
 * Which of the anchors that a fleet holds lead to what the endpoint serves: by name, as the device looks for them, or
 * the certificate itself. Of several the one that ends last, since one is enough.
 */
export function anchorUsed({ chains }: Snapshot, held: readonly HeldFacts[]): HeldFacts | undefined {
  const certificates = chains.flatMap((chain) => chain.certificates)
  const leads = held.filter(({ sha256, subject }) =>
    certificates.some((one) => one.sha256 === sha256 || one.issuer === subject),
  )
  return [...leads].sort((a, b) => (a.notAfter > b.notAfter ? -1 : 1))[0]
}

export interface AnchorUse {
  readonly fleet: Pick<Fleet, 'id' | 'device' | 'count'>
  readonly anchor: HeldFacts
  readonly endpointId: string
}

/**
 * Anchors that fleets rest on and that end: of the fleets, not of one endpoint, so `endpointId` is empty. One for each
 * anchor, however many endpoints and fleets use it.
 */
export function anchorConditions(
  uses: readonly AnchorUse[],
  { expiryDays }: Pick<Thresholds, 'expiryDays'>,
  now: Date,
): Condition[] {
  const byAnchor = new Map<string, AnchorUse[]>()
  for (const use of uses) {
    const days = (new Date(use.anchor.notAfter).getTime() - now.getTime()) / DAY_MS
    if (!(days < expiryDays.anchor)) continue
    byAnchor.set(use.anchor.sha256, [...(byAnchor.get(use.anchor.sha256) ?? []), use])
  }
  return [...byAnchor].map(([sha256, own]) => {
    const fleets = [...new Map(own.map(({ fleet }) => [fleet.id, fleet])).values()]
    const { subject, notAfter } = (own[0] as AnchorUse).anchor
    return {
      kind: 'expiry',
      cause: `anchor:${sha256.slice(0, 16)}`,
      endpointId: '',
      severity: notAfter <= now.toISOString() ? 'critical' : 'warning',
      fleetIds: fleets.map(({ id }) => id),
      deviceCount: fleets.reduce((sum, { count }) => sum + count, 0),
      vantages: [],
      once: false,
      detail: {
        ...{ role: 'anchor', subject, notAfter, days: daysTo(notAfter, now), fleets: [] },
        endpointIds: [...new Set(own.map(({ endpointId }) => endpointId))],
      },
    }
  })
}
