import { type IssuedChain, parseIssuing } from '../trust/issuing.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { readDataFiles } from './data-files.ts'

/** Chains that known CAs issue, of `roots/issuing.yaml`. */
export function openIssuing(known: readonly KnownRoot[]): IssuedChain[] {
  return parseIssuing(
    readDataFiles('roots').get('issuing.yaml') ?? '',
    known.map(({ id }) => id),
  )
}
