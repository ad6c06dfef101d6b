import { setMaxListeners } from 'node:events'
import type { Verdict } from '../judge/verdict.ts'
import { parseTarget, shownTarget } from '../observe/target.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { judgeSeen, type Seen, seeTarget } from './check.ts'
import type { CheckJob, CheckRequest, Progress } from './check-request.ts'
import { inOrder } from './in-order.ts'
import type { Journal } from './journal.ts'
import { RunNetwork } from './network.ts'
import { OwnSignal } from './own-signal.ts'
import type { TrafficCount } from './traffic.ts'
import { Turns } from './turns.ts'

export interface BatchOptions {
  readonly jobs: readonly CheckJob[]
  /** What is of the whole run. */
  readonly run: Pick<CheckRequest, 'now' | 'keyLogFile' | 'catalogue' | 'knownRoots' | 'forecast'>
  /** Targets looked at side by side; undefined: `DEFAULT_SIDE_BY_SIDE`. */
  readonly sideBySide: number | undefined
  readonly journal: Journal | undefined
  /** Ends the run: what is finished by then is still handed over. */
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** One target of a batch, in the order of the targets. */
export type TargetResult =
  | {
      /** Of its job; some are left out where the run was broken off. */
      readonly index: number
      /** For people, secrets blanked. */
      readonly target: string
      readonly verdicts: readonly Verdict[]
      /** Taken from the journal, nothing dialled. */
      readonly resumed: boolean
      readonly error?: undefined
    }
  | { readonly index: number; readonly target: string; readonly error: unknown }

/** A target that is being looked at. */
export interface Running {
  readonly target: string
  readonly startedMs: number
  readonly act: Progress['act'] | undefined
}

/** A server's answer takes longer than our work on it: this many targets keep one core busy. */
const DEFAULT_SIDE_BY_SIDE = 256
/** Of one host: more would wait for each other's connections. */
const SIDE_BY_SIDE_PER_HOST = 4
/** What devices saw is held until all targets before are reported: some 40 kB each. */
const MAX_HELD_SIGHTS = 2_000
/** However many devices look, some targets run beside a slow one. */
const MIN_AHEAD = 8

/** Looks at many targets side by side, judges and hands them over in their order, and holds few of them at once. */
export class CheckBatch {
  readonly #options: BatchOptions
  readonly #network: RunNetwork
  readonly #decoded = new DecodedOnce()
  readonly #turns = new Turns()
  readonly #running = new Map<number, Running>()

  constructor(options: BatchOptions) {
    this.#options = options
    // All that is under way listens to the one signal.
    if (options.signal !== undefined) setMaxListeners(0, options.signal)
    this.#network = new RunNetwork({ polite: options.jobs.length > 1 })
  }

  /** Of this run alone. */
  get traffic(): TrafficCount {
    return this.#network.traffic
  }

  /** The target that has been looked at for the longest. */
  get slowest(): Running | undefined {
    const [first] = this.#running.values()
    return first
  }

  /** Never throws for a single target: what it threw is its result. */
  async *results(): AsyncGenerator<TargetResult, void, undefined> {
    const { jobs, signal } = this.#options
    const devices = Math.max(1, ...jobs.map((job) => job.devices.length))
    const groups = jobs.map(groupOf)
    const ahead = Math.max(MIN_AHEAD, Math.floor(MAX_HELD_SIGHTS / devices))
    const outcomes = inOrder(jobs, (job, index) => this.#see(job, index), {
      sideBySide: Math.min(this.#options.sideBySide ?? DEFAULT_SIDE_BY_SIDE, ahead),
      ahead,
      groupOf: (_, index) => groups[index],
      perGroup: SIDE_BY_SIDE_PER_HOST,
      signal,
    })
    for await (const outcome of outcomes) {
      const { index } = outcome
      const job = jobs[index] as CheckJob
      const target = shownTarget(job.target, job.secretQuery)
      if ('error' in outcome) {
        yield { index, target, error: outcome.error }
        continue
      }
      yield { index, target, ...(await this.#judge(job, outcome.value)) }
      await this.#turns.take()
    }
  }

  async #see(job: CheckJob, index: number): Promise<Sight> {
    const { journal, signal } = this.#options
    const own = new OwnSignal(signal)
    const network = this.#network.forTarget()
    const startedMs = performance.now()
    const target = shownTarget(job.target, job.secretQuery)
    const note = (act: Running['act']) => this.#running.set(index, { target, startedMs, act })
    note(undefined)
    try {
      const remembered = journal?.recall(index)
      const onProgress = (step: Progress) => {
        note(step.act)
        this.#options.onProgress?.(step)
      }
      const decoded = this.#decoded
      const request = { ...job, ...this.#options.run, network, decoded, remembered, onProgress }
      const seen = await seeTarget(request, own.signal)
      const resumed = isRemembered(seen, remembered)
      if (!resumed) journal?.keep(index, seen)
      return { seen, resumed }
    } finally {
      own.release()
      this.#running.delete(index)
    }
  }

  async #judge(job: CheckJob, { seen, resumed }: Sight): Promise<Judged> {
    const verdicts: Verdict[] = []
    try {
      const request = { ...job, ...this.#options.run, decoded: this.#decoded, onProgress: undefined }
      for await (const verdict of judgeSeen(seen, request, this.#turns)) verdicts.push(verdict)
    } catch (error) {
      return { error }
    }
    return { verdicts, resumed }
  }
}

type Judged =
  | { readonly verdicts: readonly Verdict[]; readonly resumed: boolean; readonly error?: undefined }
  | { readonly error: unknown }

interface Sight {
  readonly seen: readonly Seen[]
  readonly resumed: boolean
}

function isRemembered(
  seen: readonly Seen[],
  remembered: CheckRequest['remembered'],
): remembered is NonNullable<typeof remembered> {
  return remembered !== undefined && seen.every(({ plan }) => plan !== undefined && remembered.has(plan))
}

/** The host that is dialled; on this machine each port is an endpoint of its own. Undefined for a file. */
function groupOf({ target, connect }: CheckJob): string | undefined {
  try {
    const { host, port } = connect ?? parseTarget(target).target
    return host !== undefined && /^(localhost|127\.[\d.]+|::1)$/.test(host) ? `${host} ${port}` : host
  } catch {
    return undefined
  }
}
