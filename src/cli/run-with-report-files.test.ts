import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { junitFaults } from '../../test/support/junit-rules.ts'
import { runCommand } from '../../test/support/run-command.ts'
import { sarifFaults } from '../../test/support/sarif-schema.ts'
import { fixture } from '../../test/support/tlsfit.ts'

const chain = fixture('chains/chain-edge-microsoft-com-g2.pem')
const root = fixture('chains/root-digicert-global-root-g2.pem')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-report-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('check with --report', () => {
  test('writes each report whole, and prints what it prints without', async () => {
    const files = ['markdown:a.md', 'junit:a.xml', 'sarif:a.sarif', 'jsonl:a.jsonl', 'text:a.txt']
    const plain = await tlsfit('check', chain, root)
    const ran = await tlsfit('check', chain, root, ...files.flatMap((each) => ['--report', inFolder(each)]))
    expect(ran).toEqual(plain)
    expect(ran).toMatchObject({ code: 1, err: '' })
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.md', 'a.sarif', 'a.txt', 'a.xml'])
    expect(read('a.md')).toMatch(/^\*\*tlsfit check: 1 blocked/)
    expect(junitFaults(read('a.xml'))).toEqual([])
    const log = JSON.parse(read('a.sarif'))
    expect(sarifFaults(log)).toEqual([])
    expect(log.runs[0].invocations[0]).toMatchObject({ exitCode: 1, executionSuccessful: true })
    expect(log.runs[0].tool.driver.rules[0].help.markdown).toMatch(/^# chain-too-large: /)
    expect(read('a.jsonl').trimEnd().split('\n')).toHaveLength(2)
    expect(read('a.txt')).toMatch(/^BLOCKED/)
  })

  test('a folder that is missing ends the run before it begins, and the other files say so', async () => {
    const ran = await tlsfit(
      'check',
      chain,
      '--report',
      inFolder('junit:a.xml'),
      '--report',
      inFolder('json:no/a.json'),
    )
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toBe(
      `error: cannot write ${join(folder, 'no/a.json')}: its folder does not exist\nhint: make the folder first: mkdir -p ${join(folder, 'no')}\n`,
    )
    expect(readdirSync(folder)).toEqual(['a.xml'])
    expect(read('a.xml')).toMatch(/errors="1".*its folder does not exist/s)
  })

  test.skipIf(process.platform !== 'linux')(
    'a disk that is full is told in a line; what is blocked still counts',
    async () => {
      const full = ['--report', 'junit:/dev/full']
      const blocked = await tlsfit('check', chain, '--format', 'json', ...full)
      expect(blocked.code).toBe(1)
      expect(JSON.parse(blocked.out).verdicts).toHaveLength(1)
      expect(blocked.err).toMatch(
        /^error: cannot write \/dev\/full: no space is left on the disk\nhint: .*\n$/,
      )
      expect((await tlsfit('check', root, '--time', '2026-06-01', ...full)).code).toBe(65)
    },
  )

  test('where the run is an error, the files say so, and words go to stderr alone', async () => {
    const ran = await tlsfit(
      'check',
      join(folder, 'none.pem'),
      '--format',
      'markdown',
      '--report',
      inFolder('junit:a.xml'),
    )
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toMatch(/^error: /)
    expect(junitFaults(read('a.xml'))).toEqual([])
    expect(read('a.xml')).toMatch(/errors="1".*<error type="file-/s)
  })

  test.each([
    ['a device that is none', ['--device', 'nope'], 64, 'nope'],
    ['an anchor that is missing', ['--anchor', 'nofile.pem'], 65, 'nofile.pem'],
    ['a place that is none', ['--can', 'nowhere'], 64, 'nowhere'],
    ['a list without a target', [], 64, 'no target on stdin'],
    ['a plan that is broken', ['--file', 'broken.yaml'], 65, 'broken.yaml'],
  ])('of %s no file of an earlier run stays as it was', async (_, options, code, why) => {
    const reports = ['markdown:a.md', 'junit:a.xml', 'sarif:a.sarif', 'jsonl:a.jsonl', 'html:a.html']
    const files = reports.flatMap((each) => ['--report', inFolder(each)])
    await tlsfit('check', root, ...files)
    expect(read('a.xml')).toContain('errors="0"')
    writeFileSync(join(folder, 'broken.yaml'), 'targets: {\n')
    const target = why.startsWith('no target') ? ['-'] : options.includes('--file') ? [] : [root]
    const given = options.map((word) => (word === 'broken.yaml' ? join(folder, word) : word))
    const device = options.includes('--device') ? [] : ['--device', 'nrf9160@1.3.7']
    const ran = await bare('check', ...target, ...device, ...given, ...files)
    expect(ran.code, ran.err).toBe(code)
    for (const name of ['a.md', 'a.xml', 'a.sarif', 'a.jsonl', 'a.html']) expect(read(name)).toContain(why)
    expect(read('a.xml')).toContain('errors="1"')
    expect(JSON.parse(read('a.sarif')).runs[0].invocations[0].executionSuccessful).toBe(false)
  })

  test.each([
    ['an option that is none', ['--devise', 'x'], 'unknown option --devise'],
    ['an option twice', ['--timeout', '1', '--timeout', '2'], 'given twice'],
    ['an option without its value', ['--sni'], '--sni needs a value'],
    ['a report of no format', ['--report', 'xml:b.xml'], 'FORMAT:FILE'],
    ['a report twice', ['--report', 'A'], 'twice'],
  ])('%s is wrong usage, and no file of an earlier run stays as it was', async (_, wrong, why) => {
    const files = ['--report', inFolder('junit:a.xml'), `--report=${inFolder('sarif:a.sarif')}`]
    await tlsfit('check', root, ...files)
    expect(read('a.xml')).toContain('errors="0"')
    const given = wrong.map((word) => (word === 'A' ? inFolder('html:a.xml') : word))
    const ran = await bare('check', root, ...files, ...given)
    expect(ran).toMatchObject({ code: 64, out: '' })
    expect(ran.err).toContain(why)
    expect(junitFaults(read('a.xml'))).toEqual([])
    expect(read('a.xml')).toMatch(/errors="1"/)
    expect(read('a.xml')).toContain(why)
    const log = JSON.parse(read('a.sarif'))
    expect(sarifFaults(log)).toEqual([])
    expect(log.runs[0].invocations[0]).toMatchObject({ exitCode: 64, executionSuccessful: false })
    expect(readdirSync(folder).sort()).toEqual(['a.sarif', 'a.xml'])
  })

  test.each([
    'markdown',
    'junit',
    'sarif',
  ])('wrong usage with --format %s is words on stderr', async (format) => {
    const ran = await tlsfit('check', chain, '--devise', 'x', '--format', format)
    expect(ran).toMatchObject({ code: 64, out: '' })
    expect(ran.err).toMatch(/^error: unknown option/)
  })
})

function inFolder(value: string): string {
  const [format, name] = value.split(':')
  return `${format}:${join(folder, name ?? '')}`
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

async function tlsfit(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [command = '', ...rest] = argv
  return bare(command, ...rest.slice(0, 1), '--device', 'nrf9160@1.3.7', ...rest.slice(1))
}

function bare(...argv: string[]) {
  return runCommand(argv, {
    env: { COLUMNS: '100', LC_ALL: 'C.UTF-8' },
    now: () => new Date('2026-06-01T00:00:00Z'),
  })
}
