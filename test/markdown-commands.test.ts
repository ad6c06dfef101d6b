import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { proseOf, renderMarkdown, tagsOf, textOf } from './support/markdown-tree.ts'
import { fixture, tlsfit } from './support/tlsfit.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-markdown-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const captures = resolve(import.meta.dirname, 'captures')
const azure = fixture('chains/chain-edge-microsoft-com-g2.pem')
const hostile = '<script>x</script> @someone #12 [a](http://b.example) ``` | </details>'
const log = join(folder, 'device.log')
writeFileSync(
  log,
  `[00:00:01.000] <err> download_client: Unable to connect, errno 111\n[00:00:02.000] <err> net: ${hostile}\n`,
)

const time = ['--time', '2026-06-01T00:00:00Z']
const rows: readonly [string, string[], RegExp][] = [
  [
    'explain of a log',
    ['explain', log, '--device', 'nrf9160@1.3.7'],
    /\| cause \| what it is \|[\s\S]*\| chain-too-large \|/,
  ],
  [
    'explain of a capture',
    ['explain', join(captures, 'alert-unknown-ca.pcap')],
    /\| `self-signed.badssl.com` \|.*untrusted-root, likely/,
  ],
  [
    'explain of a chain',
    ['explain', azure, '--device', 'nrf9160@1.3.7', ...time],
    /### Blocked: [\s\S]*\| # \| role \|/,
  ],
  ['trust', ['trust', azure, '--device', 'esp-idf@5.2', ...time], /\| Root \|[\s\S]*to load[\s\S]*--emit/],
  [
    'trust where no root helps',
    ['trust', azure, '--device', 'nrf9160@1.3.7', ...time],
    /^\*\*Blocked: [\s\S]*\*\*Fix\*\*\n\n1\. /,
  ],
  [
    'diff of two chains',
    ['diff', azure, fixture('chains/chain-aws-s3-eu-west-1.pem')],
    /\| stage \| difference \|\n\|---\|---\|\n\| chain \|/,
  ],
  ['diff of two devices', ['diff', 'device:nrf9160@1.3.7', 'device:esp-idf@5.2'], /\| what \| A \| B \|/],
]

describe('--format markdown', () => {
  test.each(rows)('%s has its table, and the whole account folded below', async (_, argv, has) => {
    const plain = await tlsfit(argv)
    const { code, stdout, stderr } = await tlsfit([...argv, '--format', 'markdown'])
    expect({ code, stderr }).toEqual({ code: plain.code, stderr: plain.stderr })
    expect(stdout).toMatch(has)
    expect(stdout.length).toBeLessThan(65_536)
    const tree = renderMarkdown(stdout)
    expect(tagsOf(tree).filter((tag) => tag.startsWith('table '))).not.toEqual([])
    expect(textOf(tree)).toContain('The whole account')
    expect(stdout.trimEnd()).toMatch(/<\/details>$/)
  })

  test('cures stand before the table of causes', async () => {
    const { stdout } = await tlsfit(['explain', log, '--device', 'nrf9160@1.3.7', '--format', 'markdown'])
    expect(stdout.indexOf('**Fix')).toBeGreaterThan(0)
    expect(stdout.indexOf('**Fix')).toBeLessThan(stdout.indexOf('| cause |'))
    expect(stdout).toMatch(/\*\*Not decided:\*\* /)
  })

  test('what a log or the name of a file says marks nothing and mentions nobody', async () => {
    const name = join(folder, '@someone <b> [x](y) `|`.log')
    writeFileSync(name, `[00:00:01.000] <err> download_client: ${hostile}, errno 111\n`)
    const { stdout } = await tlsfit(['explain', name, '--format', 'markdown'])
    const tree = renderMarkdown(stdout)
    const tags = new Set(tagsOf(tree).map((tag) => tag.split(' ')[0]))
    expect([...tags].filter((tag) => ['script', 'b', 'a', 'img'].includes(tag ?? ''))).toEqual([])
    expect(proseOf(tree).filter((text) => /(^|\s)@someone/.test(text))).toEqual([])
    expect(textOf(tree)).toContain('[x](y)')
  })
})
