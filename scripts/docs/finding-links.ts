import type { FailureKind } from '../../src/device/device.ts'
import type { Cause } from '../../src/finding/cause.ts'
import { type FindingId, findings } from '../../src/finding/details.ts'
import type { Stage } from '../../src/finding/stage.ts'
import { code } from './open-text.ts'

interface FindingRow {
  readonly stage: Stage
  readonly cause: Cause | undefined
  readonly failure: FailureKind | undefined
}

const rows = Object.entries(findings) as readonly (readonly [FindingId, FindingRow])[]

export function findingRow(id: FindingId): FindingRow {
  return findings[id]
}

export function isFinding(text: string): text is FindingId {
  return Object.hasOwn(findings, text)
}

export function findingsOfStage(stage: Stage): readonly FindingId[] {
  return rows.filter(([, row]) => row.stage === stage).map(([id]) => id)
}

/** The finding of the cause's own name; of a cause without one, every finding that stands for it. */
export function findingsOfCause(cause: Cause): readonly FindingId[] {
  if (isFinding(cause) && findings[cause].cause === cause) return [cause]
  return rows.filter(([, row]) => row.cause === cause).map(([id]) => id)
}

/** Findings that a device shows so. What only the device's own library finds fault with is told as `stack-refuses`. */
export function findingsOfFailures(failures: readonly FailureKind[]): readonly FindingId[] {
  const found = failures.flatMap((kind) => {
    const own = rows.filter(([, { failure }]) => failure === kind).map(([id]) => id)
    return own.length === 0 ? (['stack-refuses'] as const) : own
  })
  return [...new Set(found)]
}

export function findingLink(id: FindingId): string {
  return `[${code(id)}](/findings/${id}.md)`
}
