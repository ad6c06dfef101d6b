import type { Stage } from '../finding/stage.ts'
import type { Margin, State } from '../judge/verdict.ts'
import type { FindingRecord } from './finding-record.ts'

/**
 * `tlsfit/run@1`: what is kept of a run, to compare the next one with. Free of addresses, times of day and secrets,
 * and in a fixed order, so that a file of it that is committed changes only where the world did.
 */
export interface RunRecord {
  /** By label. */
  readonly targets: readonly TargetRecord[]
}

export interface TargetRecord {
  /** What the plan calls it, else its URL with secrets blanked. */
  readonly target: string
  /** By device. */
  readonly devices: readonly DeviceRecord[]
}

/** What one device met there, all addresses together. */
export interface DeviceRecord {
  /** The id as typed, or the name or file of a device by configuration. */
  readonly device: string
  /** The worst of any address. */
  readonly state: State
  readonly stage: Stage | undefined
  /** Each chain that an address gave; empty where none was seen. */
  readonly chains: readonly ChainRecord[]
  /** The least room of any address. */
  readonly margins: readonly MarginRecord[]
  /** What blocked, risked or left it open. Undefined in a file of before they were kept. */
  readonly findings?: readonly FindingRecord[] | undefined
}

export interface ChainRecord {
  /** Leading hex digits of the leaf's SHA-256. */
  readonly leaf: string
  /** Of the leaf: `2026-11-21T00:00:00Z`. */
  readonly issued: string
  readonly expires: string
  /** DER of all certificates sent. */
  readonly bytes: number
  readonly certificates: number
  /** Who signed the topmost certificate that was sent. */
  readonly root: string
}

export type MarginRecord = Pick<Margin, 'limit' | 'counts' | 'unit' | 'left' | 'limitValue'>

/** Orders a record and every list in it, so that the same facts are the same text. */
export function orderRecord({ targets }: RunRecord): RunRecord {
  return {
    targets: ordered(
      targets.map(({ target, devices }) => ({
        target,
        devices: ordered(
          devices.map((one) => ({
            ...one,
            chains: ordered(one.chains, ({ leaf, bytes }) => `${leaf} ${String(bytes).padStart(9, '0')}`),
            margins: ordered(one.margins, marginKey),
          })),
          ({ device }) => device,
        ),
      })),
      ({ target }) => target,
    ),
  }
}

/** A limit counted in one way. */
export function marginKey({ limit, counts }: Pick<MarginRecord, 'limit' | 'counts'>): string {
  return `${limit} ${counts}`
}

/** By code unit, whatever the language of the machine. */
function ordered<T>(rows: readonly T[], keyOf: (row: T) => string): readonly T[] {
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}
