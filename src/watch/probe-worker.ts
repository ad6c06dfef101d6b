import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, mayPass, SqlError } from '../store/database.ts'
import type { JobQueue, QueuedJob } from '../store/job-queue.ts'
import { readEndpoints, type StoredEndpoint } from '../store/rows/endpoints.ts'
import { type RoundMark, readRoundMarks } from '../store/rows/standings.ts'
import { writeWorker } from '../store/rows/workers.ts'
import { commitProbes } from './commit-probes.ts'
import { type ProbeContext, type ProbeFound, probeEndpoint } from './probe-endpoint.ts'
import { type ProbeDone, type ProbeJob, queueOf } from './probe-job.ts'
import type { WatchCounters } from './watch-counters.ts'
import type { WatchLog } from './watch-log.ts'
import { fleetsOf, readWatchView, type WatchView } from './watch-view.ts'

export interface WorkerOptions {
  /** Of this process. */
  readonly id: string
  readonly vantage: string
  readonly version: string
  readonly sideBySide: number
  readonly counters: WatchCounters
  readonly log: WatchLog
  /** There may be something new to tell: after the transaction that wrote it. */
  readonly onAlerts?: (() => void) | undefined
}

/** While there is nothing to do, it is looked for that often. */
const IDLE_MS = 500
const TAKEN_AT_ONCE = 64
const COMMITTED_AT_ONCE = 64
/** Settings and fleets are read again after that long; at once where this process changed them. */
const VIEW_MS = 5_000
const SIGN_OF_LIFE_MS = 10_000
/** Well within the lease of a job. */
const KEEP_MS = 2_000
const COMMIT_TRIES = 8
/** Of a worker that ends: what is left is another's when its lease is over. */
const LAST_COMMIT_TRIES = 3
/** Less than a day: the next thorough round makes it anew. */
const FORECAST_AGAIN_MS = 72_000_000

/** Takes jobs of one vantage point, probes side by side, and commits results in groups. */
export class ProbeWorker {
  readonly #database: Database
  readonly #queue: JobQueue
  readonly #context: ProbeContext
  readonly #options: WorkerOptions
  readonly #running = new Map<string, Promise<void>>()
  /** Done, and not committed. */
  #done: ProbeDone[] = []
  readonly #ending = new AbortController()
  #view: { readonly value: WatchView; readonly atMs: number } | undefined
  #wake: (() => void) | undefined
  #isAwake = false
  #committing: Promise<void> = Promise.resolve()
  #loop: Promise<void> = Promise.resolve()
  #timers: NodeJS.Timeout[] = []
  #probes = 0
  readonly #startedAt: Date

  constructor(database: Database, queue: JobQueue, context: ProbeContext, options: WorkerOptions) {
    this.#database = database
    this.#queue = queue
    this.#context = context
    this.#options = options
    this.#startedAt = context.now()
    setMaxListeners(0, this.#ending.signal)
  }

  start(): void {
    const every = (ms: number, act: () => Promise<void>) => {
      const timer = setInterval(() => void act().catch((error) => this.#failed('store', error)), ms)
      timer.unref()
      this.#timers.push(timer)
    }
    every(SIGN_OF_LIFE_MS, () => this.#signOfLife())
    every(KEEP_MS, () => this.#keep())
    this.#loop = this.#run()
  }

  /** There may be jobs. */
  kick(): void {
    this.#isAwake = true
    this.#wake?.()
  }

  /** Settings, fleets or channels are others now. */
  forgetView(): void {
    this.#view = undefined
  }

  /** Gives back what is not done, and commits what is. */
  async stop(): Promise<void> {
    this.#ending.abort()
    this.kick()
    for (const timer of this.#timers) clearInterval(timer)
    await this.#loop
    const abandoned = [...this.#running.keys()]
    await Promise.all(this.#running.values())
    await this.#committing
    await this.#commit()
    await this.#giveBack(
      abandoned.filter((id) => this.#running.has(id)),
      'the worker ends',
    )
  }

  async #run(): Promise<void> {
    await this.#signOfLife().catch((error) => this.#failed('store', error))
    while (!this.#ending.signal.aborted) {
      this.#isAwake = false
      const taken = await this.#take().catch((error) => {
        this.#failed('store', error)
        return 0
      })
      if (taken > 0 || this.#isAwake) continue
      await this.#idle()
    }
  }

  async #take(): Promise<number> {
    const { sideBySide, vantage } = this.#options
    const free = Math.min(TAKEN_AT_ONCE, sideBySide - this.#inHand)
    // A few at a time: what is asked of the store once serves them all.
    if (free < Math.min(TAKEN_AT_ONCE, sideBySide) / 4 && this.#inHand > 0) return 0
    const jobs = await this.#queue.take<ProbeJob>(queueOf(vantage), free)
    if (jobs.length === 0) return 0
    try {
      await this.#begin(jobs)
    } catch (error) {
      // Nobody does them: they are somebody's again now, not when their lease is over.
      await this.#giveBack(
        jobs.map(({ id }) => id),
        'the store failed',
      )
      throw error
    }
    return jobs.length
  }

  async #begin(jobs: readonly QueuedJob<ProbeJob>[]): Promise<void> {
    const view = await this.#openView()
    const ids = [...new Set(jobs.map(({ data }) => data.endpointId))]
    const endpoints = new Map((await readEndpoints(this.#database, ids)).map((one) => [one.id, one]))
    const marks = await readRoundMarks(this.#database, this.#options.vantage, ids)
    for (const job of jobs) {
      const work = this.#probe(job, endpoints.get(job.data.endpointId), view, marks)
      this.#running.set(job.id, work)
    }
  }

  async #giveBack(ids: readonly string[], why: string): Promise<void> {
    await this.#queue
      .giveBack(queueOf(this.#options.vantage), ids, why)
      .catch((error) => this.#failed('store', error))
  }

  get #inHand(): number {
    return this.#running.size
  }

  async #probe(
    { id, data: job }: QueuedJob<ProbeJob>,
    endpoint: StoredEndpoint | undefined,
    view: WatchView,
    marks: ReadonlyMap<string, RoundMark>,
  ): Promise<void> {
    const startedAt = this.#context.now()
    let found: ProbeFound | undefined
    try {
      if (endpoint?.vantages.includes(job.vantage)) {
        const fleets = fleetsOf(endpoint, view.fleets)
        const mark = marks.get(endpoint.id)
        const wantsForecast = (sighting: string) =>
          mark?.forecastAt === undefined ||
          mark.sighting !== sighting ||
          startedAt.getTime() - mark.forecastAt.getTime() > FORECAST_AGAIN_MS
        const slot = new Date(job.slot)
        found = await probeEndpoint(
          { endpoint, fleets, slot, mark, wantsForecast },
          this.#context,
          this.#ending.signal,
        )
        this.#options.counters.probed(found)
      }
    } catch (error) {
      if (this.#ending.signal.aborted) return
      // A fault of ours in one endpoint is told there, and the others go on.
      this.#failed('probe', error, job.endpointId)
      const failure = `fault: ${error instanceof Error ? error.message : String(error)}`
      found = { startedAt, durationMs: 0, traffic: { connections: 0, bytesReceived: 0 }, failure }
    }
    this.#done.push({ jobId: id, job, found })
    // What fails beside the commit, such as the log, does not end all commits.
    this.#committing = this.#committing
      .then(() => this.#commit())
      .catch(() => this.#options.counters.failed())
    this.kick()
  }

  /** What has gathered meanwhile goes into one transaction. */
  async #commit(): Promise<void> {
    while (this.#done.length > 0) {
      const group = this.#done.slice(0, COMMITTED_AT_ONCE)
      this.#done = this.#done.slice(group.length)
      const committed = await this.#committed(group)
      for (const { jobId } of group) this.#running.delete(jobId)
      this.#probes += group.length
      this.kick()
      if (committed === undefined) continue
      this.#options.counters.committed(committed)
      if (committed.steps.length > 0) this.#options.onAlerts?.()
      for (const { step, body } of committed.steps) {
        const { severity, kind } = step.condition
        this.#options.log.note(`alert ${step.act}`, { severity, kind, title: body.title })
      }
    }
  }

  async #committed(
    group: readonly ProbeDone[],
  ): Promise<Awaited<ReturnType<typeof commitProbes>> | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        const view = await this.#openView()
        return await commitProbes(this.#database, this.#queue, group, view, this.#context.now())
      } catch (error) {
        this.#failed('commit', error)
        // One of the results may be what the store refuses: the others do not wait for it.
        if (error instanceof SqlError && !mayPass(error) && group.length > 1) {
          for (const one of group) await this.#committed([one])
          return undefined
        }
        // Then the jobs are somebody's again when their lease is over.
        const most = this.#ending.signal.aborted ? LAST_COMMIT_TRIES : COMMIT_TRIES
        if (tries >= most || (error instanceof SqlError && !mayPass(error))) return undefined
        await sleep(Math.min(5_000, 50 * 2 ** tries))
      }
    }
  }

  async #openView(): Promise<WatchView> {
    const nowMs = performance.now()
    if (this.#view !== undefined && nowMs - this.#view.atMs < VIEW_MS) return this.#view.value
    const value = await readWatchView(this.#database)
    this.#view = { value, atMs: nowMs }
    return value
  }

  async #idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#isAwake) this.#wake()
    })
    this.#wake = undefined
  }

  #keep(): Promise<void> {
    return this.#queue.keep(queueOf(this.#options.vantage), [...this.#running.keys()])
  }

  async #signOfLife(): Promise<void> {
    const { id, vantage, version } = this.#options
    const seenAt = this.#context.now()
    await writeWorker(this.#database, {
      ...{ id, vantage, version, seenAt },
      startedAt: this.#startedAt,
      probes: this.#probes,
    })
  }

  #failed(what: string, error: unknown, endpointId?: string): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#options.counters.failed()
    this.#options.log.note(`${what} failed`, { endpoint: endpointId, error: message })
  }
}
