import { checkWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { helloFound } from '../exam/hello-found.ts'
import { type MeasuredProfile, measuredProfile, type ProfileNaming } from '../exam/measured-profile.ts'
import { measuredQuirks } from '../exam/measured-quirks.ts'
import { answersBehind } from '../exam/measured-value.ts'
import { measuredValues } from '../exam/measured-values.ts'
import { openCriticalChecks, securityFindings } from '../exam/security-findings.ts'
import type { Answer } from '../exam/topic.ts'
import { checkFound, checkIds } from '../exam/topics/verification.ts'
import { answerWords, questionWords } from './measure-words.ts'
import type { MeasuredDevice } from './measured-text.ts'

/** One answer as it comes. */
export function answerJson(device: string, answer: Answer, exam: Exam) {
  const { probe, outcome } = answer
  return {
    schema: 'tlsfit/measured-answer@1',
    device,
    connection: exam.answers.length,
    topic: probe.topic,
    key: probe.key,
    question: questionWords(probe),
    answer: answerWords(answer, exam),
    reached: outcome.reached,
    end: outcome.end,
    alerts: outcome.alerts,
    mostLeft: exam.atMost,
  }
}

/** What was found of each device. */
export function measuredJson(
  devices: readonly MeasuredDevice[],
  strays: ReadonlyMap<string, number>,
  naming: ProfileNaming,
) {
  return {
    schema: 'tlsfit/measured@1',
    devices: devices.map(({ device, exam }) => deviceJson(device, exam, naming)),
    strays: Object.fromEntries(strays),
  }
}

function deviceJson(device: string, exam: Exam, naming: ProfileNaming) {
  const hello = helloFound(exam)
  const profile: MeasuredProfile = measuredProfile(exam, naming)
  return {
    device,
    connections: exam.answers.length,
    finished: exam.baseline !== undefined && exam.next() === undefined,
    takesPlainChain: exam.baseline !== undefined,
    ja3: hello?.ja3 ?? null,
    ja4: hello?.ja4 ?? null,
    accepted: securityFindings(exam).map((finding) => ({ ...finding, ...checkWords[finding.id] })),
    openCritical: openCriticalChecks(exam),
    refused: checkIds.filter((id) => checkFound(exam, id) === 'refuses'),
    values: measuredValues.flatMap((value) => {
      const { group, key } = value
      const written = value.of(exam)
      if (written === undefined) return []
      const connections = answersBehind(value, exam).length
      return [{ group: group ?? null, key, ...written, connections }]
    }),
    quirks: measuredQuirks.flatMap(({ of }) => of(exam)),
    profile,
  }
}
