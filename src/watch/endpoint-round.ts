import { createHash } from 'node:crypto'
import type { AlertStep, OpenAlert, Silence } from '../fleet/alert-step.ts'
import { alertSteps, sameJson } from '../fleet/alert-steps.ts'
import { chainsToCome, compareSnapshot, type EndpointMemory } from '../fleet/compare-snapshots.ts'
import { conditionsOf } from '../fleet/conditions.ts'
import type { DeliveryBody } from '../fleet/delivery-body.ts'
import type { EndpointView, FleetVerdict } from '../fleet/endpoint-state.ts'
import { openWindows } from '../fleet/maintenance.ts'
import type { Schedule } from '../fleet/schedule-defaults.ts'
import type { Snapshot } from '../fleet/snapshot.ts'
import type { SnapshotChange } from '../fleet/snapshot-change.ts'
import { overTurns } from '../fleet/summarize.ts'
import type { VerdictSummary } from '../fleet/verdict-summary.ts'
import { stepText } from '../report/alert-words.ts'
import type { StepOfEndpoint } from '../store/rows/alerts.ts'
import type { SnapshotRow, StoredChange } from '../store/rows/changes.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import type { NewEvent } from '../store/rows/events.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import type { PackedSighting } from '../store/rows/sightings.ts'
import type { Settled, Standing, StandingUpdate } from '../store/rows/standings.ts'
import type { StoredVerdict, VerdictRow } from '../store/rows/verdicts.ts'
import type { ProbeFound, Sight } from './probe-endpoint.ts'
import type { ProbeDone, ProbeJob } from './probe-job.ts'
import { sameSight, settledOf } from './quiet-round.ts'
import { fleetsOf, type WatchView } from './watch-view.ts'

const DAY_SECONDS = 86_400

/** What was not met for so long is new when it is met again. */
export function rememberSeconds({ everySeconds }: Pick<Schedule, 'everySeconds'>): number {
  return Math.max(2 * DAY_SECONDS, 12 * everySeconds)
}

/** One vantage point's part in a round. */
interface Taken {
  readonly done: ProbeDone
  readonly found: ProbeFound
  readonly before: Standing | undefined
  readonly memory: EndpointMemory | undefined
  readonly changes: readonly SnapshotChange[]
}

/**
 * What new results mean for one endpoint: `take` them, `judge` against what was said before, then read what is to be
 * written. Pure: everything comes in, everything goes out.
 */
export class EndpointRound {
  readonly endpoint: StoredEndpoint
  readonly fleets: readonly StoredFleet[]
  readonly #standings: ReadonlyMap<string, Standing>
  readonly #view: WatchView
  readonly #now: Date
  readonly #taken: Taken[] = []
  #before: readonly StoredVerdict[] = []
  #settled: Settled | undefined
  #verdictRows: readonly VerdictRow[] | undefined
  readonly #summaries = new Map<string, ReadonlyMap<string, VerdictSummary>>()

  constructor(endpoint: StoredEndpoint, standings: readonly Standing[], view: WatchView, now: Date) {
    this.endpoint = endpoint
    this.fleets = fleetsOf(endpoint, view.fleets)
    this.#standings = new Map(standings.map((standing) => [standing.vantage, standing]))
    this.#view = view
    this.#now = now
  }

  get id(): string {
    return this.endpoint.id
  }

  get fleetIds(): readonly string[] {
    return this.fleets.map(({ id }) => id)
  }

  get vantages(): readonly string[] {
    return this.endpoint.vantages
  }

  get isTaken(): boolean {
    return this.#taken.length > 0
  }

  /** An attempt that reached nothing, where nobody knows yet that nothing is reached, or a doubtful one: to be made again. */
  retryOf({ job, found }: ProbeDone): ProbeJob | undefined {
    if (found === undefined || this.fleets.length === 0) return undefined
    const before = this.#standings.get(job.vantage)
    const isNews = isReached(found) ? found.sight?.isDoubtful === true : before?.unreachedSince === undefined
    if (!isNews) return undefined
    if (job.attempt > this.#view.settings.retries.count) return undefined
    return { ...job, attempt: job.attempt + 1, since: job.since ?? found.startedAt.toISOString() }
  }

  /** A result whose slot is older than what is known says nothing new. */
  take(done: ProbeDone): void {
    const { job, found } = done
    const before = this.#standings.get(job.vantage)
    if (found === undefined || (before?.slot !== undefined && before.slot >= new Date(job.slot))) return
    const compared =
      found.sight &&
      compareSnapshot(before?.memory, found.sight.snapshot, {
        rememberSeconds: rememberSeconds(this.endpoint),
      })
    const { memory, changes } = compared ?? { memory: before?.memory, changes: [] }
    this.#taken.push({ done, found, before, memory, changes })
  }

  get newSightings(): PackedSighting[] {
    return this.#taken.flatMap(({ found: { sight }, before }) =>
      sight === undefined || sight.sighting.digest === before?.sighting ? [] : [sight.sighting],
    )
  }

  /** Whether what was said before is needed: where it may differ, and where it is what still holds. */
  get needsVerdicts(): boolean {
    return (
      this.vantages.length > 1 ||
      this.#taken.some(({ found: { sight }, before, memory }) => {
        if (sight === undefined || before?.verdicts === undefined) return true
        return chainsOf(memory).length > 0 || digestOf(sight.summaries) !== before.verdicts
      })
    )
  }

  judge(before: readonly StoredVerdict[]): void {
    this.#before = before
    for (const { done, found, memory } of this.#taken) {
      if (found.sight === undefined) continue
      const turning = new Set(chainsOf(memory).map(({ digest }) => digest))
      const known = this.#knownFrom(done.job.vantage)
      const summaries = new Map<string, VerdictSummary>()
      for (const [fleetId, summary] of found.sight.summaries) {
        summaries.set(fleetId, overTurns(known.get(fleetId), summary, turning))
      }
      // Where nothing was seen for a fleet in this round it is as it was: silence is no recovery.
      for (const [fleetId, summary] of known) {
        if (!summaries.has(fleetId) && this.fleetIds.includes(fleetId)) summaries.set(fleetId, summary)
      }
      this.#summaries.set(done.job.vantage, summaries)
    }
  }

  #knownFrom(vantage: string): Map<string, VerdictSummary> {
    const own = this.#before.filter((one) => one.vantage === vantage)
    return new Map(own.map(({ fleetId, summary }) => [fleetId, summary]))
  }

  /** Those that differ from what is stored. */
  get verdictRows(): readonly VerdictRow[] {
    this.#verdictRows ??= this.#rowsOfVerdicts()
    return this.#verdictRows
  }

  #rowsOfVerdicts(): VerdictRow[] {
    return this.#seen().flatMap(({ done, sight, before }) => {
      const { vantage } = done.job
      const summaries = this.#summaries.get(vantage) ?? new Map<string, VerdictSummary>()
      if (digestOf(summaries) === before?.verdicts) return []
      const known = this.#knownFrom(vantage)
      const at = new Date(sight.snapshot.at)
      return [...summaries]
        .filter(([fleetId, summary]) => !isSameVerdict(known.get(fleetId), summary))
        .map(([fleetId, summary]) => ({
          ...{ endpointId: this.id, vantage, fleetId, summary, at },
          sighting: sight.sighting.digest,
        }))
    })
  }

  /** Of fleets that do not use it any more, or of vantage points that do not look at it any more. */
  get staleVerdicts(): boolean {
    return this.#before.some(
      ({ fleetId, vantage }) => !this.fleetIds.includes(fleetId) || !this.vantages.includes(vantage),
    )
  }

  get snapshotRows(): SnapshotRow[] {
    return this.#seen().flatMap(({ done, sight, before }) =>
      isSameSnapshot(before?.snapshot, sight.snapshot)
        ? []
        : [{ endpointId: this.id, vantage: done.job.vantage, snapshot: sight.snapshot }],
    )
  }

  get changeRows(): Omit<StoredChange, 'id'>[] {
    return this.#seen().flatMap(({ done, sight, changes }) =>
      changes.map((change) => ({
        ...{ endpointId: this.id, vantage: done.job.vantage, change },
        at: new Date(sight.snapshot.at),
      })),
    )
  }

  get standingUpdates(): StandingUpdate[] {
    return this.#taken.map((taken) => this.#standingOf(taken))
  }

  #standingOf({ done: { job }, found, before, memory }: Taken): StandingUpdate {
    const slot = new Date(job.slot)
    const { sight, stands } = found
    const parts = { endpointId: this.id, vantage: job.vantage, slot, attempts: job.attempt }
    if (sight === undefined) {
      const { reachedSlot, sighting, verdicts, forecastAt, thoroughSlot, spot } = before ?? {}
      const kept = {
        sighting,
        verdicts,
        forecastAt,
        thoroughSlot,
        snapshot: null,
        memory: null,
        forecasts: null,
        untold: null,
      }
      if (stands !== undefined) {
        // It stood on another sight than there is now: nobody knows what the other hellos meet.
        const isOfNow = sameSight(before, stands)
        return {
          ...parts,
          ...kept,
          reachedSlot: slot,
          spot: isOfNow ? spot : undefined,
          settled: this.#settled,
        }
      }
      // Without fleets nothing is dialled: that is no trouble.
      const since = this.fleets.length === 0 ? undefined : this.#since(job, found, before)
      return {
        ...parts,
        ...{ ...kept, reachedSlot, spot, failure: found.failure, unreachedSince: since },
      }
    }
    return {
      ...parts,
      reachedSlot: slot,
      sighting: sight.sighting.digest,
      ...{ thoroughSlot: slot, spot: sight.spot, settled: this.#settled },
      snapshot: isSameSnapshot(before?.snapshot, sight.snapshot) ? null : sight.snapshot,
      memory: memory === undefined || memory === before?.memory ? null : memory,
      verdicts: digestOf(this.#summaries.get(job.vantage) ?? new Map()),
      forecasts: sight.forecasts ?? null,
      untold: sight.untold ?? null,
      forecastAt: sight.forecasts === undefined ? before?.forecastAt : this.#now,
    }
  }

  #since(job: ProbeJob, found: ProbeFound, before: Standing | undefined): Date {
    return before?.unreachedSince ?? (job.since === undefined ? found.startedAt : new Date(job.since))
  }

  /** `told`: `endpoint cause` of what was told once, lately. */
  alertSteps(
    open: readonly OpenAlert[],
    told: ReadonlySet<string>,
    silences: readonly Silence[],
  ): StepOfEndpoint[] {
    const views = this.vantages.flatMap((vantage) => this.#viewFrom(vantage) ?? [])
    const forecasts = this.vantages.flatMap((vantage) => {
      const taken = this.#taken.find(({ done }) => done.job.vantage === vantage)
      return taken?.found.sight?.forecasts ?? this.#standings.get(vantage)?.forecasts ?? []
    })
    const conditions = conditionsOf({
      ...{ endpoint: this.endpoint, fleets: this.fleets, views, now: this.#now },
      // What all vantage points see ahead is one thing.
      forecasts: [
        ...new Map(forecasts.map((one) => [`${one.entry} ${one.candidate} ${one.host}`, one])).values(),
      ],
    })
    const prefix = `${this.id} `
    const steps = alertSteps(open, conditions, {
      channels: this.#view.channels,
      silences: [...silences, ...openWindows(this.#view.settings.maintenance, this.#now)],
      toldOnce: new Set([...told].flatMap((one) => (one.startsWith(prefix) ? one.slice(prefix.length) : []))),
      now: this.#now,
    })
    const context = { silences, view: this.#view, now: this.#now }
    this.#settled = steps.length === 0 ? settledOf(this.endpoint, views, forecasts, context) : undefined
    return steps.map((step) => ({ endpointId: this.id, step, body: this.#bodyOf(step) }))
  }

  #bodyOf(step: AlertStep): Omit<DeliveryBody, 'raisedAt'> {
    const { id, name, target } = this.endpoint
    const fleets = this.#view.fleets.filter((fleet) => step.condition.fleetIds.includes(fleet.id))
    const nameOf = (fleetId: string) => fleets.find((fleet) => fleet.id === fleetId)?.name ?? fleetId
    const { title, lines } = stepText(step, { endpoint: () => name, fleet: nameOf })
    return {
      ...{ act: step.act, at: this.#now.toISOString(), condition: step.condition, title, lines },
      endpoint: { id, name, target },
      fleets: fleets.map((fleet) => ({
        id: fleet.id,
        name: fleet.name,
        device: fleet.device,
        count: fleet.count,
      })),
    }
  }

  /** Undefined where nobody looked from there yet. */
  #viewFrom(vantage: string): EndpointView | undefined {
    const taken = this.#taken.find(({ done }) => done.job.vantage === vantage)
    const standing = this.#standings.get(vantage)
    if (taken === undefined && standing?.slot === undefined) return undefined
    const known = this.#knownFrom(vantage)
    const sight = taken?.found.sight
    const update = taken && this.#standingOf(taken)
    const { unreachedSince, failure = '', attempts = 0 } = update ?? standing ?? {}
    const memory = taken === undefined ? standing?.memory : taken.memory
    return {
      vantage,
      snapshot: sight?.snapshot ?? standing?.snapshot,
      toCome: chainsOf(memory),
      changes: taken?.changes ?? [],
      verdicts:
        sight === undefined
          ? this.#verdictsOf(known, taken?.found.stands !== undefined)
          : this.#fresh(vantage, known),
      unreachable:
        unreachedSince === undefined ? undefined : { since: unreachedSince.toISOString(), attempts, failure },
    }
  }

  /** `stand`: a round has just found that they do. */
  #verdictsOf(known: ReadonlyMap<string, VerdictSummary>, stand: boolean): FleetVerdict[] {
    return this.fleetIds.flatMap((fleetId) => {
      const summary = known.get(fleetId)
      return summary === undefined ? [] : [{ fleetId, summary, before: stand ? summary : undefined }]
    })
  }

  /** What was not read is the same as before. */
  #fresh(vantage: string, known: ReadonlyMap<string, VerdictSummary>): FleetVerdict[] {
    const summaries = this.#summaries.get(vantage) ?? new Map<string, VerdictSummary>()
    const isKnown = this.needsVerdicts
    return this.fleetIds.flatMap((fleetId) => {
      const summary = summaries.get(fleetId)
      if (summary === undefined) return []
      return [{ fleetId, summary, before: isKnown ? known.get(fleetId) : summary }]
    })
  }

  get events(): NewEvent[] {
    return this.#taken.flatMap(({ done: { job }, found, changes }) => {
      const { vantage, slot } = job
      const common = { at: this.#now, endpointId: this.id }
      const probe = { vantage, slot, durationMs: Math.round(found.durationMs), failure: found.failure }
      const verdicts = this.verdictRows.filter((row) => row.vantage === vantage)
      return [
        { ...common, kind: 'probe', detail: probe },
        ...verdicts.map(({ fleetId, summary: { state, stage, nearest, room } }) => {
          return {
            ...common,
            kind: 'verdict' as const,
            detail: { vantage, fleetId, state, stage, nearest, room },
          }
        }),
        ...changes.map((change) => ({ ...common, kind: 'change' as const, detail: { vantage, change } })),
      ]
    })
  }

  #seen(): (Taken & { readonly sight: Sight })[] {
    return this.#taken.flatMap((taken) => {
      const { sight } = taken.found
      return sight === undefined ? [] : [{ ...taken, sight }]
    })
  }
}

function isReached({ sight, stands }: ProbeFound): boolean {
  return sight !== undefined || stands !== undefined
}

function isSameVerdict(known: VerdictSummary | undefined, now: VerdictSummary): boolean {
  return known !== undefined && known.state === now.state && sameJson(known, now)
}

function chainsOf(memory: EndpointMemory | undefined): ReturnType<typeof chainsToCome> {
  return memory === undefined ? [] : chainsToCome(memory)
}

function isSameSnapshot(a: Snapshot | undefined, b: Snapshot): boolean {
  return a !== undefined && JSON.stringify({ ...a, at: '' }) === JSON.stringify({ ...b, at: '' })
}

function digestOf(summaries: ReadonlyMap<string, VerdictSummary>): string {
  return createHash('sha256')
    .update(JSON.stringify([...summaries]))
    .digest('hex')
}
