import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import type { ObservationsCapsule } from '../capsule/capsule-file.ts'
import { emptyConnection } from '../observe/empty-connection.ts'
import { observePem } from '../observe/from-pem.ts'
import type { Connection, HttpResponseSeen, Observation } from '../observe/observation.ts'
import { type OpenCapsule, openCapsule, type Served } from './capsule-case.ts'
import { KeyShelf } from './keys.ts'
import { opensslName } from './replay-server.ts'
import { makeSelfSigned } from './small-chains.ts'

const now = new Date('2026-06-01T00:00:00Z')
const own = await makeSelfSigned('device.example', 'replay', { keys: new KeyShelf(), now })
const chain = observePem(Buffer.from(own.pem), 'own.pem', undefined).connections[0]?.chain

const plain: Observation = {
  source: 'dial',
  target: { text: 'x', protocol: 'https', host: 'device.example', port: 443, path: '/fw', pathBytes: 3 },
  startedAt: now,
  lookup: undefined,
  tcp: [],
  connections: [],
  otherAddresses: [],
  withheld: undefined,
}
const response: HttpResponseSeen = {
  status: 200,
  reason: 'OK',
  headBytes: 400,
  httpVersion: '1.1',
  contentLength: 1000,
  contentRange: undefined,
  transferEncoding: undefined,
  contentType: 'text/plain',
  etag: undefined,
  acceptRanges: undefined,
  server: undefined,
  location: undefined,
  bodyBytes: 1000,
  bodyComplete: true,
  errorCode: undefined,
  errorText: undefined,
  headOffset: 0,
  bodyOffset: 400,
  largestRecordBytes: 1400,
}
const request = {
  method: 'GET',
  path: '/fw',
  headBytes: 50,
  range: undefined,
  authorizationScheme: undefined,
  sas: undefined,
}

let open: OpenCapsule | undefined
afterEach(() => open?.close())

async function serve(connection: Partial<Connection>, target = plain.target) {
  const observation = { ...plain, target, connections: [{ ...emptyConnection, ...connection }] }
  const capsule: ObservationsCapsule = {
    kind: 'observations',
    device: undefined,
    observations: [observation],
  }
  open = await openCapsule(capsule, { hosts: ['127.0.0.1'], port: 0, knownRoots: [] })
  const [replay] = open.replays
  if (replay === undefined) throw new Error('no replay')
  return replay
}

/** Everything the server says to `text`, until it closes or `bytes` have come. */
function ask(served: Served | undefined, text: string, bytes = Infinity): Promise<Buffer> {
  const { host, port } = served?.connect ?? { host: '', port: 0 }
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => socket.write(text, 'latin1'))
    let got = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      if (got.length >= bytes) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(got))
  })
}

describe('HTTP', () => {
  test('head and body have the sizes observed', async () => {
    const { served } = await serve({ chain, exchanges: [{ request, response, error: undefined }] })
    const got = (await ask(served, 'GET /fw HTTP/1.1\r\n\r\n', 1400)).toString('latin1')
    expect(got.length).toBe(1400)
    expect(got.indexOf('\r\n\r\n') + 4).toBe(400)
    expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 1000\r\n/)
  })

  test('a range is served where the server served ranges, out of the whole size', async () => {
    const part = { ...response, status: 206, reason: 'Partial Content', contentRange: 'bytes 0-9/5000' }
    const { served } = await serve({ chain, exchanges: [{ request, response: part, error: undefined }] })
    const got = (await ask(served, 'GET / HTTP/1.1\r\nRange: bytes=100-199\r\n\r\n', 500)).toString('latin1')
    expect(got).toMatch(/^HTTP\/1\.1 206 /)
    expect(got).toContain('Content-Range: bytes 100-199/5000\r\n')
    expect(got.length).toBe(500)
  })

  test('a server without ranges sends the whole', async () => {
    const { served } = await serve({ chain, exchanges: [{ request, response, error: undefined }] })
    const got = await ask(served, 'GET / HTTP/1.1\r\nRange: bytes=1-2\r\n\r\n', 1400)
    expect(got.toString('latin1')).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a line end in a capsule is none on the wire', async () => {
    const hostile = { ...response, reason: 'OK\r\nX-Evil: 1', etag: '"a\r\nX-Evil: 2"' }
    const { served } = await serve({ chain, exchanges: [{ request, response: hostile, error: undefined }] })
    const got = (await ask(served, 'GET / HTTP/1.1\r\n\r\n', 1400)).toString('latin1')
    expect(got).not.toMatch(/\r\nX-Evil/)
  })

  test('a content coding is stated again, and that nothing unpacks is said', async () => {
    const coded = { ...response, contentEncoding: 'gzip' }
    const { served, notReplayed } = await serve({
      chain,
      exchanges: [{ request, response: coded, error: undefined }],
    })
    const got = (await ask(served, 'GET /fw HTTP/1.1\r\n\r\n', 1400)).toString('latin1')
    expect(got).toContain('\r\nContent-Encoding: gzip\r\n')
    expect(got.indexOf('\r\n\r\n') + 4).toBe(400)
    expect(notReplayed.join()).toContain('Content-Encoding')
  })

  test('a body of terabytes is cut, and that is said', async () => {
    const huge = { ...response, contentLength: 2 ** 40 }
    const { notReplayed } = await serve({ chain, exchanges: [{ request, response: huge, error: undefined }] })
    expect(notReplayed.join()).toMatch(/the body after \d+ of its 1099511627776 B/)
  })
})

test('a broker answers with the code observed and closes', async () => {
  const target = { ...plain.target, protocol: 'mqtts', path: undefined, pathBytes: undefined } as const
  const mqtt = { connectBytes: 20, protocolLevel: 4, clientId: 'x', error: undefined }
  const { served } = await serve(
    { chain, mqtt: { ...mqtt, connack: { returnCode: 5, sessionPresent: false } } },
    target,
  )
  expect([...(await ask(served, '\x10\x02ab'))]).toEqual([0x20, 2, 0, 5])
  expect(served?.target).toBe('mqtts://device.example:443')
})

test('a server that closed after the first record closes then', async () => {
  const close = { by: 'peer', how: 'fin', atMs: 1, applicationRecordsReceived: 0 } as const
  const { served } = await serve({
    chain,
    close: { ...close, applicationBytesReceived: 0, applicationRecordsSent: 1 },
  })
  expect((await ask(served, 'anything')).length).toBe(0)
})

test('an alert upon the hello is sent in place of a ServerHello', async () => {
  const alert = { direction: 'received', level: 2, description: 40, encrypted: false, atMs: 1 } as const
  const { served } = await serve({ alerts: [{ ...alert, afterEstablished: false }] })
  const got = await new Promise<Buffer>((resolve) => {
    const socket = connectTcp(served!.connect, () => socket.write(Uint8Array.of(22, 3, 1, 0, 2, 1, 0)))
    socket.on('data', resolve)
  })
  expect([...got]).toEqual([21, 3, 3, 0, 2, 2, 40])
})

test('an old version stays the version, in records of the size observed', async () => {
  const negotiated = {
    version: 0x0302,
    cipherSuite: 0xc014,
    extensions: [],
    maxFragmentLength: undefined,
    alpn: undefined,
    sessionIdBytes: 0,
    extendedMasterSecret: false,
    encryptThenMac: false,
  }
  const { served } = await serve({
    chain,
    negotiated,
    records: [{ plaintextBytes: 600, count: 9, offset: 0 }],
  })
  const options = {
    ...served!.connect,
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
  } as const
  const [protocol, cipher] = await new Promise<string[]>((resolve, reject) => {
    const socket = connect(options, () => {
      resolve([socket.getProtocol() ?? '', socket.getCipher().name])
      socket.destroy()
    })
    socket.on('error', reject)
  })
  expect([protocol, cipher]).toEqual(['TLSv1.1', 'ECDHE-RSA-AES256-SHA'])
})

test('what cannot be done again is said: hidden certificates, an unreadable one, DTLS, a failed look-up', async () => {
  expect((await serve({})).notReplayed).toEqual(['the handshake: no certificate was seen, and no refusal'])
  const zeroed = chain && { ...chain, certificates: [new Uint8Array(500)] }
  const unreadable = await serve({ chain: zeroed })
  expect(unreadable.served).toBeUndefined()
  expect(unreadable.notReplayed.join()).toMatch(/certificate 1 cannot be read/)
})

test.each([
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE-ECDSA-AES128-CCM8'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'DES-CBC3-SHA'],
  ['TLS_DHE_RSA_WITH_AES_256_CBC_SHA256', 'DHE-RSA-AES256-SHA256'],
])('%s is %s to OpenSSL', (name, openssl) => {
  expect(opensslName(name)).toBe(openssl)
})
