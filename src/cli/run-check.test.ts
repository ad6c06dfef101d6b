import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identity } from '../../test/support/dial.ts'
import { runCommand } from '../../test/support/run-command.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import type { CliOutput } from './cli-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-run-check-'))
const chain = fixture('chains/chain-edge-microsoft-com-g2.pem')
const root = fixture('chains/root-digicert-global-root-g2.pem')
const servers: Server[] = []
/** Connections that servers saw, by port. */
const dialled = new Map<number, number>()
let ports: readonly number[] = []

beforeAll(async () => {
  const own = await identity()
  writeFileSync(join(folder, 'device.yaml'), profile)
  ports = await Promise.all(Array.from({ length: 6 }, () => listening(own)))
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const profile = `family: device
name: A device
defaultVersion: '1.0'
sources:
  here: { confidence: measured, where: 'this test' }
common:
  hello:
    origin: recorded
    versions: { value: [TLSv1.2], source: here }
    cipherSuites: { value: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256], source: here }
ranges:
  any:
`

async function listening(own: { cert: string; key: string }): Promise<number> {
  const server = createServer({ ...own, maxVersion: 'TLSv1.2' }, (_, response) => {
    response.end('x'.repeat(500))
  })
  server.on('connection', () => dialled.set(port, (dialled.get(port) ?? 0) + 1))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return port
}

const device = ['--device', join(folder, 'device.yaml')]
const targets = () => ports.map((port) => `https://localhost:${port}/f?sig=geheim`)

describe('a batch', () => {
  test('is reported in the order of the targets, with what it asked of the network', async () => {
    const ran = await tlsfit(['check', ...targets(), ...device, '--format', 'json'])
    const { verdicts, run: summary } = JSON.parse(ran.out)
    const seen = verdicts.map(({ target }: { target: string }) => Number(new URL(target).port))
    expect(seen).toEqual(ports)
    expect(summary).toMatchObject({ asked: 6, targets: 6, failed: 0, resumed: 0, interrupted: false })
    // One handshake each: these servers send nothing that a shorter fragment would help with.
    expect(summary.connections).toBe(6)
    expect(summary.bytesReceived).toBeGreaterThan(6 * 1000)
    expect(summary.bytesSent).toBeGreaterThan(0)
  })

  test('in text ends with counts of verdicts and traffic', async () => {
    const { out } = await tlsfit(['check', ...targets(), ...device])
    expect(out).toMatch(
      /\n6 targets: .*undecided\n\d+ connections, [\d.]+ kB received, [\d.]+ kB sent, .*s\n$/,
    )
  })

  test('waits for a slow reader before it goes on', async () => {
    let waiting = 0
    let mostWaiting = 0
    const ran = await tlsfit(['check', chain, root, ...device, '--format', 'jsonl'], {
      drained: async () => {
        waiting++
        mostWaiting = Math.max(mostWaiting, waiting)
        await new Promise<void>((resolve) => setImmediate(resolve))
        waiting--
      },
    })
    expect(ran.out.trimEnd().split('\n')).toHaveLength(2)
    expect(mostWaiting).toBe(1)
  })
})

describe('an interrupt', () => {
  test('closes the report where it is, well-formed in every format', async () => {
    const stop = AbortSignal.abort(new Error('stop'))
    const ran = await tlsfit(['check', ...targets(), ...device, '--format', 'json'], {}, stop)
    expect(ran.code).toBe(130)
    expect(JSON.parse(ran.out)).toMatchObject({
      verdicts: [],
      run: { interrupted: true, asked: 6, targets: 0, exitCode: 130 },
    })
    const text = await tlsfit(['check', ...targets(), ...device], {}, stop)
    expect(text.out).toMatch(/^INTERRUPTED before the end: 0 of 6 targets reported\n/)
  })

  test('ends a single target, too', async () => {
    const stop = AbortSignal.abort(new Error('stop'))
    const ran = await tlsfit(['check', targets()[0]!, ...device, '--format', 'json'], {}, stop)
    expect(ran.code).toBe(130)
    expect(JSON.parse(ran.out).run).toMatchObject({ interrupted: true, asked: 1, targets: 0 })
  })

  test('in the midst keeps what was reported', async () => {
    const stop = new AbortController()
    const argv = ['check', ...targets(), ...device, '--jobs', '1', '--format', 'json']
    const ran = await tlsfit(argv, { drained: async () => stop.abort() }, stop.signal)
    const { verdicts, run: summary } = JSON.parse(ran.out)
    expect(verdicts.length).toBeGreaterThanOrEqual(1)
    expect(verdicts.length).toBeLessThan(6)
    expect(summary).toMatchObject({ interrupted: true, targets: verdicts.length })
    expect(ran.code).toBe(130)
  })
})

describe('--resume', () => {
  const journal = (name: string) => join(folder, name)

  test('goes on where an interrupted run was: nothing that was seen is dialled again', async () => {
    const stop = new AbortController()
    const argv = ['check', ...targets(), ...device, '--resume', journal('a.journal'), '--format', 'json']
    const broken = await tlsfit([...argv, '--jobs', '1'], { drained: async () => stop.abort() }, stop.signal)
    const first = JSON.parse(broken.out)
    const kept = readFileSync(journal('a.journal'), 'utf8').trimEnd().split('\n').length - 1
    expect(kept).toBeGreaterThanOrEqual(first.verdicts.length)
    expect(kept).toBeLessThan(6)
    const before = new Map(dialled)
    const whole = await tlsfit(argv)
    const { verdicts, run: summary } = JSON.parse(whole.out)
    expect(summary).toMatchObject({ targets: 6, resumed: kept, interrupted: false })
    expect([...dialled].filter(([port, count]) => count !== (before.get(port) ?? 0))).toHaveLength(6 - kept)
    expect(withoutNulls(verdicts[0])).toEqual(withoutNulls(first.verdicts[0]))
    const again = JSON.parse((await tlsfit(argv)).out)
    expect(again.run).toMatchObject({ resumed: 6, connections: 0, bytesSent: 0 })
    expect(withoutNulls(again.verdicts)).toEqual(withoutNulls(verdicts))
  })

  test('its file is for its owner alone and holds no secret', async () => {
    const file = journal('secret.journal')
    const header = ['--header', 'Authorization: Bearer geheim-geheim']
    await tlsfit([
      'check',
      ...targets().slice(0, 2),
      ...device,
      ...header,
      '--send-secrets',
      '--resume',
      file,
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(text.split('\n')).toHaveLength(4)
    expect(text).not.toContain('geheim')
  })

  test('another question is refused, says what differs, and changes nothing', async () => {
    const file = journal('other.journal')
    const argv = ['check', ...targets().slice(0, 2), '--resume', file]
    await tlsfit([...argv, ...device])
    const before = readFileSync(file, 'utf8')
    const asked = ['--anchor', root, '--method', 'HEAD', '--format', 'json']
    const ran = await tlsfit([...argv, ...device, ...asked])
    expect(ran.code).toBe(65)
    expect(ran.err).toContain('another question: the anchors, --method differ')
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code: 'journal-other-question' } })
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('other targets under the same question are looked at beside those that are known', async () => {
    const file = journal('more.journal')
    await tlsfit(['check', ...targets().slice(0, 2), ...device, '--resume', file])
    const ran = await tlsfit(['check', ...targets(), ...device, '--resume', file, '--format', 'json'])
    expect(JSON.parse(ran.out).run).toMatchObject({ targets: 6, resumed: 2 })
  })

  test('a last line that is torn is dropped, and one that is damaged is looked at again', async () => {
    const file = journal('torn.journal')
    const argv = ['check', ...targets().slice(0, 3), ...device, '--resume', file, '--format', 'json']
    await tlsfit(argv)
    const [header, first, second, third] = readFileSync(file, 'utf8').split('\n') as string[]
    const damaged = second!.replace('"source":"dial"', '"source":"nowhere"')
    writeFileSync(file, [header, first, damaged, third!.slice(0, 500)].join('\n'))
    expect(JSON.parse((await tlsfit(argv)).out).run).toMatchObject({ targets: 3, resumed: 1 })
    expect(JSON.parse((await tlsfit(argv)).out).run).toMatchObject({ targets: 3, resumed: 3 })
  })

  test('a file that is no journal is left as it is', async () => {
    const file = journal('notes.txt')
    for (const text of ['my notes\n', 'my notes', '{"schema":"tlsfit/journal@1"']) {
      writeFileSync(file, text)
      const ran = await tlsfit(['check', ...targets(), ...device, '--resume', file])
      expect(ran).toMatchObject({ code: 65, out: '' })
      expect(ran.err).toContain('no journal')
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
    const place = await tlsfit(['check', ...targets(), ...device, '--resume', join(folder, 'none', 'x')])
    expect(place).toMatchObject({ code: 65, out: '' })
    expect(place.err).toMatch(/cannot be written[\s\S]*hint: /)
  })

  test.skipIf(process.platform !== 'linux')('what is no plain file is refused', async () => {
    const ran = await tlsfit(['check', ...targets(), ...device, '--resume', '/dev/full'])
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toContain('no plain file')
  })
})

/** What was not seen is null or left out. */
function withoutNulls(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (_, value) => value ?? undefined)
}

function tlsfit(argv: readonly string[], stdout: Partial<CliOutput> = {}, signal?: AbortSignal) {
  return runCommand(argv, { stdout, ...(signal && { interruption: () => signal }) })
}
