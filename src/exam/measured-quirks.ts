import { chainShown } from './chain-shown.ts'
import { takenWords } from './check-words.ts'
import { behaviours, type MeasuredQuirk, ordinaryBehaviours } from './measured-behaviours.ts'
import { type SecurityFinding, securityFindings } from './security-findings.ts'
import type { ExamView, TopicId } from './topic.ts'
import { topicOfCheck } from './topics/verification.ts'

/** What a profile has no place for. */
export const measuredQuirks: readonly MeasuredQuirk[] = [
  { topics: ['verification'], of: (exam) => accepted(exam, ['verification']) },
  { topics: ['more-verification'], of: (exam) => accepted(exam, ['more-verification']) },
  { topics: ['redirect'], of: (exam) => accepted(exam, ['redirect']) },
  { topics: ['baseline', 'old-versions'], of: (exam) => accepted(exam, ['old-versions']) },
  ...behaviours,
  {
    topics: ['chain'],
    of: (exam) => {
      const found = chainShown(exam)
      if (found?.counts !== 'record' || found.message.fails === undefined) return []
      const { passes, fails } = found.message
      return [
        `In the handshake it takes a record of ${passes} bytes of plaintext, and not one of ${fails}; cut into smaller records, a larger message is taken.`,
      ]
    },
  },
  ...ordinaryBehaviours,
]

function topicOfFinding(id: SecurityFinding['id']): TopicId {
  if (id === 'redirect-to-plain-http') return 'redirect'
  if (id === 'TLSv1' || id === 'TLSv1.1' || id === 'downgrade-sentinel') return 'old-versions'
  return id === 'common-name-only' || id === 'address-as-dns-name' ? 'names' : topicOfCheck(id)
}

function accepted(exam: ExamView, topics: readonly TopicId[]): string[] {
  return securityFindings(exam)
    .filter(({ id }) => topics.includes(topicOfFinding(id)))
    .map((finding) => {
      const { shownBy, against } = finding
      const often =
        against.length === 0 ? '' : `, ${shownBy.length} times of ${shownBy.length + against.length}`
      return `It accepted ${takenWords(finding)}${often}.`
    })
}
