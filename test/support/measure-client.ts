import type { Exam } from '../../src/exam/exam.ts'
import type { TopicId } from '../../src/exam/topic.ts'
import { type ClientArgs, runClient } from '../clients/clients.ts'
import { measureClient, type Visit } from './measuring-loop.ts'

/** One visit of a client of `test/clients`. */
export function visitOf(build: string, args: Partial<ClientArgs>): (visit: Visit) => Promise<unknown> {
  return ({ port, anchors }) =>
    runClient(build, { port, sni: 'fw.example', anchors, request: 'GET /', ...args })
}

/** It comes again and again, as long as the next question is of one of these topics. */
export async function measureBuild(
  build: string,
  args: Partial<ClientArgs>,
  topics: readonly TopicId[],
): Promise<Exam> {
  const { exam } = await measureClient(visitOf(build, args), topics)
  return exam
}
