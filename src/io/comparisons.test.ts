import { createSecureContext, createServer, type Server } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { identity, observe, smallOffer } from '../../test/support/dial.ts'
import { small } from '../../test/support/small-pki.ts'
import { keyPem } from '../lab/small-chains.ts'
import type { Connection } from '../observe/observation.ts'
import { compareFragmentLengths, UNKNOWN_NAME } from './comparisons.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

test('a server of OpenSSL agrees to a length, and cuts its handshake by it', async () => {
  const own = await identity()
  const port = await listen(
    createServer({ cert: own.cert, key: own.key, maxVersion: 'TLSv1.2' }, (socket) => {
      socket.on('error', () => {})
    }),
  )
  const shown: string[] = []
  const [observation] = await observe(`tls://localhost:${port}`, {
    connect: { host: '127.0.0.1', port },
    fragmentLengths: (connections, address) => {
      shown.push(...connections.map(({ role }) => `${role} at ${address}`))
      return [512, 2048]
    },
  })
  expect(shown).toEqual(['first at 127.0.0.1'])
  expect(observation?.fragmentLengths?.map(({ asked, answered }) => [asked, answered])).toEqual([
    [512, 512],
    [2048, 2048],
  ])
  for (const { asked, largestRecordBytes } of observation?.fragmentLengths ?? []) {
    expect(largestRecordBytes).toBeLessThanOrEqual(asked)
  }
  expect(observation?.connections).toHaveLength(1)
  expect(observation?.serverNames).toBeUndefined()
})

test('without a length that is worth asking for, nothing is asked', async () => {
  const own = await identity()
  let connections = 0
  const port = await listen(
    createServer({ cert: own.cert, key: own.key }, (socket) => {
      socket.on('error', () => {})
    }).on('connection', () => connections++),
  )
  const [observation] = await observe(`tls://localhost:${port}`, {
    connect: { host: '127.0.0.1', port },
    fragmentLengths: () => [],
  })
  expect(observation?.fragmentLengths).toBeUndefined()
  expect(connections).toBe(1)
})

test('a server that does not answer the extension is asked once', async () => {
  const asked: number[] = []
  const silent = { negotiated: { maxFragmentLength: undefined }, messages: [] } as unknown as Connection
  const seen = await compareFragmentLengths([512, 1024], smallOffer('a.example'), async (offer) => {
    for (const one of offer.extensions) if (one.kind === 'max_fragment_length') asked.push(one.bytes)
    return silent
  })
  expect(asked).toEqual([512])
  expect(seen).toEqual([{ asked: 512, answered: undefined, largestRecordBytes: undefined }])
})

test('--compare-sni shows which certificate goes with which name', async () => {
  const root = small({ name: 'root', ca: true })
  const fallback = small({ name: 'default.example', issuer: root, altNames: ['default.example'] })
  const named = small({ name: 'device.example', issuer: root, altNames: ['device.example'] })
  const port = await listen(
    createServer(
      {
        cert: fallback.issued.pem,
        key: keyPem(fallback.issued.key),
        maxVersion: 'TLSv1.2',
        SNICallback: (name, done) => {
          if (name === UNKNOWN_NAME) return done(new Error('no such name'))
          return done(null, createSecureContext({ cert: named.issued.pem, key: keyPem(named.issued.key) }))
        },
      },
      (socket) => {
        socket.on('error', () => {})
      },
    ),
  )
  const [observation] = await observe(`tls://device.example:${port}`, {
    connect: { host: '127.0.0.1', port },
    compareSni: true,
  })
  expect(observation?.serverNames?.map(({ sni, outcome, leaf }) => [sni, outcome, leaf?.length])).toEqual([
    ['device.example', 'chain', named.der.length],
    [undefined, 'chain', fallback.der.length],
    [UNKNOWN_NAME, 'refused', undefined],
  ])
})
