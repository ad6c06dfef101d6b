import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offer13Of, suites13 } from '../../test/support/offers.ts'
import { Scratch } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { freePort, startPeer } from '../../test/support/peer-process.ts'
import { type Step, TlsClient } from './client.ts'
import type { OfferedExtension } from './client-offer.ts'
import { namedGroups } from './named-groups.ts'
import type { TlsEvent } from './tls-event.ts'

const scratch = new Scratch()
const stops: (() => unknown)[] = []
let connections = 0

function seed(): Uint8Array {
  return createHash('sha256').update(`13 peers ${connections++}`).digest()
}

function drive(options: Omit<Drive, 'seed'>): Promise<Driven> {
  return driveClient({ seed: seed(), ...options })
}

function find<Kind extends TlsEvent['kind']>(events: readonly TlsEvent[], kind: Kind) {
  const found = events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

function expectWhole({ client, events, text }: Driven, line: string): void {
  expect(events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect(client.established).toBe(true)
  expect(text).toBe(line)
  expect(find(events, 'server-hello')?.version).toBe(0x0304)
}

beforeAll(() => {
  if (!peer('openssl')) return
  scratch.selfSigned('rsa', ['rsa:2048'])
  scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
})

afterAll(async () => {
  for (const stop of stops) await stop()
  scratch.remove()
})

describe.skipIf(!peer('gnutls-serv') || !peer('openssl'))('TLS 1.3 with gnutls-serv', () => {
  let port: number

  beforeAll(async () => {
    port = await freePort()
    const files = ['rsa', 'p256'].flatMap((name) => [
      ...['--x509certfile', scratch.path(`${name}.pem`)],
      ...['--x509keyfile', scratch.path(`${name}.key`)],
    ])
    const priority = 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+AES-128-CCM:+AES-128-CCM-8:+GROUP-X448'
    const args = ['--echo', '--port', String(port), '--priority', priority, '--disable-client-cert']
    const { stop } = await startPeer('gnutls-serv', [...args, '--recordsize', '1024', ...files], port)
    stops.push(stop)
  })

  test.each(suites13)('%s', async (suite) => {
    const line = 'over gnutls\n'
    const driven = await drive({ offer: offer13Of({ suites: [suite] }), port, line })
    expectWhole(driven, line)
    expect(find(driven.events, 'server-key-exchange')?.signatureValid).toBe(true)
  })

  test.each(['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1'] as const)('group %s', async (group) => {
    const line = `${group}\n`
    const driven = await drive({ offer: offer13Of({ groups: [namedGroups[group].code] }), port, line })
    expectWhole(driven, line)
    expect(find(driven.events, 'server-key-exchange')?.namedGroup).toBe(namedGroups[group].code)
  })

  test('a HelloRetryRequest', async () => {
    const line = 'asked twice\n'
    const driven = await drive({ offer: offer13Of({ shares: [] }), port, line })
    expectWhole(driven, line)
    expect(find(driven.events, 'server-hello')?.helloRetryRequest).toBe(true)
  })

  test('a ticket', async () => {
    const line = 'resumed\n'
    const first = await drive({ offer: offer13Of(), port, line })
    const ticket = find(first.events, 'session-ticket')!.session
    const second = await drive({ offer: offer13Of(), port, line, ticket })
    expectWhole(second, line)
    expect(find(second.events, 'established')?.resumed).toBe(true)
  })

  test('record_size_limit cuts both ways; it counts the content type', async () => {
    const extensions: OfferedExtension[] = [{ kind: 'record_size_limit', bytes: 512 }]
    const line = `${'x'.repeat(3000)}\n`
    const driven = await drive({ offer: offer13Of({ extensions }), port, line })
    expectWhole(driven, line)
    const sizes = (direction: string) =>
      driven.events.flatMap((e) =>
        e.kind === 'record' && e.direction === direction && e.encrypted ? [e.plaintextBytes ?? 0] : [],
      )
    expect(Math.max(...sizes('received'))).toBe(511)
    const answer = find(driven.events, 'encrypted-extensions')?.extensions.find(({ code }) => code === 28)
    const limit = answer!.data[0]! * 256 + answer!.data[1]!
    expect(Math.max(...sizes('sent'))).toBe(limit - 1)
  })
})

describe.skipIf(!peer('openssl'))('TLS 1.3 with the TLS server of Node', () => {
  test('data both ways, and a ticket', async () => {
    const server = createServer(
      { cert: scratch.read('p256.pem'), key: scratch.read('p256.key'), minVersion: 'TLSv1.3' },
      (socket) => socket.on('error', () => {}).pipe(socket),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => server.close())
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const line = `${'y'.repeat(40_000)}\n`
    const first = await drive({ offer: offer13Of(), port, line })
    expectWhole(first, line)
    const ticket = find(first.events, 'session-ticket')!.session
    const second = await drive({ offer: offer13Of(), port, line, ticket })
    expectWhole(second, line)
    expect(find(second.events, 'established')?.resumed).toBe(true)
  })
})

describe.skipIf(!peer('nginx') || !peer('openssl'))('TLS 1.3 with nginx', () => {
  test('an answer to a request', async () => {
    const port = await freePort()
    const conf = scratch.path('nginx.conf')
    const folder = scratch.folder
    writeFileSync(
      conf,
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
       events {}
       http { access_log off;
         client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
         uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
         server { listen 127.0.0.1:${port} ssl; ssl_protocols TLSv1.3; ssl_certificate ${folder}/rsa.pem;
           ssl_certificate_key ${folder}/rsa.key; ssl_ecdh_curve secp384r1;
           location / { return 200 "from nginx"; } } }`,
    )
    const { stop } = await startPeer(peer('nginx')!, ['-c', conf, '-p', folder], port)
    stops.push(stop)
    const line = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const driven = await drive({ offer: offer13Of(), port, line })
    expect(driven.text).toContain('from nginx')
    expect(find(driven.events, 'server-key-exchange')).toMatchObject({
      namedGroup: namedGroups.secp384r1.code,
      signatureValid: true,
    })
  })
})

/** A connection that goes on, to `openssl s_server` with its own commands on its standard input. */
class Talk {
  readonly events: TlsEvent[] = []
  readonly client = new TlsClient({ offer: offer13Of(), seed: seed() })
  readonly #socket: Socket
  readonly child: ChildProcess
  output = ''

  constructor(port: number, child: ChildProcess) {
    this.child = child
    child.stdout?.on('data', (chunk) => (this.output += chunk))
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('connect', () => this.apply(this.client.start(0)))
    this.#socket.on('data', (bytes) => this.apply(this.client.receive(bytes, 0)))
    this.#socket.on('error', () => {})
  }

  apply(step: Step): void {
    if (step.send.length > 0) this.#socket.write(step.send)
    this.events.push(...step.events)
    if (step.events.some(({ kind }) => kind === 'server-flight')) this.apply(this.client.proceed({}, 0))
  }

  get text(): string {
    const data = this.events.flatMap((e) =>
      e.kind === 'application-data' && e.direction === 'received' ? [e.data] : [],
    )
    return Buffer.concat(data).toString()
  }

  keyUpdates(direction: 'sent' | 'received'): number {
    return this.events.filter((e) => e.kind === 'message' && e.type === 24 && e.direction === direction)
      .length
  }

  async until(done: () => boolean): Promise<void> {
    for (let i = 0; i < 300 && !done(); i++) await new Promise((next) => setTimeout(next, 10))
    expect(done(), `${this.output}\n${JSON.stringify(this.events.at(-1))}`).toBe(true)
  }

  end(): void {
    this.#socket.destroy()
  }
}

describe.skipIf(!peer('openssl'))('TLS 1.3 with a talk to openssl s_server', () => {
  async function talk(): Promise<Talk> {
    const port = await freePort()
    const files = ['-cert', scratch.path('rsa.pem'), '-key', scratch.path('rsa.key')]
    const all = ['s_server', '-accept', `127.0.0.1:${port}`, '-tls1_3', ...files]
    const child = spawn('openssl', all, { stdio: ['pipe', 'pipe', 'pipe'] })
    stops.push(() => child.kill())
    let printed = ''
    child.stdout.on('data', (chunk) => (printed += chunk))
    for (let i = 0; i < 300 && !printed.includes('ACCEPT'); i++)
      await new Promise((next) => setTimeout(next, 10))
    const talk = new Talk(port, child)
    stops.push(() => talk.end())
    return talk
  }

  test('KeyUpdate from either side, with and without an answer', async () => {
    const it = await talk()
    await it.until(() => it.client.established)
    it.child.stdin?.write('k\n') // an update that asks for nothing
    await it.until(() => it.keyUpdates('received') === 1)
    it.child.stdin?.write('first\n')
    await it.until(() => it.text === 'first\n')
    expect([it.keyUpdates('received'), it.keyUpdates('sent')]).toEqual([1, 0])
    it.child.stdin?.write('K\n') // one that asks for ours
    await it.until(() => it.keyUpdates('sent') === 1)
    it.apply(it.client.send(Buffer.from('from the client\n'), 0))
    await it.until(() => it.output.includes('from the client'))
    it.apply(it.client.updateKeys({ requestPeer: true }, 0))
    it.apply(it.client.send(Buffer.from('again with new keys\n'), 0))
    await it.until(() => it.output.includes('again with new keys'))
    it.child.stdin?.write('last\n')
    await it.until(() => it.text === 'first\nlast\n')
    expect([it.keyUpdates('received'), it.keyUpdates('sent')]).toEqual([3, 2])
  })
})
