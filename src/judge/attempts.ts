import type { SignRow, SignStage } from '../log/dialect-schema.ts'
import { signStages } from '../log/dialect-schema.ts'
import type { LogEvent, Symptom } from '../log/symptom.ts'
import type { Herring } from './causes.ts'

/** One try to connect, from its first line to its failure or success. */
export interface Attempt {
  /** What went wrong in it and was not overcome, in order. */
  readonly failures: readonly Failure[]
  readonly herrings: readonly Herring[]
  /** The last stage that was surely passed. */
  readonly past: SignStage | undefined
  /** A later attempt reached what this one did not. */
  readonly overcome: boolean
}

export interface Failure {
  readonly symptom: Symptom
  readonly sign: SignRow
  readonly share: number
  /** Since the attempt's last step forward; undefined without times. */
  readonly afterMs: number | undefined
  /** Since the device began to connect. */
  readonly sinceConnectMs: number | undefined
}

const OFTEN = 3

/** A look-up or a connect that fails has a fallback (IPv4, the next address). A failed handshake ends its attempt. */
const LAST_FALLBACK = signStages.indexOf('tcp')

interface Step {
  readonly event: LogEvent
  readonly sign: SignRow
  readonly share: number
}

/**
 * Cuts a log into attempts: a new one begins where, after a failure, a step is seen that lies before it. A failure
 * that a later step of the same attempt passes, or that the very next attempt overcomes for good, is a false trail.
 */
export function openAttempts(events: readonly LogEvent[]): Attempt[] {
  const steps = events.flatMap((event) =>
    event.symptom.signs
      .filter(({ sign }) => sign.kind !== 'context')
      .map(({ sign, share }): Step => ({ event, sign, share })),
  )
  const cut = cutSteps(steps)
  const success = lastSuccess(steps)
  return cut.map((own) => readAttempt(own, success))
}

function cutSteps(steps: readonly Step[]): Step[][] {
  const attempts: Step[][] = [[]]
  let failedAt = -1
  for (const step of steps) {
    const { sign } = step
    const at = placeOf(sign)
    const current = attempts.at(-1) as Step[]
    // A client that prints the status when all was read prints the end of the connection first.
    const isReport = sign.exchange === 'answer' && current.at(-1)?.sign.exchange === 'close'
    const begins =
      (failedAt >= 0 && !isReport && at >= 0 && at < failedAt && sign.kind !== 'summary') ||
      contradicts(step, current)
    if (begins) {
      attempts.push([step])
      failedAt = -1
    } else current.push(step)
    if (sign.kind === 'failure') failedAt = Math.max(failedAt, at < 0 ? signStages.length : at)
  }
  return attempts
}

/** A sign that gives this much to one cause names its stage; one that gives less may be of a later stage. */
const PLAIN = 75
const [FIRST_JUDGED, LAST_JUDGED] = [signStages.indexOf('chain'), signStages.indexOf('dates')]

/** What a step before passed for sure cannot fail in the same handshake: the log went on to another connection. */
function contradicts({ sign }: Step, before: readonly Step[]): boolean {
  const at = placeOf(sign)
  const plain = sign.kind === 'failure' && Math.max(0, ...Object.values(sign.causes)) >= PLAIN
  if (!plain || at < FIRST_JUDGED || at > LAST_JUDGED) return false
  return before.some((one) => one.sign.kind === 'progress' && placeOf(one.sign) >= at)
}

/** Where in the connection a sign stands: a failure at its stage, a step forward behind what it passes. */
function placeOf({ kind, stage, past }: SignRow): number {
  if (kind === 'progress') return past === undefined ? -1 : signStages.indexOf(past)
  return stage === undefined ? -1 : signStages.indexOf(stage)
}

/** Line of the last sign that the whole purpose was reached: MQTT connected, HTTP answered, download done. */
function lastSuccess(steps: readonly Step[]): { readonly line: number; readonly place: number } | undefined {
  const success = steps.findLast(
    ({ sign }) => sign.kind === 'progress' && placeOf(sign) >= signStages.indexOf('http'),
  )
  return success && { line: success.event.line, place: placeOf(success.sign) }
}

function readAttempt(
  steps: readonly Step[],
  success: { readonly line: number; readonly place: number } | undefined,
): Attempt {
  const failures: Failure[] = []
  const herrings: Herring[] = []
  let overcome = false
  for (const [index, { event, sign, share }] of steps.entries()) {
    if (sign.kind === 'progress') continue
    const place = placeOf(sign)
    const passedBy = steps.slice(index + 1).find((other) => passes(other.sign, place))
    const final = sign.kind === 'failure' && (place > LAST_FALLBACK || place < 0)
    if (passedBy?.sign.kind === 'progress' || (success !== undefined && isCured(event, place, success))) {
      overcome ||= final
    }
    if (passedBy !== undefined && !(final && passedBy.sign.kind === 'progress')) {
      if (sign.kind === 'summary') continue
      const why = sign.herring ?? `line ${passedBy.event.line} shows that this was passed`
      herrings.push({ symptom: event.symptom, why })
      continue
    }
    if (sign.kind === 'summary' && overcome) continue
    if (!final && success !== undefined && isCured(event, place, success)) continue
    const earlier = steps.slice(0, index).filter(({ event: { atMs } }) => atMs !== undefined)
    const connect = earlier.findLast((one) => one.sign.kind === 'progress' && one.sign.past === 'dns')
    failures.push({
      symptom: event.symptom,
      sign,
      share,
      afterMs: between(earlier.at(-1), event),
      sinceConnectMs: between(connect, event),
    })
  }
  const ends = failures.filter(({ symptom, sign }) => sign.exchange === 'close' && isAnswered(symptom, steps))
  const isOver = ends.length > 0 && ends.length === failures.length
  return {
    failures: isOver ? [] : failures,
    herrings: unique(
      isOver ? [...herrings, ...ends.map(({ symptom }) => ({ symptom, why: ANSWERED }))] : herrings,
    ),
    past: furthest(steps.map(({ sign }) => sign)),
    overcome,
  }
}

const ANSWERED = 'the answer came before: the connection ends behind it'

/**
 * Whether the last step forward before it is an answer, behind which servers end a connection; or the next one after
 * it, as where a client prints the status when all was read.
 */
function isAnswered({ line, lastLine }: Symptom, steps: readonly Step[]): boolean {
  const before = steps.findLast(({ event, sign }) => event.line < line && sign.kind === 'progress')
  const after = steps.find(({ event, sign }) => event.line > lastLine && sign.kind === 'progress')
  return before?.sign.exchange === 'answer' || after?.sign.exchange === 'answer'
}

function between(from: Step | undefined, { atMs }: LogEvent): number | undefined {
  const start = from?.event.atMs
  return start === undefined || atMs === undefined ? undefined : atMs - start
}

/** What comes again after each success is no false trail: a connection that ends every ten seconds does so too. */
function isCured(
  { symptom, line }: LogEvent,
  place: number,
  success: { readonly line: number; readonly place: number },
): boolean {
  return success.line > line && place <= success.place && symptom.count < OFTEN
}

/** A step behind that stage: what failed there was not what stopped the attempt. */
function passes({ kind, past }: SignRow, place: number): boolean {
  if (place < 0 || past === undefined) return false
  return kind === 'progress' ? signStages.indexOf(past) >= place : signStages.indexOf(past) > place
}

function furthest(signs: readonly SignRow[]): SignStage | undefined {
  const places = signs.map(({ past }) => (past === undefined ? -1 : signStages.indexOf(past)))
  return signStages[Math.max(...places)]
}

function unique(herrings: readonly Herring[]): Herring[] {
  const seen = new Set<Symptom>()
  return herrings.filter(({ symptom }) => !seen.has(symptom) && seen.add(symptom))
}
