import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeChain, type OpensslChain } from './support/openssl-chain.ts'
import { peer } from './support/peer.ts'
import { freePort, type PeerProcess, startPeer } from './support/peer-process.ts'
import { tlsfit } from './support/tlsfit.ts'

describe.skipIf(!peer('openssl'))('check against openssl s_server', () => {
  let heavy: OpensslChain
  let small: OpensslChain
  let heavyServer: PeerProcess
  let smallServer: PeerProcess

  beforeAll(async () => {
    heavy = makeChain({ extraNames: 60, keys: [2048, 4096, 2048] })
    small = makeChain({ keys: 'ec' })
    heavyServer = await startServer(heavy)
    smallServer = await startServer(small)
  }, 120_000)
  afterAll(async () => {
    await heavyServer?.stop()
    await smallServer?.stop()
    heavy?.remove()
    small?.remove()
  })

  test('a chain of the Azure weight: exit 1, blocked at the chain', async () => {
    const ran = await check(`https://localhost:${heavyServer.port}/`, heavy)
    expect(ran.code).toBe(1)
    const [verdict] = ran.json.verdicts
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'chain' })
    const blocking = verdict.findings.filter((finding: { effect: string }) => finding.effect === 'blocks')
    expect(blocking[0]).toMatchObject({ id: 'chain-too-large', cause: 'chain-too-large', reached: true })
  })

  test('a small chain: exit 0', async () => {
    const ran = await check(`https://localhost:${smallServer.port}/`, small)
    expect(ran.json.verdicts.map((verdict: { state: string }) => verdict.state)).not.toContain('blocked')
    expect(ran.code).toBe(0)
  })

  test('one dial serves two devices with the same hello', async () => {
    const before = count(smallServer.output(), 'ACCEPT')
    const ran = await check(`https://127.0.0.1:${smallServer.port}/`, small, 'nrf9160@1.3.1,nrf9160@1.3.7')
    expect(ran.json.verdicts).toHaveLength(2)
    expect(count(smallServer.output(), 'ACCEPT') - before).toBeLessThanOrEqual(1)
  })

  test('a build of static RSA alone: a server of ECDHE alone refuses it, one of static RSA does not', async () => {
    const rsa = makeChain({ keys: [2048, 2048, 2048] })
    const ecdheServer = await startServer(rsa, '-cipher', 'ECDHE')
    const bothServer = await startServer(rsa)
    const refused = await check(`tls://localhost:${ecdheServer.port}`, rsa, 'zephyr@3.1')
    const taken = await check(`tls://localhost:${bothServer.port}`, rsa, 'zephyr@3.1')
    await Promise.all([ecdheServer.stop(), bothServer.stop()])
    rsa.remove()
    const [verdict] = refused.json.verdicts
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(verdict.findings.find(({ id }: { id: string }) => id === 'no-common-cipher')).toMatchObject({
      effect: 'blocks',
      details: { exchanges: ['rsa'], exchangeSource: expect.stringContaining('Kconfig') },
    })
    const { findings, observation } = taken.json.verdicts[0]
    expect(findings.map(({ id }: { id: string }) => id)).not.toContain('no-common-cipher')
    expect(observation.connections[0].negotiated.cipherSuite).toBe(0x009d)
  })

  test('a closed port: exit 3, valid JSON, nothing claimed of the device', async () => {
    const ran = await check(`https://127.0.0.1:${await freePort()}/`, small)
    expect(ran.code).toBe(3)
    expect(ran.json.verdicts[0]).toMatchObject({ state: 'undecided' })
    expect(ran.json.verdicts[0].findings[0]).toMatchObject({ id: 'tcp-refused', effect: 'unknown' })
  })

  test('a wrong option: exit 64, valid JSON', async () => {
    const ran = await tlsfit(['check', 'https://localhost/', '--devise', 'nrf9160', '--format', 'json'])
    expect(ran.code).toBe(64)
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'tlsfit/error@1' })
    expect(ran.stderr).toMatch(/--device/)
    expect(ran.stdout + ran.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
  })

  async function startServer(chain: OpensslChain, ...options: string[]): Promise<PeerProcess> {
    const port = await freePort()
    const files = ['-cert', chain.leaf, '-key', chain.key, '-cert_chain', chain.intermediates]
    return startPeer('openssl', ['s_server', '-accept', String(port), ...files, '-www', ...options], port)
  }
})

describe.skipIf(!peer('haproxy'))('check against HAProxy with tune.ssl.maxrecord 2000', () => {
  let chain: OpensslChain
  let server: PeerProcess

  beforeAll(async () => {
    chain = makeChain({ keys: 'ec' })
    const port = await freePort()
    const firmware = Buffer.alloc(256 * 1024, 'firmware')
    const origin = await freePort()
    writeFileSync(
      join(chain.folder, 'haproxy.cfg'),
      [
        'global',
        '  tune.ssl.maxrecord 2000',
        'defaults',
        '  mode http',
        '  timeout connect 5s',
        '  timeout client 20s',
        '  timeout server 20s',
        'frontend tls',
        `  bind 127.0.0.1:${port} ssl crt ${chain.bundle}`,
        '  default_backend origin',
        'backend origin',
        `  server origin 127.0.0.1:${origin}`,
        '',
      ].join('\n'),
    )
    const http = createServer((_, response) => {
      response.setHeader('content-length', firmware.length)
      response.end(firmware)
    }).listen(origin, '127.0.0.1')
    const haproxy = await startPeer('haproxy', ['-db', '-f', join(chain.folder, 'haproxy.cfg')], port)
    server = {
      ...haproxy,
      stop: async () => {
        http.close()
        await haproxy.stop()
      },
    }
  }, 120_000)
  afterAll(async () => {
    await server?.stop()
    chain?.remove()
  })

  // HAProxy grows its records when it takes the response for a stream, which depends on how fast both ends are.
  test('the growth of the records to 16 kB in mid-download is found, with its offset', async () => {
    let grown = 0
    for (let run = 0; run < 10 && grown < 2; run++) {
      const ran = await check(`https://localhost:${server.port}/fw.bin`, chain, 'esp-idf@5.2')
      const [verdict] = ran.json.verdicts
      const records = verdict.observation.connections[0].records as { plaintextBytes: number }[]
      const largest = Math.max(...records.map(({ plaintextBytes }) => plaintextBytes))
      const findings = verdict.findings as { id: string; details: Record<string, number> }[]
      const growth = findings.find(({ id }) => id === 'record-growth')
      expect(growth !== undefined, `largest record ${largest}`).toBe(largest > 2_100)
      if (growth === undefined) continue
      grown++
      expect(growth.details.fromBytes).toBeLessThanOrEqual(2_100)
      expect(growth.details.toBytes).toBeGreaterThan(16_000)
      expect(growth.details.offset).toBeGreaterThan(1_000)
      expect(growth.details.offset).toBeLessThan(256 * 1024)
    }
    expect(grown, 'runs in which HAProxy grew its records').toBeGreaterThan(0)
  }, 60_000)
})

async function check(target: string, chain: OpensslChain, device = 'nrf9160@1.3.7') {
  const ran = await tlsfit([
    ...['check', target, '--device', device, '--anchor', chain.root, '--format', 'json', '--timeout', '5'],
  ])
  return { ...ran, json: JSON.parse(ran.stdout) }
}

function count(text: string, word: string): number {
  return text.split(word).length - 1
}
