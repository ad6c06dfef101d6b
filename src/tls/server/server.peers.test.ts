import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { buildOf, type ClientArgs, type ClientResult, runClient } from '../../../test/clients/clients.ts'
import {
  cutBySizes,
  engineCa,
  engineOptions,
  HOST,
  type LeafKey,
} from '../../../test/support/engine-server.ts'
import { cutEvenly } from './cutting.ts'
import { TlsServer } from './server.ts'
import type { TlsServerOptions } from './server-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'engine-'))
const anchors = join(folder, 'ca.pem')
writeFileSync(anchors, engineCa.pem)
const servers: Server[] = []
afterEach(() => servers.splice(0).map((server) => server.close()))
afterAll(() => rmSync(folder, { recursive: true }))

const now = () => performance.now()

/** One connection of a real client: it asks, and gets an answer in records of so many bytes. */
async function meet(
  name: string,
  options: TlsServerOptions,
  {
    recordBytes = 16_384,
    answerBytes = 3000,
    ...args
  }: Partial<ClientArgs> & {
    recordBytes?: number
    answerBytes?: number
  } = {},
): Promise<ClientResult> {
  const server = createServer((socket) => {
    const tls = new TlsServer({ ...options, seed: randomBytes(32) })
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const step = tls.receive(bytes, now())
      socket.write(step.send)
      if (!step.events.some(({ kind }) => kind === 'application-data')) return
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${answerBytes}\r\n\r\n`
      const answer = Buffer.concat([Buffer.from(head), Buffer.alloc(answerBytes, 'a')])
      socket.write(tls.send(answer, now(), recordBytes).send)
      socket.end(tls.close(now()).send)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return runClient(name, { port, sni: HOST, anchors, request: 'GET /', ...args })
}

const stacks = ['bearssl', 'mbedtls-2.28', 'mbedtls-3.6-default', 'wolfssl', 'openssl', 'gnutls'] as const
const with13 = ['mbedtls-3.6-default', 'wolfssl', 'openssl', 'gnutls'] as const
const leaves: readonly LeafKey[] = ['rsa', 'p256', 'p384']

describe.each(stacks)('%s', (name) => {
  test.skipIf(buildOf(name) === undefined)(
    'takes TLS 1.2 of the measuring server, with every leaf',
    async () => {
      for (const leaf of leaves) {
        const met = await meet(name, engineOptions(leaf, { means: { maxVersion: 0x0303 } }))
        expect(met, leaf).toMatchObject({ ok: true, tlsVersion: 'TLSv1.2', ended: 'close_notify' })
        expect(met.sizes.bytesRead).toBeGreaterThan(3000)
      }
    },
  )

  test.skipIf(buildOf(name) === undefined)(
    'takes its messages all in one record, and data in small ones',
    async () => {
      const cut = cutEvenly({ recordBytes: 16_384, merge: true })
      const options = engineOptions('rsa', { cut, means: { maxVersion: 0x0303 } })
      expect(await meet(name, options, { recordBytes: 64 })).toMatchObject({
        ok: true,
        tlsVersion: 'TLSv1.2',
      })
    },
  )
})

describe.each(with13)('%s', (name) => {
  const client = { minVersion: '1.3', maxVersion: '1.3' } as const

  test.skipIf(buildOf(name) === undefined)(
    'takes TLS 1.3 of the measuring server, with every leaf',
    async () => {
      for (const leaf of leaves) {
        const met = await meet(name, engineOptions(leaf), client)
        expect(met, leaf).toMatchObject({ ok: true, tlsVersion: 'TLSv1.3', ended: 'close_notify' })
      }
    },
  )

  test.skipIf(buildOf(name) === undefined)('is asked for another share, and sends it', async () => {
    const met = await meet(name, engineOptions('rsa', { means: { groups: [0x0018] } }), client)
    expect(met).toMatchObject({ ok: true, tlsVersion: 'TLSv1.3' })
  })

  test.skipIf(buildOf(name) === undefined)('takes its sealed messages all in one record', async () => {
    const cut = cutEvenly({ recordBytes: 16_384, merge: true })
    expect(await meet(name, engineOptions('rsa', { cut }), client)).toMatchObject({ ok: true })
  })
})

test.skipIf(buildOf('openssl') === undefined)('OpenSSL joins messages however they are cut', async () => {
  for (const maxVersion of [0x0303, 0x0304])
    for (const sizes of [[1, 2, 3, 500], [700], [33]] as const)
      expect(
        await meet('openssl', engineOptions('rsa', { cut: cutBySizes(sizes), means: { maxVersion } })),
      ).toMatchObject({ ok: true })
})

describe.skipIf(buildOf('mbedtls-2.28-in-4096') === undefined)('Mbed TLS with 4,096 bytes of input', () => {
  const options = engineOptions('rsa', { means: { maxVersion: 0x0303 } })
  const answer = (recordBytes: number, mfl?: number) =>
    meet('mbedtls-2.28-in-4096', options, {
      answerBytes: 8000,
      recordBytes,
      ...(mfl === undefined ? {} : { mfl }),
    })

  test('that asks for fragments of 4,096 is sent a byte more, and refuses it', async () => {
    expect(await answer(4096, 4096)).toMatchObject({ ok: true, maxFragmentLengthSent: 4096 })
    expect(await answer(4097, 4096)).toMatchObject({ ok: false, stage: 'data', maxFragmentLengthSent: 4096 })
  })

  test('that asks for fragments of 1,024 takes its 4,096 where the server does not agree', async () => {
    expect(await answer(4096, 1024)).toMatchObject({ ok: true, maxFragmentLengthSent: 1024 })
    expect(await answer(4097, 1024)).toMatchObject({ ok: false, stage: 'data' })
  })
})
