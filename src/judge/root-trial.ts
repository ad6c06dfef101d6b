import type { Device } from '../device/device.ts'
import type { Finding } from '../finding/finding.ts'
import type { Stage } from '../finding/stage.ts'
import { findPaths, type TrustPath } from '../trust/path.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { HostChain } from './host-views.ts'
import { judge } from './judge.ts'
import type { OrdinaryRange, VerifyMode } from './judge-input.ts'
import type { Verdict } from './verdict.ts'

/** What every trial of a plan has in common. */
export interface TrialSetting {
  readonly device: Device
  readonly known: readonly KnownRoot[]
  readonly verify: VerifyMode
  readonly now: Date
  readonly ordinary: OrdinaryRange | undefined
  /** SHA-256 of the anchors that came with the firmware: nobody has to store them. */
  readonly bundled: ReadonlySet<string>
}

/** What the device makes of a chain when it holds these anchors. */
export interface Trial {
  /** Whether these anchors are right, whatever else is wrong with the server. */
  readonly trusted: 'fits' | 'undecided' | 'blocked'
  /** Whether the device reaches the server with them, up to the records after the handshake. */
  readonly state: 'fits' | 'undecided' | 'blocked'
  /** What blocks, or leaves it open, up to the end of the handshake and in the records after it. */
  readonly reasons: readonly Finding[]
  readonly risks: readonly Finding[]
  /** What lies beyond trust: requests and answers. No root changes it. */
  readonly beyond: readonly Finding[]
  /** The way to the anchor with the fewest bytes. */
  readonly path: TrustPath | undefined
}

/** What an application asks for once it is connected is not a matter of roots. */
const beyondTrust: ReadonlySet<Stage> = new Set(['http', 'mqtt'])
/** A root that is right is right also where the size of the records was not seen. */
const openBeyondTrust: ReadonlySet<Stage> = new Set([...beyondTrust, 'records'])

/**
 * The device verifies, whatever its default: a root that nothing is verified with is of no use. That it does not is
 * said by the plan.
 */
export function verifying(device: Device): Device {
  const { peer } = device.verification
  if (peer?.value === 'required') return device
  const required = { value: 'required', source: 'the plan: verification on', confidence: 'inferred' } as const
  return { ...device, verification: { ...device.verification, peer: required } }
}

/** `anchors` undefined: what would be said where nothing is known to be held. */
export function tryAnchors(
  chain: Pick<HostChain, 'observations' | 'certificates'>,
  anchors: readonly Certificate[] | undefined,
  setting: TrialSetting,
): Trial {
  const verdicts = chain.observations.map((observation) => {
    const { device, known, verify, now, ordinary, bundled } = setting
    const held = anchors?.map((certificate) => ({ certificate, label: certificate.sha256.slice(0, 8) }))
    const ownBundle = anchors?.every(({ sha256 }) => bundled.has(sha256)) ?? false
    const origin = held === undefined ? 'unknown' : ownBundle ? 'profile' : 'given'
    return judge({ observation, device, trust: { held, origin, known }, verify, now, ordinary })
  })
  const findings = verdicts.flatMap((verdict) => verdict.findings.filter(({ reached }) => reached))
  const of = (effect: Finding['effect'], beyond: ReadonlySet<Stage>) =>
    distinct(findings.filter((one) => one.effect === effect && !beyond.has(one.stage)))
  const blocks = of('blocks', beyondTrust)
  const open = of('unknown', openBeyondTrust)
  const unfinished = verdicts.some(isUnfinished)
  const ofRoots = (found: readonly Finding[]) => found.some((one) => !isOfServer(one))
  return {
    trusted: ofRoots(blocks) ? 'blocked' : ofRoots(open) || unfinished ? 'undecided' : 'fits',
    state: blocks.length > 0 ? 'blocked' : open.length > 0 || unfinished ? 'undecided' : 'fits',
    reasons: blocks.length > 0 ? blocks : open,
    risks: of('risks', beyondTrust),
    beyond: distinct(
      findings.filter(
        ({ effect, stage, id }) =>
          // Reading stops early on purpose.
          id !== 'records-unseen' &&
          ((effect === 'blocks' && beyondTrust.has(stage)) ||
            (effect === 'unknown' && openBeyondTrust.has(stage))),
      ),
    ),
    path: anchors === undefined ? undefined : findPaths(chain.certificates, anchors).paths[0],
  }
}

/** Whatever anchor is held: the name and the dates of the leaf, and the records after the handshake. */
export function isOfServer({ id, stage, details }: Finding): boolean {
  if (id === 'cert-expired' || id === 'cert-not-yet-valid') return details.index === 0
  return stage === 'name' || stage === 'records'
}

/** A live handshake that did not come to its end shows less than the whole. */
function isUnfinished({ observation }: Verdict): boolean {
  return observation.source === 'dial' && observation.connections[0]?.establishedAtMs === undefined
}

function distinct(findings: readonly Finding[]): Finding[] {
  const key = (one: Finding) => JSON.stringify([one.id, one.effect, one.details])
  return [...new Map(findings.map((one) => [key(one), one])).values()]
}
