import { expect, test } from 'vitest'
import { runOf } from '../../test/support/run-fixture.ts'
import { azureVerdict } from '../../test/support/verdict-fixture.ts'
import { TextReport } from './text-report.ts'

const options = { color: false, columns: 80, ascii: false, strict: false }

test('one target is its page alone, several end with a count', () => {
  const one = new TextReport(options)
  expect(one.add([azureVerdict()]) + one.end(runOf())).not.toMatch(/targets?:/)
  const two = new TextReport(options)
  const failure = {
    target: 'x\u001b[2J.pem',
    code: 'file-unreadable',
    message: 'no such file',
    hint: undefined,
    at: undefined,
  }
  const text = two.add([azureVerdict()]) + two.fail(failure) + two.end(runOf({ targets: 2, failed: 1 }))
  expect(text).toContain('2 targets: 0 fit, 0 at risk, 1 blocked, 0 undecided, 1 target not looked at')
  expect(text).toContain('x\\x1b[2J.pem')
})
