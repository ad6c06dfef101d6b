import { Exam } from '../../src/exam/exam.ts'
import type { Outcome } from '../../src/exam/outcome.ts'
import type { Answer } from '../../src/exam/topic.ts'
import { type ModelDevice, outcomeOf } from './model-device.ts'

const FAR_TOO_MANY = 200

/** A whole exam of a model device; `spoil` makes of an outcome what went wrong on the way. */
export function examine(
  device: ModelDevice,
  spoil: (outcome: Outcome, at: number) => Outcome = (outcome) => outcome,
): Exam {
  const answers: Answer[] = []
  for (let exam = new Exam(answers); answers.length < FAR_TOO_MANY; exam = new Exam([...answers])) {
    const probe = exam.next()
    if (probe === undefined) return exam
    const earlier = answers.map(({ probe }) => probe.serving)
    answers.push({ probe, outcome: spoil(outcomeOf(device, probe.serving, earlier), answers.length) })
  }
  throw new Error('the exam does not end')
}
