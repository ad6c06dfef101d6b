import type { PageOptions } from '../report/layout.ts'

/** What the command line touches of its process: given in, so that tests run it without one. */
export interface CliIo {
  readonly stdout: CliOutput
  readonly stderr: CliOutput
  /** Whole standard input as text; read only where the user wrote `-`. */
  readonly readStdin: () => Promise<string>
  /** Standard input piece by piece, however much it is. */
  readonly stdinChunks: () => AsyncIterable<Uint8Array>
  readonly env: { readonly [name: string]: string | undefined }
  readonly now: () => Date
  /** Where a plan is looked for; the process's own folder, where it is left out. */
  readonly folder?: string | undefined
  /**
   * From now on a first Ctrl-C (SIGTERM, SIGHUP, a reader that has gone) aborts this signal, for a clean end; the second
   * ends the process.
   */
  readonly interruption?: () => AbortSignal
}

export interface CliOutput {
  readonly write: (text: string) => void
  /** Resolves when there is room for more: who writes much waits for a slow reader. */
  readonly drained?: () => Promise<void>
  readonly isTTY: boolean
  /** Columns of the terminal; undefined when it is none. */
  readonly columns: number | undefined
}

/** Columns of the report: COLUMNS, else the terminal's, else 80; at most 140, where lines grow hard to read. */
export function reportColumns(io: CliIo): number {
  const asked = Number(io.env.COLUMNS)
  const columns = Number.isInteger(asked) && asked > 0 ? asked : (io.stdout.columns ?? 80)
  return Math.min(140, Math.max(40, columns))
}

/** Colour only on a terminal that wants it: https://no-color.org, and FORCE_COLOR to have it in a pipe. */
function wantsColor(io: CliIo): boolean {
  const set = (value: string | undefined) => value !== undefined && value !== ''
  if (set(io.env.NO_COLOR) || io.env.TERM === 'dumb') return false
  if (set(io.env.FORCE_COLOR)) return io.env.FORCE_COLOR !== '0'
  return io.stdout.isTTY
}

/** POSIX: LC_ALL before LC_CTYPE before LANG. Without any, or with C or POSIX, only ASCII is safe on a terminal. */
export function wantsAscii(io: CliIo): boolean {
  const locale = io.env.LC_ALL || io.env.LC_CTYPE || io.env.LANG
  if (locale === undefined || locale === '') return io.stdout.isTTY && io.env.WT_SESSION === undefined
  return !/utf-?8/i.test(locale)
}

/** How a text is laid out for whoever reads it. */
export function pageOptions(io: CliIo): PageOptions {
  return { columns: reportColumns(io), color: wantsColor(io), ascii: wantsAscii(io) }
}
