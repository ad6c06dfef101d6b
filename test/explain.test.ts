import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { requestOf } from '../src/lab/case.ts'
import { findCase } from '../src/lab/cases.ts'
import { KeyShelf } from '../src/lab/keys.ts'
import { writePcap } from './support/capture-writer.ts'
import { tcpPackets } from './support/ip-writer.ts'
import { recordTurns } from './support/recording-proxy.ts'
import { tlsfit } from './support/tlsfit.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-explain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const captures = resolve(import.meta.dirname, 'captures')
const cases = resolve(import.meta.dirname, 'cases')

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function logOf(id: string): string {
  return JSON.parse(readFileSync(join(cases, `${id}.json`), 'utf8')).log.join('\n')
}

describe('tlsfit explain', () => {
  test('a capture of the chain of the first case is too large for the modem: 5,753 bytes against 4,096', async () => {
    const { code, stdout } = await tlsfit([
      'explain',
      join(captures, 'azure-g2-chain-edge.pcap'),
      '--device',
      'nrf9160@1.3.7',
    ])
    expect(code).toBe(1)
    expect(stdout).toMatch(/BLOCKED/)
    expect(stdout).toMatch(/5,753 bytes of DER; the device takes\s+4,096/)
  })

  test('check reads the same capture, with the same end', async () => {
    const { code, stdout } = await tlsfit([
      'check',
      join(captures, 'azure-g2-chain-edge.pcap'),
      '--device',
      'nrf9160@1.3.7',
      '--format',
      'json',
    ])
    expect(code).toBe(1)
    expect(JSON.parse(stdout).verdicts[0]).toMatchObject({ state: 'blocked', stage: 'chain' })
  })

  test.each([
    ['nrf9160-azure-blob-chain-errno-111', 'chain-too-large'],
    ['nrf9160-aws-mqtt-wrong-sni-mfw-1-2-3', 'sni-wrong'],
    ['nrf9160-memfault-s3-errno-111', 'untrusted-root'],
    ['esp32-local-ota-server-errno-113', 'tcp-timeout'],
    ['spwf04-azure-storage-server-cert-3813', 'cert-too-large'],
  ])('the log of %s has the right cause among the first three, or says that it shows none; never decided wrongly', async (id, cause) => {
    const { code, stdout } = await tlsfit(['explain', file(`${id}.log`, logOf(id)), '--format', 'json'])
    expect(code).toBe(0)
    const { schema, causes, decided } = JSON.parse(stdout)
    expect(schema).toBe('tlsfit/causes@1')
    const ids = causes.map((one: { id: string }) => one.id)
    // A transcript that only stores three credentials shows no failure at all.
    if (ids.length > 0) expect(ids.slice(0, 3)).toContain(cause)
    expect(decided && ids[0] !== cause).toBe(false)
  })

  test('errno 111 of a modem is a short list with what settles it, and the failed look-up for IPv6 is a red herring', async () => {
    const { stdout } = await tlsfit(['explain', '-'], { input: logOf('nrf9160-azure-blob-chain-errno-111') })
    expect(stdout).toMatch(/not decided/)
    expect(stdout).toMatch(/chain-too-large/)
    expect(stdout).toMatch(/untrusted-root/)
    expect(stdout).toMatch(/looks like a cause and is none[\s\S]*IPv6/)
    expect(stdout).toMatch(/tlsfit check .* --device nrf9160/)
    expect(stdout).toMatch(/408 ms/)
  })

  test('--with brings in what a chain shows, and that settles it', async () => {
    const chain = resolve(import.meta.dirname, '../test/captures/azure-g2-chain-edge.pcap')
    const log = file('azure.log', logOf('nrf9160-azure-blob-chain-errno-111'))
    const { code, stdout } = await tlsfit([
      'explain',
      log,
      '--with',
      chain,
      '--device',
      'nrf9160@1.3.7',
      '--format',
      'json',
    ])
    const { decided, causes } = JSON.parse(stdout)
    expect({ code, decided, first: causes[0].id }).toEqual({
      code: 1,
      decided: true,
      first: 'chain-too-large',
    })
  })

  test('--with what is of another host than the log names decides nothing', async () => {
    const chain = resolve(import.meta.dirname, '../test/captures/azure-g2-chain-edge.pcap')
    const lines = logOf('nrf9160-azure-blob-chain-errno-111').replaceAll('<HOSTNAME>', 'fw.example.com')
    const args = ['--with', chain, '--device', 'nrf9160@1.3.7', '--format', 'json']
    const { stdout } = await tlsfit(['explain', file('other.log', lines), ...args])
    expect(JSON.parse(stdout).decided).toBe(false)
    const text = await tlsfit(['explain', join(folder, 'other.log'), '--with', chain])
    expect(text.stdout.replace(/\s+/g, ' ')).toMatch(/not decided .* the log is of .*fw\.example\.com/)
  })

  test('--with decides nothing by a limit of a version that nobody named, and says so', async () => {
    const chain = join(captures, 'azure-g2-chain-edge.pcap')
    const log = file('azure.log', logOf('nrf9160-azure-blob-chain-errno-111'))
    const asJson = await tlsfit(['explain', log, '--with', chain, '--device', 'nrf9160', '--format', 'json'])
    expect(JSON.parse(asJson.stdout)).toMatchObject({ decided: false })
    const { stdout } = await tlsfit(['explain', log, '--with', chain, '--device', 'nrf9160'])
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/not decided .*only the default.*name it with --device/)
  })

  test('a log of something else: nothing is found, said in words, exit 0', async () => {
    const { code, stdout } = await tlsfit(['explain', '-'], {
      input: 'I (312) cpu_start: Starting scheduler.\ntemperature 21.5 C\n',
    })
    expect(code).toBe(0)
    expect(stdout).toMatch(/NOTHING FOUND/)
  })

  test.each([
    ['what is not there', ['explain', '/nonexistent/x.log'], 65, /no such file/],
    ['nothing to explain', ['explain'], 64, /nothing to explain/],
    ['two devices', ['explain', 'x.log', '--device', 'nrf9160,esp-idf'], 64, /one device/],
    ['an unknown device', ['explain', join(captures, 'dtls12.pcap'), '--device', 'nrf9161x'], 64, /nrf9160/],
  ])('%s is one clear error', async (_what, args, exit, words) => {
    const { code, stderr } = await tlsfit(args)
    expect({ code, said: words.test(stderr) }).toEqual({ code: exit, said: true })
    expect(stderr).not.toMatch(/at .*\.js:\d+/)
  })

  test.each([
    ['of no byte', [], /is empty/],
    ['of one byte of a pcap', [0xd4], /begins like a capture/],
    ['of three bytes of a gzip', [0x1f, 0x8b, 0x08], /begins like a capture/],
  ])('a file %s is one clear error', async (_what, bytes, words) => {
    const { code, stdout, stderr } = await tlsfit(['explain', file('short.bin', Buffer.from(bytes))])
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' })
    expect(stderr).toMatch(words)
  })

  test('a few letters are a log that says nothing', async () => {
    expect((await tlsfit(['explain', file('short.txt', 'M<')])).code).toBe(0)
  })

  test('binary that is no capture is one clear error with the place', async () => {
    const binary = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 31))
    const { code, stderr } = await tlsfit(['explain', file('x.bin', binary)])
    expect(code).toBe(65)
    expect(stderr).toMatch(/no text.*byte \d+/)
  })
})

describe('tlsfit diff', () => {
  test('of the AWS case, before and after the modem update: the server name, and the close', async () => {
    const served = await findCase('nordic-aws-mqtt')?.open({
      keys: new KeyShelf(),
      now: new Date(),
      hosts: ['127.0.0.1'],
      port: 0,
    })
    if (served === undefined) throw new Error('no such case')
    try {
      const files: string[] = []
      for (const [index, { attempt }] of served.steps.slice(0, 2).entries()) {
        files.push(file(`aws-${index}.pcap`, await record(attempt)))
      }
      const { code, stdout } = await tlsfit(['diff', ...files])
      expect(code).toBe(0)
      expect(stdout).toMatch(/B sends SNI `z9y8x7w6v5u4t3-ats\.iot\.eu-west-1\.forest\.test`, A sends none/)
      expect(stdout).toMatch(/B's server closes after the first\s+application record/)
    } finally {
      await served.close()
    }
  }, 60_000)

  test('of two modem versions: SNI, and the network history that an update forgets', async () => {
    const { stdout } = await tlsfit(['diff', 'device:nrf9160@1.2.0', 'device:nrf9160@1.2.3'])
    expect(stdout).toMatch(/server name/)
    expect(stdout).toMatch(/AT\+CFUN=0/)
  })

  test('of two Memfault versions: the roots', async () => {
    const { stdout } = await tlsfit(['diff', 'device:memfault@0.43.3', 'device:memfault@1.3.5'])
    expect(stdout).toMatch(/only A\s+baltimore-cybertrust-root/)
  })

  test('says that an endpoint was not reached, and is not done then', async () => {
    const { code, stdout } = await tlsfit(['diff', 'https://127.0.0.1:1/', 'https://127.0.0.1:1/x'])
    expect(stdout).toContain('neither is reached')
    expect(code).toBe(3)
  })

  test('of two devices only what both are known of is told side by side; the rest is one list a side', async () => {
    const { stdout } = await tlsfit(['diff', 'device:nrf9160@1.3.7', 'device:esp-idf@5.2'])
    expect(stdout).not.toMatch(/^\s+[AB]\s+not known$/m)
    expect(stdout.match(/not known of [AB]: /g)).toEqual(['not known of A: ', 'not known of B: '])
  })

  test('logs are not compared, and each is for explain', async () => {
    const [a, b] = ['a', 'b'].map((name) => file(`${name}.log`, logOf('nrf9160-azure-blob-chain-errno-111')))
    const { code, stderr } = await tlsfit(['diff', a!, b!])
    expect(code).toBe(65)
    expect(stderr.replace(/\s+/g, ' ')).toMatch(/is a log.*tlsfit explain \S*a\.log/)
    expect(stderr).not.toMatch(/openssl/)
  })

  test('a device against an endpoint is one clear error', async () => {
    const { code, stderr } = await tlsfit(['diff', 'device:nrf9160', 'https://127.0.0.1:1/'])
    expect({ code, said: /tlsfit check/.test(stderr) }).toEqual({ code: 65, said: true })
  })
})

type Step = Parameters<typeof requestOf>[0]

/** The attempt played through a relay, as a capture on loopback would show it. */
async function record(attempt: Step): Promise<Buffer> {
  const { connect } = attempt
  if (connect === undefined) throw new Error('a case on loopback has its address')
  let closer: 'client' | 'server' = 'client'
  const dial = (port: number) =>
    check(
      requestOf(
        { ...attempt, connect: { host: '127.0.0.1', port } },
        { catalogue: openCatalogue(), knownRoots: openKnownRoots(), now: new Date() },
      ),
    )
  // The check may ask for a fragment length on a connection of its own: the first one is the device's.
  const turns = await recordTurns(connect.port, dial, (side) => {
    closer = side
  })
  return writePcap(
    tcpPackets(turns, { close: `${closer}-fin`, serverPort: 8883 }).map(({ timeMs, bytes }) => ({
      timeMs,
      bytes,
    })),
    { linkType: 101 },
  )
}
