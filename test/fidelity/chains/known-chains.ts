import { dateChains } from './date-chains.ts'
import { keyChains } from './key-chains.ts'
import { type KnownChain, Maker } from './maker.ts'

import { nameChains } from './name-chains.ts'
import { sizeChains } from './size-chains.ts'
import { trustChains } from './trust-chains.ts'
import { usageChains } from './usage-chains.ts'

/** What a group of chains is about. */
export const subjects = ['trust', 'names', 'dates', 'keys', 'usage', 'sizes'] as const
export type Subject = (typeof subjects)[number]

/** All chains, each with one thing to it, good `now` where that thing is not a date. */
export function knownChains(now: Date): { readonly [S in Subject]: readonly KnownChain[] } {
  const maker = new Maker(now)
  return {
    trust: trustChains(maker),
    names: nameChains(maker),
    dates: dateChains(maker),
    keys: keyChains(maker),
    usage: usageChains(maker),
    sizes: sizeChains(maker),
  }
}
