import { outcomesAfter, speaksHttp } from '../requests.ts'
import { type AnswerToServe, REDIRECTED_PATH } from '../serving.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'

type Where = Extract<AnswerToServe, { kind: 'redirect' }>['where']

const wheres: readonly Where[] = ['same-host', 'plain-http']
/** Connections that never came to their request, until the question is given up. */
const MOST_ASKED = 3

export interface RedirectFound {
  /** On the connection that was told to go elsewhere, or on a later one; `no`: it asked for its own path again. */
  readonly sameHost: 'same-connection' | 'later-connection' | 'no' | undefined
  /**
   * `followed`: it sent its request in the clear. It can be seen only where it comes, on the port of the measuring server;
   * `not-seen` is no proof that it never does.
   */
  readonly plainHttp: 'followed' | 'not-seen' | undefined
}

export const redirectTopic: Topic = {
  id: 'redirect',
  next(exam) {
    const where = wheres.find((one) => isOpen(exam, one))
    if (where === undefined || exam.baseline === undefined) return undefined
    const answer: AnswerToServe = { kind: 'redirect', status: 302, where }
    return { topic: 'redirect', key: where, serving: { ...exam.baseline.serving, answer } }
  },
  atMost: (exam) => wheres.filter((where) => isOpen(exam, where)).length,
}

export function redirectFound(exam: ExamView): RedirectFound | undefined {
  const toSame = told(exam, 'same-host').at(-1)
  const toPlain = told(exam, 'plain-http')
  if (toSame === undefined && toPlain.length === 0) return undefined
  const came = toPlain.some(({ outcome }) => outcome.cameInPlain)
  return {
    sameHost: toSame && followed(exam, toSame),
    plainHttp: came ? 'followed' : toPlain.length > 0 ? 'not-seen' : undefined,
  }
}

function followed(exam: ExamView, { outcome }: Answer): RedirectFound['sameHost'] {
  if (outcome.requests.some(({ path }) => path === REDIRECTED_PATH)) return 'same-connection'
  const later = outcomesAfter(exam, outcome).flatMap(({ requests }) => requests)
  if (later.some(({ path }) => path === REDIRECTED_PATH)) return 'later-connection'
  return later.length > 0 ? 'no' : undefined
}

function isOpen(exam: ExamView, where: Where): boolean {
  if (!speaksHttp(exam) || told(exam, where).length > 0) return false
  return exam.of('redirect').filter(({ probe }) => probe.key === where).length < MOST_ASKED
}

/** Connections on which the redirect was really sent. */
function told(exam: ExamView, where: Where): Answer[] {
  return exam
    .of('redirect')
    .filter(({ probe, outcome }) => probe.key === where && outcome.reached === 'answered')
}
