import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import { parseEvidence } from '../device/evidence-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-capsule-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

const chain = fixture('chains/chain-edge-microsoft-com-g2.pem')
const device = ['--device', 'nrf9160@1.3.7']

describe('tlsfit capsule', () => {
  test('the capsule of a chain is blocked where the chain is, and says that it is a capsule', async () => {
    expect((await tlsfit('capsule', chain, '--out', at('chain.capsule'))).code).toBe(0)
    const checked = await tlsfit('check', at('chain.capsule'), ...device)
    expect(checked.code).toBe((await tlsfit('check', chain, ...device)).code)
    expect(checked.out).toContain('from a capsule')
    expect((await tlsfit('explain', at('chain.capsule'), ...device)).out).toBe(checked.out)
    expect(readFileSync(at('chain.capsule')).length).toBeLessThan(100_000)
  })

  test('a file that is there is not overwritten', async () => {
    writeFileSync(at('mine'), 'x')
    expect(await tlsfit('capsule', chain, '--out', at('mine'))).toMatchObject({ code: 65 })
    expect(readFileSync(at('mine'), 'utf8')).toBe('x')
  })

  test('the capsule of a log is explained as the log, without its names', async () => {
    const log =
      '[00:00:11.2] <err> download_client: Unable to connect, errno 111 to fleet.acmecorp.com, IMEI 351901938162947\n'
    writeFileSync(at('device.log'), log)
    await tlsfit('capsule', at('device.log'), '--out', at('log.capsule'))
    const text = readFileSync(at('log.capsule'), 'utf8')
    for (const gone of ['acmecorp', '351901938162947']) expect(text).not.toContain(gone)
    expect(text).toContain('errno 111')
    const explained = await tlsfit('explain', at('log.capsule'))
    expect(explained.code).toBe(0)
    expect(explained.out).toContain('from a capsule')
  })

  test('evidence submit makes a row that the catalogue can read', async () => {
    await tlsfit('capsule', chain, '--out', at('row.capsule'))
    const asked = ['evidence', 'submit', at('row.capsule'), ...device, '--out', at('mine.yaml')]
    expect((await tlsfit(...asked, '--outcome', 'fails')).err).toContain('pull request')
    expect((await tlsfit(...asked, '--outcome', 'works')).code).toBe(0)
    const rows = parseEvidence(readFileSync(at('mine.yaml'), 'utf8'), 'mine.yaml')
    expect(rows.map(({ outcome }) => outcome)).toContain('refused')
    const [refused] = rows
    expect(refused).toMatchObject({ family: 'nrf9160', versions: '1.3.7', limit: 'chainBytes' })
    expect(refused?.readings.sent).toBe(refused?.certificates?.reduce((sum, bytes) => sum + bytes, 0))
  })

  test('a hostile capsule is one clear error', async () => {
    writeFileSync(
      at('bad.capsule'),
      '{"schema":"tlsfit/capsule@1","kind":"observations","observations":[{}]}',
    )
    const ran = await tlsfit('check', at('bad.capsule'), ...device)
    expect(ran.code).toBe(65)
    expect(ran.err).toMatch(/^error: .*bad\.capsule.*\nhint: give a file that tlsfit capsule has written\n$/)
  })
})

function tlsfit(...words: string[]) {
  return runCommand(words, { env: {}, now: () => new Date('2026-06-01T00:00:00Z') })
}
