import { Chance, seedOf } from './chance.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { minimise } from './minimise.ts'
import { mutated, type Pool } from './mutate.ts'

export interface Budget {
  readonly cases: number
  /** Of the wall clock; `Infinity`: until the cases are done. */
  readonly ms: number
}

export interface Fault {
  readonly reader: string
  /** Faults of the same kind are kept once. */
  readonly kind: string
  readonly message: string
  readonly input: Uint8Array
  readonly found: Uint8Array
}

export interface FuzzResult {
  readonly reader: string
  readonly seed: number
  readonly cases: number
  readonly ms: number
  /** Of the processor, without the kernel's: what a busy machine does not change. */
  readonly cpuMs: number
  /** Different outcomes seen: how far the inputs reach into the reader. */
  readonly outcomes: number
  readonly slowestMs: number
  readonly peakBytes: number
  readonly faults: readonly Fault[]
}

export interface Watch {
  /** Before each case, for what never comes back. */
  begin?(input: Uint8Array): unknown
  progress?(cases: number, result: Pick<FuzzResult, 'outcomes' | 'faults'>): void
}

/** Inputs with a new outcome that are kept beside the seeds. */
const MAX_KEPT = 1_500
/** Different faults after which a reader is given up. */
const MAX_FAULTS = 12
const LOOK_EVERY = 2_048
/** What the process may grow by, garbage included, while one reader is fuzzed. */
const MAX_GROWTH_BYTES = 1_500_000_000

/** Runs mutated cases until the budget is used up. The same seed gives the same cases, as many as the budget allows. */
export async function fuzz(
  target: FuzzTarget,
  seed: number,
  budget: Budget,
  watch: Watch = {},
): Promise<FuzzResult> {
  const open = target.open()
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const corpus = new Corpus(open)
  const chance = new Chance(seed ^ seedOf(Buffer.from(target.name)))
  const faults = new Map<string, Fault>()
  const start = performance.now()
  const firstCpu = process.cpuUsage().user
  const firstBytes = process.memoryUsage.rss()
  let peakBytes = firstBytes
  let slowestMs = 0
  let cases = 0

  const attempt = async (input: Uint8Array): Promise<string | undefined> => {
    watch.begin?.(input)
    const before = performance.now()
    const outcome = await outcomeOf(open, input)
    const tookMs = performance.now() - before
    if (tookMs > slowestMs) slowestMs = Math.max(slowestMs, await fastest(open, input, tookMs))
    if (typeof outcome !== 'string') return outcome.kind
    corpus.learn(input, outcome)
    return tookMs > open.maxMs && (await fastest(open, input, tookMs)) > open.maxMs ? SLOW : undefined
  }
  const record = async (input: Uint8Array, kind: string): Promise<void> => {
    if (faults.has(kind)) return
    const fails = async (candidate: Uint8Array) => {
      watch.begin?.(candidate)
      return (await kindOf(open, candidate)) === kind
    }
    const small = await minimise(input, fails, kind === SLOW ? MOST_SLOW : undefined)
    const outcome = await outcomeOf(open, small)
    const message = typeof outcome === 'string' ? `takes more than ${open.maxMs} ms` : outcome.message
    faults.set(kind, { reader: target.name, kind, message, input: small, found: input })
  }

  while (cases < budget.cases && faults.size < MAX_FAULTS) {
    const input = cases < open.seeds.length ? open.seeds[cases]! : corpus.next(chance)
    const kind = await attempt(input)
    cases++
    if (kind !== undefined) await record(input, kind)
    if (cases % LOOK_EVERY !== 0 && open.maxMs < 100) continue
    const rss = process.memoryUsage.rss()
    peakBytes = Math.max(peakBytes, rss)
    if (rss - firstBytes > MAX_GROWTH_BYTES) await record(input, MEMORY)
    if (performance.now() - start > budget.ms) break
    watch.progress?.(cases, { outcomes: corpus.outcomes, faults: [...faults.values()] })
  }
  Error.stackTraceLimit = stackTraceLimit
  return {
    reader: target.name,
    seed,
    cases,
    ms: performance.now() - start,
    cpuMs: (process.cpuUsage().user - firstCpu) / 1000,
    outcomes: corpus.outcomes,
    slowestMs,
    peakBytes,
    faults: [...faults.values()],
  }
}

const SLOW = 'slow'
/** Tries at making a slow case smaller: each takes long. */
const MOST_SLOW = 60
const MEMORY = 'memory'

/** How one input fails, minimising left out; undefined: it does not. */
export async function replay(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  const open = target.open()
  const outcome = await outcomeOf(open, input)
  if (typeof outcome !== 'string') return outcome.message
  const tookMs = await fastest(open, input, Number.POSITIVE_INFINITY)
  return tookMs > open.maxMs ? `takes ${tookMs.toFixed(0)} ms, ${open.maxMs} allowed` : undefined
}

async function kindOf(open: OpenTarget, input: Uint8Array): Promise<string | undefined> {
  const { outcome, tookMs } = await timed(open, input)
  if (typeof outcome !== 'string') return outcome.kind
  return tookMs > open.maxMs ? SLOW : undefined
}

/** By the clock, or by the processor where that is less: where the machine is given to others, the clock goes on. */
async function timed(open: OpenTarget, input: Uint8Array) {
  const [before, cpu] = [performance.now(), process.cpuUsage()]
  const outcome = await outcomeOf(open, input)
  const { user, system } = process.cpuUsage(cpu)
  return { outcome, tookMs: Math.min(performance.now() - before, (user + system) / 1_000) }
}

async function outcomeOf(
  open: OpenTarget,
  input: Uint8Array,
): Promise<string | { readonly kind: string; readonly message: string }> {
  try {
    const outcome = open.run(input)
    return typeof outcome === 'string' ? outcome : await outcome
  } catch {
    return await failureOf(open, input)
  }
}

/** Runs it once more, with a stack: to write one takes longer than most cases. */
async function failureOf(
  open: OpenTarget,
  input: Uint8Array,
): Promise<string | { readonly kind: string; readonly message: string }> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 12
  try {
    const outcome = await open.run(input)
    return { kind: 'fails at random', message: `failed once, then gave ${outcome}` }
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'no Error thrown', message: String(error) }
    // Numbers and quoted text change from case to case; where it was thrown does not.
    const what = error.message
      .split(':')[0]!
      .replace(/\d+|"[^"]*"|'[^']*'/g, '#')
      .slice(0, 80)
    const where = /at ([\w.#$<>]+)/.exec(error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '')
    return { kind: `${error.name} ${what} ${where?.[1] ?? ''}`, message: error.stack ?? error.message }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The least of three times: what else the machine does is no fault of the reader. */
async function fastest(open: OpenTarget, input: Uint8Array, firstMs: number): Promise<number> {
  let best = firstMs
  for (let i = 0; i < 2; i++) best = Math.min(best, (await timed(open, input)).tookMs)
  return best
}

/** Seeds, and inputs that did something new. */
class Corpus {
  readonly #open: OpenTarget
  readonly #pool: Pool
  readonly #inputs: Uint8Array[]
  readonly #seen = new Set<string>()
  #replaced = 0

  constructor(open: OpenTarget) {
    this.#open = open
    this.#inputs = [...open.seeds]
    const words = (open.words ?? []).map((word) => (typeof word === 'string' ? Buffer.from(word) : word))
    this.#pool = { inputs: this.#inputs, words, text: open.text, maxBytes: open.maxBytes }
  }

  get outcomes(): number {
    return this.#seen.size
  }

  next(chance: Chance): Uint8Array {
    const seeds = this.#open.seeds.length
    // Seeds half of the time, so that what was found by chance does not crowd them out.
    const count = chance.oneIn(2) ? seeds : this.#inputs.length
    const [one, other] = [this.#inputs[chance.below(count)]!, this.#inputs[chance.below(count)]!]
    // The smaller one as a rule: it takes less time, and a change meets more of what matters.
    const base = one.length <= other.length || chance.oneIn(8) ? one : other
    return mutated(base, this.#pool, chance)
  }

  learn(input: Uint8Array, outcome: string): void {
    if (this.#seen.has(outcome) || this.#seen.size >= MAX_OUTCOMES) return
    this.#seen.add(outcome)
    const seeds = this.#open.seeds.length
    if (this.#inputs.length < seeds + MAX_KEPT) this.#inputs.push(input)
    else this.#inputs[seeds + (this.#replaced++ % MAX_KEPT)] = input
  }
}

const MAX_OUTCOMES = 50_000
