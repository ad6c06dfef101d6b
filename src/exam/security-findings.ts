import { formatVersion } from '../tls/versions.ts'
import { saidOfHandshake, saidOfTrust } from './said.ts'
import type { Answer, ExamView } from './topic.ts'
import { type NameForm, nameFound } from './topics/names.ts'
import {
  asksOldVersion,
  asksSentinel,
  type OldVersion,
  oldVersionFound,
  oldVersions,
  sentinelFound,
} from './topics/old-versions.ts'
import { redirectFound } from './topics/redirect.ts'
import {
  acceptedKeys,
  type CheckId,
  checkFound,
  checkIds,
  checkSaid,
  isNoQuestion,
  keysOf,
  topicOfCheck,
} from './topics/verification.ts'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

/** Forms of a name that no verifier may look at any more, RFC 9525 §6.3 and §2. */
const laxForms = ['common-name-only', 'address-as-dns-name'] as const satisfies readonly NameForm[]
export type LaxForm = (typeof laxForms)[number]

/** Something that the device takes and ought to refuse. */
export interface SecurityFinding {
  readonly id: CheckId | LaxForm | 'redirect-to-plain-http' | OldVersion | 'downgrade-sentinel'
  readonly severity: Severity
  /** Of a device that was asked in more than one version of TLS, the one in which it takes it, where it is but one. */
  readonly onlyIn: string | undefined
  /** Positions in the list of answers, from 0: the connections that show it. */
  readonly shownBy: readonly number[]
  /** Those that show the contrary: the device did it not every time. */
  readonly against: readonly number[]
}

/**
 * Critical: whoever is on the way can be the server. High: needs a break of MD5, or one on the way reads all. Medium:
 * needs an issuer that does wrong, a stolen key, or means that few have. Low: a certificate of a day to come, or a guard
 * that only matters once another is broken.
 */
const severities: { readonly [Id in SecurityFinding['id']]: Severity } = {
  'unknown-ca': 'critical',
  'unknown-ca-root-sent': 'critical',
  'unknown-ca-same-name': 'critical',
  'self-signed': 'critical',
  'wrong-name': 'critical',
  'neighbour-name': 'critical',
  'address-only': 'critical',
  'issuer-no-ca': 'critical',
  'md5-signature': 'high',
  'redirect-to-plain-http': 'high',
  expired: 'medium',
  'expired-intermediate': 'medium',
  'client-certificate': 'medium',
  'path-length': 'medium',
  'name-constraints': 'medium',
  'sha1-signature': 'medium',
  'rsa-1024': 'medium',
  'TLSv1.1': 'medium',
  TLSv1: 'medium',
  'not-yet-valid': 'low',
  'common-name-only': 'low',
  'address-as-dns-name': 'low',
  'downgrade-sentinel': 'low',
}

const order: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/** The gravest first. What is not told is no finding. */
export function securityFindings(exam: ExamView): SecurityFinding[] {
  const { baseline } = exam
  if (baseline === undefined) return []
  const found = checkIds
    .filter((id) => checkFound(exam, id) === 'accepts')
    .map((id) => {
      const accepted = acceptedKeys(exam, id)
      const isAsked = ({ probe }: Answer) => probe.topic === topicOfCheck(id) && accepted.includes(probe.key)
      return finding(exam, id, isAsked, (answer) => checkSaid(answer, baseline), onlyIn(exam, id, accepted))
    })
  if (redirectFound(exam)?.plainHttp === 'followed') {
    const isAsked = ({ probe }: Answer) => probe.topic === 'redirect' && probe.key === 'plain-http'
    // Not to be seen is not to be safe.
    const said = ({ outcome }: Answer) => (outcome.cameInPlain ? 'passes' : 'lost')
    found.push(finding(exam, 'redirect-to-plain-http', isAsked, said))
  }
  const taken = ({ outcome }: Answer) => saidOfHandshake(outcome, baseline)
  for (const version of oldVersions.filter((one) => oldVersionFound(exam, one) === 'takes'))
    found.push(finding(exam, version, asksOldVersion(exam, version), taken))
  if (sentinelFound(exam) === 'ignores') found.push(finding(exam, 'downgrade-sentinel', asksSentinel, taken))
  // Of a device that compares no name the form says nothing.
  if (checkFound(exam, 'wrong-name') === 'refuses')
    for (const form of laxForms.filter((one) => nameFound(exam, one) === 'takes')) {
      const isAsked = ({ probe }: Answer) => probe.topic === 'names' && probe.key === form
      found.push(finding(exam, form, isAsked, ({ outcome }) => saidOfTrust(outcome, baseline)))
    }
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

/** Critical checks that the answers leave open: nobody may take the rest for the whole. */
export function openCriticalChecks(exam: ExamView): CheckId[] {
  if (exam.baseline === undefined) return []
  return checkIds.filter(
    (id) => severities[id] === 'critical' && checkFound(exam, id) === undefined && !isNoQuestion(exam, id),
  )
}

function finding(
  exam: ExamView,
  id: SecurityFinding['id'],
  isAsked: (answer: Answer) => boolean,
  said: (answer: Answer) => 'passes' | 'fails' | 'lost',
  only?: string,
): SecurityFinding {
  const those = (which: 'passes' | 'fails') =>
    exam.answers.flatMap((answer, at) => (isAsked(answer) && said(answer) === which ? [at] : []))
  return { id, severity: severities[id], onlyIn: only, shownBy: those('passes'), against: those('fails') }
}

function onlyIn(exam: ExamView, id: CheckId, accepted: readonly string[]): string | undefined {
  const asked = exam.of(topicOfCheck(id))
  const others = keysOf(id).filter((key) => !accepted.includes(key))
  if (!others.some((key) => asked.some(({ probe }) => probe.key === key))) return undefined
  const taken = asked.find(
    ({ probe, outcome }) => accepted.includes(probe.key) && outcome.version !== undefined,
  )
  return taken && formatVersion(taken.outcome.version!)
}
