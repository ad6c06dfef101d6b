import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls'
import fc from 'fast-check'
import mqttPacket from 'mqtt-packet'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Identity, identity, observe, plainHttp, smallOffer } from '../../test/support/dial.ts'
import { freePort } from '../../test/support/peer-process.ts'
import { small } from '../../test/support/small-pki.ts'
import { keyPem } from '../lab/small-chains.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import { observationFromJson, observationToJson } from '../observe/observation-json.ts'
import { parseCertificates } from '../x509/pem.ts'
import { NOT_PUBLIC, RunNetwork } from './network.ts'

let own: Identity
const servers: { server: Server; sockets: Set<Socket> }[] = []

beforeAll(async () => {
  own = await identity()
})
afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A TLS 1.2 server of Node's own; what a client does wrong is not its business. */
function tlsServer(accept: (socket: TLSSocket) => void, options: TlsOptions = {}): Promise<number> {
  const server = createTls({ ...own, maxVersion: 'TLSv1.2', ...options }, (socket) => {
    socket.on('error', () => {})
    accept(socket)
  })
  server.on('tlsClientError', () => {})
  return listen(server)
}

function httpsServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  return listen(createHttps({ ...own, maxVersion: 'TLSv1.2' }, answer))
}

function tcpServer(accept: (socket: Socket) => void): Promise<number> {
  return listen(createTcp(accept))
}

function only(observations: readonly Observation[]): { observation: Observation; first: Connection } {
  expect(observations).toHaveLength(1)
  const [observation] = observations
  return { observation: observation!, first: observation!.connections[0]! }
}

describe('a working endpoint', () => {
  test('gives the whole exchange, the chain and the ladder of messages, in order', async () => {
    const body = Buffer.alloc(100_000, 'x')
    const port = await httpsServer((_, response) => response.setHeader('ETag', '"1"').end(body))
    const { observation, first } = only(
      await observe(`https://localhost:${port}/f.bin`, { standardAnchors: () => [own.root] }),
    )
    expect(observation.tcp.at(-1)).toMatchObject({ outcome: 'connected', purpose: 'target' })
    expect(observation.lookup?.host).toBe('localhost')
    expect(first.messages.map(({ direction, name }) => `${direction} ${name}`).slice(0, 5)).toEqual([
      'sent ClientHello',
      'received ServerHello',
      'received Certificate',
      'received ServerKeyExchange',
      'received ServerHelloDone',
    ])
    expect(first.hello?.sni).toBe('localhost')
    expect(first.chain?.certificates).toHaveLength(2)
    expect(first.negotiated).toMatchObject({ version: 0x0303, extendedMasterSecret: true })
    expect(first.keyExchange).toMatchObject({ group: 0x0017, signatureValid: true })
    expect(first.standardVerification).toEqual({ ok: true, reason: undefined })
    expect(first.establishedAtMs).toBeGreaterThan(0)
    expect(first.exchanges).toHaveLength(1)
    const [{ request, response, error }] = first.exchanges as [Connection['exchanges'][0]]
    expect(error).toBeUndefined()
    expect(request).toMatchObject({ method: 'GET', path: '/f.bin' })
    expect(response).toMatchObject({
      status: 200,
      bodyBytes: 100_000,
      bodyComplete: true,
      etag: '"1"',
      headOffset: 0,
    })
    expect(response!.bodyOffset).toBe(response!.headBytes)
    const plaintext = first.records.reduce((sum, run) => sum + run.plaintextBytes * run.count, 0)
    expect(plaintext).toBe(response!.headBytes + 100_000)
    expect(first.close).toMatchObject({ by: 'us', how: 'done' })
    expect(observationFromJson(JSON.parse(JSON.stringify(observationToJson(observation))))).toEqual(
      observation,
    )
  })

  test('a byte limit ends the download, and says so', async () => {
    const port = await httpsServer((_, response) => response.end(Buffer.alloc(500_000)))
    const { first } = only(await observe(`https://127.0.0.1:${port}/`, { byteLimit: 50_000 }))
    expect(first.exchanges[0]).toMatchObject({ error: 'byte-limit', response: { bodyComplete: false } })
    expect(first.exchanges[0]!.response!.bodyBytes).toBeGreaterThanOrEqual(50_000)
    expect(first.exchanges[0]!.response!.bodyBytes).toBeLessThan(70_000)
    expect(first.close).toMatchObject({ by: 'us', how: 'byte-limit' })
  })

  test('an error body gives its code, and nothing of what it echoes', async () => {
    const port = await httpsServer((request, response) => {
      response.statusCode = 403
      response.end(`<Error><Code>AuthenticationFailed</Code><Message>${request.url}</Message></Error>`)
    })
    const url = `https://localhost:${port}/f?sv=1&se=2020-01-01&sig=S3cretSignature`
    const { observation, first } = only(await observe(url, { standardAnchors: () => [own.root] }))
    expect(first.exchanges[0]?.response).toMatchObject({ status: 403, errorCode: 'AuthenticationFailed' })
    expect(first.exchanges[0]?.request.sas).toMatchObject({ place: 'query', doublyEncoded: false })
    expect(JSON.stringify(observationToJson(observation))).not.toContain('S3cret')
  })

  test('tls:// shakes hands and closes', async () => {
    const port = await tlsServer(() => {})
    const { first } = only(await observe(`tls://127.0.0.1:${port}`))
    expect(first.establishedAtMs).toBeDefined()
    expect(first.exchanges).toEqual([])
    expect(first.close).toMatchObject({ by: 'us', how: 'done' })
  })

  test('an abort in mid-download rejects with its reason', async () => {
    const abort = new AbortController()
    const port = await httpsServer((_, response) => {
      response.write('x')
      setTimeout(() => abort.abort(new Error('interrupted')), 50)
    })
    await expect(observe(`https://127.0.0.1:${port}/`, { signal: abort.signal })).rejects.toThrow(
      'interrupted',
    )
  })
})

describe('range requests and redirects', () => {
  const file = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i & 0xff))

  function ranges(request: IncomingMessage, response: ServerResponse): void {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
    const end = Math.min(Number(last), file.length - 1)
    response.writeHead(206, { 'Content-Range': `bytes ${first}-${end}/${file.length}` })
    response.end(file.subarray(Number(first), end + 1))
  }

  test('a file is read range by range over one connection, the last range cut to the size', async () => {
    const port = await httpsServer(ranges)
    const http = { ...plainHttp, rangeBytes: 3000 }
    const { first, observation } = only(await observe(`https://127.0.0.1:${port}/f`, { http }))
    expect(observation.connections).toHaveLength(1)
    expect(first.exchanges.map(({ request }) => request.range)).toEqual([
      { first: 0, last: 2999 },
      { first: 3000, last: 5999 },
      { first: 6000, last: 8999 },
      { first: 9000, last: 9999 },
    ])
    expect(first.exchanges.reduce((sum, { response }) => sum + response!.bodyBytes, 0)).toBe(10_000)
    expect(first.exchanges.every(({ response }) => response!.largestRecordBytes <= 3000 + 400)).toBe(true)
  })

  test('records that grow with the connection are met in mid-file, though each range is a response of its own', async () => {
    const total = 200 * 1024
    const server = createTls(own, (socket) => {
      let sent = 0
      socket.on('data', async (request) => {
        const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.toString('latin1'))!.map(Number)
        const end = Math.min(last!, total - 1)
        const head = `HTTP/1.1 206 X\r\nContent-Range: bytes ${first}-${end}/${total}\r\nContent-Length: ${end - first! + 1}\r\n\r\n`
        const response = Buffer.concat([Buffer.from(head), Buffer.alloc(end - first! + 1)])
        // As Go does: records of one segment for the first 128 KiB of the connection, whole writes later.
        const step = sent < 128 * 1024 ? 1200 : response.length
        sent += response.length
        for (let at = 0; at < response.length; at += step) {
          await new Promise((done) => socket.write(response.subarray(at, at + step), done))
        }
      })
      socket.on('error', () => {})
    })
    const http = { ...plainHttp, rangeBytes: 2048 }
    const { first } = only(await observe(`https://127.0.0.1:${await listen(server)}/f`, { http }))
    const largest = first.exchanges.map(({ response }) => response!.largestRecordBytes)
    expect(largest).toHaveLength(100)
    expect(Math.max(...largest.slice(0, 50))).toBe(1200)
    expect(largest.at(-10)).toBeGreaterThan(2048)
  })

  test('a server that closes after each range is opened again, as role range', async () => {
    const port = await httpsServer((request, response) => {
      response.setHeader('Connection', 'close')
      ranges(request, response)
    })
    const http = { ...plainHttp, rangeBytes: 5000 }
    const { observation } = only(await observe(`https://127.0.0.1:${port}/f`, { http }))
    expect(observation.connections.map(({ role }) => role)).toEqual(['first', 'range'])
  })

  test('200 in place of 206 and 416 end the ranges', async () => {
    const whole = await httpsServer((_, response) => response.end(file))
    const http = { ...plainHttp, rangeBytes: 100 }
    const ignored = only(await observe(`https://127.0.0.1:${whole}/f`, { http })).first
    expect(ignored.exchanges).toHaveLength(1)
    expect(ignored.exchanges[0]?.response).toMatchObject({ status: 200, bodyBytes: 10_000 })
    const none = await httpsServer((_, response) =>
      response.writeHead(416, { 'Content-Range': 'bytes */0' }).end(),
    )
    expect(only(await observe(`https://127.0.0.1:${none}/f`, { http })).first.exchanges).toHaveLength(1)
  })

  test('a server that repeats one range for ever is left after it', async () => {
    const port = await httpsServer((_, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-9/10000' })
      response.end(file.subarray(0, 10))
    })
    const http = { ...plainHttp, rangeBytes: 10 }
    const { first } = only(await observe(`https://127.0.0.1:${port}/f`, { http }))
    expect(first.exchanges).toHaveLength(2)
  })

  test('a redirect opens a connection to its host, with its hello, and drops the Authorization header', async () => {
    const seen: (string | undefined)[] = []
    const target = await httpsServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end('done')
    })
    const port = await httpsServer((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { Location: `https://localhost:${target}/f?sig=Secret1&sv=1` }).end()
    })
    const http = { ...plainHttp, headers: [['Authorization', 'Bearer abcdef']] as const }
    const { observation } = only(
      await observe(`https://localhost:${port}/`, { http, standardAnchors: () => [own.root] }),
    )
    expect(observation.connections.map(({ role, port }) => [role, port])).toEqual([
      ['first', port],
      ['redirect', target],
    ])
    expect(seen).toEqual(['Bearer abcdef', undefined])
    const [first, second] = observation.connections
    expect(first?.exchanges[0]?.response?.location?.url).toBe(
      `https://localhost:${target}/f?sig=[blanked]&sv=1`,
    )
    expect(second?.exchanges[0]?.response).toMatchObject({ status: 200, bodyBytes: 4 })
    expect(JSON.stringify(observationToJson(observation))).not.toMatch(/Secret1|abcdef/)
  })

  test('a redirect leads to no address that the run may not open, whatever name it has', async () => {
    let reached = 0
    const target = await httpsServer((_, response) => {
      reached++
      response.end('inside')
    })
    const port = await httpsServer((_, response) => {
      response.writeHead(302, { Location: `https://inside.example:${target}/latest` }).end()
    })
    // A name that led to one address when it was looked up leads to another when it is connected to.
    const answers = ['127.0.0.1', '127.0.0.2']
    const network = new RunNetwork({
      polite: true,
      lookup: async () => [{ address: answers.shift() ?? '127.0.0.2', family: 4 }],
    }).forTarget({ mayOpen: (address) => address === '127.0.0.1' })
    const { observation } = only(await observe(`https://outside.example:${port}/`, { network }))
    expect(observation.connections.map(({ role }) => role)).toEqual(['first', 'redirect'])
    expect(observation.connections[1]).toMatchObject({ address: '127.0.0.2', hello: undefined })
    expect(observation.tcp.at(-1)).toMatchObject({ address: '127.0.0.2', errorCode: NOT_PUBLIC })
    expect(reached).toBe(0)
  })

  test('a redirect without end stops at the bound, one to http:// is not followed', async () => {
    const loop = await httpsServer((_, response) => response.writeHead(302, { Location: '/' }).end())
    const { observation } = only(await observe(`https://127.0.0.1:${loop}/`))
    expect(observation.connections).toHaveLength(11)
    const plain = await httpsServer((_, response) =>
      response.writeHead(302, { Location: 'http://127.0.0.1/' }).end(),
    )
    expect(only(await observe(`https://127.0.0.1:${plain}/`)).observation.connections).toHaveLength(1)
    const http = { ...plainHttp, followRedirects: false }
    expect(only(await observe(`https://127.0.0.1:${loop}/`, { http })).observation.connections).toHaveLength(
      1,
    )
  })

  test('a redirect to a port that refuses is noted', async () => {
    const closed = await freePort()
    const port = await httpsServer((_, response) =>
      response.writeHead(302, { Location: `https://127.0.0.1:${closed}/` }).end(),
    )
    const { observation } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(observation.tcp.at(-1)).toMatchObject({ port: closed, outcome: 'refused' })
    expect(observation.connections.at(-1)).toMatchObject({ role: 'redirect', hello: undefined })
  })
})

describe('secrets', () => {
  const requests: string[] = []

  function recording(): Promise<number> {
    requests.length = 0
    return httpsServer((request, response) => {
      requests.push(`${request.url} ${request.headers.authorization ?? ''}`)
      response.end('ok')
    })
  }

  test('a SAS does not reach a server that is not verified', async () => {
    const port = await recording()
    const { observation, first } = only(await observe(`https://localhost:${port}/f?sv=1&sig=Secret1`))
    expect(requests).toEqual([])
    expect(observation.withheld).toEqual({ what: ['query'], host: 'localhost', reason: 'untrusted' })
    expect(first.establishedAtMs).toBeDefined()
    expect(first.exchanges).toEqual([])
  })

  test('nor does an Authorization header; the right root, or --send-secrets, lets it go', async () => {
    const port = await recording()
    const http = { ...plainHttp, headers: [['Authorization', 'Basic YTpi']] as const }
    const url = `https://localhost:${port}/f`
    expect(only(await observe(url, { http })).observation.withheld?.what).toEqual(['header'])
    expect(requests).toEqual([])
    await observe(url, { http, standardAnchors: () => [own.root] })
    await observe(url, { http, sendSecrets: true })
    expect(requests).toEqual(['/f Basic YTpi', '/f Basic YTpi'])
  })

  test('a trusted chain under another name is not enough', async () => {
    const port = await recording()
    const url = `https://127.0.0.1:${port}/f?sv=1&sig=Secret1`
    const { observation } = only(await observe(url, { standardAnchors: () => [own.root] }))
    expect(requests).toEqual([])
    expect(observation.withheld).toMatchObject({ what: ['query'], reason: 'name' })
  })

  test('a redirect with a secret of its own is held to the same rule', async () => {
    const target = await recording()
    const port = await httpsServer((_, response) =>
      response.writeHead(302, { Location: `https://127.0.0.1:${target}/f?sv=1&sig=Secret1` }).end(),
    )
    const { observation } = only(
      await observe(`https://localhost:${port}/`, { standardAnchors: () => [own.root] }),
    )
    expect(requests).toEqual([])
    expect(observation.withheld).toMatchObject({ what: ['query'], host: '127.0.0.1' })
  })

  test('no client certificate is proved to a server that is not verified', async () => {
    let shown: boolean | undefined
    const port = await tlsServer(
      (socket) => {
        shown = Object.keys(socket.getPeerCertificate()).length > 0
      },
      { requestCert: true, rejectUnauthorized: false },
    )
    const certificates = parseCertificates(Buffer.from(own.cert), 'own').map(({ der }) => der)
    const credential = { certificates, privateKeyPem: own.key }
    const withheld = only(await observe(`tls://localhost:${port}`, { credential }))
    expect(withheld.first.clientCertificateSent).toBe(false)
    expect(withheld.first.clientCertificateRequest).toBeDefined()
    expect(withheld.observation.withheld?.what).toEqual(['client-certificate'])
    expect(shown).toBe(false)
    const sent = only(
      await observe(`tls://localhost:${port}`, { credential, standardAnchors: () => [own.root] }),
    )
    expect(sent.first.clientCertificateSent).toBe(true)
    expect(sent.observation.withheld).toBeUndefined()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(shown).toBe(true)
  })
})

describe('mqtt', () => {
  /** A broker that answers CONNECT, or closes where the server_name is not its own. */
  function broker(ownName: string | undefined): Promise<number> {
    return tlsServer((socket) => {
      const parser = mqttPacket.parser()
      parser.on('packet', (packet) => {
        if (packet.cmd !== 'connect') return
        if (ownName !== undefined && socket.servername !== ownName) socket.end()
        else socket.write(mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }))
      })
      socket.on('data', (bytes) => parser.parse(bytes))
    })
  }

  test('a CONNACK is read', async () => {
    const { first } = only(await observe(`mqtts://127.0.0.1:${await broker(undefined)}`))
    expect(first.mqtt).toMatchObject({ connack: { returnCode: 0 }, error: undefined, protocolLevel: 4 })
    expect(first.mqtt?.clientId).toMatch(/^tlsfit-/)
  })

  test('a broker that closes on a wrong name is probed with the right one', async () => {
    const port = await broker('localhost')
    const { observation, first } = only(
      await observe(`mqtts://localhost:${port}`, { offer: () => smallOffer('wrong.example') }),
    )
    expect(first).toMatchObject({
      hello: { sni: 'wrong.example' },
      mqtt: { error: 'closed' },
      close: { by: 'peer', applicationRecordsSent: 1, applicationRecordsReceived: 0 },
    })
    expect(observation.connections.at(-1)).toMatchObject({
      role: 'probe',
      hello: { sni: 'localhost' },
      mqtt: { connack: { returnCode: 0 } },
    })
  })

  test('a password is not sent to a broker that is not verified', async () => {
    const { observation, first } = only(await observe(`mqtts://u:pw@localhost:${await broker(undefined)}`))
    expect(first.mqtt).toBeUndefined()
    expect(observation.withheld?.what).toEqual(['mqtt-password'])
  })

  test('something else than MQTT, and silence, have their words', async () => {
    const http = await tlsServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(only(await observe(`mqtts://127.0.0.1:${http}`)).first.mqtt?.error).toBe('not-mqtt')
    const silent = await tlsServer(() => {})
    const { first } = only(await observe(`mqtts://127.0.0.1:${silent}`, { timeoutMs: 300 }))
    expect(first).toMatchObject({ mqtt: { error: 'timeout' }, close: { by: 'us', how: 'timeout' } })
  })
})

describe('what goes wrong', () => {
  test('a closed port: refused, and the other family is asked', async () => {
    const { observation } = only(await observe(`https://127.0.0.1:${await freePort()}/`))
    expect(observation.connections).toEqual([])
    expect(observation.tcp[0]).toMatchObject({
      purpose: 'target',
      outcome: 'refused',
      errorCode: 'ECONNREFUSED',
    })
    expect(observation.tcp[1]).toMatchObject({ purpose: 'contrast', family: 6, outcome: 'refused' })
  })

  test('a server on ::1 only is found from 127.0.0.1', async () => {
    const server = createTls({ ...own })
    const port = await listen(server, '::1')
    const { observation } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(observation.tcp.map(({ purpose, outcome }) => [purpose, outcome])).toEqual([
      ['target', 'refused'],
      ['contrast', 'connected'],
    ])
  })

  test('a name that cannot be looked up is one observation with its code', async () => {
    const { observation } = only(
      await observe(`https://${'a'.repeat(63)}.${'b'.repeat(63)}.localhost.invalid/`, {
        connect: { host: `${'a'.repeat(64)}.test`, port: 1 },
      }),
    )
    expect(observation.lookup?.errorCode).toMatch(/^E/)
    expect(observation.tcp).toEqual([])
  })

  test('a server that accepts and says nothing: timeout, bounded', async () => {
    const port = await tcpServer(() => {})
    const startedMs = performance.now()
    const { first } = only(await observe(`https://127.0.0.1:${port}/`, { timeoutMs: 300 }))
    expect(first.close).toMatchObject({ by: 'us', how: 'timeout' })
    expect(first.messages.map(({ name }) => name)).toContain('ClientHello')
    // Ten seconds are what a step has by default.
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })

  test('a plain HTTP port is not TLS', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    })
    const { first } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(first.violation?.reason).toBe('not-tls')
    expect(Buffer.from(first.violation!.detail, 'hex').toString('latin1')).toMatch(/^HTTP/)
  })

  test('garbage after the hello is a violation', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.write(Buffer.from('160303000401ffffff', 'hex')))
    })
    const { first } = only(await observe(`https://127.0.0.1:${port}/`, { timeoutMs: 500 }))
    expect(first.violation ?? first.close).toBeDefined()
    expect(first.establishedAtMs).toBeUndefined()
  })

  test('an alert in place of a ServerHello is kept, and probes tell what the server speaks', async () => {
    // 1.3 only, so our TLS 1.2 hello is turned down with protocol_version.
    const server = createTls({ ...own, minVersion: 'TLSv1.3' })
    server.on('tlsClientError', () => {})
    const { observation, first } = only(await observe(`https://127.0.0.1:${await listen(server)}/`))
    expect(first.alerts[0]).toMatchObject({ direction: 'received', level: 2, description: 70 })
    expect(first.close).toMatchObject({ by: 'peer' })
    const probes = observation.connections.filter(({ role }) => role === 'probe')
    expect(probes.map(({ negotiated }) => negotiated?.version)).toEqual([undefined, 0x0304])
  })

  test('no common suite: the probe shows the one that the server would choose', async () => {
    const port = await tlsServer(() => {}, { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
    const { observation, first } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(first.alerts[0]).toMatchObject({ description: 40 })
    expect(observation.connections.map(({ role }) => role)).toEqual(['first', 'probe'])
    expect(observation.connections[1]?.negotiated).toMatchObject({ version: 0x0303, cipherSuite: 0xc02c })
  })

  test('a hello without server_name is compared with one that has it', async () => {
    const port = await tlsServer(() => {})
    const { observation } = only(
      await observe(`tls://localhost:${port}`, { offer: () => smallOffer(undefined) }),
    )
    expect(observation.connections.map(({ role, hello }) => [role, hello?.sni])).toEqual([
      ['first', undefined],
      ['probe', 'localhost'],
    ])
    expect(observation.connections[1]?.chain?.certificates).toHaveLength(2)
  })

  test('a server that turns a wrong name down is asked under its own, with the same hello', async () => {
    const port = await tlsServer(() => {}, {
      SNICallback: (name, found) => (name === 'localhost' ? found(null) : found(new Error('who'))),
    })
    const offer = () => smallOffer('wrong.example')
    const { observation, first } = only(await observe(`tls://localhost:${port}`, { offer }))
    expect(first.negotiated).toBeUndefined()
    // The server closes without an alert: whether it does so again is asked first.
    const [again, probe, ...more] = observation.connections.slice(1)
    expect(again).toMatchObject({ role: 'probe', hello: { sni: 'wrong.example' }, negotiated: undefined })
    expect(probe).toMatchObject({
      role: 'probe',
      hello: { sni: 'localhost' },
      negotiated: { version: 0x0303 },
    })
    expect(probe!.hello!.cipherSuites).toEqual(first.hello!.cipherSuites)
    expect(more).toEqual([])
  })

  test('a certificate for another host under a wrong name is compared with that under its own', async () => {
    const other = small({ name: 'other.example', altNames: ['other.example'] })
    const right = createSecureContext(own)
    const port = await tlsServer(() => {}, {
      ...{ cert: other.issued.pem, key: keyPem(other.issued.key) },
      SNICallback: (name, found) => found(null, name === 'localhost' ? right : undefined),
    })
    const offer = () => smallOffer('wrong.example')
    const { observation } = only(await observe(`tls://localhost:${port}`, { offer }))
    const presented = observation.connections.map(({ hello, chain }) => [hello?.sni, chain?.certificates[0]])
    expect(presented.map(([sni]) => sni)).toEqual(['wrong.example', 'localhost'])
    expect(presented[0]![1]).not.toEqual(presented[1]![1])
  })

  test('a reset right after the hello, and a close, are told apart', async () => {
    const reset = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    expect(only(await observe(`https://127.0.0.1:${reset}/`)).first.close).toMatchObject({
      by: 'peer',
      how: 'reset',
    })
    const fin = await tcpServer((socket) => socket.once('data', () => socket.end()))
    expect(only(await observe(`https://127.0.0.1:${fin}/`)).first.close).toMatchObject({
      by: 'peer',
      how: 'fin',
    })
  })

  test('a reset in mid-body keeps what came before it', async () => {
    const port = await tlsServer((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(5000)}`)
        setTimeout(() => (socket as unknown as { _parent: Socket })._parent.resetAndDestroy(), 100)
      })
    })
    const { first } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(first.exchanges[0]).toMatchObject({
      error: 'closed',
      response: { status: 200, bodyBytes: 5000, bodyComplete: false },
    })
    expect(first.close).toMatchObject({ by: 'peer', how: 'reset' })
  })

  test('what is no HTTP, a head without end, and silence have their words', async () => {
    const ssh = await tlsServer((socket) => socket.once('data', () => socket.write('SSH-2.0-x\r\n')))
    expect(only(await observe(`https://127.0.0.1:${ssh}/`)).first.exchanges[0]?.error).toBe('not-http')
    const endless = await tlsServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n')
        const more = () => {
          while (!socket.destroyed && socket.write(`A: ${'x'.repeat(1000)}\r\n`));
        }
        socket.on('drain', more)
        more()
      })
    })
    expect(only(await observe(`https://127.0.0.1:${endless}/`)).first.exchanges[0]?.error).toBe(
      'head-too-large',
    )
    const silent = await tlsServer(() => {})
    const { first } = only(await observe(`https://127.0.0.1:${silent}/`, { timeoutMs: 300 }))
    expect(first).toMatchObject({ exchanges: [{ error: 'timeout' }], close: { by: 'us', how: 'timeout' } })
  })

  test('a body that drips is left after two silences', async () => {
    const port = await tlsServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
        const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('x')), 50)
      })
    })
    const startedMs = performance.now()
    const { first } = only(await observe(`https://127.0.0.1:${port}/`, { timeoutMs: 300 }))
    expect(first).toMatchObject({ exchanges: [{ error: 'timeout' }], close: { by: 'us', how: 'timeout' } })
    expect(performance.now() - startedMs).toBeLessThan(2500)
  })

  test('a handshake that drips ends with its flight', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from('1603034000', 'hex'))
        const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write('\x02')), 20)
      })
    })
    const startedMs = performance.now()
    const { first } = only(await observe(`https://127.0.0.1:${port}/`, { timeoutMs: 400 }))
    expect(first.close).toMatchObject({ by: 'us', how: 'timeout' })
    expect(performance.now() - startedMs).toBeLessThan(1500)
  })

  test('any bytes in answer to the hello end in an observation, in bounded time', async () => {
    let answer = new Uint8Array()
    const port = await tcpServer((socket) => socket.once('data', () => socket.end(answer)))
    const prefixes = ['', '160303', '15030300020228', '1603030004', '160303002602000022'].map((hex) =>
      Buffer.from(hex, 'hex'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...prefixes),
        fc.uint8Array({ maxLength: 300 }),
        async (prefix, rest) => {
          answer = Buffer.concat([prefix, rest])
          const { first, observation } = only(await observe(`tls://127.0.0.1:${port}`))
          expect(first.establishedAtMs).toBeUndefined()
          expect(first.close).toBeDefined()
          expect(observationFromJson(JSON.parse(JSON.stringify(observationToJson(observation))))).toEqual(
            observation,
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  test('records without end are bounded', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => {
        // Warning alerts for ever.
        const flood = Buffer.from('15030300020100'.repeat(1000), 'hex').map((byte, i) =>
          i % 7 === 6 ? 90 : byte,
        )
        const more = () => {
          while (!socket.destroyed && socket.write(flood));
        }
        socket.on('drain', more)
        more()
      })
    })
    const startedMs = performance.now()
    const { first } = only(await observe(`https://127.0.0.1:${port}/`))
    expect(first.establishedAtMs).toBeUndefined()
    expect(first.close?.by).toBe('us')
    expect(first.messages.length).toBeLessThanOrEqual(256)
    expect(performance.now() - startedMs).toBeLessThan(3500)
  })
})

describe('several addresses', () => {
  test('localhost with a server in one family is one observation that lists the other', async () => {
    const port = await httpsServer((_, response) => response.end('ok'))
    const observations = await observe(`https://localhost:${port}/`)
    expect(observations).toHaveLength(1)
    expect(observations[0]?.connections[0]?.address).toBe('127.0.0.1')
    const others = observations[0]!.lookup!.addresses.length - 1
    expect(observations[0]?.otherAddresses.filter(({ outcome }) => outcome === 'refused')).toHaveLength(
      others,
    )
  })
})

test('interim responses without end are given up', async () => {
  const port = await tlsServer((socket) => {
    socket.once('data', () => {
      const more = () => {
        while (!socket.destroyed && socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)));
      }
      socket.on('drain', more)
      more()
    })
  })
  const { first } = only(await observe(`https://localhost:${port}/f`, { standardAnchors: () => [own.root] }))
  expect(first.exchanges[0]).toMatchObject({ response: undefined, error: 'head-too-large' })
})

test('an interim response is followed by the real one', async () => {
  const port = await tlsServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n')
      socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
  })
  const { first } = only(await observe(`https://localhost:${port}/f`, { standardAnchors: () => [own.root] }))
  expect(first.exchanges[0]).toMatchObject({ response: { status: 204 }, error: undefined })
})
