import type { Effect } from '../finding/finding.ts'
import type { Stage } from '../finding/stage.ts'
import type { Margin, Missing, State } from '../judge/verdict.ts'

/** What the judge says of one fleet at one endpoint, all its addresses together: the worst counts. Plain JSON. */
export interface VerdictSummary {
  readonly state: State
  readonly leans?: 'fits' | 'blocked' | undefined
  /** Where it stops. */
  readonly stage?: Stage | undefined
  /** The address that the state is of. */
  readonly address?: string | undefined
  /** Addresses that answered. */
  readonly addresses: number
  /** The limit with the least room, by the share of it. */
  readonly nearest?: MarginSummary | undefined
  /** Share of the nearest limit that is left, 1 at most, less than 0 beyond it; undefined where no limit is known. */
  readonly room?: number | undefined
  /** Each limit and way of counting once: the least room of any address. Nearest first. */
  readonly margins: readonly MarginSummary[]
  /** What blocks, risks or leaves it open, the one that the state rests on first. */
  readonly findings: readonly FindingSummary[]
  readonly missing: readonly Pick<Missing, 'needs' | 'about'>[]
  /** Digests of the chains that it was judged on. */
  readonly chains: readonly string[]
  /** It was judged on a chain that was not met this time, and that comes by turns. */
  readonly held?: boolean | undefined
}

export interface MarginSummary extends Margin {
  /** Share of the limit that is left. */
  readonly room: number
}

export interface FindingSummary {
  readonly id: string
  readonly effect: Effect
  readonly stage: Stage
  /** False for what lies beyond the point where the device stops. */
  readonly reached: boolean
  /** With its numbers, in words of `report/`. */
  readonly sentence: string
  /** Ids of cures, best first. */
  readonly fixes: readonly string[]
  /** Where it is about another host than the target's. */
  readonly host?: string | undefined
  /** Of the certificate that it is about, as sent. */
  readonly index?: number | undefined
}
