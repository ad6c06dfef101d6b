import type { Change, Comparison } from '../../plan/comparison.ts'
import { changeWords, failureWords } from '../comparison-text.ts'
import { formatList } from '../units.ts'
import { type Markup, markup } from './markup.ts'

/** What changed since the last run, and the thresholds of the plan that are broken. */
export function drawComparison(comparison: Comparison): Markup {
  const { file, kind, first, written, changes, failures } = comparison
  return markup`<h3>Changes since ${kind === 'baseline' ? 'the baseline' : 'the last run'} <code>${file}</code></h3>
${
  first
    ? markup`<p>There was none to compare with${written ? ': it is written now, and the next run is compared with this one' : undefined}.</p>
`
    : undefined
}${
  !first && changes.length === 0
    ? markup`<p>Nothing changed.</p>
`
    : undefined
}${
  changes.length === 0
    ? undefined
    : markup`<ul>${changes.map(drawChange)}</ul>
`
}${
  failures.length === 0
    ? undefined
    : markup`<p class="bad"><strong>Thresholds of the plan that are broken</strong></p>
<ul>${failures.map(
        (
          failure,
        ) => markup`<li><span class="tag bad">✗ threshold</span> ${failure.target}, ${failure.device}: ${failureWords(failure)}</li>
`,
      )}</ul>
`
}${
  failures.some(({ rule }) => rule === 'shrink')
    ? markup`<p class="dim">If this is meant: <code>tlsfit check --update-baseline</code> takes what was found for what is to be held.</p>
`
    : undefined
}${
  !first && written && kind === 'baseline'
    ? markup`<p>The baseline is written anew.</p>
`
    : undefined
}`
}

function drawChange(change: Change): Markup {
  const { word, text, style } = changeWords(change)
  const className =
    style === 'good' || style === 'warn' || style === 'bad' || style === 'open' ? ` ${style}` : ''
  const who = change.devices.length === 0 ? '' : ` (${formatList(change.devices, 3)})`
  return markup`<li>${change.target}: <span class="tag${className}">${word}</span> ${text}${who}</li>
`
}
