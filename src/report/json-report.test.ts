import { describe, expect, test } from 'vitest'
import { runOf } from '../../test/support/run-fixture.ts'
import { azureVerdict } from '../../test/support/verdict-fixture.ts'
import { verdictJson } from './json.ts'
import { JsonLinesReport, JsonReport } from './json-report.ts'

const failure = {
  target: 'a\nb.pem',
  code: 'file-unreadable',
  message: 'no such file',
  hint: 'look',
  at: undefined,
}

describe('JSON reports', () => {
  test('verdicts, failures and the run make one document, however many were added', () => {
    for (const count of [0, 1, 3]) {
      const report = new JsonReport()
      const verdict = azureVerdict()
      let text = ''
      for (let at = 0; at < count; at++) text += report.add([verdict])
      text += report.fail(failure) + report.end(runOf())
      expect(JSON.parse(text)).toEqual({
        schema: 'tlsfit/verdicts@1',
        verdicts: Array.from({ length: count }, () => verdictJson(verdict)),
        failed: [
          {
            target: 'a\nb.pem',
            error: { code: 'file-unreadable', message: 'no such file', hint: 'look', at: null },
          },
        ],
        run: { ...runOf(), startedAt: '2026-06-01T00:00:00.000Z' },
      })
    }
  })

  test('it reads like the JSON of all in one', () => {
    const report = new JsonReport()
    const text = report.add([azureVerdict()]) + report.end(runOf())
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
  })

  test('a line of JSON lines is one verdict or one failure', () => {
    const report = new JsonLinesReport()
    const lines =
      `${report.add([azureVerdict(), azureVerdict()])}${report.fail(failure)}${report.end(runOf())}`.split(
        '\n',
      )
    expect(lines).toHaveLength(4)
    expect(lines.slice(0, 3).map((line) => JSON.parse(line))).toMatchObject([
      { state: 'blocked' },
      { state: 'blocked' },
      { target: 'a\nb.pem', error: { code: 'file-unreadable' } },
    ])
  })
})
