import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CliIo } from './cli-io.ts'
import { run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-explain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = join(folder, 'device.log')
writeFileSync(log, '[00:00:08.1] <err> download_client: Unable to connect, errno 111\n')

test('--with looks at the endpoint at the address of --connect, by the name of the target', async () => {
  const hellos: Buffer[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    // Answers the hello as a server does that speaks no TLS: the look is over at once.
    socket.once('data', (bytes) => {
      hellos.push(bytes)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  try {
    const { code, out, err } = await tlsfit(
      ...['explain', log, '--device', 'nrf9160@1.3.7', '--format', 'json'],
      ...['--with', 'https://fota.fleet.test/fw.bin', '--connect', `127.0.0.1:${port}`],
    )
    expect(err).toBe('')
    expect(code).toBe(1)
    // No look-up of a name that there is not.
    expect(JSON.parse(out).causes[0].id).not.toBe('dns-failure')
    expect(hellos.length).toBeGreaterThan(0)
    expect(hellos[0]!.includes('fota.fleet.test')).toBe(true)
  } finally {
    for (const socket of open) socket.destroy()
    await new Promise((done) => server.close(done))
  }
}, 60_000)

test.each([
  ['without --with', [], 'add --with'],
  ['beside a file', ['--with', resolve('test/captures/azure-g2-chain-edge.pcap')], 'an endpoint'],
  ['that is none', ['--with', 'https://fota.fleet.test/', '--connect', 'localhost'], '192.0.2.7:443'],
])('--connect %s is wrong usage, with a hint', async (_what, argv, hint) => {
  const connect = argv.includes('--connect') ? [] : ['--connect', '127.0.0.1:1']
  const { code, out, err } = await tlsfit('explain', log, '--device', 'nrf9160@1.3.7', ...argv, ...connect)
  expect({ code, out }).toEqual({ code: 64, out: '' })
  expect(err).toMatch(/^error: .+\nhint: .+\n$/)
  expect(err).toContain(hint)
})

test('--with beside a capture or certificates, which leave nothing to settle, is refused and not passed over', async () => {
  for (const file of [
    'test/captures/azure-g2-chain-edge.pcap',
    'test/fixtures/chains/chain-badssl-expired.pem',
  ]) {
    const { code, out, err } = await tlsfit('explain', file, '--with', 'https://fota.fleet.test/')
    expect({ code, out }).toEqual({ code: 65, out: '' })
    expect(err).toMatch(/--with settles what a log leaves open\nhint: /)
  }
})

async function tlsfit(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  const io: CliIo = {
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: undefined },
    stderr: { write: (text) => void err.push(text), isTTY: false, columns: undefined },
    readStdin: async () => '',
    stdinChunks: async function* () {},
    env: { LANG: 'en_US.UTF-8' },
    now: () => new Date('2026-09-01T00:00:00Z'),
  }
  return { code: await run(argv, io), out: out.join(''), err: err.join('') }
}
