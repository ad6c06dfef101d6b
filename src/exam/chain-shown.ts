import type { ExamView } from './topic.ts'
import { type ChainFound, chainFound, chainSearches } from './topics/chain.ts'
import { shownToPass } from './written-limit.ts'

/** What is known of the chain, where more than the plain one was taken. */
export function chainShown(exam: ExamView): ChainFound | undefined {
  return shownToPass(chainSearches(exam)?.message) && chainFound(exam)
}
