import type { Progress } from '../io/check-request.ts'
import { escapeText } from '../report/escape.ts'
import { fitWidth } from '../report/layout.ts'
import { formatNumber } from '../report/units.ts'
import type { CliIo } from './cli-io.ts'

/** Nothing is shown of what is quicker than this. */
const quietMs = 1000
/** A download reports each chunk; the line is written at most this often. */
const intervalMs = 100

/** One line on stderr that says what goes on, only on a terminal and only when it takes long. */
export class ProgressLine {
  readonly #io: CliIo
  readonly #startedAtMs: number
  #writtenAtMs = 0
  #shown = false

  constructor(io: CliIo) {
    this.#io = io
    this.#startedAtMs = io.now().getTime()
  }

  show(step: Progress): void {
    if (!this.#io.stderr.isTTY) return
    const nowMs = this.#io.now().getTime()
    if (nowMs - this.#startedAtMs < quietMs || nowMs - this.#writtenAtMs < intervalMs) return
    this.#writtenAtMs = nowMs
    this.#shown = true
    const columns = Math.max(20, (this.#io.stderr.columns ?? 80) - 1)
    this.#io.stderr.write(`\r\u001b[2K${fitWidth(describe(step), columns).trimEnd()}`)
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write('\r\u001b[2K')
    this.#shown = false
  }
}

function describe({ target, act, address, bytes, totalBytes }: Progress): string {
  const where = address === undefined ? '' : ` ${escapeText(address)}`
  const size =
    act !== 'download'
      ? ''
      : totalBytes === undefined
        ? `: ${formatNumber(bytes)} bytes`
        : `: ${formatNumber(bytes)} of ${formatNumber(totalBytes)} bytes`
  return `${escapeText(target, { maxChars: 120 })}: ${act}${where}${size}`
}
