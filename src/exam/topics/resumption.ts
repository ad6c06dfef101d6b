import { extensionTypes } from '../../tls/extension-types.ts'
import { findExtension } from '../../tls/extensions.ts'
import { type HelloRead, readHello } from '../hello-found.ts'
import type { Outcome } from '../outcome.ts'
import { saidOfHandshake } from '../said.ts'
import type { Answer, ExamView, Topic } from '../topic.ts'

/** One connection to be given a session, one to come back with it. */
const WHOLE_CONNECTIONS = 2
const MOST_ASKED = 4

/** Whether the device comes back to a session that it was given, RFC 5077 §3, RFC 5246 §7.3, RFC 8446 §2.2. */
export interface ResumptionFound {
  /** With what it came back; `nothing`: with a hello as if it were new. */
  readonly offers: 'ticket' | 'session-id' | 'psk' | 'nothing'
  /** The abbreviated handshake was made. */
  readonly resumed: boolean
}

export const resumptionTopic: Topic = {
  id: 'resumption',
  next(exam) {
    const { baseline } = exam
    if (baseline === undefined || !isOpen(exam)) return undefined
    const key = wholeOf(exam).length === 0 ? 'given' : 'again'
    return { topic: 'resumption', key, serving: { ...baseline.serving, resumption: true } }
  },
  atMost: (exam) => (isOpen(exam) ? WHOLE_CONNECTIONS - wholeOf(exam).length : 0),
}

/** Undefined: it has not come back yet. */
export function resumptionFound(exam: ExamView): ResumptionFound | undefined {
  const given = wholeOf(exam)[0]
  if (given === undefined) return undefined
  const at = exam.answers.indexOf(given)
  const later = exam.answers.slice(at + 1).map(({ outcome }) => outcome)
  if (later.length === 0) return undefined
  const before = exam.answers.slice(0, at + 1).map(({ outcome }) => outcome)
  // Some always send an id: that is no session of ours.
  const alwaysSends = before.some((one) => sessionIdBytes(readHello(one.hello)) > 0)
  const resumed = later.some((one) => one.resumed)
  const offered = later.map((one) => offerOf(one, alwaysSends && !resumed))
  return { offers: offered.find((one) => one !== 'nothing') ?? 'nothing', resumed }
}

function offerOf({ hello }: Outcome, ignoresId: boolean): ResumptionFound['offers'] {
  const read = readHello(hello)
  if (read === undefined) return 'nothing'
  const { extensions } = read.hello
  if (findExtension(extensions, extensionTypes.pre_shared_key.code) !== undefined) return 'psk'
  const ticket = findExtension(extensions, extensionTypes.session_ticket.code)
  if (ticket !== undefined && ticket.length > 0) return 'ticket'
  return sessionIdBytes(read) > 0 && !ignoresId ? 'session-id' : 'nothing'
}

/** In TLS 1.3 the id is there for middleboxes, RFC 8446 §D.4. */
function sessionIdBytes(read: HelloRead | undefined): number {
  if (read === undefined || read.sent.versions.includes(0x0304)) return 0
  return read.hello.sessionId.length
}

function isOpen(exam: ExamView): boolean {
  return (
    exam.baseline !== undefined &&
    wholeOf(exam).length < WHOLE_CONNECTIONS &&
    exam.of('resumption').length < MOST_ASKED
  )
}

function wholeOf(exam: ExamView): Answer[] {
  const { baseline } = exam
  if (baseline === undefined) return []
  return exam.of('resumption').filter(({ outcome }) => saidOfHandshake(outcome, baseline) === 'passes')
}
