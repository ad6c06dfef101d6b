import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Catalogue } from '../device/catalogue.ts'
import { isBrokenOff } from '../fleet/broken-off.ts'
import { type FleetForecast, type FleetOutlook, fleetForecasts } from '../fleet/fleet-forecast.ts'
import type { LoggedCertificate } from '../fleet/log-feed.ts'
import { loggedChains } from '../fleet/logged-chains.ts'
import type { Snapshot } from '../fleet/snapshot.ts'
import { type ChainsRead, isReached, type PlanSeen, snapshotOf } from '../fleet/snapshot-of.ts'
import type { SpotCheck } from '../fleet/spot-check.ts'
import { summarize } from '../fleet/summarize.ts'
import type { UntoldCertificate } from '../fleet/untold-certificate.ts'
import type { VerdictSummary } from '../fleet/verdict-summary.ts'
import { fleetNow } from '../fleet/watch-parts.ts'
import { judgeSeen, type Seen, seeTarget } from '../io/check.ts'
import { checkRequest } from '../io/check-defaults.ts'
import type { CheckRequest } from '../io/check-request.ts'
import type { RunNetwork } from '../io/network.ts'
import { isPublicAddress } from '../io/public-address.ts'
import type { TrafficCount } from '../io/traffic.ts'
import type { Forecast } from '../judge/replaying.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Observation } from '../observe/observation.ts'
import { formatSentence } from '../report/words.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import { type PackedSighting, packSighting } from '../store/rows/sightings.ts'
import type { RoundMark } from '../store/rows/standings.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { DecodedOnce } from '../x509/decoded-once.ts'
import { type AskedEndpoint, askEndpoint } from './asked-endpoint.ts'
import type { FleetDevices, OpenFleet } from './fleet-devices.ts'
import type { LabTargets } from './lab-targets.ts'
import type { Lanes } from './lanes.ts'
import type { OpenSecret } from './open-secret.ts'
import { basisOf, mayStand, meetsSame, type Stood, spotCheckOf } from './spot-round.ts'

/** However slowly a server drips. */
const PROBE_LIMIT_MS = 600_000

/** What probes of one process share. */
export interface ProbeContext {
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  readonly network: RunNetwork
  readonly decoded: DecodedOnce
  readonly chainsRead: ChainsRead
  readonly devices: FleetDevices
  readonly lab: LabTargets | undefined
  readonly openSecret: OpenSecret
  readonly forecast: Forecast | undefined
  /** Certificates that Certificate Transparency tells of; undefined: nothing is read. */
  readonly logged?: (() => readonly LoggedCertificate[]) | undefined
  /** Rounds with every hello: each holds all that it saw until it is judged. */
  readonly thorough: Lanes
  /** What verdicts are made of takes more memory than they do. */
  readonly judging: Lanes
  readonly now: () => Date
  /** Of tlsfit: another one may judge in another way. */
  readonly version: string
  /** Endpoints of the API may lead to addresses of this network, too. */
  readonly privateTargets?: boolean | undefined
}

/** What one look at an endpoint came to. */
export interface ProbeFound {
  readonly startedAt: Date
  readonly durationMs: number
  readonly traffic: Pick<TrafficCount, 'connections' | 'bytesReceived'>
  /** Undefined where nothing was reached. */
  readonly sight?: Sight | undefined
  /** Not every hello was sent: those that were met the same as in that thorough round, so that all of it stands. */
  readonly stands?: Pick<Stood, 'sighting' | 'thoroughSlot'> | undefined
  /** Why, where nothing was reached. */
  readonly failure?: string | undefined
}

export interface Sight {
  readonly snapshot: Snapshot
  /** It differs from what was seen before, and part of it was broken off: to be looked at once more before anybody is told. */
  readonly isDoubtful: boolean
  readonly sighting: PackedSighting
  /** What the next rounds are to look at; undefined: all of it again. */
  readonly spot?: SpotCheck | undefined
  /** Of each fleet that uses the endpoint. */
  readonly summaries: ReadonlyMap<string, VerdictSummary>
  /** Where they were asked for. */
  readonly forecasts?: readonly FleetForecast[] | undefined
  /** With them: what was logged for the host and says not enough of what would be served. */
  readonly untold?: readonly UntoldCertificate[] | undefined
}

export interface ProbeAsked {
  readonly endpoint: StoredEndpoint
  /** Those that use it. */
  readonly fleets: readonly StoredFleet[]
  readonly slot: Date
  /** Of the rounds before. */
  readonly mark?: RoundMark | undefined
  /** Whether what is to come is judged too, now that this was seen: it takes far longer than the verdicts. */
  readonly wantsForecast: (sighting: string) => boolean
}

/**
 * Looks at an endpoint for all its fleets, one dial for each address and distinct hello. Between two thorough rounds
 * only the spots are dialled; where they meet anything else than before, every hello is, at once. Rejects by `signal` alone.
 */
export async function probeEndpoint(
  { endpoint, fleets, slot, mark, wantsForecast }: ProbeAsked,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<ProbeFound> {
  let startedAt = context.now()
  let startedMs = performance.now()
  let limit = AbortSignal.timeout(PROBE_LIMIT_MS)
  // Who edits in the dashboard is not who runs this machine.
  const guarded = endpoint.origin === 'api' && context.privateTargets !== true
  const network = context.network.forTarget(guarded ? { mayOpen: isPublicAddress } : {})
  const found = (rest: Pick<ProbeFound, 'sight' | 'stands' | 'failure'>): ProbeFound => {
    const { connections, bytesReceived } = network.traffic
    const durationMs = performance.now() - startedMs
    return { startedAt, durationMs, traffic: { connections, bytesReceived }, ...rest }
  }
  if (fleets.length === 0) return found({ failure: 'no fleet uses it' })
  try {
    const asked = await askEndpoint(endpoint, context)
    const basis = basisOf(endpoint, fleets, context.version)
    const seeContext = { ...context, runNetwork: network }
    const stood = stoodOf(mark)
    if (stood !== undefined && mayStand(stood, { endpoint, basis, slot, now: startedAt })) {
      const seen = await seeSpots(asked, fleets, stood, seeContext, either(signal, limit))
      const plans = planSeen([...seen.values()])
      if (!plans.some(({ observations }) => observations.some(isReached)))
        return found({ failure: failureOf(plans) })
      const { sighting, thoroughSlot } = stood
      if (meetsSame(stood.spot, seen)) return found({ stands: { sighting, thoroughSlot } })
    }
    const open = await Promise.all(fleets.map((fleet) => context.devices.open(fleet)))
    return await context.thorough.run(async () => {
      // What it waited is not the endpoint's.
      startedAt = context.now()
      startedMs = performance.now()
      limit = AbortSignal.timeout(PROBE_LIMIT_MS)
      const { seen, plans, sighting, isKnown, isDoubtful } = await seeSurely(
        { asked, open, known: mark?.sighting },
        seeContext,
        either(signal, limit),
      )
      const snapshot = snapshotOf(plans, startedAt, context.chainsRead)
      if (snapshot === undefined) return found({ failure: failureOf(plans) })
      const spot = spotCheckOf(seen, { basis, isKnown, now: startedAt }, context)
      const { forecast, untold } = wantsForecast(sighting.digest) ? withLogged(plans, startedAt, context) : {}
      const judgeContext = { ...context, forecast, now: startedAt }
      const said = await context.judging.run(() => summarizeForFleets(asked, seen, judgeContext), signal)
      return found({ sight: { snapshot, isDoubtful, sighting, spot, untold, ...said } })
    }, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) return found({ failure: `took longer than ${PROBE_LIMIT_MS / 1_000} s` })
    // What the config names and cannot be had, such as a secret: told as why it is not reached.
    return found({ failure: error instanceof Error ? error.message : String(error) })
  }
}

function either(signal: AbortSignal, limit: AbortSignal): AbortSignal {
  const both = AbortSignal.any([signal, limit])
  setMaxListeners(0, both)
  return both
}

async function summarizeForFleets(
  asked: AskedEndpoint,
  seen: ReadonlyMap<OpenFleet, Seen>,
  context: JudgeContext,
): Promise<Pick<Sight, 'summaries' | 'forecasts'>> {
  const judged = await judgeForFleets(asked, seen, context)
  const summaries = new Map<string, VerdictSummary>()
  for (const { fleet, verdicts } of judged) {
    const summary = summarize(verdicts, formatSentence)
    if (summary !== undefined) summaries.set(fleet.id, summary)
  }
  const forecasts = context.forecast && fleetForecasts(judged, formatSentence)
  return { summaries, forecasts }
}

function stoodOf(mark: RoundMark | undefined): Stood | undefined {
  const { sighting, thoroughSlot, spot } = mark ?? {}
  if (sighting === undefined || thoroughSlot === undefined || spot === undefined) return undefined
  return { sighting, thoroughSlot, spot }
}

async function seeSpots(
  asked: AskedEndpoint,
  fleets: readonly StoredFleet[],
  { spot }: Stood,
  context: SeeContext & Pick<ProbeContext, 'devices'>,
  signal: AbortSignal,
): Promise<Map<OpenFleet, Seen>> {
  const ids = new Set(spot.hellos.map(({ fleetId }) => fleetId))
  const own = fleets.filter(({ id }) => ids.has(id))
  const open = await Promise.all(own.map((fleet) => context.devices.open(fleet)))
  return seeForFleets(asked, open, { ...context, compareLengths: false }, signal)
}

interface SurelySeen {
  readonly seen: ReadonlyMap<OpenFleet, Seen>
  readonly plans: readonly PlanSeen[]
  readonly sighting: PackedSighting
  readonly isKnown: boolean
  readonly isDoubtful: boolean
}

/**
 * With every hello. What is broken off anew is asked for a second time at once. What is broken off still may not be the
 * endpoint's doing where that was otherwise before (`known`: the sighting), or comes in another way the second time.
 */
async function seeSurely(
  { asked, open, known }: { asked: AskedEndpoint; open: readonly OpenFleet[]; known: string | undefined },
  context: SeeContext,
  signal: AbortSignal,
): Promise<SurelySeen> {
  const seen = await seeForFleets(asked, open, context, signal)
  const plans = planSeen([...seen.values()])
  const sighting = packSighting(plans)
  const isKnown = sighting.digest === known
  const first = { seen, plans, sighting, isKnown, isDoubtful: false }
  const isReachedAtAll = plans.some(({ observations }) => observations.some(isReached))
  if (isKnown || !isReachedAtAll || !plans.some(isBrokenOff)) return first
  const whole = plans.filter((one) => !isBrokenOff(one))
  const remembered = new Map(whole.map(({ plan, observations }) => [plan, observations]))
  const seenAgain = await seeForFleets(asked, open, { ...context, remembered }, signal)
  const plansAgain = planSeen([...seenAgain.values()])
  const again = packSighting(plansAgain)
  const isSame = known === undefined && again.digest === sighting.digest
  return {
    ...{ seen: seenAgain, plans: plansAgain, sighting: again, isKnown: again.digest === known },
    isDoubtful: again.digest !== known && !isSame && plansAgain.some(isBrokenOff),
  }
}

interface ToCome {
  readonly forecast?: Forecast | undefined
  readonly untold?: readonly UntoldCertificate[] | undefined
}

/** What is to come, with what was logged for the host and is newer than what it serves. */
function withLogged(
  plans: readonly PlanSeen[],
  now: Date,
  { forecast, logged, knownRoots, decoded }: ProbeContext,
): ToCome {
  const entries = logged?.() ?? []
  const firsts = plans.flatMap(({ observations }) =>
    observations.flatMap(({ connections }) => connections.filter(({ role }) => role === 'first')),
  )
  const host = firsts[0]?.hello?.sni ?? plans[0]?.observations[0]?.target.host
  if (forecast === undefined || entries.length === 0 || host === undefined) return { forecast, untold: [] }
  const served = firsts.flatMap(({ chain }) =>
    (chain?.certificates ?? []).flatMap((der) => decoded.get(der) ?? []),
  )
  const roots = knownRoots.map(({ certificate }) => certificate)
  const { candidates, untold } = loggedChains(entries, { host, served, known: forecast.pool, roots, now })
  return { forecast: candidates.length === 0 ? forecast : { ...forecast, candidates }, untold }
}

type SeeContext = Pick<ProbeContext, 'catalogue' | 'knownRoots' | 'decoded' | 'now'> & {
  readonly runNetwork: CheckRequest['network']
  /** What was seen before, by plan: it is not dialled. */
  readonly remembered?: ReadonlyMap<string, readonly Observation[]> | undefined
  readonly compareLengths?: boolean | undefined
}

/** Devices whose applications verify in different ways send different hellos; what two of them send alike is sent once. */
export async function seeForFleets(
  asked: AskedEndpoint,
  fleets: readonly OpenFleet[],
  context: SeeContext,
  signal: AbortSignal | undefined,
): Promise<Map<OpenFleet, Seen>> {
  const remembered = new Map(context.remembered)
  const seen = new Map<OpenFleet, Seen>()
  for (const verify of new Set(fleets.map(({ fleet }) => fleet.verify))) {
    const own = fleets.filter(({ fleet }) => fleet.verify === verify)
    const devices = [...new Set(own.map(({ device }) => device))]
    const held = own.flatMap((one) => one.held ?? [])
    const request = {
      ...requestOf(asked, context, context.now()),
      ...{ devices, verify, remembered, network: context.runNetwork, compareLengths: context.compareLengths },
      // Secrets go to a server that any of the devices would trust.
      anchors: held.length === 0 ? undefined : held,
    }
    const sights = await seeTarget(request, signal)
    for (const { plan, observations } of sights) if (plan !== undefined) remembered.set(plan, observations)
    for (const one of own) {
      const sight = sights.find(({ device }) => device === one.device)
      if (sight !== undefined) seen.set(one, sight)
    }
  }
  return seen
}

interface JudgeContext extends Pick<ProbeContext, 'catalogue' | 'knownRoots' | 'decoded' | 'forecast'> {
  readonly now: Date
}

/** The longest that judging keeps the event loop to itself. */
const BREATH_MS = 10

/** Each fleet by what its devices hold, and by what they take for now. */
export async function judgeForFleets(
  asked: AskedEndpoint,
  seen: ReadonlyMap<OpenFleet, Seen>,
  context: JudgeContext,
): Promise<(FleetOutlook & { readonly fleet: StoredFleet; readonly verdicts: readonly Verdict[] })[]> {
  const judged = []
  let breathedMs = performance.now()
  for (const [{ fleet, held }, sight] of seen) {
    const request = {
      ...requestOf(asked, context, fleetNow(fleet.clock, context.now)),
      ...{ devices: [sight.device], anchors: held, verify: fleet.verify, forecast: context.forecast },
    }
    const verdicts: Verdict[] = []
    for await (const verdict of judgeSeen([sight], request)) verdicts.push(verdict)
    judged.push({ fleet, verdicts })
    if (performance.now() - breathedMs < BREATH_MS) continue
    await setImmediate()
    breathedMs = performance.now()
  }
  return judged
}

/** What is of the endpoint; devices, anchors and verification come with the fleets. */
function requestOf(
  asked: AskedEndpoint,
  { catalogue, knownRoots, decoded }: Pick<ProbeContext, 'catalogue' | 'knownRoots' | 'decoded'>,
  now: Date,
): CheckRequest {
  return checkRequest({ ...asked, catalogue, knownRoots, decoded, now, devices: [] })
}

function planSeen(seen: readonly Seen[]): PlanSeen[] {
  const plans = new Map(seen.map(({ plan = '', observations }) => [plan, observations]))
  return [...plans].map(([plan, observations]) => ({ plan, observations }))
}

/** The first thing that went wrong, in the system's own word where it has one. */
function failureOf(plans: readonly PlanSeen[]): string {
  for (const { lookup, tcp, connections, withheld } of plans.flatMap(({ observations }) => observations)) {
    if (lookup?.errorCode !== undefined) return lookup.errorCode
    const attempt = tcp.find(({ purpose, outcome }) => purpose === 'target' && outcome !== 'connected')
    if (attempt !== undefined) return attempt.errorCode ?? attempt.outcome
    const [connection] = connections
    if (connection?.violation !== undefined) return `no TLS: ${connection.violation.detail}`
    if (connection?.close !== undefined) return `closed without a word (${connection.close.how})`
    if (withheld !== undefined) return 'withheld'
  }
  return 'nothing was reached'
}
