import { chainContents } from './chain-contents.ts'
import { chainSize, messageSize } from './chain-size.ts'
import type { Rule } from './rule.ts'

/** chain: sizes, number, keys and algorithms of the certificates sent. */
export const chainRules: readonly Rule[] = [chainSize, messageSize, chainContents]
