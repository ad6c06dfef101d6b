import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runOf } from '../../test/support/run-fixture.ts'
import { azureVerdict } from '../../test/support/verdict-fixture.ts'
import { JsonLinesReport, JsonReport } from '../report/json-report.ts'
import { JUnitReport } from '../report/junit/junit-report.ts'
import { ReportWithFiles } from './report-files.ts'
import { parseReportFiles } from './report-option.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-reports-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('--report', () => {
  test('names a format and a file, which may hold colons', () => {
    expect(parseReportFiles(['sarif:out.sarif', 'junit:C:\\a:b.xml'])).toEqual([
      { format: 'sarif', path: 'out.sarif' },
      { format: 'junit', path: 'C:\\a:b.xml' },
    ])
    expect(parseReportFiles(undefined)).toEqual([])
  })

  test.each([
    ['out.sarif'],
    ['sarif:'],
    ['xml:out.xml'],
    [':x'],
  ])('%s is refused with the formats that there are', (value) => {
    expect(() => parseReportFiles([value])).toThrow(
      expect.objectContaining({ exitCode: 64, hint: expect.stringContaining('text, json, jsonl, markdown') }),
    )
  })

  test('a file is for one report', () => {
    expect(() => parseReportFiles(['json:a', 'jsonl:a'])).toThrow(/names a twice/)
  })
})

describe('ReportWithFiles', () => {
  const failure = { target: 'a.pem', code: 'file-unreadable', message: 'no', hint: undefined, at: undefined }

  test('each file holds the whole of its format, and stdout its own', () => {
    const both = new ReportWithFiles(new JsonLinesReport(), files(['a.json', 'b.xml']), unexpected)
    const text = both.add([azureVerdict()]) + both.fail(failure) + both.end(runOf({ failed: 1 }))
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8'))).toMatchObject({
      verdicts: [{ state: 'blocked' }],
      failed: [{ target: 'a.pem' }],
    })
    expect(readFileSync(join(folder, 'b.xml'), 'utf8')).toMatch(/<failure.*<error.*<\/testsuites>\n$/s)
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('where one file cannot be opened, none is left', () => {
    expect(() => new ReportWithFiles(new JsonReport(), files(['a.json', 'none/b.xml']), unexpected)).toThrow(
      /its folder does not exist/,
    )
    expect(readdirSync(folder)).toEqual([])
  })

  test.skipIf(process.platform !== 'linux')('a disk that fills up is told once, and the others go on', () => {
    const troubles: unknown[] = []
    const full = { path: '/dev/full', report: new JsonReport() }
    const both = new ReportWithFiles(new JsonLinesReport(), [full, ...files(['a.json'])], (error) =>
      troubles.push(error),
    )
    const text = both.add([azureVerdict()]) + both.add([azureVerdict()]) + both.end(runOf())
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(troubles).toEqual([expect.objectContaining({ code: 'file-unwritable' })])
    expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')).verdicts).toHaveLength(2)
  })

  function files(names: readonly string[]) {
    return names.map((name) => ({
      path: join(folder, name),
      report: name.endsWith('.xml') ? new JUnitReport({ strict: false }) : new JsonReport(),
    }))
  }

  function unexpected(error: unknown): never {
    throw error
  }
})
