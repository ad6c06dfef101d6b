import { spawn, spawnSync } from 'node:child_process'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayControl } from '../../src/gateway/control.ts'
import { makeTableChain } from '../../src/lab/chains.ts'
import { testKeys } from '../support/kept-keys.ts'
import { peer } from '../support/peer.ts'
import { frontHost, GatewayRange } from './gateway-range.ts'

const openssl = peer('openssl')
const promtool = peer('promtool')
let range: GatewayRange
beforeAll(async () => {
  range = await GatewayRange.open()
}, 60_000)
afterEach(async () => {
  await range.stop()
})
afterAll(() => range.close())

const operations = 'operations: { listen: 127.0.0.1:0 }'

function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: range.port,
        servername: frontHost,
        ca: range.frontRoot,
        path,
        headers,
        agent: false,
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }))
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

async function metrics(control: GatewayControl): Promise<string> {
  return (await fetch(`http://127.0.0.1:${control.operationsPort}/metrics`)).text()
}

/** Of one sample; undefined where there is none with these labels. */
function sample(text: string, name: string, ...labels: readonly string[]): number | undefined {
  const line = text
    .split('\n')
    .find(
      (one) =>
        one.startsWith(name) &&
        /[{ ]/.test(one[name.length] ?? '') &&
        labels.every((label) => one.includes(label)),
    )
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error('it did not come')
}

describe('a gateway that runs', () => {
  test('counts handshakes, requests and bytes, and what its handshake saves against the upstream', async () => {
    const control = await range.start(range.config({ rest: operations }))
    // The upstream is measured in the background.
    await until(async () => {
      await get('/firmware/fw.bin', { range: 'bytes=0-99' })
      return sample(await metrics(control), 'tlsfit_handshake_bytes_saved_total', 'fota')
    })
    const { status, body } = await get('/firmware/fw.bin')
    expect(status).toBe(200)
    const text = await metrics(control)
    expect(sample(text, 'tlsfit_requests_total', 'fota', 'status="206"')).toBeGreaterThan(0)
    expect(sample(text, 'tlsfit_requests_total', 'fota', 'status="200"')).toBe(1)
    expect(sample(text, 'tlsfit_body_bytes_sent_total', 'fota')).toBeGreaterThanOrEqual(body.length)
    expect(sample(text, 'tlsfit_handshakes_total', 'identity="ecdsa"', 'resumed="false"')).toBeGreaterThan(1)
    const saved = sample(text, 'tlsfit_handshake_bytes_saved_total', 'fota') ?? 0
    const ours = range.frontChain.sent.reduce((sum, { der }) => sum + der.length, 0)
    const theirs = range.blobChain.sent.reduce((sum, { der }) => sum + der.length, 0)
    expect(saved).toBeGreaterThan((theirs - ours) / 2)
    // Counted when a connection ends.
    await until(async () =>
      (sample(await metrics(control), 'tlsfit_bytes_sent_total', 'fota') ?? 0) > body.length
        ? true
        : undefined,
    )
  })

  test.skipIf(!openssl)('openssl: a failed handshake is told with its finding, and counted', async () => {
    const control = await range.start(range.config({ rest: operations }))
    // It does not hold the root, and says so; Node's client would close without a word.
    const words = [
      's_client',
      '-connect',
      `127.0.0.1:${range.port}`,
      '-verify_return_error',
      '-tls1_2',
      '-no-CAfile',
    ]
    spawn(openssl as string, words, { stdio: 'ignore' })
    const event = await until(() => range.events.find(({ what }) => what === 'handshake-failed'))
    expect(event.facts).toMatchObject({
      finding: 'untrusted-root',
      how: 'alert unknown_ca',
      device: 'unknown',
    })
    expect(event.message).toContain('unknown_ca')
    const text = await metrics(control)
    expect(
      sample(text, 'tlsfit_handshake_failures_total', 'finding="untrusted-root"', 'how="alert unknown_ca"'),
    ).toBe(1)
  })

  test.skipIf(!promtool)('promtool: finds nothing to say against the metrics', async () => {
    const control = await range.start(range.config({ rest: operations }))
    await get('/firmware/fw.bin')
    const { status, stdout, stderr } = spawnSync(promtool as string, ['check', 'metrics'], {
      input: await metrics(control),
      encoding: 'utf8',
    })
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })

  test('is healthy, and degraded while its configuration cannot be read', async () => {
    const control = await range.start(range.config({ rest: operations }))
    const health = async () => {
      const answer = await fetch(`http://127.0.0.1:${control.operationsPort}/healthz`)
      return { status: answer.status, body: (await answer.json()) as { state: string; faults: string[] } }
    }
    expect(await health()).toMatchObject({ status: 200, body: { state: 'ok', faults: [] } })
    range.write('gateway.yaml', 'listeners: [')
    expect(await control.reload()).toBe(false)
    const { status, body } = await health()
    expect([status, body.state]).toEqual([200, 'degraded'])
    expect(body.faults[0]).toContain('gateway.yaml')
    expect((await get('/firmware/fw.bin')).status).toBe(200)
  })

  test('a reload changes routes for open connections, and drops no download', async () => {
    const control = await range.start()
    const slow = await slowDownload()
    range.write('gateway.yaml', range.config().replace('path: /firmware/*', 'path: /new/*'))
    expect(await control.reload()).toBe(true)
    expect((await get('/firmware/fw.bin')).status).toBe(404)
    const { body } = await get('/new/fw.bin')
    expect((await slow.finish()).equals(body)).toBe(true)
  })

  test.each([
    ['no YAML', (text: string) => `${text}\n  - [`],
    ['a key of another', (text: string) => text.replace('key: key.pem', 'key: blob-key.pem')],
    ['a chain that a named device would not take', heavy],
    [
      'a port that is taken',
      (text: string) => text.replace('127.0.0.1:0]', `127.0.0.1:0, 127.0.0.1:${range.blob.port}]`),
    ],
  ])('a reload with %s keeps what was there, and is told', async (_what, spoil) => {
    const control = await range.start()
    range.write('gateway.yaml', spoil(range.config()))
    expect(await control.reload()).toBe(false)
    expect(range.events.at(-1)).toMatchObject({ level: 'error', what: 'reload-failed' })
    expect((await get('/firmware/fw.bin')).status).toBe(200)
  })

  test('a reload that asks for other client certificates ends the connections of before', async () => {
    const control = await range.start()
    const socket = connect({
      host: '127.0.0.1',
      port: range.port,
      servername: frontHost,
      ca: range.frontRoot,
    })
    const closed = new Promise((done) => socket.once('close', done))
    let seen = ''
    socket.on('data', (chunk) => (seen += chunk.toString('latin1')))
    socket.on('error', () => {})
    const request = `GET /firmware/fw.bin HTTP/1.1\r\nHost: ${frontHost}\r\nRange: bytes=0-99\r\n\r\n`
    socket.write(request)
    await until(() => (seen.includes('HTTP/1.1 206') ? true : undefined))
    // Nothing that concerns them has changed.
    expect(await control.reload()).toBe(true)
    seen = ''
    socket.write(request)
    await until(() => (seen.includes('HTTP/1.1 206') ? true : undefined))
    seen = ''
    const required = '    clientCertificates: { ask: required, ca: held.pem }'
    range.write('gateway.yaml', range.config({ listener: required }))
    expect(await control.reload()).toBe(true)
    socket.write(request)
    await closed
    expect(seen).not.toContain('HTTP/1.1 206')
    await expect(get('/firmware/fw.bin')).rejects.toThrow()
  })

  test('takes up a certificate file that was renewed, without a reload', async () => {
    const control = await range.start()
    const before = await fingerprint()
    await range.renewFrontChain()
    expect(await control.refresh()).toBe(true)
    expect(await fingerprint()).not.toBe(before)
    expect(range.events.some(({ what, message }) => what === 'certificate' && message?.includes('new'))).toBe(
      true,
    )
  })

  test('a renewed certificate that a named device would not take is told, and not served', async () => {
    const control = await range.start(range.config({ listener: '    devices: [nrf9160@1.3.7+ncs@2.7.0]' }))
    const before = await fingerprint()
    const stranger = await makeTableChain('renewed', { keys: testKeys, now: new Date() })
    await range.renewFrontChain(stranger.root)
    try {
      expect(await control.refresh()).toBe(false)
      const told = range.events.at(-1)
      expect(told).toMatchObject({ level: 'error', what: 'certificate' })
      expect(told?.message).toContain('nrf9160@1.3.7+ncs@2.7.0 would not take fota')
      expect(await fingerprint()).toBe(before)
    } finally {
      await range.renewFrontChain()
    }
    expect(await control.refresh()).toBe(true)
    expect(await fingerprint()).not.toBe(before)
  })

  test('no log line holds a query that could be a secret', async () => {
    await range.start()
    await get('/firmware/fw.bin?sv=2022&sig=SECRETSECRET')
    await get('/elsewhere?sig=SECRETSECRET')
    const told = await range.stop()
    expect(told.some(({ what }) => what === 'request')).toBe(true)
    expect(JSON.stringify(told)).not.toContain('SECRETSECRET')
  })

  test('a download in ranges on one connection is one line of the log', async () => {
    await range.start()
    const socket = connect({
      host: '127.0.0.1',
      port: range.port,
      servername: frontHost,
      ca: range.frontRoot,
    })
    let seen = ''
    socket.on('data', (chunk) => (seen += chunk.toString('latin1')))
    for (let at = 0; at < 10; at++) {
      socket.write(
        `GET /firmware/fw.bin HTTP/1.1\r\nHost: ${frontHost}\r\nRange: bytes=${at * 100}-${at * 100 + 99}\r\n\r\n`,
      )
      await until(() => (seen.split('HTTP/1.1 206').length === at + 2 ? true : undefined))
    }
    socket.end()
    const requests = await until(() => {
      const lines = range.events.filter(({ what }) => what === 'request')
      return lines.length > 0 ? lines : undefined
    })
    expect(requests).toHaveLength(1)
    expect(requests[0]?.facts).toMatchObject({ requests: 10, status: 206, bodyBytes: 1000 })
  })
})

function heavy(text: string): string {
  return text
    .replace('chain: chain.pem, key: key.pem', 'chain: blob-chain.pem, key: blob-key.pem')
    .replace('ecdsa: {', 'rsa: {')
    .replace('    anchorsHeld', '    devices: [nrf9160@1.3.7+ncs@2.7.0]\n    anchorsHeld')
}

/** The whole file, of which a client takes the first bytes only until it is told to go on. */
async function slowDownload(): Promise<{ finish(): Promise<Buffer> }> {
  const { response } = await new Promise<{ response: import('node:http').IncomingMessage }>(
    (resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: range.port,
          servername: frontHost,
          ca: range.frontRoot,
          path: '/firmware/fw.bin',
          agent: false,
        },
        (answer) => resolve({ response: answer }),
      )
      asked.on('error', reject)
      asked.end()
    },
  )
  response.pause()
  return {
    finish: () =>
      new Promise((resolve, reject) => {
        const parts: Buffer[] = []
        response.on('data', (part) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => resolve(Buffer.concat(parts)))
        response.resume()
      }),
  }
}

function fingerprint(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: range.port, servername: frontHost, ca: range.frontRoot },
      () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}
