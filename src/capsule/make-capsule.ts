import type { LogFacts } from '../log/symptom.ts'
import type { Observation } from '../observe/observation.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import {
  type LineRun,
  type LogCapsule,
  MAX_CAPSULE_LINES,
  MAX_LINE_CHARS,
  MAX_OBSERVATIONS,
  type ObservationsCapsule,
} from './capsule-file.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { ChainRedaction } from './redact-chain.ts'
import { redactLog } from './redact-log.ts'
import { redactObservation } from './redact-observation.ts'

export interface CapsuleOptions {
  /** Random, and thrown away afterwards. */
  readonly key: Uint8Array
  readonly device: string | undefined
  readonly knownRoots: readonly KnownRoot[]
  /** Host patterns of services, of `endpoints/`. */
  readonly serviceHosts: readonly string[]
}

export function capsuleOfObservations(
  observations: readonly Observation[],
  options: CapsuleOptions,
): ObservationsCapsule {
  const { names, chains } = redactionOf(options)
  return {
    kind: 'observations',
    device: options.device,
    observations: observations.slice(0, MAX_OBSERVATIONS).map((one) => redactObservation(one, names, chains)),
  }
}

/** `facts` are those of the same log: of a long one only the lines that say something stay, and their neighbours. */
export function capsuleOfLog(lines: readonly string[], facts: LogFacts, options: CapsuleOptions): LogCapsule {
  const { names, chains } = redactionOf(options)
  const redacted = redactLog(lines, names, chains).map((line) => line.slice(0, MAX_LINE_CHARS))
  const all: LineRun[] = redacted.length === 0 ? [] : [{ from: 1, lines: redacted }]
  const runs = redacted.length <= MAX_CAPSULE_LINES ? all : runsAround(redacted, facts)
  return { kind: 'log', device: options.device, runs }
}

function redactionOf({ key, knownRoots, serviceHosts }: CapsuleOptions) {
  const authorities = new Set(
    knownRoots.flatMap(({ certificate }) => certificate.subject.attributes.map(({ value }) => value)),
  )
  const names = new Pseudonyms(key, { hosts: serviceHosts, authorities })
  return { names, chains: new ChainRedaction(names, knownRoots) }
}

const NEIGHBOURS = 1

function runsAround(
  lines: readonly string[],
  { symptoms, events, devices, certificates }: LogFacts,
): LineRun[] {
  const telling = [
    ...symptoms.flatMap(({ line, lastLine }) => [line, lastLine]),
    ...devices.flatMap((device) => device.lines),
    ...certificates.map(({ line }) => line),
    ...events.map(({ line }) => line),
  ]
  const kept = new Set<number>()
  for (const line of telling) {
    for (let at = line - NEIGHBOURS; at <= line + NEIGHBOURS; at++) {
      if (at >= 1 && at <= lines.length && kept.size < MAX_CAPSULE_LINES) kept.add(at)
    }
  }
  const runs: { from: number; lines: string[] }[] = []
  for (const at of [...kept].sort((a, b) => a - b)) {
    const last = runs[runs.length - 1]
    const text = lines[at - 1] as string
    if (last !== undefined && last.from + last.lines.length === at) last.lines.push(text)
    else runs.push({ from: at, lines: [text] })
  }
  return runs
}
