import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { identity } from './support/dial.ts'
import { fixture, tlsfit } from './support/tlsfit.ts'

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** Answers whatever comes first with `bytes`, and keeps the connection. */
async function answering(bytes: Uint8Array): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => socket.write(bytes))
    }),
  )
}

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function verdictOf(port: number, ...more: string[]) {
  const target = `https://127.0.0.1:${port}/fw.bin`
  const ran = await tlsfit([
    ...['check', target, '--device', 'esp-idf@5.2', '--timeout', '1', '--format', 'json', ...more],
  ])
  return { ran, verdict: JSON.parse(ran.stdout).verdicts[0] }
}

describe('no server makes a device fit by breaking off', () => {
  test.each([0, 77, 255])('an alert of level %i after the ClientHello', async (level) => {
    const { ran, verdict } = await verdictOf(await answering(Uint8Array.of(21, 3, 3, 0, 2, level, 255)))
    expect(ran.code).not.toBe(0)
    expect(['blocked', 'undecided']).toContain(verdict.state)
  })

  test('silence after half a body without a length', async () => {
    const { cert, key } = await identity()
    const server = createTlsServer({ cert, key }, (socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5_000)}`))
    })
    const { verdict } = await verdictOf(await listening(server), '--verify', 'none')
    const [exchange] = verdict.observation.connections[0].exchanges
    expect(exchange).toMatchObject({ error: 'timeout', response: { bodyComplete: false } })
    expect(verdict.state).not.toBe('fits')
  })
})

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-hostile-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('a private key given as a profile is not printed', async () => {
    const { key } = await identity()
    const file = join(folder, 'key.yaml')
    writeFileSync(file, key)
    const ran = await tlsfit(['check', fixture('chains/chain-aws-s3-eu-west-1.pem'), '--device', file])
    expect(ran.code).toBe(65)
    expect(ran.stdout + ran.stderr).not.toContain(key.split('\n')[1])
  })

  test.each([
    'host.example/c/b?sig=S3CRETsig123',
    'https:/host/x?sig=S3CRETsig123',
    'user:S3CRETsig123@host:443',
  ])('a mistyped target is named without its secret: %s', async (target) => {
    const ran = await tlsfit(['check', target, '--device', 'nrf9160', '--format', 'json'])
    expect([64, 65]).toContain(ran.code)
    expect(ran.stdout + ran.stderr).not.toContain('S3CRETsig123')
    expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'tlsfit/error@1' })
  })

  test.each([
    [['--header', 'X-Device: opaque']],
    [['--header', 'X-Pin: 1234']],
  ])('%j does not reach a server that nobody verified', async (more) => {
    const { cert, key } = await identity()
    let received = ''
    const server = createTlsServer({ cert, key }, (socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (bytes) => (received += bytes))
    })
    const { verdict } = await verdictOf(await listening(server), ...more)
    expect(received).toBe('')
    expect(verdict.observation.withheld.what).toContain('header')
  })
})

describe('input without an end', () => {
  test('a file that never ends is an error, not a full memory', async () => {
    const ran = await tlsfit(
      ['check', fixture('chains/chain-aws-s3-eu-west-1.pem'), '--device', 'nrf9160', '--anchor', '/dev/zero'],
      { timeoutMs: 20_000 },
    )
    expect(ran.code).toBe(65)
  })

  test('an interrupt leaves valid JSON and exit code 130', async () => {
    const port = await listening(createServer(() => {}))
    const main = resolve(import.meta.dirname, '../dist/cli/main.js')
    const args = ['check', `https://127.0.0.1:${port}/`, '--device', 'nrf9160', '--format', 'json']
    const child = spawn(process.execPath, [main, ...args])
    let stdout = ''
    child.stdout.on('data', (chunk) => (stdout += chunk))
    setTimeout(() => child.kill('SIGINT'), 1_500)
    const [code] = await once(child, 'close')
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ verdicts: [], run: { interrupted: true, exitCode: 130 } })
  })
})
