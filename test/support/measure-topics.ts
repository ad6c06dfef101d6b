import { Exam } from '../../src/exam/exam.ts'
import type { Answer, TopicId } from '../../src/exam/topic.ts'
import { openPlace, type Place, serverAt, type Visit } from './measuring-loop.ts'
import { type ModelDevice, outcomeOf } from './model-device.ts'

/**
 * Asks a real client the plain chain and the questions of these topics. The others are answered by a model device with the
 * client's own hello, so that what comes late in an exam needs no whole one.
 */
export async function measureTopics(
  visit: (visit: Visit) => Promise<unknown>,
  topics: readonly TopicId[],
  holdMs?: number,
): Promise<Exam> {
  const wanted = new Set<TopicId>(['baseline', ...topics])
  const place = await openPlace()
  try {
    let known: Known = { device: '', exam: new Exam([]) }
    for (let next = known.exam.next(); next !== undefined; next = known.exam.next())
      known = wanted.has(next.topic) ? await askClient(place, visit, wanted, known, holdMs) : answered(known)
    return known.exam
  } finally {
    place.remove()
  }
}

interface Known {
  readonly device: string
  readonly exam: Exam
}

/** As long as the next question is one of these. */
async function askClient(
  place: Place,
  visit: (visit: Visit) => Promise<unknown>,
  wanted: ReadonlySet<TopicId>,
  before: Known,
  holdMs: number | undefined,
): Promise<Known> {
  let known = before
  let failure: { readonly error: unknown } | undefined
  let told = () => {}
  const earlier = new Map<string, readonly Answer[]>(
    known.device === '' ? [] : [[known.device, known.exam.answers]],
  )
  const events = {
    answered: (device: string, _answer: Answer, exam: Exam) => {
      known = { device, exam }
      told()
    },
    failed: (error: unknown) => {
      failure ??= { error }
      told()
    },
  }
  const server = serverAt(place, earlier, events, holdMs)
  try {
    const { port } = await server.open()
    for (let next = known.exam.next(); next && wanted.has(next.topic); next = known.exam.next()) {
      // A client may be gone before the server has told what it saw.
      const answer = new Promise<void>((resolve) => {
        told = resolve
      })
      await visit({ port, anchors: place.anchors })
      await answer
      if (failure !== undefined) throw failure.error
    }
    return known
  } finally {
    await server.close()
  }
}

/** It verifies all that it is asked. */
const model: ModelDevice = { refusesNames: ['common-name-only'] }

function answered({ device, exam }: Known): Known {
  const probe = exam.next()!
  const { hello, address, host } = exam.answers[0]!.outcome
  const earlier = exam.answers.map((one) => one.probe.serving)
  const outcome = { ...outcomeOf(model, probe.serving, earlier), hello, address, host }
  const answer: Answer = { probe, outcome }
  return { device, exam: new Exam([...exam.answers, answer]) }
}
