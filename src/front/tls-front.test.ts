import { spawn } from 'node:child_process'
import { connect as connectTcp, createServer } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import {
  clientCertificate,
  FrontRange,
  frontRoot,
  identities,
  otherRoot,
  plainRules,
} from '../../test/support/front-range.ts'
import { openFront } from './tls-front.ts'

let range: FrontRange | undefined

afterEach(async () => {
  await range?.close()
  range = undefined
})

describe('an open front', () => {
  test.each([
    ['TLSv1.2', 'a.test'],
    ['TLSv1.3', 'a.test'],
    ['TLSv1.2', 'another.test'],
    ['TLSv1.3', undefined],
  ] as const)('serves %s with server_name %s and tells of it', async (version, servername) => {
    range = await FrontRange.open({}, (socket) => socket.pipe(socket))
    const client = await dial({ minVersion: version, maxVersion: version, ...(servername && { servername }) })
    client.write('hello')
    expect(String(await read(client))).toBe('hello')
    const secured = await range.nextSecured()
    expect(secured).toMatchObject({
      serverName: servername,
      version,
      identity: 'ecdsa',
      resumed: false,
      remoteAddress: '127.0.0.1',
      remotePort: client.localPort,
      localAddress: '127.0.0.1',
      localPort: range.port,
    })
    expect(secured.cipherSuite).toMatch(/^TLS_/)
    expect(secured.hello?.cipherSuites.length).toBeGreaterThan(0)
    client.destroy()
  })

  test('counts all bytes of its handshake, tickets included', async () => {
    range = await FrontRange.open()
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const raw = connectTcp(range.port, '127.0.0.1')
      const client = connect({ socket: raw, ca: frontRoot.pem, servername: 'a.test', maxVersion })
      const secured = await range.nextSecured(range.secured.length + 1)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(secured.handshakeBytesSent).toBe(raw.bytesRead)
      client.destroy()
    }
  })

  test.each([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ecdsa'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'rsa'],
  ])('a client with %s alone gets the %s certificate', async (ciphers, kind) => {
    range = await FrontRange.open()
    const client = await dial({ ciphers, maxVersion: 'TLSv1.2' })
    expect((await range.nextSecured()).identity).toBe(kind)
    client.destroy()
  })

  test.each([
    ['ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256', 'ecdsa'],
    ['rsa_pss_rsae_sha256:rsa_pkcs1_sha256', 'rsa'],
  ])('a TLS 1.3 client with signature algorithms %s gets the %s certificate', async (sigalgs, kind) => {
    range = await FrontRange.open()
    // The root signs with ECDSA, which such a client does not check.
    const client = await dial({ sigalgs, minVersion: 'TLSv1.3', rejectUnauthorized: false })
    expect((await range.nextSecured()).identity).toBe(kind)
    client.destroy()
  })

  test('new rules are for new connections; those that are open live on', async () => {
    range = await FrontRange.open({ identities: { rsa: identities.rsa } }, (socket) => socket.pipe(socket))
    const before = await dial({})
    await range.nextSecured()
    range.front.replace({ ...plainRules, identities: { ecdsa: identities.ecdsa } })
    const after = await dial({})
    expect((await range.nextSecured(2)).identity).toBe('ecdsa')
    before.write('still here')
    expect(String(await read(before))).toBe('still here')
    before.destroy()
    after.destroy()
  })

  test('closing it ends every connection', async () => {
    range = await FrontRange.open()
    const client = await dial({})
    await range.nextSecured()
    const closed = new Promise((resolve) => client.once('close', resolve))
    await range.close()
    await closed
    expect(range.front.connections).toBe(0)
    expect(range.failed).toEqual([])
  })

  test('a key that belongs to another certificate is refused, and nothing of it is told', async () => {
    const wrong = { certPem: identities.ecdsa.certPem, keyPem: identities.rsa.keyPem }
    const opened = openFront({ ...plainRules, identities: { ecdsa: wrong } }, { secured() {}, failed() {} })
    await expect(opened).rejects.toThrow('the private key does not belong to the certificate')
  })
})

describe('old clients', () => {
  const old = [
    ['TLS 1.0 with CBC', ['-tls1', '-cipher', 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0'], 'TLSv1', 'ecdsa'],
    ['TLS 1.1 with static RSA', ['-tls1_1', '-cipher', 'AES128-SHA@SECLEVEL=0'], 'TLSv1.1', 'rsa'],
    ['TLS 1.2 with static RSA', ['-tls1_2', '-cipher', 'AES256-SHA256@SECLEVEL=0'], 'TLSv1.2', 'rsa'],
  ] as const

  test.each(old)('%s is served where a listener asks for it', async (_what, flags, version, identity) => {
    range = await FrontRange.open({ minVersion: 'TLSv1', oldSuites: true })
    await openssl('s_client', '-connect', `127.0.0.1:${range.port}`, ...flags)
    expect(await range.nextSecured()).toMatchObject({ version, identity })
  })

  test.each(old)('%s is refused elsewhere', async (_what, flags) => {
    range = await FrontRange.open()
    await openssl('s_client', '-connect', `127.0.0.1:${range.port}`, ...flags)
    expect((await range.nextFailed()).failure).toMatchObject({ kind: 'refused' })
    expect(range.secured).toEqual([])
  })
})

describe('client certificates', () => {
  const asked = { clientCertificates: { ask: 'optional', caPem: frontRoot.pem } } as const

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('one that verifies is told, in %s', async (version) => {
    range = await FrontRange.open({ clientCertificates: { ...asked.clientCertificates, ask: 'required' } })
    const { certPem, keyPem } = clientCertificate('device-7')
    const client = await dial({ cert: certPem, key: keyPem, maxVersion: version })
    const { clientCertificate: told } = await range.nextSecured()
    expect(told?.verified).toBe(true)
    expect(told?.der.length).toBeGreaterThan(200)
    client.destroy()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('one of another CA is refused, in %s', async (version) => {
    range = await FrontRange.open(asked)
    const { certPem, keyPem } = clientCertificate('device-7', otherRoot())
    const client = dialNow({ cert: certPem, key: keyPem, maxVersion: version })
    expect((await range.nextFailed()).failure).toMatchObject({
      kind: 'refused',
      reason: 'client-certificate',
    })
    expect(range.secured).toEqual([])
    client.destroy()
  })

  test('a client without one is served where it is optional, and refused where it is required', async () => {
    range = await FrontRange.open(asked)
    const client = await dial({})
    expect((await range.nextSecured()).clientCertificate).toBeUndefined()
    range.front.replace({
      ...plainRules,
      clientCertificates: { ...asked.clientCertificates, ask: 'required' },
    })
    const refused = dialNow({})
    expect((await range.nextFailed()).failure).toMatchObject({
      kind: 'refused',
      reason: 'client-certificate',
    })
    client.destroy()
    refused.destroy()
  })
})

describe('a connection that comes to nothing', () => {
  test.each([
    ['TLSv1.2', '-tls1_2'],
    ['TLSv1.3', '-tls1_3'],
  ])('a client that sends unknown_ca in %s', async (_name, version) => {
    range = await FrontRange.open()
    await openssl('s_client', '-connect', `127.0.0.1:${range.port}`, version, '-verify_return_error')
    const { failure, hello, identity, late } = await range.nextFailed()
    expect(failure).toEqual({ kind: 'alert-received', description: 48 })
    expect([hello === undefined, identity, late]).toEqual([false, 'ecdsa', false])
    expect(range.secured).toEqual([])
  })

  test('a client that looks at our certificate after its handshake only, as Node does, is told a second time', async () => {
    range = await FrontRange.open()
    dialNow({ ca: otherRoot().pem, maxVersion: 'TLSv1.2' })
    const { failure, late, id } = await range.nextFailed()
    expect(failure).toEqual({ kind: 'closed', after: 'handshake', reset: false })
    expect([late, id]).toEqual([true, range.secured[0]?.id])
  })

  test('a version below ours', async () => {
    range = await FrontRange.open({ minVersion: 'TLSv1.3' })
    dialNow({ maxVersion: 'TLSv1.2' })
    expect((await range.nextFailed()).failure).toEqual({
      kind: 'refused',
      reason: 'version',
      detail: 'unsupported protocol',
    })
  })

  test('no suite in common', async () => {
    range = await FrontRange.open()
    dialNow({ ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' })
    expect((await range.nextFailed()).failure).toMatchObject({ kind: 'refused', reason: 'suite' })
  })

  test('plain HTTP is told so, in HTTP', async () => {
    range = await FrontRange.open()
    const raw = connectTcp(range.port, '127.0.0.1')
    raw.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const answer = await readAll(raw)
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*https:/s)
    expect((await range.nextFailed()).failure).toMatchObject({ kind: 'not-tls', plainHttp: true })
  })

  test('noise', async () => {
    range = await FrontRange.open()
    const raw = connectTcp(range.port, '127.0.0.1')
    raw.write(Uint8Array.of(1, 2, 3, 4))
    await readAll(raw)
    const { failure, identity } = await range.nextFailed()
    expect(failure).toEqual({ kind: 'not-tls', plainHttp: false, firstBytes: Uint8Array.of(1, 2, 3, 4) })
    expect(identity).toBeUndefined()
  })

  test.each([
    ['before a byte', '', 'connect'],
    ['in its hello', '160301', 'client-hello'],
  ] as const)('a client that closes %s', async (_when, bytes, after) => {
    range = await FrontRange.open()
    const raw = connectTcp(range.port, '127.0.0.1')
    raw.end(Buffer.from(bytes, 'hex'))
    expect((await range.nextFailed()).failure).toEqual({ kind: 'closed', after, reset: false })
  })

  test.each([
    ['closes', false],
    ['resets', true],
  ] as const)('a client that %s when it has seen our certificate', async (_how, reset) => {
    range = await FrontRange.open()
    const raw = connectTcp(range.port, '127.0.0.1')
    const hello = await helloOfNode()
    raw.write(hello)
    await new Promise((resolve) => raw.once('data', resolve))
    if (reset) raw.resetAndDestroy()
    else raw.end()
    expect((await range.nextFailed()).failure).toEqual({ kind: 'closed', after: 'server-flight', reset })
  })

  test.each([
    ['not a byte', '', 'connect'],
    ['half a hello', '16030100fe01', 'client-hello'],
  ] as const)('a client that sends %s and waits', async (_what, bytes, after) => {
    range = await FrontRange.open({ handshakeTimeoutMs: 60 })
    const raw = connectTcp(range.port, '127.0.0.1')
    raw.write(Buffer.from(bytes, 'hex'))
    expect((await range.nextFailed()).failure).toEqual({ kind: 'timeout', after })
    await readAll(raw)
    await expect.poll(() => range?.front.connections).toBe(0)
  })

  test('a hello sent byte by byte does not outlive the time for a handshake', async () => {
    range = await FrontRange.open({ handshakeTimeoutMs: 80 })
    const raw = connectTcp(range.port, '127.0.0.1').on('error', () => {})
    const hello = await helloOfNode()
    let at = 0
    const drip = setInterval(() => raw.write(hello.subarray(at, ++at)), 5)
    expect((await range.nextFailed()).failure).toEqual({ kind: 'timeout', after: 'client-hello' })
    clearInterval(drip)
    raw.destroy()
  })

  test('one too many, in all or of one address', async () => {
    range = await FrontRange.open({ maxConnections: 2, maxPerAddress: 1 })
    const first = await dial({})
    dialNow({})
    expect((await range.nextFailed(1)).failure).toEqual({ kind: 'too-many', limit: 'address' })
    range.front.replace({ ...plainRules, maxConnections: 1 })
    dialNow({})
    expect((await range.nextFailed(2)).failure).toEqual({ kind: 'too-many', limit: 'connections' })
    first.destroy()
    await expect.poll(() => range?.front.connections).toBe(0)
    const next = await dial({})
    next.destroy()
  })

  test('a client that leaves after its handshake without a byte of data is told a second time', async () => {
    range = await FrontRange.open()
    const client = await dial({})
    await range.nextSecured()
    client.end()
    const failed = await range.nextFailed()
    expect(failed).toMatchObject({
      late: true,
      failure: { kind: 'closed', after: 'handshake', reset: false },
    })
    expect(failed.id).toBe(range.secured[0]!.id)
  })

  test('one that sent data, or was ended by us, did not fail', async () => {
    let serve = (socket: TLSSocket): void => void socket.resume()
    range = await FrontRange.open({}, (socket) => serve(socket))
    const client = await dial({})
    client.end('x')
    await new Promise((resolve) => client.once('close', resolve))
    serve = (socket) => socket.destroy()
    const ended = await dial({})
    await new Promise((resolve) => ended.once('close', resolve))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(range.failed).toEqual([])
  })
})

function dialNow(options: ConnectionOptions): TLSSocket {
  const port = range!.port
  const client = connect({ host: '127.0.0.1', port, ca: frontRoot.pem, checkServerIdentity, ...options })
  return client.on('error', () => {})
}

function checkServerIdentity(): undefined {
  return undefined
}

function dial(options: ConnectionOptions): Promise<TLSSocket> {
  const client = dialNow(options)
  return new Promise((resolve, reject) => {
    client.once('secureConnect', () => resolve(client))
    client.once('error', reject)
  })
}

function read(socket: TLSSocket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve))
}

function readAll(socket: ReturnType<typeof connectTcp>): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

function openssl(...args: readonly string[]): Promise<void> {
  const child = spawn('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] })
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** A hello as Node's client writes it. */
function helloOfNode(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (chunk) => {
        socket.destroy()
        server.close()
        resolve(chunk)
      })
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (typeof address !== 'object' || address === null) return
      connect({ host: '127.0.0.1', port: address.port }).on('error', () => {})
    })
  })
}
