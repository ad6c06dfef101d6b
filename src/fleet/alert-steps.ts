import type { AlertStep, OpenAlert, Silence } from './alert-step.ts'
import { type Condition, severities } from './condition.ts'
import type { Channel } from './watch-config.ts'

export interface AlertContext {
  readonly channels: readonly Pick<Channel, 'id' | 'from' | 'endpoints' | 'fleets'>[]
  readonly silences: readonly Silence[]
  /** Causes of conditions with `once` that were told lately: another vantage point meets the same change. */
  readonly toldOnce: ReadonlySet<string>
  readonly now: Date
}

/**
 * What follows from the conditions of one endpoint for its alerts. `open` are all of that endpoint that have not
 * recovered, and `conditions` all that hold now: what is missing there has recovered.
 */
export function alertSteps(
  open: readonly OpenAlert[],
  conditions: readonly Condition[],
  context: AlertContext,
): AlertStep[] {
  const known = new Map(open.map((alert) => [alert.condition.cause, alert]))
  const causes = new Set(conditions.map(({ cause }) => cause))
  const steps = [...new Map(conditions.map((one) => [one.cause, one])).values()].flatMap((condition) => {
    const alert = known.get(condition.cause)
    if (alert !== undefined) return stepOf(alert, condition, context)
    if (condition.once && context.toldOnce.has(condition.cause)) return []
    const tell = isSilent(condition, undefined, context) ? [] : channelsFor(condition, context)
    return [{ act: 'raise', condition, tell } as const]
  })
  // Whoever was told of a trouble is told of its end, silence or not: an incident elsewhere would stay open.
  const recovered = open.filter(({ condition }) => !causes.has(condition.cause))
  return [
    ...steps,
    ...recovered.map(
      ({ id, condition, toldTo }) => ({ act: 'recover', alertId: id, condition, tell: toldTo }) as const,
    ),
  ]
}

function stepOf(alert: OpenAlert, now: Condition, context: AlertContext): AlertStep[] {
  const condition = withChangeOf(alert.condition, now)
  const isGraver = graver(condition, alert.condition)
  const worse = isGraver || isMore(condition, alert.condition)
  const silent = isSilent(condition, alert, context) || (alert.acknowledgedAt !== undefined && !isGraver)
  const matching = silent ? [] : channelsFor(condition, context)
  const untold = matching.filter((id) => !alert.toldTo.includes(id))
  if (sameJson(condition, alert.condition)) {
    return untold.length === 0 ? [] : [{ act: 'remind', alertId: alert.id, condition, tell: untold }]
  }
  return [{ act: 'update', alertId: alert.id, condition, worse, tell: worse ? matching : untold }]
}

/** The change was seen in one round, and is what the trouble comes from as long as that holds. */
function withChangeOf(was: Condition, now: Condition): Condition {
  const change = 'change' in was.detail ? was.detail.change : undefined
  if (change === undefined || now.kind === 'changed' || was.kind === 'changed') return now
  if (now.kind === 'margin' && now.detail.change === undefined)
    return { ...now, detail: { ...now.detail, change } }
  const isVerdict = now.kind === 'blocked' || now.kind === 'at-risk' || now.kind === 'undecided'
  if (isVerdict && now.detail.change === undefined) return { ...now, detail: { ...now.detail, change } }
  return now
}

function graver(now: Condition, was: Condition): boolean {
  return severities.indexOf(now.severity) < severities.indexOf(was.severity)
}

/** Days before an end at which it is told again. */
const milestones = [7, 3, 1]

/** It hits a fleet that it did not hit, or an end comes near. */
function isMore(now: Condition, was: Condition): boolean {
  if (severities.indexOf(now.severity) > severities.indexOf(was.severity)) return false
  if (now.fleetIds.some((id) => !was.fleetIds.includes(id))) return true
  if (now.kind !== 'expiry' || was.kind !== 'expiry') return false
  const [days, before] = [now.detail.days, was.detail.days]
  return milestones.some((milestone) => before > milestone && days <= milestone)
}

/** Ids of the channels that want to know. */
function channelsFor(
  { severity, endpointId, fleetIds }: Condition,
  { channels }: Pick<AlertContext, 'channels'>,
): string[] {
  return channels
    .filter(({ from }) => severities.indexOf(severity) <= severities.indexOf(from))
    .filter(({ endpoints }) => endpoints === undefined || endpointId === '' || endpoints.includes(endpointId))
    .filter(({ fleets }) => fleets === undefined || fleetIds.some((id) => fleets.includes(id)))
    .map(({ id }) => id)
}

function isSilent(
  condition: Condition,
  alert: Pick<OpenAlert, 'mutedUntil'> | undefined,
  { silences, now }: AlertContext,
): boolean {
  const at = now.toISOString()
  if (alert?.mutedUntil !== undefined && alert.mutedUntil > at) return true
  return silences.some((silence) => isActive(silence, at) && covers(silence, condition))
}

function isActive({ startsAt, endsAt }: Silence, at: string): boolean {
  return startsAt <= at && at < endsAt
}

/** A silence for some fleets does not cover what hits another as well. */
function covers({ endpointIds, fleetIds, cause }: Silence, condition: Condition): boolean {
  return (
    (endpointIds === undefined || endpointIds.includes(condition.endpointId)) &&
    (cause === undefined || cause === condition.cause) &&
    (fleetIds === undefined ||
      (condition.fleetIds.length > 0 && condition.fleetIds.every((id) => fleetIds.includes(id))))
  )
}

/** Whatever the order of keys, which a database does not keep; a key without a value is none. */
export function sameJson(a: unknown, b: unknown): boolean {
  return ordered(a) === ordered(b)
}

function ordered(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
      : inner,
  )
}
