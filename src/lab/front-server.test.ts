import { createHash } from 'node:crypto'
import { request as requestHttps } from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { observe } from '../../test/support/dial.ts'
import { testKeys } from '../../test/support/kept-keys.ts'
import { type Listening, loopback } from '../io/listen.ts'
import { joinPem, type LabChain, makeOldBlobChain } from './chains.ts'
import { fileHost } from './file-host.ts'
import { openFront } from './front-server.ts'
import { firmware } from './servers.ts'
import { makeFrontChain } from './small-chains.ts'
import { openHttpsServer } from './tls-server.ts'

const host = 'front.test'
const options = { keys: testKeys, now: new Date() }
const image = firmware([['x-long', 'x'.repeat(700)]])

describe('the front', () => {
  let chain: LabChain
  let roots: string
  let blob: Listening
  let front: Listening

  beforeAll(async () => {
    const old = await makeOldBlobChain(options)
    roots = joinPem([old.root])
    chain = await makeFrontChain(host, old.root, options)
    const answer = fileHost({ files: new Map([['/fw.bin', image]]), headRecord: 'shared' })
    blob = await openHttpsServer({ ...loopback, chain: old.sent, answer })
    front = await openFront({
      ...loopback,
      chain: chain.sent,
      maxRecordBytes: 1024,
      upstream: {
        host: 'x.blob.skyshelf.test',
        address: '127.0.0.1',
        port: blob.port,
        ca: roots,
      },
    })
  }, 60_000)
  afterAll(async () => {
    await front?.close()
    await blob?.close()
  })

  test('hands the file through unchanged', async () => {
    const { status, body } = await ask('/fw.bin')
    expect(status).toBe(200)
    expect(sha256(body)).toBe(sha256(image.body))
  })

  test('hands ranges through, the last one and one past the end too', async () => {
    const first = await ask('/fw.bin', { range: 'bytes=0-99' })
    expect(first).toMatchObject({ status: 206, contentRange: 'bytes 0-99/262144' })
    expect(first.body.equals(image.body.subarray(0, 100))).toBe(true)
    const last = await ask('/fw.bin', { range: 'bytes=-10' })
    expect(last.body.equals(image.body.subarray(-10))).toBe(true)
    expect((await ask('/fw.bin', { range: 'bytes=262144-' })).status).toBe(416)
  })

  test('sends the head without what the device does not need', async () => {
    expect((await ask('/fw.bin')).headers).not.toHaveProperty('x-long')
  })

  test('refuses what would write', async () => {
    expect((await ask('/fw.bin', {}, 'POST')).status).toBe(405)
  })

  test('never sends an application data record above its cap', async () => {
    const [observation] = await observe(`https://localhost:${front.port}/fw.bin`)
    const runs = observation?.connections[0]?.records ?? []
    expect(runs.reduce((sum, run) => sum + run.count * run.plaintextBytes, 0)).toBeGreaterThan(262_144)
    expect(Math.max(...runs.map((run) => run.plaintextBytes))).toBeLessThanOrEqual(1024)
  })

  test('answers 502 when the endpoint is gone', async () => {
    const gone = await openFront({
      ...loopback,
      chain: chain.sent,
      maxRecordBytes: 1024,
      upstream: { host: 'x.test', address: '127.0.0.1', port: 1, ca: roots },
    })
    expect((await ask('/fw.bin', {}, 'GET', gone.port)).status).toBe(502)
    await gone.close()
  })

  function ask(path: string, headers: Record<string, string> = {}, method = 'GET', port = front.port) {
    return new Promise<{
      status: number | undefined
      body: Buffer
      contentRange: string | undefined
      headers: Record<string, unknown>
    }>((done, fail) => {
      const request = requestHttps({
        ...{ host: '127.0.0.1', port, path, method, headers, agent: false },
        ...{ servername: host, ca: chain.root.pem },
      })
      request.on('error', fail)
      request.on('response', async (response) => {
        const parts: Buffer[] = []
        for await (const part of response) parts.push(part as Buffer)
        done({
          status: response.statusCode,
          body: Buffer.concat(parts),
          contentRange: response.headers['content-range'],
          headers: response.headers,
        })
      })
      request.end()
    })
  }
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
