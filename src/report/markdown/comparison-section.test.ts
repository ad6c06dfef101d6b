import { expect, test } from 'vitest'
import type { Change, Comparison } from '../../plan/comparison.ts'
import { comparisonSection } from './comparison-section.ts'

const changes: readonly Change[] = Array.from({ length: 500 }, (_, at) => ({
  ...{ kind: 'root', from: ['A|<b>'], to: ['B'], target: `https://h${at}.example/`, devices: ['a_b'] },
}))
const comparison: Comparison = {
  ...{ plan: 'tlsfit.yaml', file: 'b.json', kind: 'baseline', first: false, written: false },
  ...{ changes, failures: [] },
}

test('changes take no more room than they are given, and the rest is counted', () => {
  const text = comparisonSection(comparison, 2_000)
  expect(text.length).toBeLessThanOrEqual(2_000)
  const shown = text.split('\n').filter((line) => line.startsWith('- `https:')).length
  expect(shown).toBeGreaterThan(5)
  expect(text).toContain(`- ${500 - shown} more lines, left out`)
  expect(comparisonSection(comparison, 20)).toBe('')
})

test('what an endpoint names is no markup', () => {
  expect(comparisonSection({ ...comparison, changes: changes.slice(0, 1) }, 2_000)).toContain(
    '- `https://h0.example/`: **root** A&#124;&lt;b&gt; → B (a_b)',
  )
})

test('a first run, and one in which nothing changed, say so', () => {
  expect(comparisonSection({ ...comparison, changes: [], first: true, written: true }, 2_000)).toContain(
    'There was none to compare with: it is written now.',
  )
  expect(comparisonSection({ ...comparison, changes: [] }, 2_000)).toContain('Nothing changed.')
})
