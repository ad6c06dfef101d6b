import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseReportFiles } from '../src/cli/report-option.ts'

const folder = resolve(import.meta.dirname, '../examples/ci')

test.each([
  'github-actions.yml',
  'gitlab-ci.yml',
])('%s is YAML, and asks for reports that there are', (name) => {
  const text = readFileSync(resolve(folder, name), 'utf8')
  expect(parse(text)).toBeTypeOf('object')
  const asked = [...text.matchAll(/--report (\S+)/g)].map((match) => match[1]!)
  expect(asked.length).toBeGreaterThanOrEqual(2)
  for (const { path } of parseReportFiles(asked)) {
    // Each file that is written is used.
    expect(text.split(path).length).toBeGreaterThan(2)
  }
})
