import { type SignRow, signStages } from './dialect-schema.ts'
import type { LineFormat } from './dialects.ts'
import type { Symptom } from './symptom.ts'

// What a standard word may say: one that belongs to no program, and so to none of the dialects that are spoken.

/** Share of a word of a program that is not known: below 1, so that it never decides. */
const UNKNOWN_PROGRAM = 0.8
/**
 * The same beside a failure that a dialect tells, for a word that names one cause plainly and can be of the same try: a
 * program that says "connection refused" or "authentication error" after a failed handshake has one word for all.
 */
const BESIDE_FAILURE = 0.4
/** From this much of one cause on a sign is no open one. */
const PLAIN = 75

/** Stage of the furthest failure that dialects tell; undefined where they tell none. */
export function furthestFailure(symptoms: readonly Symptom[]): number | undefined {
  const failures = symptoms
    .flatMap(({ signs }) => signs.map(({ sign }) => sign))
    .filter(({ kind, causes }) => kind === 'failure' && Object.keys(causes).length > 0)
  return failures.length === 0 ? undefined : Math.max(...failures.map((sign) => stageOf(sign, 0)))
}

/** `told`: the furthest failure of the dialects. */
export function standardShare(told: number | undefined): number {
  return told === undefined ? UNKNOWN_PROGRAM : BESIDE_FAILURE
}

/** Whether a standard word may say `sign`: what failed, never that something worked. */
export function maySay(sign: SignRow, told: number | undefined): boolean {
  return sign.kind !== 'progress' && (told === undefined || (isPlain(sign) && fits(sign, told)))
}

/**
 * Whether a dialect's `sign` leaves nothing to say of a standard word of `format` in its line. A summary or a context knows
 * what its own words mean, and not the number that follows them.
 */
export function saysEnough(sign: SignRow, overlaps: boolean, format: LineFormat): boolean {
  const isOpen = sign.kind === 'summary' || sign.kind === 'context'
  return !isOpen || (overlaps && format.codes.length === 0)
}

/** Neither of a stage before the one that failed, nor of one that is only reached behind it. */
function fits(sign: SignRow, told: number): boolean {
  return stageOf(sign) >= told && (sign.past === undefined || signStages.indexOf(sign.past) < told)
}

/** A sign without a stage may stand anywhere, and so behind any other. */
function stageOf({ stage }: SignRow, without: number = signStages.length): number {
  return stage === undefined ? without : signStages.indexOf(stage)
}

function isPlain({ kind, causes }: SignRow): boolean {
  return kind === 'context' || Math.max(0, ...Object.values(causes)) >= PLAIN
}
