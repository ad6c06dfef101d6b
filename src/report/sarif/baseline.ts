import type { Finding } from '../../finding/finding.ts'
import type { Verdict } from '../../judge/verdict.ts'
import {
  type BaselineState,
  baselineState,
  type FindingRecord,
  findingRecord,
  isSameFinding,
} from '../../plan/finding-record.ts'
import type { RunRecord } from '../../plan/run-record.ts'
import { wasReached } from '../../plan/run-recorder.ts'

/** A finding of the last run that this one did not meet, though the endpoint was reached. */
export interface GoneFinding {
  readonly target: string
  readonly device: string
  readonly id: string
}

interface Row {
  readonly target: string
  readonly device: string
  readonly before: readonly FindingRecord[]
  readonly met: FindingRecord[]
}

/** The findings of a run beside those of the run before. Knows nothing where that run kept none. */
export class Baseline {
  readonly #before = new Map<string, readonly FindingRecord[] | undefined>()
  readonly #rows = new Map<string, Row>()
  readonly #isKnown: boolean

  constructor(lastRun: RunRecord | undefined) {
    const devices = (lastRun?.targets ?? []).flatMap(({ target, devices }) =>
      devices.map((one) => [keyOf(target, one.device), one.findings] as const),
    )
    this.#before = new Map(devices)
    this.#isKnown = lastRun !== undefined
  }

  /** Undefined where there is nothing to compare with: no last run, one of before findings were kept, or no answer. */
  add(finding: Finding, verdict: Verdict): BaselineState | undefined {
    const row = this.reach(verdict)
    if (row === undefined) return undefined
    const now = findingRecord(finding)
    row.met.push(now)
    return baselineState(now, row.before)
  }

  /** The device looked, and the endpoint answered. */
  reach(verdict: Verdict): Row | undefined {
    if (!this.#isKnown || !wasReached(verdict)) return undefined
    const target = verdict.place?.name ?? verdict.observation.target.text
    const device = verdict.device.asked
    const key = keyOf(target, device)
    const before = this.#before.has(key) ? this.#before.get(key) : []
    if (before === undefined) return undefined
    const row = this.#rows.get(key) ?? { target, device, before, met: [] }
    this.#rows.set(key, row)
    return row
  }

  gone(): GoneFinding[] {
    return [...this.#rows.values()].flatMap(({ target, device, before, met }) => {
      const gone = before.filter((one) => !met.some((now) => isSameFinding(one, now)))
      return [...new Set(gone.map(({ id }) => id))].map((id) => ({ target, device, id }))
    })
  }
}

function keyOf(target: string, device: string): string {
  return JSON.stringify([target, device])
}
