import { saidOfHandshake } from './said.ts'
import type { Answer, ExamView } from './topic.ts'

/**
 * Whether the device took a flight that was no smaller, with a path no shorter, than one that it refused. Otherwise its
 * size may be what was refused, and nothing is told of what the question was about.
 */
export function isNoMatterOfSize(exam: ExamView, { outcome: { sent } }: Answer): boolean {
  const { baseline } = exam
  if (baseline === undefined) return false
  return exam.answers.some(
    ({ probe, outcome }) =>
      // What it takes in another version is no proof.
      probe.topic !== 'other-version' &&
      saidOfHandshake(outcome, baseline) === 'passes' &&
      outcome.sent.pathCertificates >= sent.pathCertificates &&
      outcome.sent.messageBytes >= sent.messageBytes &&
      outcome.sent.flightBytes >= sent.flightBytes,
  )
}
