import type { Place } from '../finding/place.ts'
import type { State, TargetPlace, Verdict } from '../judge/verdict.ts'
import type { Comparison } from '../plan/comparison.ts'
import type { RunRecord } from '../plan/run-record.ts'

/**
 * A report that is written while verdicts come in, so that a batch of thousands is never held whole. Pure: each
 * call returns the text to be written next, and all of it together is one well-formed document.
 */
export interface Report {
  /** The verdicts of one target, device by device. */
  add(verdicts: readonly Verdict[]): string
  /** A target that could not be looked at, such as a file that cannot be read. */
  fail(failure: TargetFailure): string
  /** Closes it; nothing is added then. */
  end(run: RunSummary): string
}

/** Secrets are blanked before it gets here. */
export interface TargetFailure {
  readonly target: string
  /** Kebab-case, such as `file-not-found`. */
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  /** File or argument it is about. */
  readonly at: string | undefined
  readonly place?: TargetPlace | undefined
}

/** What a run of `check` did, all targets together. */
export interface RunSummary {
  /** Version of tlsfit. */
  readonly version: string
  readonly startedAt: Date
  readonly elapsedMs: number
  /** Targets that were asked for; more than were reported where the run was broken off. */
  readonly asked: number
  /** Targets reported: with verdicts, failed and taken from an earlier run. */
  readonly targets: number
  readonly failed: number
  /** Targets that an earlier, broken-off run had looked at. */
  readonly resumed: number
  /** Verdicts by state. */
  readonly states: { readonly [Of in State]: number }
  /** What this run asked of the network; zero for files. Bytes of TCP payload. */
  readonly connections: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Broken off: what is reported is not all that was asked for. */
  readonly interrupted: boolean
  /** Of the process. */
  readonly exitCode: number
  /** Against the run before; where the targets came from a plan. */
  readonly comparison?: Comparison | undefined
}

export interface ReportOptions {
  /** Colours of a terminal; for text alone. */
  readonly color: boolean
  /** No line of text is wider; at least 40. */
  readonly columns: number
  /** Nothing beyond ASCII in text. */
  readonly ascii: boolean
  /** What is at risk counts as failed. */
  readonly strict: boolean
  /** Pages of `docs/findings/`, by id; read when they are asked for. */
  readonly findingPages?: (() => ReadonlyMap<string, string>) | undefined
  /** Names a file from the root of the repository, which code scanning knows files by; for SARIF alone. */
  readonly pathInRepository?: ((path: string) => string) | undefined
  /** What the run is compared with; for SARIF alone, which says it of each result. */
  readonly lastRun?: RunRecord | undefined
  /** Places where the reader can act: their cures come first. None named: undefined. */
  readonly can?: readonly Place[] | undefined
}

export const reportFormats = ['text', 'json', 'jsonl', 'markdown', 'junit', 'sarif', 'html'] as const
export type ReportFormat = (typeof reportFormats)[number]
