import { describe, expect, test } from 'vitest'
import type { Change, Comparison, MarginFailure } from '../plan/comparison.ts'
import { comparisonJson } from './comparison-json.ts'
import { comparisonSection } from './comparison-text.ts'
import { Page } from './layout.ts'

const target = 'https://example.com/'
const hostile = 'Root\u001b[31m\u202e\n::error::x'

const failure: MarginFailure = {
  ...{ rule: 'shrink', target, device: 'sensor', limit: 'chainBytes', counts: 'sent', unit: 'bytes' },
  ...{ left: 100, limitValue: 4_096, before: 1_296, threshold: 200, percent: false, line: 5 },
}

function textOf(more: Partial<Comparison>, columns = 100): string {
  const page = new Page({ columns, color: false, ascii: false })
  const comparison: Comparison = {
    ...{ plan: 'tlsfit.yaml', file: '.tlsfit/last-run.json', kind: 'last-run', first: false, written: true },
    ...{ changes: [], failures: [], ...more },
  }
  comparisonSection(page, comparison, false)
  return page.toString()
}

describe('what changed since the last run, in words', () => {
  test.each<[Change, string]>([
    [
      { kind: 'worse', from: 'fits', to: 'blocked', stage: 'chain', target, devices: ['sensor'] },
      'worse      fits → blocked at chain (sensor)',
    ],
    [
      { kind: 'better', from: 'blocked', to: 'at-risk', stage: undefined, target, devices: ['a', 'b'] },
      'cured      blocked → at risk (a and b)',
    ],
    [
      {
        ...{ kind: 'chain', bytesFrom: 2_800, bytesTo: 4_265, certificatesFrom: 2, certificatesTo: 3 },
        ...{ target, devices: [] },
      },
      'chain      +1,465 bytes: 2,800 → 4,265 bytes, 2 → 3 certificates',
    ],
    [
      { kind: 'not-reached', was: 'fits', target, devices: [] },
      'could not be looked at from here, which is no regression of the endpoint; the last run found: fits',
    ],
    [{ kind: 'several-chains', chains: 2, target, devices: [] }, 'gave 2 different chains; the worst is'],
    [{ kind: 'target-gone', target, devices: ['a'] }, 'gone       the last run had it'],
  ])('%j', (change, words) => {
    expect(textOf({ changes: [change] }, 140)).toContain(words)
  })

  test('a threshold says what is left, what was lost, what the plan allows and how to accept it', () => {
    const text = textOf({ failures: [failure] }, 140)
    expect(text).toContain(
      'certificate chain, all sent: 100 bytes left of 4,096, 1,196 fewer than before (1,296);',
    )
    expect(text).toContain('--update-baseline')
    const least = { ...failure, rule: 'least', threshold: 10, percent: true } as const
    const other = textOf({ failures: [least] }, 140)
    expect(other).toContain('and the plan asks for 10 % of the limit')
    expect(other).not.toContain('--update-baseline')
  })

  test('nothing that an endpoint names itself gets out of its line', () => {
    const change: Change = {
      kind: 'root',
      from: [hostile],
      to: ['Root X1'],
      target: hostile,
      devices: [hostile],
    }
    const text = textOf({ changes: [change], file: hostile, failures: [{ ...failure, device: hostile }] }, 60)
    expect(text).not.toMatch(/[\u001b\u202e]|^::/m)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })

  test('in JSON what is not known is null', () => {
    const comparison: Comparison = {
      ...{ plan: 'tlsfit.yaml', file: 'b.json', kind: 'baseline', first: true, written: false },
      changes: [{ kind: 'not-reached', was: undefined, target, devices: [] }],
      failures: [{ ...failure, before: undefined }],
    }
    expect(comparisonJson(comparison)).toMatchObject({
      changes: [{ kind: 'not-reached', was: null }],
      failures: [{ before: null, threshold: 200 }],
    })
  })
})
