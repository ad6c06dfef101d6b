import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildOf } from '../clients/clients.ts'
import { type Line, newFolder, retry, startMeasuring } from '../support/measuring.ts'
import { tlsfit } from '../support/tlsfit.ts'

interface Value {
  readonly key: string
  readonly value?: unknown
  readonly counts?: string
  readonly passes?: unknown
  readonly fails?: unknown
}
interface Found {
  readonly connections: number
  readonly finished: boolean
  readonly accepted: readonly { readonly id: string; readonly severity: string }[]
  readonly refused: readonly string[]
  readonly values: readonly Value[]
}

const foundIn = (line: Line) => (line as unknown as { devices: readonly Found[] }).devices
const figureOf = ({ values }: Found, key: string) => values.find((one) => one.key === key)
const mbedtls = 'mbedtls-2.28-in-4096'

const without = (name: string) => (buildOf(name) === undefined ? ` (skipped: ${name} is missing)` : '')

describe.skipIf(buildOf(mbedtls) === undefined)(
  `Mbed TLS with 4,096 bytes of input${without(mbedtls)}`,
  () => {
    test('is measured as exactly that, its profile is used at once, and a replay says the same', {
      timeout: 240_000,
    }, async () => {
      const folder = newFolder()
      const measuring = await startMeasuring(folder)
      expect(statSync(join(folder, 'test-ca.pem')).mode & 0o777).toBe(0o600)
      await retry(measuring, mbedtls)
      expect(await measuring.ended).toEqual({ code: 0, signal: null })
      const last = measuring.lines.at(-1)!
      const [found] = foundIn(last)
      expect(found).toMatchObject({ finished: true })
      // Its lowest version is TLS 1.0 where nobody sets another: ssl_tls.c, mbedtls_ssl_config_defaults.
      expect(found!.accepted.map(({ id, severity }) => [id, severity])).toEqual([
        ['TLSv1.1', 'medium'],
        ['TLSv1', 'medium'],
        ['common-name-only', 'low'],
      ])
      expect(figureOf(found!, 'handshakeMessageBytes')).toMatchObject({
        value: 4096,
        counts: 'message',
        passes: { message: 4096 },
        fails: { message: 4097 },
      })
      expect(found!.connections).toBeLessThanOrEqual(80)
      expect(found!.refused).toEqual(expect.arrayContaining(['unknown-ca', 'wrong-name', 'expired']))

      const profile = join(folder, 'device.yaml')
      const shown = await tlsfit(['devices', 'lint', profile])
      expect(shown.stderr + shown.stdout).not.toMatch(/error/i)
      const chain = join(folder, 'ca.pem')
      const checked = await tlsfit(['check', chain, '--device', profile, '--format', 'json'])
      expect(checked.stderr).toBe('')
      expect(checked.stdout).toContain('"handshakeMessageBytes"')

      const out = join(folder, 'again.yaml')
      const session = join(folder, 'session.jsonl')
      const again = await tlsfit(['measure', '--replay', session, '--format', 'json', '--out', out])
      expect(again.code).toBe(0)
      expect(JSON.parse(again.stdout).devices).toEqual(foundIn(last))
      expect(readFileSync(out, 'utf8')).toBe(readFileSync(profile, 'utf8'))
      const text = await tlsfit(['measure', '--replay', session, '--device', 'mbedtls@2.28'])
      expect(text.stdout).toMatch(/4,096 bytes/)
    })
  },
)

describe.skipIf(buildOf('openssl') === undefined)(`OpenSSL${without('openssl')}`, () => {
  test('with verification off is reported as a critical finding', { timeout: 240_000 }, async () => {
    const folder = newFolder()
    const measuring = await startMeasuring(folder)
    const told = () => measuring.lines.filter(({ topic }) => topic === 'verification').length >= 3
    await retry(measuring, 'openssl', { verify: 'none' }, told)
    measuring.child.kill('SIGINT')
    expect(await measuring.ended).toEqual({ code: 130, signal: null })
    const [found] = foundIn(measuring.lines.at(-1)!)
    expect(found!.accepted.slice(0, 2)).toEqual([
      expect.objectContaining({ id: 'unknown-ca', severity: 'critical' }),
      expect.objectContaining({ id: 'wrong-name', severity: 'critical' }),
    ])
    expect(figureOf(found!, 'peer')).toMatchObject({ value: 'none' })
    const text = await tlsfit(['measure', '--replay', join(folder, 'session.jsonl')])
    expect(text.stdout).toMatch(
      /Security: it accepted\n\s+critical\s+a certificate of a CA that it does not hold/,
    )
  })

  test('a session goes on after kill -9, with the same CA and port', { timeout: 240_000 }, async () => {
    const folder = newFolder()
    const first = await startMeasuring(folder)
    const answersIn = (lines: readonly Line[]) =>
      lines.filter(({ schema }) => schema === 'tlsfit/measured-answer@1')
    await retry(first, 'openssl', { buffer: 5000 }, () => answersIn(first.lines).length >= 5)
    first.child.kill('SIGKILL')
    expect((await first.ended).signal).toBe('SIGKILL')
    const kept = readFileSync(join(folder, 'session.jsonl'), 'utf8').split('\n').length - 2
    expect(kept).toBeGreaterThanOrEqual(answersIn(first.lines).length)

    const second = await startMeasuring(folder)
    expect(second.start).toMatchObject({ caSha256: first.start.caSha256, resumed: { answers: kept } })
    expect(second.port).toBe(first.port)
    await retry(second, 'openssl', { buffer: 5000 }, () => answersIn(second.lines).length >= 1)
    expect(answersIn(second.lines)[0]).toMatchObject({ connection: kept + 1 })
    second.child.kill('SIGINT')
    expect((await second.ended).code).toBe(130)
  })
})

test('a session of another test CA is one clear error, and its file is left as it is', async () => {
  const folder = newFolder()
  const measuring = await startMeasuring(folder)
  measuring.child.kill('SIGINT')
  await measuring.ended
  const session = join(folder, 'session.jsonl')
  const text = readFileSync(session, 'utf8')
  const other = text.replace(/"caSha256":"[0-9a-f]{64}"/, `"caSha256":"${'0'.repeat(64)}"`)
  writeFileSync(session, other)
  const ran = await tlsfit(['measure', '--dir', folder, '--host', '127.0.0.1'])
  expect(ran.code).toBe(65)
  expect(ran.stderr).toMatch(
    /^error: the session cannot be used: its devices were measured with another test CA/,
  )
  expect(readFileSync(session, 'utf8')).toBe(other)
})

test('what asks in plain HTTP is told once, and asks nothing', async () => {
  const measuring = await startMeasuring(newFolder())
  for (let i = 0; i < 3; i++) await fetch(`http://127.0.0.1:${measuring.port}/`).catch(() => {})
  await measuring.until(({ schema }) => schema === 'tlsfit/measured-stray@1')
  measuring.child.kill('SIGINT')
  await measuring.ended
  expect(measuring.lines.filter(({ schema }) => schema === 'tlsfit/measured-stray@1')).toHaveLength(1)
  expect(measuring.lines.at(-1)).toMatchObject({ devices: [], strays: { 'plain-http': 3 } })
})
