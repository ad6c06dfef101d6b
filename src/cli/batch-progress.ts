import type { Running } from '../io/check-batch.ts'
import { escapeText } from '../report/escape.ts'
import { fitWidth } from '../report/layout.ts'
import { formatCount, formatNumber } from '../report/units.ts'
import type { CliIo } from './cli-io.ts'

/** On a terminal the line is written anew this often, once a run takes longer than a moment. */
const terminalMs = { first: 1000, again: 250 }
/** Elsewhere, as in a CI log, a line now and then. */
const logMs = { first: 10_000, again: 30_000 }
/** Targets that take longer are named. */
const slowMs = 3000

export interface BatchState {
  readonly done: number
  readonly asked: number
  readonly blocked: number
  readonly slowest: Running | undefined
}

/** Says on stderr how far a batch is. */
export class BatchProgress {
  readonly #io: CliIo
  readonly #state: () => BatchState
  readonly #startedMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #shown = false

  /** Begins to tell. `state` is asked when a line is due. */
  constructor(io: CliIo, state: () => BatchState) {
    this.#io = io
    this.#state = state
    const { first, again } = io.stderr.isTTY ? terminalMs : logMs
    this.#wait(first, again)
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write('\r\u001b[2K')
    this.#shown = false
  }

  /** Ends it. */
  stop(): void {
    clearTimeout(this.#timer)
    this.clear()
  }

  #wait(ms: number, again: number): void {
    this.#timer = setTimeout(() => {
      this.#tell()
      this.#wait(again, again)
    }, ms)
    this.#timer.unref()
  }

  #tell(): void {
    const { stderr } = this.#io
    const line = describeBatch(this.#state(), performance.now() - this.#startedMs, performance.now())
    if (!stderr.isTTY) {
      stderr.write(`${line}\n`)
      return
    }
    const columns = Math.max(20, (stderr.columns ?? 80) - 1)
    stderr.write(`\r\u001b[2K${fitWidth(line, columns).trimEnd()}`)
    this.#shown = true
  }
}

/** `312 of 1,000 targets, 18 blocked, 52/s, 13 s left; slow: https://a.example/: handshake, 4 s`. */
function describeBatch(
  { done, asked, blocked, slowest }: BatchState,
  elapsedMs: number,
  nowMs: number,
): string {
  const perSecond = (done * 1000) / Math.max(1, elapsedMs)
  const parts = [
    `${formatNumber(done)} of ${formatCount(asked, 'target')}`,
    `${formatNumber(blocked)} blocked`,
  ]
  if (done > 0) {
    parts.push(`${perSecond >= 10 ? Math.round(perSecond) : perSecond.toFixed(1)}/s`)
    parts.push(`${describeTime((asked - done) / perSecond)} left`)
  }
  const waitedMs = slowest === undefined ? 0 : nowMs - slowest.startedMs
  if (slowest === undefined || waitedMs < slowMs) return parts.join(', ')
  const act = slowest.act === undefined ? '' : `${slowest.act}, `
  const target = escapeText(slowest.target, { maxChars: 120 })
  return `${parts.join(', ')}; slow: ${target}: ${act}${describeTime(waitedMs / 1000)}`
}

function describeTime(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`
}
