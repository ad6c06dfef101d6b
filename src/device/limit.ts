import type { Confidence } from './device.ts'

/**
 * Ways of counting towards a limit.
 * `sent`: DER of all certificates sent; `path`: DER of those needed to reach the anchor, anchor left out;
 * `message`: the handshake message with its header; `certificate`: one certificate's DER;
 * `record`: plaintext of one record; `items`: a number of things; `bits`; `stored`: bytes of one anchor as stored; `bundle`: of all anchors
 * stored together;
 * `text`: characters of a URL, host or head; `heap`: bytes of heap.
 */
export type Counting =
  | 'sent'
  | 'path'
  | 'message'
  | 'certificate'
  | 'record'
  | 'items'
  | 'bits'
  | 'stored'
  | 'bundle'
  | 'text'
  | 'heap'

/** Values by way of counting, in the unit of the limit: bytes, bits or items. */
export type Readings = { readonly [C in Counting]?: number | undefined }

/**
 * What is known of one limit: not one number, but the documented value with how it counts,
 * the largest known to pass and the smallest known to fail.
 */
export interface Limit {
  /** Documented value in the unit of `counts`; `unlimited` only where a source says so; undefined: none known. */
  readonly value: number | 'unlimited' | undefined
  /** The lowest reading of an ambiguous figure ("2.5 kB" is 2,500 or 2,560); between it and `value`: undecided. */
  readonly atLeast: number | undefined
  /** How `value` counts; `unknown` where the source does not say. */
  readonly counts: Counting | 'unknown'
  /** Where `counts` is `unknown`: the ways it may count. */
  readonly candidates: readonly Counting[]
  /** Largest known to pass, smallest known to fail, from `evidence/` and the profile. */
  readonly passes: Readings
  readonly fails: Readings
  /** Other values that other sources give. */
  readonly disputed: readonly {
    readonly value: number
    readonly source: string
    readonly confidence: Confidence
  }[]
  /**
   * Versions of TLS in which `value` and `fails` are known, where they need not hold in another; `passes` holds in all.
   * Undefined: all.
   */
  readonly tlsVersions?: readonly string[] | undefined
  readonly confidence: Confidence
  readonly source: string
  readonly note?: string | undefined
}
