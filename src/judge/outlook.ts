import type { Finding } from '../finding/finding.ts'
import type { Stage } from '../finding/stage.ts'
import type { CalendarEntry, Replay } from '../trust/calendar.ts'
import type { Margin, State } from './verdict.ts'

/**
 * What a change to come, or a chain of the user's own, does to one verdict. It is what `judge` says of an observation
 * in which that change is made; the verdict of today stays as it is.
 */
export interface Outlook {
  /** `candidate`: a chain that the user plans to serve; `post-quantum`: sizes alone, and never a state. */
  readonly kind: Replay['kind'] | 'candidate' | 'post-quantum'
  /** Id of the calendar's entry; `candidate` or `post-quantum` else. */
  readonly id: string
  readonly change: CalendarEntry | undefined
  /** Name of the candidate's file, where it is about one: the candidate itself, or a change replayed upon it. */
  readonly candidate: string | undefined
  /** Where it is about another host than the target's: that of a redirect. */
  readonly host: string | undefined
  /**
   * `late`: its date has passed, and the chain is still that of before. `undated`: announced without a date.
   * `now`: not bound to a date.
   */
  readonly timing: 'ahead' | 'late' | 'undated' | 'now'
  /** First instant of its date or period; undefined where there is none. */
  readonly from: Date | undefined
  /** Undefined: an outlook and no verdict, such as of lifetimes and of post-quantum sizes. */
  readonly state: State | undefined
  readonly leans: 'fits' | 'blocked' | undefined
  readonly stage: Stage | undefined
  /** What the state rests on: blocking, open or risky, and reached. */
  readonly findings: readonly Finding[]
  /** It rests on nothing that today's verdict does not rest on, too. */
  readonly asToday: boolean
  readonly margins: readonly Margin[]
  readonly before: ChainWeight | undefined
  readonly after: ChainWeight | undefined
  readonly assumed: readonly Assumption[]
  /** What would have to be known to say more; empty where the state is certain by what is assumed. */
  readonly needs: readonly OutlookNeed[]
  /** Chains that the same CA issues too, and that fit by the same judgement. Best first. */
  readonly avoidedBy: readonly Alternative[]
  readonly lifetime: LifetimeOutlook | undefined
  readonly postQuantum: readonly PostQuantumSize[] | undefined
}

export interface ChainWeight {
  readonly certificates: number
  /** DER of all certificates; where a size is not known, of those whose size is. */
  readonly bytes: number
  /** Common names of certificates whose size is not known. */
  readonly unknown: readonly string[]
}

/**
 * `leaf-renewed`: by then another leaf is served, of today's size and valid; `leaf-reissued`: another CA issues it, in
 * today's size, names and key type; `issuers-renewed`: issuing CAs that end before have been replaced by their like;
 * `stand-ins`: of certificates of the new chain the calendar has name, size and key, not the bytes; `signatures`:
 * that these sign one another was not computed; `records`: the server cuts its records as it does today.
 * `chain-alone`: nothing but the chain was judged, as from a file.
 */
export type Assumption =
  | 'leaf-renewed'
  | 'leaf-reissued'
  | 'issuers-renewed'
  | 'stand-ins'
  | 'signatures'
  | 'records'
  | 'chain-alone'

/**
 * `sizes`: of the certificates named; `keys`: key and signature of those; `leaf`: the new leaf; `chain`: the chain that is served then;
 * `anchor`: which roots the device holds; `root`: one of these, which it is known not to hold; `new-pin`: the leaf that is held after each renewal.
 */
export interface OutlookNeed {
  readonly needs: 'sizes' | 'keys' | 'leaf' | 'chain' | 'anchor' | 'root' | 'new-pin' | 'versions'
  /** Common names that it is about. */
  readonly of: readonly string[]
}

export interface Alternative {
  /** Id in `roots/issuing.yaml`. */
  readonly id: string
  readonly ca: string
  readonly name: string
  /** With a leaf as large as today's. */
  readonly bytes: number
}

export interface LifetimeOutlook {
  /** Days that a leaf lives at most. */
  readonly days: number
  /** Fewest renewals in 365 days. */
  readonly renewalsAYear: number
  /** Days that the leaf of today lives. */
  readonly daysNow: number
  /** Where the leaf of today has ended by now. */
  readonly endedAt?: Date | undefined
  /** The device holds the leaf itself. */
  readonly pinned: boolean
}

/** The same chain with ML-DSA keys and signatures in place of its own, FIPS 204. An estimate. */
export interface PostQuantumSize {
  readonly algorithm: string
  readonly chainBytes: number
  readonly leafBytes: number
}
