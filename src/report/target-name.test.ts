import { expect, test } from 'vitest'
import { runOf } from '../../test/support/run-fixture.ts'
import { azureVerdict } from '../../test/support/verdict-fixture.ts'
import { HtmlReport } from './html/html-report.ts'
import { JUnitReport } from './junit/junit-report.ts'
import { MarkdownReport } from './markdown/markdown-report.ts'
import { failedName, targetName } from './target-name.ts'

const place = { file: 'tlsfit.yaml', line: 4, name: 'firmware blob' }
const named = { ...azureVerdict({}), place }

test('a target is called by the name that its plan gives it, else by its URL', () => {
  expect(targetName(named)).toBe('firmware blob')
  expect(targetName(azureVerdict({}))).toBe(named.observation.target.text)
  expect(failedName({ target: 'https://a.example/', place })).toBe('firmware blob')
  expect(failedName({ target: 'https://a.example/', place: undefined })).toBe('https://a.example/')
})

test('the name of a JUnit case stays when the URL of the target is renewed', () => {
  const observation = named.observation
  const cases = ['?se=2026-01-01', '?se=2026-02-01'].map((query) => {
    const target = { ...observation.target, text: `https://a.example/fw.bin${query}` }
    const report = new JUnitReport({ strict: false })
    return report.add([{ ...named, observation: { ...observation, target } }]) + report.end(runOf())
  })
  for (const text of cases) expect(text).toMatch(/<testcase [^>]*name="firmware blob/)
})

test('Markdown and HTML call it by its name, too', () => {
  for (const report of [new MarkdownReport({ can: undefined }), new HtmlReport()]) {
    const text = report.add([named]) + report.end(runOf())
    expect(text).toContain('firmware blob')
  }
})
