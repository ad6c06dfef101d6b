import type { Answer, ExamView } from './topic.ts'
import { redirectFound } from './topics/redirect.ts'
import { type CheckId, checkFound, checkIds, checkSaid, topicOfCheck } from './topics/verification.ts'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

/** Something that the device takes and ought to refuse. */
export interface SecurityFinding {
  readonly id: CheckId | 'redirect-to-plain-http'
  readonly severity: Severity
  /** Positions in the list of answers, from 0: the connections that show it. */
  readonly shownBy: readonly number[]
  /** Those that show the contrary: the device did it not every time. */
  readonly against: readonly number[]
}

/**
 * Critical: whoever is on the way can be the server. High: needs a break of MD5, or one on the way reads all. Medium:
 * needs an issuer that does wrong, a stolen key, or means that few have. Low: a certificate of a day to come.
 */
const severities: { readonly [Id in SecurityFinding['id']]: Severity } = {
  'unknown-ca': 'critical',
  'self-signed': 'critical',
  'wrong-name': 'critical',
  'issuer-no-ca': 'critical',
  'md5-signature': 'high',
  'redirect-to-plain-http': 'high',
  expired: 'medium',
  'path-length': 'medium',
  'name-constraints': 'medium',
  'sha1-signature': 'medium',
  'rsa-1024': 'medium',
  'not-yet-valid': 'low',
}

const order: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/** The gravest first. What is not told is no finding. */
export function securityFindings(exam: ExamView): SecurityFinding[] {
  const { baseline } = exam
  if (baseline === undefined) return []
  const found = checkIds
    .filter((id) => checkFound(exam, id) === 'accepts')
    .map((id) => {
      const isAsked = ({ probe }: Answer) => probe.topic === topicOfCheck(id) && probe.key === id
      return finding(exam, id, isAsked, (answer) => checkSaid(answer, baseline))
    })
  if (redirectFound(exam)?.plainHttp === 'followed') {
    const isAsked = ({ probe }: Answer) => probe.topic === 'redirect' && probe.key === 'plain-http'
    // Not to be seen is not to be safe.
    const said = ({ outcome }: Answer) => (outcome.cameInPlain ? 'passes' : 'lost')
    found.push(finding(exam, 'redirect-to-plain-http', isAsked, said))
  }
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

function finding(
  exam: ExamView,
  id: SecurityFinding['id'],
  isAsked: (answer: Answer) => boolean,
  said: (answer: Answer) => 'passes' | 'fails' | 'lost',
): SecurityFinding {
  const those = (which: 'passes' | 'fails') =>
    exam.answers.flatMap((answer, at) => (isAsked(answer) && said(answer) === which ? [at] : []))
  return { id, severity: severities[id], shownBy: those('passes'), against: those('fails') }
}
