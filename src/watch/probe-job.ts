import type { ProbeFound } from './probe-endpoint.ts'

/** What is to be probed, in the queue of its vantage point. */
export interface ProbeJob {
  readonly endpointId: string
  readonly vantage: string
  /** ISO 8601: the time for which it was due. A slot has one result. */
  readonly slot: string
  /** From 1. */
  readonly attempt: number
  /** Of the first attempt, where this is a later one: ISO 8601. */
  readonly since?: string | undefined
}

export function queueOf(vantage: string): string {
  return `probe:${vantage}`
}

/** A job that was done. */
export interface ProbeDone {
  readonly jobId: string
  readonly job: ProbeJob
  /** Undefined where the endpoint is not watched any more. */
  readonly found: ProbeFound | undefined
}
