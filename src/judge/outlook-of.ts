import type { Finding } from '../finding/finding.ts'
import type { Observation } from '../observe/observation.ts'
import type { Assumption, ChainWeight, Outlook, OutlookNeed } from './outlook.ts'
import type { Verdict } from './verdict.ts'

export type OutlookBase = Pick<Outlook, 'kind' | 'id' | 'timing'> &
  Partial<Pick<Outlook, 'change' | 'candidate' | 'host' | 'from'>>

export interface OutlookParts {
  /** Whose chain it is compared with. */
  readonly before?: Observation | undefined
  /** Position of the host among those that the device would talk to. */
  readonly leg?: number | undefined
  readonly assumed?: readonly Assumption[] | undefined
  readonly needs?: readonly OutlookNeed[] | undefined
  readonly unknownSizes?: readonly string[] | undefined
  readonly avoidedBy?: Outlook['avoidedBy'] | undefined
}

/** An outlook that says nothing yet. */
export function bareOutlook(base: OutlookBase): Outlook {
  return {
    change: undefined,
    candidate: undefined,
    host: undefined,
    from: undefined,
    state: undefined,
    leans: undefined,
    stage: undefined,
    findings: [],
    asToday: false,
    margins: [],
    before: undefined,
    after: undefined,
    assumed: [],
    needs: [],
    avoidedBy: [],
    lifetime: undefined,
    postQuantum: undefined,
    ...base,
  }
}

/**
 * What the judge said of the changed observation. Where something that it rests on is not known, good is not good: it is
 * open. Blocked stays blocked, since what is missing can only add to it.
 */
export function outlookOf(base: OutlookBase, after: Verdict, today: Verdict, parts: OutlookParts): Outlook {
  const { needs = [], unknownSizes = [], leg = 0 } = parts
  const good = after.state === 'fits' || after.state === 'at-risk'
  const findings = after.findings.filter(({ effect, reached }) => reached && effect !== 'info')
  return {
    ...bareOutlook(base),
    state: good && needs.length > 0 ? 'undecided' : after.state,
    leans: after.leans,
    stage: after.stage,
    findings,
    asToday:
      after.state === today.state &&
      findings.every((one) => today.findings.some((each) => isSame(one, each))),
    margins: after.margins,
    before: parts.before && weightOf(parts.before, leg, []),
    after: weightOf(after.observation, leg, unknownSizes),
    assumed: parts.assumed ?? [],
    needs,
    avoidedBy: parts.avoidedBy ?? [],
  }
}

function isSame(a: Finding, b: Finding): boolean {
  return a.id === b.id && a.effect === b.effect && a.stage === b.stage && a.host === b.host && b.reached
}

function weightOf(
  { connections }: Observation,
  leg: number,
  unknown: readonly string[],
): ChainWeight | undefined {
  const own = connections.filter(({ role }) => role === 'first' || role === 'redirect')[leg]
  const certificates = own?.chain?.certificates
  if (certificates === undefined) return undefined
  const bytes = certificates.reduce((sum, der) => sum + der.length, 0)
  return { certificates: certificates.length, bytes, unknown }
}
