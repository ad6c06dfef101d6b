import { readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GatewayRange } from '../gateway/gateway-range.ts'
import { peer } from '../support/peer.ts'
import { freePort, startPeer } from '../support/peer-process.ts'
import { runCommand } from '../support/run-command.ts'

const haproxy = peer('haproxy')
let range: GatewayRange
beforeAll(async () => {
  range = await GatewayRange.open()
}, 60_000)
afterAll(() => range.close())

function tlsfit(...argv: string[]) {
  return runCommand(argv, { now: () => new Date() })
}

describe('tlsfit emit', () => {
  test.skipIf(!haproxy)(
    'haproxy: what it writes starts, and the check that it prints fits',
    async () => {
      const port = await freePort()
      const text = range
        .config({ listener: '    devices: [nrf9160@1.3.7+ncs@2.7.0]' })
        .replace('127.0.0.1:0', `127.0.0.1:${port}`)
      range.write('emit.yaml', text)
      const { code, err, out } = await tlsfit(
        'emit',
        'haproxy',
        range.at('emit.yaml'),
        '--out',
        range.at('haproxy.cfg'),
      )
      expect({ code, out }).toEqual({ code: 0, out: '' })
      const words = /^ {2}tlsfit (check .*)$/m.exec(err)?.[1]?.split(' ') ?? []
      expect(words.slice(0, 4)).toEqual([
        'check',
        'https://fota.fleet.test/firmware/FILE',
        '--device',
        'nrf9160@1.3.7+ncs@2.7.0',
      ])
      const proxy = await startPeer(haproxy as string, ['-db', '-f', range.at('haproxy.cfg')], port)
      try {
        const checked = await tlsfit(...words.map((word) => word.replace('FILE', 'fw.bin')))
        expect(checked.code, checked.out).toBe(0)
      } finally {
        await proxy.stop()
      }
    },
    60_000,
  )

  test('keys are written for their owner only, whatever was there before', async () => {
    range.write('emit.yaml', range.config())
    await tlsfit('emit', 'nginx', range.at('emit.yaml'))
    const { code, out } = await tlsfit('emit', 'nginx', range.at('emit.yaml'))
    expect(code).toBe(0)
    const key = range.at('gateway-state/emit/fota-ecdsa-key.pem')
    expect(out).toContain(key)
    for (const file of [key, range.at('gateway-state/emit/fota-ecdsa.pem')]) {
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, 'utf8')).toContain('PRIVATE KEY')
    }
    expect(
      readFileSync(range.at('gateway-state/emit/blob-roots.pem'), 'utf8').match(/BEGIN/g)?.length,
    ).toBeGreaterThan(50)
  })

  test('a state folder that cannot be is told by its name', async () => {
    range.write(
      'bad.yaml',
      `${range.config().replace(/files: .*/, 'own: { names: [a.test] } }')}\nstate: key.pem/below`,
    )
    const { code, err } = await tlsfit('gateway', range.at('bad.yaml'))
    expect(code).toBe(65)
    expect(err).toContain('key.pem/below')
    expect(err).toContain('hint: ')
  })

  test.each([
    [['emit'], 'no proxy named'],
    [['emit', 'apache', 'x.yaml'], 'nothing emitted for apache'],
    [['emit', 'nginx'], 'no configuration'],
    [['emit', 'nginx', '/nowhere.yaml'], 'ENOENT'],
    [['gateway'], 'no configuration'],
    [['gateway', '/nowhere.yaml'], 'ENOENT'],
  ])('%j is told in one line, with a mend', async (argv, message) => {
    const { code, err, out } = await tlsfit(...argv)
    expect([64, 65]).toContain(code)
    expect(err).toContain(message)
    expect(err).toContain('hint: ')
    expect(out).toBe('')
  })
})
