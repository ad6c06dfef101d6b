import { alerts } from '../../tls/alerts.ts'
import { saidOfHandshake } from '../said.ts'
import { toldOf } from '../searching.ts'
import type { Disturbance } from '../serving.ts'
import type { Answer, Baseline, ExamView, Topic } from '../topic.ts'

/** After these the device cannot go on: what counts is whether and when it comes back. */
const endings = {
  'alert-handshake-failure': alertOf(alerts.handshake_failure.code),
  'alert-protocol-version': alertOf(alerts.protocol_version.code),
  'alert-internal-error': alertOf(alerts.internal_error.code),
  'alert-unrecognized-name': alertOf(alerts.unrecognized_name.code),
  'close-in-flight': { kind: 'close', after: 'flight' },
} as const satisfies Record<string, Disturbance>

/** These it ought to bear. */
const hardships = {
  segments: { kind: 'slow', bytesPerWrite: 8, pauseMs: 0 },
  slow: { kind: 'slow', bytesPerWrite: 64, pauseMs: 40 },
} as const satisfies Record<string, Disturbance>

export type EndingId = keyof typeof endings
export const endingIds = Object.keys(endings) as readonly EndingId[]
export type HardshipId = keyof typeof hardships
export const hardshipIds = Object.keys(hardships) as readonly HardshipId[]

const TLS12 = 0x0303
const MOST_ASKED = 3

/** What the device bears comes first: one that gives up for good after an alert has told the rest. */
export const resilienceTopic: Topic = {
  id: 'resilience',
  next(exam) {
    const [open] = openIn(exam)
    const { baseline } = exam
    if (open === undefined || baseline === undefined) return undefined
    const serving = { ...baseline.serving, disturbance: open.disturbance }
    return { topic: 'resilience', key: open.key, serving }
  },
  atMost: (exam) => openIn(exam).length,
}

export interface ReturnFound {
  /** False is never told: a device that has not come back yet may still come. */
  readonly returns: true | undefined
  /** From the beginning of that connection to that of the next. */
  readonly afterMs: number | undefined
}

export function returnFound(exam: ExamView, id: EndingId): ReturnFound | undefined {
  const at = exam.answers.findIndex(({ probe }) => probe.topic === 'resilience' && probe.key === id)
  const asked = exam.answers[at]?.outcome
  if (asked === undefined) return undefined
  const next = exam.answers[at + 1]?.outcome
  if (next === undefined) return { returns: undefined, afterMs: undefined }
  return { returns: true, afterMs: Math.max(0, next.at.getTime() - asked.at.getTime()) }
}

/** Whether it comes through all the same. */
export function hardshipFound(exam: ExamView, id: HardshipId): 'bears' | 'breaks' | undefined {
  const said = saidOf(exam, id)
  return said === 'passes' ? 'bears' : said === 'fails' ? 'breaks' : undefined
}

/** What it does with a HelloRequest, RFC 5246 §7.4.1.1. `breaks`: it left. */
export function renegotiationFound(
  exam: ExamView,
): 'accepted' | 'refused' | 'ignored' | 'breaks' | undefined {
  const asked = renegotiations(exam)
  const did = asked.map(({ outcome }) => outcome.renegotiation)
  const told = did.find((one) => one === 'accepted' || one === 'refused')
  if (told !== undefined || asked.length === 0) return told
  const said = saidOf(exam, 'renegotiation')
  return said === 'passes' ? 'ignored' : said === 'fails' ? 'breaks' : undefined
}

interface Open {
  readonly key: string
  readonly disturbance: Disturbance
}

function openIn(exam: ExamView): Open[] {
  const { baseline } = exam
  if (baseline === undefined) return []
  const borne = hardshipIds
    .filter((id) => saidOf(exam, id) === undefined)
    .map((id) => ({ key: id, disturbance: hardships[id] }))
  const asked = new Set(exam.of('resilience').map(({ probe }) => probe.key))
  const ended = endingIds.filter((id) => !asked.has(id)).map((id) => ({ key: id, disturbance: endings[id] }))
  return [...borne, ...openRenegotiation(exam, baseline), ...ended]
}

function openRenegotiation(exam: ExamView, { version }: Baseline): Open[] {
  const asked = exam.of('resilience').filter(({ probe }) => probe.key === 'renegotiation').length
  if (version > TLS12 || renegotiationFound(exam) !== undefined || asked >= MOST_ASKED) return []
  return [{ key: 'renegotiation', disturbance: { kind: 'renegotiation' } }]
}

/** Connections on which the handshake came so far that a HelloRequest was sent. */
function renegotiations(exam: ExamView): Answer[] {
  return exam
    .of('resilience')
    .filter(({ probe, outcome }) => probe.key === 'renegotiation' && outcome.renegotiation !== undefined)
}

function saidOf(exam: ExamView, key: string) {
  const { baseline } = exam
  if (baseline === undefined) return undefined
  const said = ({ outcome }: Answer) => saidOfHandshake(outcome, baseline)
  return toldOf(exam, exam.of('resilience'), key, said)
}

function alertOf(description: number): Disturbance {
  return { kind: 'alert', description, after: 'hello' }
}
