import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { runCommand } from '../../test/support/run-command.ts'
import { sessionHeader } from '../../test/support/session-header.ts'
import { formatHeader, formatRecorded } from '../exam/session.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-measured-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const session = at('session.jsonl')

const { answers } = examine({ message: 4096, joins: false, accepts: ['expired'] })
writeFileSync(
  session,
  formatHeader(sessionHeader) +
    answers.map((answer) => formatRecorded({ device: '192.0.2.1 0123456789', answer })).join(''),
)

function replay(...argv: readonly string[]) {
  const env = { COLUMNS: '110', LANG: 'C.UTF-8' }
  const now = () => new Date('2026-11-21T12:00:00Z')
  return runCommand(['measure', '--replay', session, ...argv], { env, now })
}

describe('measure --replay --report', () => {
  test('writes each report into its file, beside what is told', async () => {
    const files = ['html', 'markdown', 'json', 'text'].map((format) => [format, at(`r.${format}`)] as const)
    const { code, out, err } = await replay(
      ...['--device', 'nrf9160@1.3.7'],
      ...files.flatMap(([format, path]) => ['--report', `${format}:${path}`]),
    )
    expect([code, err]).toEqual([0, ''])
    const [html, markdown, json, text] = files.map(([, path]) => readFileSync(path, 'utf8'))
    expect(html).toMatch(/^<!DOCTYPE html>/)
    expect(html).toContain('Certificate message, 4,096 bytes')
    expect(html).toContain('AT%CMNG=3,4200,0')
    expect(markdown).toContain('| handshake message | **4,096 bytes** |')
    expect(JSON.parse(json!)).toMatchObject({ schema: 'tlsfit/measured@1', devices: [{ finished: true }] })
    expect(text).toBe(out)
  })

  test('the page is the same each time', async () => {
    await replay('--report', `html:${at('a.html')}`)
    await replay('--report', `html:${at('b.html')}`)
    expect(readFileSync(at('a.html'), 'utf8')).toBe(readFileSync(at('b.html'), 'utf8'))
  })

  test('a format that measure has not is wrong usage', async () => {
    const { code, err } = await replay('--report', `sarif:${at('x.sarif')}`)
    expect(code).toBe(64)
    expect(err).toMatch(/formats: text, markdown, html, json/)
  })

  test('a file that cannot be written ends it before anything is told, and leaves nothing behind', async () => {
    const before = readdirSync(folder)
    const { code, out, err } = await replay(
      ...['--report', `html:${at('good.html')}`, '--report', `json:${at('none/x.json')}`],
    )
    expect([code, out]).toEqual([65, ''])
    expect(err).toMatch(/its folder does not exist/)
    expect(existsSync(at('good.html'))).toBe(false)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('where the session is not there, a report of before stays', async () => {
    writeFileSync(at('old.html'), 'before')
    const { code } = await replay('--report', `html:${at('old.html')}`, '--replay', at('nothing.jsonl'))
    expect(code).not.toBe(0)
    expect(readFileSync(at('old.html'), 'utf8')).toBe('before')
  })
})
