import { describe, expect, test } from 'vitest'
import { junitFaults } from '../../test/support/junit-rules.ts'
import { runOf } from '../../test/support/run-fixture.ts'
import { sarifFaults } from '../../test/support/sarif-schema.ts'
import { azureVerdict } from '../../test/support/verdict-fixture.ts'
import { parseXml } from '../../test/support/xml-tree.ts'
import type { Comparison, MarginFailure } from '../plan/comparison.ts'
import { JsonLinesReport } from './json-report.ts'
import { JUnitReport } from './junit/junit-report.ts'
import { MarkdownReport } from './markdown/markdown-report.ts'
import type { Report } from './report.ts'
import { SarifReport } from './sarif/sarif-report.ts'
import { TextReport } from './text-report.ts'

const target = 'https://example.com/'
const hostile = 'sensor](http://x) {0} <img src=x> | \u001b[31m'
const failures: readonly MarginFailure[] = [
  {
    ...{ rule: 'shrink', target, device: 'sensor', limit: 'chainBytes', counts: 'sent', unit: 'bytes' },
    ...{ left: 100, limitValue: 4_096, before: 1_296, threshold: 200, percent: false, line: 5 },
  },
  {
    ...{ rule: 'least', target, device: hostile, limit: 'chainBytes', counts: 'sent', unit: 'bytes' },
    ...{ left: 100, limitValue: 4_096, before: 1_296, threshold: 10, percent: true, line: 5 },
  },
]
const comparison: Comparison = {
  ...{ plan: 'ci/tlsfit.yaml', file: 'last.json', kind: 'last-run', first: false, written: true },
  ...{ changes: [{ kind: 'by-turns', target, devices: ['sensor'] }], failures },
}
const fits = azureVerdict({ state: 'fits', stage: undefined, findings: [] })
const states = { fits: 1, 'at-risk': 0, blocked: 0, undecided: 0 }

function written(report: Report, more: Partial<Comparison> = {}): string {
  return report.add([fits]) + report.end(runOf({ states, comparison: { ...comparison, ...more } }))
}

describe('a run whose verdicts all fit and whose thresholds are broken', () => {
  test('fails in JUnit, each threshold by a case whose name holds no figure', () => {
    const xml = written(new JUnitReport({ strict: false }))
    expect(junitFaults(xml)).toEqual([])
    const root = parseXml(xml)
    expect(root.attributes).toMatchObject({ tests: '3', failures: '2', errors: '0' })
    const cases = root.children.flatMap((suite) => suite.children).filter(({ name }) => name === 'testcase')
    expect(cases[1]!.attributes.name).toBe(`${target}, sensor: shrink of chainBytes, sent, in bytes`)
    expect(cases[1]!.children[0]).toMatchObject({
      name: 'failure',
      attributes: { type: 'threshold-broken', message: expect.stringContaining('100 bytes left of 4,096') },
      text: expect.stringContaining('(line 5 of the plan)'),
    })
  })

  test('is in SARIF a result at the line of the plan, the same alert in the next run', () => {
    const log = written(new SarifReport({}))
    expect(sarifFaults(JSON.parse(log))).toEqual([])
    const [{ results, tool }] = JSON.parse(log).runs
    expect(results).toHaveLength(2)
    expect(results[0]).toMatchObject({
      ...{ ruleId: 'threshold-broken', ruleIndex: 0, kind: 'fail', level: 'error' },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'ci/tlsfit.yaml' }, region: { startLine: 5 } },
          logicalLocations: [{ name: target }],
        },
      ],
    })
    expect(results[1].message.text).not.toMatch(/\]\(|(?<!\{)\{0\}/)
    expect(tool.driver.rules).toMatchObject([{ id: 'threshold-broken' }])
    const prints = results.map((one: { partialFingerprints: object }) => one.partialFingerprints)
    const next = failures.map((failure) => ({ ...failure, left: 90, before: 1_000, line: 9 }))
    const again = JSON.parse(written(new SarifReport({}), { failures: next })).runs[0].results
    expect(again.map((one: { partialFingerprints: object }) => one.partialFingerprints)).toEqual(prints)
    expect(prints[0]).not.toEqual(prints[1])
  })

  test('says so in the first line of markdown, and lists them with what changed', () => {
    const text = written(new MarkdownReport({}))
    expect(text.split('\n')[0]).toContain('2 thresholds broken, 1 fits')
    expect(text).toContain('### Changes since the last run `last.json`')
    expect(text).toMatch(/- \*\*threshold broken\*\*: `https:\/\/example.com\/`, `sensor`: .*4,096/)
    expect(text).toContain('**by turns**')
    expect(text).toContain('--update-baseline')
  })

  test('says so before the count of a text, even of one target', () => {
    const options = { color: false, columns: 100, ascii: false, strict: false }
    expect(written(new TextReport(options))).toContain('\n2 thresholds broken; 1 target: 1 fit, 0 at risk')
    expect(written(new TextReport(options), { failures: [] })).toContain('\n1 target: 1 fit, 0 at risk')
  })

  test('ends JSON lines with the run and what was compared', () => {
    const last = written(new JsonLinesReport()).trimEnd().split('\n').at(-1)
    expect(JSON.parse(last!).run.comparison).toMatchObject({
      plan: 'ci/tlsfit.yaml',
      failures: [{ line: 5 }, {}],
    })
  })
})
