import type { SignRow } from './dialect-schema.ts'

/** A line of the log that means something. Repeats of the same line are counted, not kept. */
export interface Symptom {
  /** From 1, where it first stands. */
  readonly line: number
  readonly lastLine: number
  readonly count: number
  /** The line without colour, time and control characters; secrets blanked; at most `MAX_SHOWN_LINE` characters. */
  readonly text: string
  /** Tag of the source's component, or the dialect's name. */
  readonly component: string
  readonly dialect: string
  readonly side: 'device' | 'server'
  readonly codes: readonly SymptomCode[]
  /** What it says, in words. */
  readonly meaning: string
  readonly signs: readonly WeighedSign[]
  /** Where the format is written. */
  readonly source: string
}

export interface SymptomCode {
  /** As it stands in the line. */
  readonly text: string
  readonly table: string
  readonly names: readonly string[]
}

export interface WeighedSign {
  readonly sign: SignRow
  /** Below 1 where a number has several readings. */
  readonly share: number
}

/** One appearance of a symptom, in file order. */
export interface LogEvent {
  readonly symptom: Symptom
  readonly line: number
  /** By the log's own clock, from its first time; undefined where the line has none. */
  readonly atMs: number | undefined
  /** Address of the client that a server's line is about, without its port; absent where it names none. */
  readonly client?: string | undefined
}

/** Where the device went, as far as lines tell. */
export interface Places {
  /** Scheme, host and path; values of queries blanked. */
  readonly urls: readonly string[]
  readonly hosts: readonly string[]
  readonly ports: readonly number[]
  readonly secTags: readonly number[]
}

export interface LogDevice {
  /** As `--device` takes it. */
  readonly id: string
  /** Lines that told it. */
  readonly lines: readonly number[]
  readonly component: string
}

/** What a log says. No opinion on causes. */
export interface LogFacts {
  readonly lines: number
  readonly bytes: number
  readonly symptoms: readonly Symptom[]
  /** Bounded: the first and the last ones of a long log. */
  readonly events: readonly LogEvent[]
  readonly devices: readonly LogDevice[]
  /** Names of the dialects that are spoken. */
  readonly dialects: readonly string[]
  readonly places: Places
  /** PEM blocks in the log, as they stand there, with the line of each; private keys never. */
  readonly certificates: readonly { readonly line: number; readonly pem: string }[]
  readonly notes: readonly string[]
}

export const MAX_SHOWN_LINE = 400
