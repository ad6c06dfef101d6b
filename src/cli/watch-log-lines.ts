import { escapeText } from '../report/escape.ts'
import type { LogFields, WatchLog } from '../watch/watch-log.ts'
import type { CliIo } from './cli-io.ts'

const MAX_CHARS = 300

/** One line an event on stderr: `2026-11-21T20:15:10Z config read file=watch.yaml endpoints=9`. */
export class LogLines implements WatchLog {
  readonly #io: Pick<CliIo, 'stderr' | 'now'>

  constructor(io: Pick<CliIo, 'stderr' | 'now'>) {
    this.#io = io
  }

  note(event: string, fields: LogFields = {}): void {
    const parts = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${worded(value)}`],
    )
    const at = this.#io
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
    this.#io.stderr.write(`${[at, event, ...parts].join(' ')}\n`)
  }
}

/** In quotes where it has spaces; what others wrote is made visible. */
function worded(value: string | number): string {
  const text = escapeText(String(value), { maxChars: MAX_CHARS })
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
