import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiNow, startApi } from '../../test/support/api-server.ts'
import { openTestStore } from '../../test/support/store-folder.ts'
import type { Database } from '../store/database.ts'

let database: Database
let api: ApiClient

beforeAll(async () => {
  database = await openTestStore(apiNow)
  api = await startApi(database, { requestsPerMinute: 100_000 })
}, 60_000)

afterAll(async () => {
  await api?.close()
  await database?.close()
})

const play = (json: object) => api.change('/api/v1/playground', { json })
const capture = readFileSync('test/captures/alert-unknown-ca.pcap')
const chain = readFileSync('test/fixtures/chains/chain-badssl-expired.pem', 'utf8')

describe('the playground', () => {
  test('tells the cause of a log', async () => {
    const text = 'E (3412) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n'
    const { status, json } = await play({ text, fileName: 'device.log', devices: [] })
    expect([status, json.kind]).toEqual([200, 'log'])
    expect(json.json.causes.length).toBeGreaterThan(0)
    expect(json.text.length).toBeGreaterThan(0)
  })

  test('judges a chain for several devices, with a report that has no script', async () => {
    const { json } = await play({ text: chain, devices: ['nrf9160@1.3.7', 'esp32'] })
    expect(json.kind).toBe('certificates')
    expect(json.html).toContain('<!DOCTYPE html>')
    expect(json.html).not.toMatch(/<script|javascript:|\son\w+=/i)
  })

  test.each([
    ['as it is', capture],
    ['packed', gzipSync(capture)],
  ])('reads a capture, %s', async (_, bytes) => {
    const { json } = await play({ base64: bytes.toString('base64'), fileName: 'a.pcap', devices: ['esp32'] })
    expect(json.kind).toBe('capture')
    expect(json.json.sessions.length).toBeGreaterThan(0)
  })

  test.each([
    [{ text: '', devices: [] }, 'input-empty'],
    [{ base64: '%%%', devices: [] }, 'request-invalid'],
    [{ devices: [] }, 'request-invalid'],
    [{ text: 'a', target: 'https://example.com', devices: [] }, 'request-invalid'],
    [{ target: 'https://example.com', devices: [] }, 'request-invalid'],
    [{ target: './package.json', devices: ['esp32'] }, 'request-invalid'],
    [{ target: 'file:///etc/passwd', devices: ['esp32'] }, 'request-invalid'],
    [{ target: 'lab:chain/1', devices: ['esp32'] }, 'request-invalid'],
    [{ target: 'https://example.com', devices: ['./package.json'] }, 'request-invalid'],
    [{ target: 'https://example.com', devices: ['/etc/x.yaml'] }, 'request-invalid'],
    [{ text: 'a', devices: ['no-such-device'] }, 'request-invalid'],
    [{ target: 'https://127.0.0.1', devices: ['esp32'] }, 'address-not-public'],
    [{ target: 'https://[::ffff:10.0.0.1]', devices: ['esp32'] }, 'address-not-public'],
  ])('%j: %s', async (json, code) => {
    const answer = await play(json)
    expect(answer.json.error.code).toBe(code)
    expect(answer.text).not.toContain('"tlsfit"')
  })

  test('an input that is too large is not taken', async () => {
    const { status } = await play({ base64: 'A'.repeat(46_000_000), devices: [] })
    expect(status).toBe(413)
  })

  test('nothing is kept, not even that it was asked', async () => {
    const tables = ['observation', 'sighting', 'chain', 'endpoint', 'audit', 'event']
    for (const table of tables)
      expect([table, await database.query(`select 1 from ${table}`)]).toEqual([table, []])
  })
})

describe('an address that is allowed', () => {
  let server: Server
  let open: ApiClient
  let port = 0
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('no TLS here\r\n')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const at = server.address()
    port = typeof at === 'object' && at !== null ? at.port : 0
    open = await startApi(database, { privateTargets: true })
  })
  afterAll(async () => {
    await open.close()
    server.close()
  })

  test('is looked at by the code of check', async () => {
    const json = { target: `https://127.0.0.1:${port}`, devices: ['esp32'] }
    const answer = await open.change('/api/v1/playground', { json })
    expect(answer.json).toMatchObject({ kind: 'verdicts', json: { schema: 'tlsfit/verdicts@1' } })
    expect(answer.json.text).toContain('127.0.0.1')
  })
})
