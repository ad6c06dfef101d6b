import type { FailureKind } from '../device/device.ts'
import type { Limit } from '../device/limit.ts'
import type { Cause } from '../finding/cause.ts'
import type { Details, FindingId } from '../finding/details.ts'
import type { Effect, FixSuggested, LimitCited } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import type { Stage } from '../finding/stage.ts'
import type { StackFailure } from '../stack/stack.ts'
import type { Need, Scene } from './scene.ts'
import type { Margin, Missing, StageVerdict } from './verdict.ts'

/** One question to one leg of an observation. Pure; never throws on what a server sent. */
export interface Rule {
  readonly stage: Stage
  /** What must have been seen; lacking any of it the rule is not asked, and its stage may be `not-seen`. */
  readonly needs: readonly Need[]
  /** `target`: asked once, of the way to the host; otherwise of each host that the device would talk to. */
  readonly scope?: 'target' | undefined
  judge(scene: Scene): Judged
}

export interface Judged {
  readonly findings?: readonly Draft[]
  readonly margins?: readonly Margin[]
  readonly missing?: readonly Missing[]
  /** How the stage was decided, where not by plain comparison. */
  readonly basis?: StageVerdict['basis'] | undefined
}

/** A finding before it has the row's stage and cause, the device's words and its place in time. */
export type Draft = { [Id in FindingId]: DraftOf<Id> }[FindingId]

export interface DraftOf<Id extends FindingId> extends DraftExtras {
  readonly id: Id
  readonly effect: Effect
  readonly details: Details[Id]
}

export interface DraftExtras {
  readonly limit?: Limit | undefined
  /** Ranked, best first. */
  readonly fixes?: readonly FixSuggested[]
  /** Where an `unknown` leans. */
  readonly leans?: 'fits' | 'blocked' | undefined
  /** In place of the row's own stage: the same finding can be met earlier or later. */
  readonly stage?: Stage | undefined
  /** In place of the row's own cause, where evidence proves what is behind it. */
  readonly cause?: Cause | undefined
  /** In place of the row's own failure: which of the device's words belong to it depends on how it ended. */
  readonly failure?: FailureKind | 'none' | undefined
  /** The device's own TLS library stops before it looks at this. */
  readonly later?: boolean | undefined
  /** What the device's own TLS library says, where its rules decided. */
  readonly number?: StackFailure | undefined
}

/** The only way rules make findings: details are checked against the id. */
export function draft<Id extends FindingId>(
  id: Id,
  effect: Effect,
  details: Details[Id],
  extras: DraftExtras = {},
): Draft {
  // The union is built from this very interface; TypeScript cannot narrow it by a type parameter.
  return { id, effect, details, ...extras } as DraftOf<Id> as unknown as Draft
}

export function fix(id: FixId, facts: FixSuggested['with'] = {}): FixSuggested {
  return { id, with: facts }
}

/** What a limit's report needs of it. */
export function cite(limit: Limit): LimitCited {
  const { value, counts, passes, fails, confidence, source } = limit
  return { value, counts, passes, fails, confidence, source }
}
