import { constants } from 'node:crypto'
import { Agent, get } from 'node:https'
import { connect, createServer, type Server } from 'node:net'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../exam/outcome.ts'
import type { AnswerToServe, Serving } from '../exam/serving.ts'
import { plainServing } from '../exam/serving-of.ts'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../issue/issue-certificate.ts'
import { holdConnection } from './measuring-connection.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { ResumableSessions } from './resumable-sessions.ts'
import { makeServedChain } from './served-chain.ts'
import { openServingTls } from './serving-context.ts'

const keys = new MeasuringKeys()
const now = new Date()
const sessions = new ResumableSessions()
let ca: IssuedCertificate
let server: Server | undefined

beforeAll(async () => {
  ca = issueCertificate({
    subject: [['CN', 'test CA']],
    key: await keys.take('rsa-2048', 'root'),
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date(0),
    notAfter: new Date(now.getTime() + 1e9),
    serialBytes: 16,
    keyIds: false,
    seed: 'root',
    extensions: [basicConstraints(true)],
  })
})
afterAll(() => server?.close())

/** The outcome of one connection, and what the client makes of it. */
async function measure(
  serving: Partial<Serving>,
  act: (port: number) => Promise<unknown>,
  holdMs = 200,
): Promise<Outcome> {
  const chain = await makeServedChain({
    chain: { ...plainServing.chain, ...serving.chain },
    testCa: ca,
    host: 'localhost',
    serverAddress: '127.0.0.1',
    keys,
    now,
  })
  const asked = { ...plainServing, ...serving }
  const outcome = new Promise<Outcome>((resolve) => {
    server = createServer((raw) => {
      void holdConnection(raw, Buffer.alloc(0), {
        serving: asked,
        tls: openServingTls({ serving: asked, chain, sessions }),
        host: 'localhost',
        port: 443,
        sent: {
          certificateBytes: chain.sent.map(({ der }) => der.length),
          pathCertificates: chain.pathCertificates,
          messageBytes: chain.messageBytes,
        },
        hello: undefined,
        handshakeTimeoutMs: 3000,
        holdMs,
        at: now,
      }).then(resolve)
    })
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const { port } = server!.address() as { port: number }
  await act(port)
  const seen = await outcome
  await new Promise((resolve) => server!.close(resolve))
  return seen
}

interface Told {
  readonly ended: string
  readonly text: string
}

/** Node's client: what it got until the connection was over. */
function client(
  port: number,
  {
    request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    verify = true,
    more = {},
  }: {
    request?: string
    verify?: boolean
    more?: ConnectionOptions & { onSession?: (it: Buffer) => void }
  } = {},
): Promise<Told> {
  return new Promise((resolve) => {
    const socket = tlsConnect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: ca.pem,
      rejectUnauthorized: verify,
      ...more,
    })
    if (more.onSession !== undefined) socket.on('session', more.onSession)
    let text = ''
    let ended = 'closed'
    socket.on('secureConnect', () => socket.write(request))
    socket.on('data', (bytes) => (text += bytes))
    socket.on('error', (error) => (ended = (error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('close', () => resolve({ ended, text }))
  })
}

/** Status, Content-Range and bytes of one range, by Node's client. */
function getRange(port: number, agent: Agent, range: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, headers: { range: `bytes=${range}` } }
    get(options, (answer) => {
      let bytes = 0
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
      answer.on('end', () =>
        resolve(`${answer.statusCode} ${answer.headers['content-range'] ?? ''} ${bytes}`),
      )
    }).on('error', reject)
  })
}

describe('a measuring connection', () => {
  test('a good one: handshake, request, answer, and a device that waits is sent away', async () => {
    let told: Told | undefined
    const outcome = await measure({}, async (port) => (told = await client(port)))
    expect(told).toMatchObject({ ended: 'closed' })
    expect(told!.text).toMatch(/^HTTP\/1.1 200 OK\r\n.*ok$/s)
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept', alerts: [], version: 0x0303 })
    expect(outcome.requests).toMatchObject([
      { kind: 'http', method: 'GET', path: '/', headerNames: ['host'] },
    ])
    expect(outcome.sent.flightRecordBytes).toBe(outcome.sent.messageBytes)
  })

  test('Node refuses a chain once the handshake is over: it asks for nothing', async () => {
    const chain = { ...plainServing.chain, signer: 'stranger' as const }
    const outcome = await measure({ chain }, (port) => client(port))
    expect(outcome).toMatchObject({ reached: 'established', alerts: [], end: 'closed', requests: [] })
  })

  test('the flight is cut as asked', async () => {
    const outcome = await measure({ flight: { recordBytes: 100, merge: true } }, (port) => client(port))
    expect(outcome).toMatchObject({ reached: 'answered', sent: { flightRecordBytes: 100 } })
  })

  test('a record of data has the size asked for, and the rest comes once the device has waited', async () => {
    const answer: AnswerToServe = { kind: 'record', bytes: 12_345 }
    let told: Told | undefined
    const outcome = await measure({ answer }, async (port) => (told = await client(port)))
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept', sent: { dataRecordBytes: 12_345 } })
    expect(told!.text.length).toBeGreaterThan(12_345)
    expect(told!.text).toContain('Content-Length: 12346')
    expect(told!.text.endsWith('..')).toBe(true)
  })

  test('a head has the size asked for, in records that no device refuses for their size', async () => {
    let told: Told | undefined
    const outcome = await measure(
      { answer: { kind: 'head', bytes: 3000 } },
      async (port) => (told = await client(port)),
    )
    expect(told!.text.indexOf('\r\n\r\n') + 4).toBe(3000)
    expect(outcome).toMatchObject({ end: 'kept', sent: { headBytes: 3000, dataRecordBytes: 512 } })
  })

  test.each([
    [{ kind: 'alert', description: 40, after: 'hello' } as const, 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
    [{ kind: 'close', after: 'flight' } as const, 'ECONNRESET'],
    [{ kind: 'close', after: 'hello' } as const, 'ECONNRESET'],
  ])('a disturbance reaches the client: %j', async (disturbance, ended) => {
    let told: Told | undefined
    const outcome = await measure({ disturbance }, async (port) => (told = await client(port)))
    expect(told!.ended).toBe(ended)
    expect(outcome.requests).toEqual([])
  })

  test.each([
    ['a ticket', {}],
    ['a session id', { secureOptions: constants.SSL_OP_NO_TICKET }],
  ])('takes up a session by %s where that is the question, and otherwise not', async (_how, more) => {
    const held: Buffer[] = []
    const first = await measure({ resumption: true }, (port) =>
      client(port, { more: { ...more, onSession: (session) => held.push(session) } }),
    )
    expect(first).toMatchObject({ reached: 'answered', resumed: false })
    const again = { more: { ...more, session: held.at(-1)! } }
    const second = await measure({ resumption: true }, (port) => client(port, again))
    expect(second).toMatchObject({ reached: 'answered', resumed: true })
    const third = await measure({}, (port) => client(port, again))
    expect(third).toMatchObject({ reached: 'answered', resumed: false })
  })

  test('what a device does with a HelloRequest is told', async () => {
    const disturbance = { kind: 'renegotiation' } as const
    const takes = await measure({ disturbance }, (port) => client(port))
    expect(takes).toMatchObject({ reached: 'answered', renegotiation: 'accepted' })
    const refuses = await measure({ disturbance }, (port) =>
      client(port, { more: { secureOptions: constants.SSL_OP_NO_RENEGOTIATION } }),
    )
    expect(refuses).toMatchObject({ renegotiation: 'refused' })
    const other = await measure({ disturbance, maxVersion: 'TLSv1.3' }, (port) => client(port))
    expect(other).toMatchObject({ reached: 'answered', version: 0x0304, renegotiation: undefined })
  })

  test('ranges of a file are answered one after the other, and none behind its end', async () => {
    const ask = (range: string) => `GET /f HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${range}\r\n\r\n`
    let told: Told | undefined
    const answer: AnswerToServe = { kind: 'file', bytes: 1000 }
    const outcome = await measure({ answer }, async (port) => {
      told = await client(port, { request: ask('0-599') + ask('600-1199') + ask('1200-1799') })
    })
    expect(outcome.requests.map(({ range }) => range)).toEqual([
      'bytes=0-599',
      'bytes=600-1199',
      'bytes=1200-1799',
    ])
    expect(told!.text.match(/(?<=Content-Range: ).*/g)).toEqual([
      'bytes 0-599/1000',
      'bytes 600-999/1000',
      'bytes */1000',
    ])
  })

  test('each of several requests is answered once, in order, where they came in one write', async () => {
    const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
    let told: Told | undefined
    const outcome = await measure({}, async (port) => {
      told = await client(port, { request: ask('/a') + ask('/b') + ask('/c', 'Connection: close\r\n') })
    })
    expect(outcome.requests.map(({ path }) => path)).toEqual(['/a', '/b', '/c'])
    expect(told!.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
    expect(told!.text.match(/ok(?=HTTP|$)/g)).toHaveLength(3)
  })

  test('a device that asks for the next range on its kept connection gets that one, and once', async () => {
    const ranges = ['0-399', '400-799', '800-1199', '1200-1599']
    const told: string[] = []
    const answer: AnswerToServe = { kind: 'file', bytes: 1000 }
    const outcome = await measure({ answer }, async (port) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.pem, servername: 'localhost' })
      for (const range of ranges) told.push(await getRange(port, agent, range))
      agent.destroy()
    })
    expect(told).toEqual([
      '206 bytes 0-399/1000 400',
      '206 bytes 400-799/1000 400',
      '206 bytes 800-999/1000 200',
      '416 bytes */1000 0',
    ])
    expect(outcome.requests.map(({ range }) => range)).toEqual(ranges.map((range) => `bytes=${range}`))
  })

  test('the request after a question that was told is answered at once, and whole', async () => {
    const answer: AnswerToServe = { kind: 'record', bytes: 500 }
    const told: string[] = []
    const outcome = await measure({ answer }, async (port) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.pem, servername: 'localhost' })
      for (const range of ['0-99', '100-199']) told.push(await getRange(port, agent, range))
      agent.destroy()
    })
    expect(told).toEqual(['206 bytes 0-500/501 501', '206 bytes 100-600/601 501'])
    expect(outcome).toMatchObject({ end: 'kept', sent: { dataRecordBytes: 500 } })
  })

  test('a HEAD gets a head alone, and the GET behind it the question', async () => {
    const ask = (method: string) => `${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`
    let told: Told | undefined
    const outcome = await measure({ answer: { kind: 'head', bytes: 900 } }, async (port) => {
      told = await client(port, { request: ask('HEAD') + ask('GET') })
    })
    expect(told!.text).toMatch(/^HTTP\/1.1 200 OK\r\n[^.]*\r\n\r\nHTTP\/1.1 200 OK\r\n/)
    expect(outcome).toMatchObject({ end: 'kept', sent: { headBytes: 900 } })
  })

  test.each([
    ['Connection: close', 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n'],
    ['a body in chunks', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ])('after its answer to %s the server closes, whatever the hold', async (_what, request) => {
    let told: Told | undefined
    const outcome = await measure({}, async (port) => (told = await client(port, { request })), 60_000)
    expect(told).toMatchObject({ ended: 'closed', text: expect.stringMatching(/^HTTP\/1.1 200 .*ok$/s) })
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept', requests: [{ kind: 'http' }] })
  })

  test('one that waited as long as was to be seen has taken it, though it resets the connection then', async () => {
    const answer: AnswerToServe = { kind: 'record', bytes: 500 }
    const outcome = await measure({ answer }, (port) => {
      const raw = connect(port, '127.0.0.1')
      const socket = tlsConnect({ socket: raw, servername: 'localhost', ca: ca.pem })
      socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
      let text = ''
      socket.on('data', (bytes) => {
        text += bytes
        if (text.split('\r\n\r\n')[1]?.length === 501) raw.resetAndDestroy()
      })
      socket.on('error', () => {})
      return new Promise((resolve) => raw.on('close', resolve))
    })
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept' })
  })

  test('an MQTT client of 3.1.1 gets the answer to each of its packets, and the end it asks for', async () => {
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    const told: string[] = []
    parser.on('packet', ({ cmd, messageId }) => told.push([cmd, messageId].filter(Boolean).join(' ')))
    const [first, ...others]: Packet[] = [
      {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: 'meter',
        clean: true,
        keepalive: 60,
      },
      { cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'a/b', qos: 1 }] },
      { cmd: 'pingreq' },
      { cmd: 'publish', topic: 'a', payload: 'x', qos: 0, dup: false, retain: false },
      { cmd: 'publish', messageId: 8, topic: 'a', payload: 'x', qos: 1, dup: false, retain: false },
      { cmd: 'publish', messageId: 9, topic: 'a', payload: 'x', qos: 2, dup: false, retain: false },
      { cmd: 'pubrel', messageId: 9 },
      { cmd: 'unsubscribe', messageId: 10, unsubscriptions: ['a/b'] },
      { cmd: 'disconnect' },
    ]
    const write = (packets: Packet[]) => Buffer.concat(packets.map((one) => mqttPacket.generate(one)))
    const outcome = await measure(
      {},
      (port) => {
        const socket = tlsConnect({ port, host: '127.0.0.1', servername: 'localhost', ca: ca.pem })
        socket.on('secureConnect', () => socket.write(write([first!])))
        socket.on('data', (bytes) => {
          if (told.length === 0) socket.write(write(others))
          parser.parse(bytes)
        })
        return new Promise((resolve) => socket.on('close', resolve))
      },
      60_000,
    )
    expect(told).toEqual([
      'connack',
      'suback 7',
      'pingresp',
      'puback 8',
      'pubrec 9',
      'pubcomp 9',
      'unsuback 10',
    ])
    expect(outcome).toMatchObject({ reached: 'answered', end: 'closed' })
    expect(outcome.requests.map(({ method }) => method)).toContain('DISCONNECT')
    expect(outcome.requests[0]).toMatchObject({ kind: 'mqtt', method: 'CONNECT', path: '4' })
  })

  test('in silence a CONNECT has no answer, and neither has what comes behind it', async () => {
    const connectPacket = Buffer.from('100f00044d5154540402003c0003616263', 'hex')
    let bytes = 0
    const outcome = await measure({ answer: { kind: 'silence', mostMs: 300 } }, (port) => {
      const socket = tlsConnect({ port, host: '127.0.0.1', servername: 'localhost', ca: ca.pem })
      socket.on('secureConnect', () => socket.write(Buffer.concat([connectPacket, Buffer.from([0xc0, 0])])))
      socket.on('data', (chunk) => (bytes += chunk.length))
      return new Promise((resolve) => socket.on('close', resolve))
    })
    expect(bytes).toBe(0)
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept' })
    expect(outcome.waitedMs).toBeGreaterThanOrEqual(290)
  })

  test('silence lasts as long as it is asked for, whatever the hold', async () => {
    const answer: AnswerToServe = { kind: 'silence', mostMs: 700 }
    const outcome = await measure({ answer }, (port) => client(port), 10)
    expect(outcome).toMatchObject({ reached: 'answered', end: 'kept' })
    expect(outcome.waitedMs).toBeGreaterThanOrEqual(690)
  })

  test('tiny pieces and slow ones come through', async () => {
    const disturbance = { kind: 'slow', bytesPerWrite: 7, pauseMs: 0 } as const
    const outcome = await measure({ disturbance }, (port) => client(port))
    expect(outcome).toMatchObject({ reached: 'answered' })
  })

  test('bytes of the handshake messages of both sides are counted', async () => {
    const { sent } = await measure({}, (port) => client(port))
    // ServerHello, ServerKeyExchange and ServerHelloDone beside the Certificate.
    expect(sent.flightBytes).toBeGreaterThan(sent.messageBytes + 150)
    expect(sent.deviceFlightBytes).toBeGreaterThan(200)
  })

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('with records of our own, %s', (maxVersion) => {
    const own = { engine: 'own', maxVersion } as const

    test('a good one: handshake, request, answer, and a device that waits is sent away', async () => {
      let told: Told | undefined
      const outcome = await measure(own, async (port) => (told = await client(port)))
      expect(told).toMatchObject({ ended: 'closed' })
      expect(told!.text).toMatch(/^HTTP\/1.1 200 OK\r\n.*ok$/s)
      const version = maxVersion === 'TLSv1.3' ? 0x0304 : 0x0303
      expect(outcome).toMatchObject({
        reached: 'answered',
        end: 'kept',
        alerts: [],
        version,
        requests: [{ path: '/' }],
      })
      const more = maxVersion === 'TLSv1.3' ? 1 + 2 : 0
      expect(outcome.sent.flightRecordBytes).toBe(outcome.sent.messageBytes + more)
      expect(outcome.sent.flightBytes).toBeGreaterThan(outcome.sent.messageBytes + 150)
      expect(outcome.sent.deviceFlightBytes).toBeGreaterThan(200)
    })

    test('the flight is cut and joined as asked', async () => {
      const cut = await measure({ ...own, flight: { recordBytes: 100, merge: false } }, (port) =>
        client(port),
      )
      expect(cut).toMatchObject({ reached: 'answered', sent: { flightRecordBytes: 100 } })
      const joined = await measure({ ...own, flight: { recordBytes: 16_384, merge: true } }, (port) =>
        client(port),
      )
      expect(joined.reached).toBe('answered')
      expect(joined.sent.flightRecordBytes).toBeGreaterThan(joined.sent.messageBytes + 80)
    })

    test('a record of data has the size asked for', async () => {
      const answer: AnswerToServe = { kind: 'record', bytes: 12_345 }
      const outcome = await measure({ ...own, answer }, (port) => client(port))
      expect(outcome).toMatchObject({ reached: 'answered', end: 'kept', sent: { dataRecordBytes: 12_345 } })
    })

    test('a refusal is seen, and so is a client that says farewell', async () => {
      const refused = await measure(own, (port) =>
        client(port, {
          more: { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'NULL-SHA:@SECLEVEL=0' },
        }),
      )
      expect(refused).toMatchObject({ reached: 'connected', requests: [], sent: { flightBytes: 0 } })
      const leaves = await measure(own, (port) => {
        const socket = tlsConnect({ port, host: '127.0.0.1', servername: 'localhost', ca: ca.pem })
        socket.once('secureConnect', () => socket.end())
        return new Promise((resolve) => socket.once('close', resolve).resume())
      })
      expect(leaves).toMatchObject({ reached: 'established', end: 'closed', closeNotify: true, requests: [] })
    })
  })

  test('what our own TLS does not do is refused before it begins', async () => {
    const chain = await makeServedChain({
      chain: plainServing.chain,
      testCa: ca,
      host: 'localhost',
      serverAddress: '127.0.0.1',
      keys,
      now,
    })
    const serving: Serving = { ...plainServing, engine: 'own', resumption: true }
    expect(() => openServingTls({ serving, chain, sessions })).toThrow(RangeError)
  })

  test('what is no TLS is an outcome, too', async () => {
    const outcome = await measure({}, (port) => {
      const socket = connect(port, '127.0.0.1')
      socket.end('GET / HTTP/1.1\r\n\r\n')
      return new Promise((resolve) => socket.on('close', resolve).resume())
    })
    expect(outcome).toMatchObject({ reached: 'connected', version: undefined, requests: [] })
  })
})
