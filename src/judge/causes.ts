import type { DeviceLayer } from '../device/device.ts'
import type { Cause } from '../finding/cause.ts'
import type { SignRow, SignStage } from '../log/dialect-schema.ts'
import { signStages } from '../log/dialect-schema.ts'
import type { LogEvent, LogFacts, Symptom } from '../log/symptom.ts'
import { type Attempt, openAttempts } from './attempts.ts'

/** One root cause that a log speaks for, with what speaks for it. */
export interface RankedCause {
  readonly id: Cause
  readonly confidence: 'certain' | 'likely' | 'possible'
  /** 0 to 1: how strongly the signs speak for it; no probability. */
  readonly weight: number
  /** The symptoms that speak for it, strongest first. */
  readonly evidence: readonly Symptom[]
  /** Milliseconds from the beginning of the attempt to the failure, where the log has times. */
  readonly afterMs: number | undefined
}

export interface CauseRanking {
  readonly causes: readonly RankedCause[]
  /** The log leaves no other cause. */
  readonly decided: boolean
  /** Failures that led nowhere: what came after shows that they were overcome, or a known false trail. */
  readonly herrings: readonly Herring[]
  /** Whether anything failed in the end. */
  readonly failed: boolean
  /** Why what was looked at besides (`--with`) did not decide it. */
  readonly heldBack?: HeldBack | undefined
}

export type HeldBack =
  | { readonly why: 'another-host'; readonly named: readonly string[]; readonly seen: readonly string[] }
  /** What blocks does so in a version that nobody named, and not in every one. */
  | { readonly why: 'version-not-told'; readonly layers: readonly DeviceLayer[] }

export interface Herring {
  readonly symptom: Symptom
  readonly why: string
}

/** Below this a cause is not worth a reader's time. */
const LEAST_WEIGHT = 0.05
/** From here on the first cause is called likely, if no other is near. */
const LIKELY_WEIGHT = 0.5
/** How much more the first must weigh than the second to be likely or certain. */
const LEAD = 1.25
/** What is left of a cause whose stage was surely passed. */
const PASSED = 0.08
/** What a failed attempt counts for that was followed by another failure: the last one is what stops the user now. */
const EARLIER_ATTEMPT = 0.55
/** The same where the sign leaves no other cause: what is proved is not proved less by a second try. */
const EARLIER_PROOF = 0.95
/** What a failed attempt counts for that was followed by a success. */
const OVERCOME = 0.5
/** From here on a sign is held to name its cause, and general signs beside it to say the same. */
const SPECIFIC = 0.84
/** What a general sign still says for other causes beside a specific one. */
const EXPLAINED = 0.3
/** From here on a summary speaks for a cause without other lines. */
const SPEAKING = 0.1
const MOST_SHOWN = 8

/** The last stage at which a cause can still be what stops the device; absent: it may strike anywhere. */
const lastStage: Partial<Record<Cause, SignStage>> = {
  'no-network': 'tcp',
  'dns-failure': 'dns',
  'tcp-refused': 'tcp',
  'tcp-timeout': 'tcp',
  'scheme-port-mismatch': 'hello',
  'no-common-version': 'hello',
  'no-common-cipher': 'hello',
  'chain-too-large': 'chain',
  'cert-too-large': 'chain',
  'untrusted-root': 'path',
  'cross-sign-path': 'path',
  'leaf-as-anchor': 'path',
  'no-trust-anchor': 'path',
  'rsa-key-too-large': 'handshake',
  'sigalg-unsupported': 'handshake',
  'sni-missing': 'name',
  'name-mismatch': 'name',
  'clock-unset': 'dates',
  'cert-expired': 'dates',
  'client-auth-rejected': 'handshake',
}

/**
 * Ranks the root causes that a log speaks for. Each sign speaks for causes with a weight (dialects/signs.yaml);
 * independent signs add up as chances do (1 - Π(1 - w)); what was passed in the same attempt rules out causes that
 * strike before. Pure.
 */
export function rankCauses(facts: LogFacts): CauseRanking {
  const { own, others } = tellClientsApart(facts.events)
  const ranking = rankEvents(own)
  if (others.length === 0) return ranking
  const beside = rankEvents(others)
  const herrings = [...ranking.herrings, ...othersFailures(others)]
  if (ranking.failed || !beside.failed) return { ...ranking, herrings }
  const causes = beside.causes.map(
    (one): RankedCause => ({ ...one, weight: one.weight * OVERCOME, confidence: 'possible' }),
  )
  return { causes, decided: false, herrings, failed: true }
}

/**
 * Lines of a server about clients that got no answer, where another client, or the device by its own log, got one: it
 * may be another device, or one of those that knock at every port of the Internet. Whose they are, the log cannot tell.
 */
function tellClientsApart(events: readonly LogEvent[]): { own: LogEvent[]; others: LogEvent[] } {
  const served = events.filter(({ symptom }) => symptom.signs.some(({ sign }) => isService(sign)))
  const clients = new Set(served.map(({ client }) => client))
  const own: LogEvent[] = []
  const others: LogEvent[] = []
  for (const event of events) {
    const isOther = served.length > 0 && event.client !== undefined && !clients.has(event.client)
    if (isOther) others.push(event)
    else own.push(event)
  }
  return { own, others }
}

/** The purpose of the connection was reached: HTTP answered, MQTT connected. */
function isService({ kind, past }: SignRow): boolean {
  return kind === 'progress' && (past === 'http' || past === 'mqtt')
}

function othersFailures(others: readonly LogEvent[]): Herring[] {
  const failures = others.filter(({ symptom }) => symptom.signs.some(({ sign }) => sign.kind === 'failure'))
  const seen = new Map(failures.map(({ symptom, client }) => [symptom, client]))
  return [...seen].map(([symptom, client]) => ({
    symptom,
    why: `client ${client} got no answer in this log, and another one did: it may be another device, or none`,
  }))
}

function rankEvents(events: readonly LogEvent[]): CauseRanking {
  const attempts = openAttempts(events)
  const failing = attempts.filter(({ failures }) => failures.length > 0)
  const herrings = attempts.flatMap((attempt) => attempt.herrings)
  const context = contextSigns(events)
  if (failing.length === 0)
    return { causes: unfinished(attempts, context), decided: false, herrings, failed: false }
  const tally = new Tally()
  const untold = failing.every(({ failures }) => failures.every(({ sign }) => isUntold(sign)))
  for (const [at, attempt] of failing.entries()) {
    const last = at === failing.length - 1
    tally.addAttempt(
      untold ? standingAlone(attempt) : attempt,
      attempt.overcome ? OVERCOME : last ? 1 : EARLIER_ATTEMPT,
    )
  }
  for (const { symptom, sign, share } of context)
    if (sign.kind === 'context') tally.addContext(symptom, sign, share)
  const ruledOut = new Set(context.flatMap(({ sign }) => sign.rulesOut))
  const ranked = tally
    .ranked()
    .map((one) => (ruledOut.has(one.id) ? { ...one, weight: one.weight * PASSED } : one))
    .filter(({ weight }) => weight >= LEAST_WEIGHT)
    .sort((a, b) => b.weight - a.weight)
  const certain = decide(failing, ranked)
  const undecided = isMomentary(failing)
  const causes = ranked.map((one, at): RankedCause => {
    const lead =
      at === 0 && !undecided && one.weight >= LIKELY_WEIGHT && one.weight >= (ranked[1]?.weight ?? 0) * LEAD
    const confidence = one.id === certain ? 'certain' : lead ? 'likely' : 'possible'
    return { ...one, confidence }
  })
  return { causes, decided: certain !== undefined, herrings, failed: true }
}

/** A summary that says by itself next to nothing of the cause. */
function isUntold({ kind, causes }: SignRow): boolean {
  return kind === 'summary' && Object.values(causes).every((percent) => percent / 100 < SPEAKING)
}

/** The attempt with its summaries read as all that is told. */
function standingAlone(attempt: Attempt): Attempt {
  const failures = attempt.failures.map((one) => ({ ...one, sign: readAlone(one.sign) }))
  return { ...attempt, failures }
}

/** One row for each sign: parts of the same sign are told apart from those of another by its row. */
const aloneRows = new WeakMap<SignRow, SignRow>()

function readAlone(sign: SignRow): SignRow {
  if (Object.keys(sign.alone).length === 0) return sign
  const known = aloneRows.get(sign) ?? { ...sign, causes: sign.alone }
  aloneRows.set(sign, known)
  return known
}

/** All that failed is a state at one moment, such as a search for a network: the next line may show that it passed. */
function isMomentary(failing: readonly Attempt[]): boolean {
  const failures = failing.flatMap((attempt) => attempt.failures)
  const [first] = failures
  return failures.every(
    ({ symptom, sign }) => sign.momentary && symptom.count === 1 && symptom === first?.symptom,
  )
}

/**
 * The cause that the last failed attempt leaves alone: a sign that its source admits no other cause for, ranked first,
 * and no failure in that attempt that the cause would not explain.
 */
function decide(failing: readonly Attempt[], ranked: readonly Weighed[]): Cause | undefined {
  const last = failing.at(-1)
  const first = ranked[0]
  if (last === undefined || last.overcome || first === undefined) return undefined
  const certain = new Set(
    last.failures.flatMap(({ sign, share }) => (share === 1 ? (sign.certain ?? []) : [])),
  )
  if (certain.size !== 1 || !certain.has(first.id)) return undefined
  const explained = failing.every(({ failures }) =>
    failures.every(
      ({ sign }) =>
        sign.kind === 'summary' ||
        sign.certain === first.id ||
        first.id in sign.causes ||
        Object.keys(sign.causes).length === 0,
    ),
  )
  return explained ? first.id : undefined
}

/**
 * A log that shows no failure, as a pasted piece of a debug output does: what it shows of the handshake (where none was
 * completed) or of an answer that a device cannot use is worth saying, as a possibility.
 */
function unfinished(attempts: readonly Attempt[], context: readonly ContextSign[]): RankedCause[] {
  const done = attempts.some(
    ({ past }) => past !== undefined && signStages.indexOf(past) >= signStages.indexOf('dates'),
  )
  const ruledOut = new Set(context.flatMap(({ sign }) => sign.rulesOut))
  const tally = new Tally()
  for (const { symptom, sign, share } of context) {
    const isFact = sign.kind === 'context' && sign.stage !== undefined
    if (isFact && !(done && sign.stage !== 'http')) tally.addContext(symptom, sign, share)
  }
  return tally
    .ranked()
    .filter(({ id }) => !ruledOut.has(id))
    .filter(({ weight }) => weight >= LEAST_WEIGHT)
    .sort((a, b) => b.weight - a.weight)
    .map((one): RankedCause => ({ ...one, confidence: 'possible' }))
}

interface ContextSign {
  readonly symptom: Symptom
  readonly sign: SignRow
  readonly share: number
}

function contextSigns(events: readonly LogEvent[]): ContextSign[] {
  const seen = new Map<SignRow, ContextSign>()
  const failedAt = events.find(({ symptom }) =>
    symptom.signs.some(({ sign }) => sign.kind === 'failure'),
  )?.line
  const servedAt = events.findLast(({ symptom }) => symptom.signs.some(({ sign }) => isService(sign)))?.line
  for (const { symptom, line } of events) {
    const isCure = failedAt !== undefined && failedAt < line && servedAt !== undefined && line < servedAt
    for (const { sign, share } of symptom.signs) {
      if (sign.cures && !isCure) continue
      if ((sign.kind === 'context' || sign.rulesOut.length > 0) && !seen.has(sign))
        seen.set(sign, { symptom, sign, share })
    }
  }
  return [...seen.values()]
}

interface Weighed {
  readonly id: Cause
  readonly weight: number
  readonly evidence: readonly Symptom[]
  readonly afterMs: number | undefined
}

/** What the signs say of each cause, added up as chances. */
class Tally {
  /** Cause to (sign to its strongest part). */
  readonly #parts = new Map<
    Cause,
    Map<SignRow, { part: number; symptom: Symptom; afterMs: number | undefined }>
  >()

  addAttempt(attempt: Attempt, factor: number): void {
    const named = new Set(
      attempt.failures.flatMap(({ sign, share }) => (share === 1 ? (namedBy(sign) ?? []) : [])),
    )
    for (const { sign, share, symptom, afterMs, sinceConnectMs } of attempt.failures) {
      const explained =
        namedBy(sign) === undefined && Object.keys(sign.causes).some((cause) => named.has(cause as Cause))
      for (const [cause, percent] of Object.entries(sign.causes) as [Cause, number][]) {
        const proved = sign.certain === cause && share === 1 && factor > OVERCOME
        const passed = isPassed(cause, sign, attempt.past) ? PASSED : 1
        const beside = (explained && !named.has(cause) ? EXPLAINED : 1) * timeSpeaksFor(cause, sinceConnectMs)
        const part =
          (percent / 100) * share * passed * beside * (proved ? Math.max(factor, EARLIER_PROOF) : factor)
        this.#add(cause, sign, { part, symptom, afterMs })
      }
    }
  }

  /** A circumstance alone makes no failure: it counts where a failure already speaks for the cause, and else a little. */
  addContext(symptom: Symptom, sign: SignRow, share: number): void {
    for (const [cause, percent] of Object.entries(sign.causes) as [Cause, number][]) {
      const supported = this.#parts.has(cause)
      this.#add(cause, sign, {
        part: (percent / 100) * share * (supported ? 1 : 0.4),
        symptom,
        afterMs: undefined,
      })
    }
  }

  #add(
    cause: Cause,
    sign: SignRow,
    one: { part: number; symptom: Symptom; afterMs: number | undefined },
  ): void {
    const parts = this.#parts.get(cause) ?? new Map()
    this.#parts.set(cause, parts)
    const before = parts.get(sign)
    if (before === undefined || before.part < one.part) parts.set(sign, one)
  }

  ranked(): Weighed[] {
    return [...this.#parts].map(([id, parts]) => {
      const strongest = [...parts.values()].sort((a, b) => b.part - a.part)
      return {
        id,
        weight: 1 - strongest.reduce((left, { part }) => left * (1 - part), 1),
        evidence: [...new Set(strongest.map(({ symptom }) => symptom))].slice(0, MOST_SHOWN),
        afterMs: strongest[0]?.afterMs,
      }
    })
  }
}

/** A port that is refused answers in one round trip; nobody's silence is noticed before some seconds. */
const LONGEST_ROUND_TRIP_MS = 300
const SHORTEST_TIMEOUT_MS = 2000
const AGAINST = 0.5

/** What the time from the beginning of the connect to the failure leaves of a cause. */
function timeSpeaksFor(cause: Cause, sinceConnectMs: number | undefined): number {
  if (sinceConnectMs === undefined || sinceConnectMs < 0) return 1
  if (cause === 'tcp-refused' && sinceConnectMs > LONGEST_ROUND_TRIP_MS) return AGAINST
  return cause === 'tcp-timeout' && sinceConnectMs < SHORTEST_TIMEOUT_MS ? AGAINST : 1
}

/** The one cause that a sign names outright; undefined for a general one. */
function namedBy({ certain, causes }: SignRow): Cause | undefined {
  if (certain !== undefined) return certain
  const named = (Object.entries(causes) as [Cause, number][]).filter(
    ([, percent]) => percent / 100 >= SPECIFIC,
  )
  return named.length === 1 ? named[0]?.[0] : undefined
}

/**
 * Whether another line of the same attempt shows that the cause's stage was passed, and knows more than this sign. A
 * sign that names its cause outright is not overruled: a name or a date may be checked after the handshake, and a
 * second connection may fail where the first did not.
 */
function isPassed(cause: Cause, sign: SignRow, past: SignStage | undefined): boolean {
  const last = lastStage[cause]
  if (last === undefined || past === undefined || namedBy(sign) === cause) return false
  const own = sign.past === undefined ? -1 : signStages.indexOf(sign.past)
  const reached = signStages.indexOf(past)
  return reached >= signStages.indexOf(last) && reached > own
}
