import type { Comparison } from '../../plan/comparison.ts'
import { changeWords, failureWords } from '../comparison-text.ts'
import { markdownCode } from '../escape-markdown.ts'
import { formatCount, formatList } from '../units.ts'
import { plain } from './markdown-pieces.ts'

/**
 * What the plan asks for and is not there, then what changed since the last run; of more than there is room for, the
 * count. Empty where there is no room at all.
 */
export function comparisonSection(comparison: Comparison, maxChars: number): string {
  const { file, kind, first, written, changes, failures } = comparison
  const since = `### Changes since ${kind === 'baseline' ? 'the baseline' : 'the last run'} ${markdownCode(file)}\n`
  const none = first
    ? `There was none to compare with${written ? ': it is written now' : ''}.`
    : changes.length === 0
      ? 'Nothing changed.'
      : undefined
  const lines = [
    ...failures.map(
      (failure) =>
        `- **threshold broken**: ${markdownCode(failure.target)}, ${markdownCode(failure.device)}: ${plain(failureWords(failure))}`,
    ),
    ...changes.map((change) => {
      const { word, text } = changeWords(change)
      const who = change.devices.length === 0 ? '' : ` (${formatList(change.devices, 3)})`
      return `- ${markdownCode(change.target)}: **${word}** ${plain(`${text}${who}`)}`
    }),
  ]
  const accept = failures.some(({ rule }) => rule === 'shrink')
    ? '\nIf this is meant: `tlsfit check --update-baseline` takes what was found for what is to be held.\n'
    : ''
  const head = `\n${since}\n${none === undefined ? '' : `${none}\n${lines.length === 0 ? '' : '\n'}`}`
  let left = maxChars - head.length - accept.length - moreChars
  if (left < 0) return ''
  const kept: string[] = []
  for (const line of lines) {
    left -= line.length + 1
    if (left < 0) break
    kept.push(`${line}\n`)
  }
  const more = lines.length - kept.length
  return `${head}${kept.join('')}${more === 0 ? '' : `- ${formatCount(more, 'more line')}, left out\n`}${accept}`
}

/** Kept free for the line that counts the rest. */
const moreChars = 60
