import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { driveClient } from '../../test/support/drive-client.ts'
import { offerOf } from '../../test/support/offers.ts'
import { Scratch } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { cipherSuites } from './cipher-suites.ts'
import type { OfferedExtension } from './client-offer.ts'

const suites = Object.entries(cipherSuites)
  .filter(
    ([, { kx, auth, cipher }]) =>
      kx === 'ecdhe' && /rsa|ecdsa/.test(auth) && /^aes-.*(gcm|cbc)$/.test(cipher),
  )
  .map(([name]) => name)

const all: OfferedExtension[] = [
  { kind: 'extended_master_secret' },
  { kind: 'encrypt_then_mac' },
  { kind: 'session_ticket' },
  { kind: 'renegotiation_info' },
]

describe.skipIf(!peer('gnutls-serv') || !peer('openssl'))('the engine against gnutls-serv', () => {
  const scratch = new Scratch()
  let server: ChildProcess
  let port: number

  beforeAll(async () => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    port = await freePort()
    const files = ['rsa', 'p256'].flatMap((name) => [
      ...['--x509certfile', scratch.path(`${name}.pem`)],
      ...['--x509keyfile', scratch.path(`${name}.key`)],
    ])
    const priority =
      'NORMAL:-VERS-ALL:+VERS-TLS1.2:+AES-128-CBC:+AES-256-CBC:+SHA256:+SHA384:%SERVER_PRECEDENCE'
    const args = ['--echo', '--port', String(port), '--priority', priority, '--disable-client-cert', ...files]
    server = spawn('gnutls-serv', args, { stdio: 'ignore' })
    await listening(port)
  })

  afterAll(() => {
    server?.kill()
    scratch.remove()
  })

  describe.each(suites)('%s', (suite) => {
    test.each<[string, OfferedExtension[]]>([
      ['nothing more', []],
      ['all extensions', all],
      ['max_fragment_length 512', [...all, { kind: 'max_fragment_length', bytes: 512 }]],
    ])('with %s', async (label, extensions) => {
      const seed = Buffer.from(`${suite}${label}`.padEnd(32))
      const line = `${'x'.repeat(700)}\n`
      const { client, events, text } = await driveClient({
        offer: offerOf([suite], { extensions }),
        seed,
        port,
        line,
      })
      expect(events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
      expect(client.established).toBe(true)
      expect(text).toBe(line)
      expect(events).toContainEqual(
        expect.objectContaining({ kind: 'server-key-exchange', signatureValid: true }),
      )
    })
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** gnutls-serv does not say when it is ready: tried until a connection is taken. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('gnutls-serv did not start')
}
