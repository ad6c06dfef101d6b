import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tlsIdentity } from '../src/lab/tls-server.ts'
import { runCommand } from './support/run-command.ts'
import { type SmallCertificate, small } from './support/small-pki.ts'

/** A firmware repository beside a server whose certificate is renewed. */
let folder: string
let server: Server
let port: number
let asked: { readonly path: string; readonly headers: NodeJS.Dict<string | string[]> }[] = []

// A secret is only sent where certificates are valid on the day of the test.
const notAfter = '2049-12-31T00:00:00Z'
const root = small({ name: 'Root X1', ca: true, notAfter })
const other = small({ name: 'Root YR', ca: true, notAfter })
const names = (count: number) => [
  'localhost',
  ...Array.from({ length: count }, (_, i) => `host-${i}.example.com`),
]
const leaf = (extra: number, notBefore: string, issuer = root) =>
  small({ name: 'localhost', issuer, altNames: names(extra), notBefore, notAfter, key: `leaf ${extra}` })
const first = leaf(2, '2026-02-01T00:00:00Z')
const renewed = leaf(40, '2026-08-01T00:00:00Z')

const sdkconfig =
  '# Espressif IoT Development Framework (ESP-IDF) 5.2.1 Project Configuration\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'

function plan(more = 'margins: { shrink: { bytes: 200 } }'): string {
  return `devices:\n  - config: sdkconfig\nanchors: [root.pem]\ntargets:\n  - https://localhost:${port}/fw.bin\n${more}\n`
}

beforeAll(async () => {
  server = createServer(tlsIdentity([first.issued]), (request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers })
    response.end('firmware')
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-plan-'))
  serve(first)
  asked = []
  put('root.pem', root.issued.pem)
  put('sdkconfig', sdkconfig)
  put('tlsfit.yaml', plan())
  return () => rmSync(folder, { recursive: true, force: true })
})

const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
const serve = (certificate: SmallCertificate) => server.setSecureContext(tlsIdentity([certificate.issued]))
const kept = (name = '.tlsfit/last-run.json') => readFileSync(join(folder, name), 'utf8')

function check(argv: readonly string[] = [], env: Record<string, string> = {}, at = folder) {
  return runCommand(['check', ...argv], { env: { LANG: 'en_US.UTF-8', COLUMNS: '140', ...env }, folder: at })
}

const changesOf = (out: string) => {
  const { comparison } = JSON.parse(out).run
  return comparison.changes.map(({ kind }: { kind: string }) => kind)
}

describe('check in a firmware repository', () => {
  test('writes what the first run found, and finds nothing changed in the same again', async () => {
    const ran = await check()
    expect(ran.err).toContain(`note: targets and devices from ${join(folder, 'tlsfit.yaml')}`)
    expect(ran.out).toMatch(/There was none: .*last-run\.json is written/s)
    expect(ran.code).toBe(0)
    const file = kept()
    expect(JSON.parse(file)).toMatchObject({
      schema: 'tlsfit/run@1',
      targets: [{ devices: [{ device: 'sdkconfig', state: 'fits', chains: [{ root: 'Root X1' }] }] }],
    })
    const again = await check()
    expect(again.out).toContain('Nothing changed.')
    expect(again.code).toBe(0)
    expect(kept()).toBe(file)
  })

  test('a renewal that takes more room than the plan allows exits 1, and again, until it is accepted', async () => {
    await check()
    serve(renewed)
    const ran = await check()
    expect(ran.code).toBe(1)
    expect(ran.out).toMatch(/renewed +a new certificate/)
    expect(ran.out).toMatch(/shrank +handshake message/)
    expect(ran.out).toMatch(/THRESHOLD +https:\/\/localhost/)
    const json = JSON.parse((await check(['--format', 'json'])).out)
    expect(json.run).toMatchObject({ exitCode: 1, states: { fits: 1 }, comparison: { kind: 'last-run' } })
    expect(json.run.comparison.failures).toContainEqual(
      expect.objectContaining({ rule: 'shrink', limit: 'handshakeMessageBytes', threshold: 200, line: 5 }),
    )
    expect((await check(['--update-baseline'])).code).toBe(0)
    expect((await check()).code).toBe(0)
  })

  test('a renewal within what the plan allows is told and exits 0', async () => {
    put('tlsfit.yaml', plan('margins: { shrink: { bytes: 2000 }, least: { percent: 10 } }'))
    await check()
    serve(renewed)
    const ran = await check(['--format', 'json'])
    expect(ran.code).toBe(0)
    expect(changesOf(ran.out)).toEqual(expect.arrayContaining(['chain', 'renewed', 'margin']))
  })

  test('less than what must be left exits 1 in the first run, too', async () => {
    put('tlsfit.yaml', plan('margins: { least: { bytes: 4000 } }'))
    const ran = await check()
    expect(ran.code).toBe(1)
    expect(ran.out).toMatch(
      /handshake message: [\d,]+ bytes left of 4,096, and the plan\s+asks\s+for\s+4,000 bytes/,
    )
  })

  test('another root is told, with the device that it blocks, and its cure', async () => {
    await check()
    serve(leaf(2, '2026-08-02T00:00:00Z', other))
    const ran = await check()
    expect(ran.code).toBe(1)
    expect(ran.out).toMatch(/worse +fits → blocked at path/)
    expect(ran.out).toMatch(/root +Root X1 → Root YR/)
    put('root.pem', other.issued.pem)
    expect((await check()).out).toMatch(/cured +blocked → fits/)
  })

  test('an endpoint that does not answer from here is no regression, and what was known stays', async () => {
    put(
      'tlsfit.yaml',
      plan().replace('/fw.bin', '/fw.bin\n    name: fota').replace('- https', '- url: https'),
    )
    await check()
    const before = kept()
    const closed = plan()
      .replace('/fw.bin', '/fw.bin\n    name: fota')
      .replace('- https', '- url: https')
      .replace(String(port), '1')
    put('tlsfit.yaml', closed)
    const ran = await check()
    expect(ran.code).toBe(3)
    expect(ran.out).toMatch(/not seen +could not be looked at from here, which is no regression/)
    expect(ran.out).toContain('the last run found: fits')
    expect(kept()).toBe(before)
  })

  test("a limit that the firmware's own configuration lowers is told as the device's", async () => {
    await check()
    put('sdkconfig', sdkconfig.replace('4096', '2048'))
    const ran = await check()
    expect(ran.code).toBe(1)
    expect(ran.out).toContain("the device's own limit went from 4,096 to 2,048")
  })

  test('targets and devices that come and go are told', async () => {
    await check()
    put(
      'tlsfit.yaml',
      plan().replace('/fw.bin', '/other.bin').replace('sdkconfig', 'sdkconfig\n  - esp-idf@5.2'),
    )
    const ran = await check(['--format', 'json'])
    expect(changesOf(ran.out)).toEqual(['target-gone', 'target-new'])
    expect(ran.code).toBe(0)
  })
})

describe('a baseline that is kept by people', () => {
  const committed = 'baseline: tls-baseline.json\nmargins: { shrink: { bytes: 200 } }'

  test('must be there, is written when asked for, and is left alone by every other run', async () => {
    put('tlsfit.yaml', plan(committed))
    const missing = await check()
    expect(missing).toMatchObject({ code: 65, out: '' })
    expect(missing.err).toMatch(/tls-baseline\.json is not there\nhint: .*--update-baseline/)
    expect((await check(['--update-baseline'])).code).toBe(0)
    const file = kept('tls-baseline.json')
    serve(renewed)
    expect((await check()).code).toBe(1)
    expect(kept('tls-baseline.json')).toBe(file)
    expect((await check(['--update-baseline'])).code).toBe(0)
    expect(kept('tls-baseline.json')).not.toBe(file)
  })

  test('can be named on the command line', async () => {
    await check(['--baseline', join(folder, 'b.json'), '--update-baseline'])
    expect((await check(['--baseline', join(folder, 'b.json')])).out).toContain('Nothing changed.')
  })

  test('that is broken is told before anything is dialled', async () => {
    put('b.json', '{"schema":')
    const ran = await check(['--baseline', join(folder, 'b.json')])
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(asked).toEqual([])
  })

  test.each([
    '{broken',
    '{"schema":"tlsfit/run@1"}',
  ])('that holds %s is written anew when asked for', async (text) => {
    put('tlsfit.yaml', plan(committed))
    put('tls-baseline.json', text)
    expect((await check()).err).toContain('--update-baseline')
    expect((await check(['--update-baseline'])).code).toBe(0)
    expect((await check()).out).toContain('Nothing changed.')
  })

  test('that cannot be written is told, and the report is whole', async () => {
    mkdirSync(join(folder, 'b.json.d'))
    put('tlsfit.yaml', plan('last-run: root.pem/last.json'))
    const ran = await check(['--format', 'json'])
    expect(ran.code).toBe(65)
    expect(ran.err + ran.out).toMatch(/root\.pem/)
  })
})

describe('a secret that a plan names', () => {
  const secrets = `headers:\n  - Authorization: { env: FOTA_TOKEN }\n  - X-Key: { file: token.txt }\n`
  const withQuery = () =>
    plan(secrets).replace('- https', '- url: https').replace('/fw.bin', '/fw.bin\n    query: { env: SAS }')

  test('reaches the server, and no output and no file', async () => {
    put('tlsfit.yaml', withQuery())
    put('token.txt', 'fromFile5ecret\n')
    const env = { FOTA_TOKEN: 'Bearer env5ecret', SAS: '?sv=1&sig=query5ecret' }
    const ran = await check([], env)
    expect(asked[0]).toMatchObject({
      path: '/fw.bin?sv=1&sig=query5ecret',
      headers: { authorization: 'Bearer env5ecret', 'x-key': 'fromFile5ecret' },
    })
    const again = await check(['--format', 'json'], { ...env, SAS: 'sv=2&sig=other5ecret' })
    expect(changesOf(again.out)).not.toContain('target-new')
    expect(ran.out + ran.err + again.out + again.err + kept()).not.toContain('5ecret')
  })

  test.each([
    ['is not set', {}, 'FOTA_TOKEN', 'tlsfit.yaml:8: headers.0: the environment has no FOTA_TOKEN'],
    [
      'has two lines',
      { FOTA_TOKEN: 'a\nb5ecret' },
      'FOTA_TOKEN',
      'headers.0: the secret that it names holds',
    ],
  ])('and that %s is told with the line that names it', async (_, env, __, what) => {
    put('tlsfit.yaml', plan(`x: 1`).replace('x: 1', secrets))
    put('token.txt', 'fromFile5ecret')
    const ran = await check([], env)
    expect(ran.code).toBe(65)
    expect(ran.err.replaceAll('\n', ' ')).toContain(what.replace('tlsfit.yaml:8', 'tlsfit.yaml:7'))
    expect(ran.err).not.toContain('5ecret')
    expect(asked).toEqual([])
  })
})

describe('a plan that cannot be used', () => {
  test.each([
    ['an anchor that is not there', (text: string) => text.replace('root.pem', 'no.pem'), ':3: anchors.0: '],
    [
      'a configuration that is not there',
      (text: string) => text.replace('config: sdkconfig', 'config: none'),
      ':2: devices.0: ',
    ],
    [
      'a configuration of nothing',
      (text: string) => text.replace('config: sdkconfig', 'config: root.pem'),
      ':2: devices.0: ',
    ],
    ['a port that is none', (text: string) => `${text}connect: localhost:99999\n`, ':7: connect: '],
    [
      'a certificate that is not there',
      (text: string) => `${text}client-cert: c.pem\nclient-key: k.pem\n`,
      ':7: client-cert: ',
    ],
  ])('%s is told with its line, and nothing is dialled', async (_, change, what) => {
    put('tlsfit.yaml', change(plan('margins: {}')))
    const ran = await check()
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toContain(what)
    expect(ran.err).toContain('hint: ')
    expect(asked).toEqual([])
  })

  test.each([
    ['targets beside it', ['https://localhost/', '--file', 'tlsfit.yaml'], 'targets-twice'],
    ['an option that the plan has a key for', ['--anchor', 'x.pem'], 'option-of-plan'],
    [
      'a baseline for other targets',
      ['https://localhost/', '--device', 'nrf9160', '--baseline', 'x'],
      'plan-missing',
    ],
  ])('%s: exit 64', async (_, argv, code) => {
    const ran = await check([...argv, '--format', 'json'])
    expect(ran.code).toBe(64)
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code } })
  })

  test('--device looks with other eyes, and leaves the last run alone', async () => {
    const ran = await check(['--device', 'nrf9160@1.3.7'])
    expect(ran.err).toContain('nothing is compared or kept')
    expect(ran.out).not.toContain('CHANGES')
    expect(() => kept()).toThrow('ENOENT')
  })
})

describe('where the last run is kept', () => {
  test('is kept out of git where the folder is our own, and what stands there is left alone', async () => {
    await check()
    expect(kept('.tlsfit/.gitignore')).toBe('*\n')
    put('.tlsfit/.gitignore', 'mine\n')
    await check()
    expect(kept('.tlsfit/.gitignore')).toBe('mine\n')
    put('tlsfit.yaml', plan('last-run: ci/last.json'))
    await check()
    expect(readdirSync(join(folder, 'ci'))).toEqual(['last.json'])
  })

  test.each([
    '../x/last.json',
    'app/../../x/last.json',
    '/nowhere/last.json',
  ])('no plan keeps it outside of its repository: %s', async (path) => {
    put('tlsfit.yaml', plan(`last-run: ${path}`))
    const ran = await check()
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toMatch(/tlsfit\.yaml:6: last-run: .* is outside the repository/)
    expect(asked).toEqual([])
  })

  test('a folder beside that of the plan is well within its repository', async () => {
    mkdirSync(join(folder, '.git'))
    mkdirSync(join(folder, 'app'))
    put(
      'app/tlsfit.yaml',
      plan('last-run: ../..kept/last.json').replaceAll(/(sdkconfig|root\.pem)/g, '../$1'),
    )
    expect((await check([], {}, join(folder, 'app'))).code).toBe(0)
    expect(kept('..kept/last.json')).toContain('Root X1')
  })
})

describe('where a plan is looked for', () => {
  test('code scanning gets its paths from the root of the repository, wherever it is run', async () => {
    mkdirSync(join(folder, '.git'))
    mkdirSync(join(folder, 'app/src'), { recursive: true })
    put('tlsfit.yaml', plan('margins: { least: { bytes: 4000 } }'))
    const ran = await check(['--format', 'sarif'], {}, join(folder, 'app/src'))
    const [{ results }] = JSON.parse(ran.out).runs
    const uris = results.map(
      (one: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        one.locations[0]?.physicalLocation.artifactLocation.uri,
    )
    expect(new Set(uris)).toEqual(new Set(['tlsfit.yaml']))
  })

  test('upwards to the root of the repository, whose paths it names', async () => {
    mkdirSync(join(folder, '.git'))
    mkdirSync(join(folder, 'app/src'), { recursive: true })
    const ran = await check([], {}, join(folder, 'app/src'))
    expect(ran.code).toBe(0)
    expect(kept()).toContain('Root X1')
  })

  test('and no further, and not above a folder that is in no repository', async () => {
    mkdirSync(join(folder, 'loose/in'), { recursive: true })
    expect((await check([], {}, join(folder, 'loose/in'))).code).toBe(64)
    mkdirSync(join(folder, 'loose/.git'))
    const ran = await check([], {}, join(folder, 'loose/in'))
    expect(ran.code).toBe(64)
    expect(ran.err).toContain('no target given')
  })
})
