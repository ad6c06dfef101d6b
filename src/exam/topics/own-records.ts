import { needsOwnRecords, PLAIN, takesOwnRecords, withOwnRecords } from '../own-records.ts'
import type { ExamView, Probe, Topic } from '../topic.ts'

/**
 * The good connection once more, with records of our own: what is learnt with them is the device's doing only where it
 * takes them when nothing is odd.
 */
export const ownRecordsTopic: Topic = {
  id: 'own-records',
  next,
  atMost: (exam) => (next(exam) === undefined ? 0 : 1),
}

function next(exam: ExamView): Probe | undefined {
  const { baseline } = exam
  if (baseline === undefined || !needsOwnRecords(exam) || takesOwnRecords(exam) !== undefined)
    return undefined
  const serving = withOwnRecords(exam, baseline.serving)
  return serving && { topic: 'own-records', key: PLAIN, serving }
}
