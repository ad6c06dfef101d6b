import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LiveViews } from '../../src/api/views/live-views.ts'
import type { GatewayView, MeasureView } from '../../src/api/views/view-contract.ts'
import { type Measurement, openMeasurement } from '../../src/measure/measurement.ts'
import { frontHost, GatewayRange } from '../gateway/gateway-range.ts'

const folder = mkdtempSync(join(tmpdir(), 'live-views-'))
/** Each look is a new one. */
let clock = Date.now()
const now = () => {
  clock += 60_000
  return new Date(clock)
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Whether the handshake came to its end; what was asked of it is read up to its end. */
async function comes(port: number, options: { ca?: string | Buffer; servername: string }): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, ...options })
  let secured = false
  socket.once('secureConnect', () => {
    secured = true
    socket.write(`GET / HTTP/1.1\r\nHost: ${options.servername}\r\nConnection: close\r\n\r\n`)
  })
  socket.on('error', () => {})
  socket.resume()
  await new Promise((done) => socket.once('close', done))
  return secured
}

describe('a gateway that runs', () => {
  let range: GatewayRange
  let views: LiveViews
  let url: string

  beforeAll(async () => {
    range = await GatewayRange.open()
    const control = await range.start(range.config({ rest: 'operations: { listen: 127.0.0.1:0 }' }))
    url = `http://127.0.0.1:${control.operationsPort}`
    views = new LiveViews(now)
    views.set({ gateways: [{ id: 'edge', name: 'Edge', url }], measurements: [] })
  }, 60_000)

  afterAll(async () => {
    await range?.stop()
    range?.close()
  })

  const read = async () => (await views.read('edge')) as GatewayView

  test('tells its state, handshakes by version, and what failed on which device', async () => {
    expect(await comes(range.port, { servername: frontHost, ca: range.frontRoot })).toBe(true)
    expect(await comes(range.port, { servername: frontHost, ca: '' })).toBe(false)
    await expect.poll(read, { timeout: 20_000 }).toMatchObject({
      kind: 'gateway',
      name: 'Edge',
      status: {
        ...{ state: 'ok', workers: { running: 1, wanted: 1 }, faults: [], handshakes: 1, failures: 1 },
        versions: [{ name: 'TLSv1.3', count: 1 }],
        errors: [{ finding: expect.any(String), how: expect.any(String), count: 1 }],
        statuses: [{ name: '404', count: 1 }],
      },
    })
    expect((await read()).fault).toBeUndefined()
  }, 60_000)

  test('is asked once for all that look within a second', async () => {
    const still = new LiveViews(() => new Date(0))
    let asked = 0
    const counting = createServer((_request, response) => {
      asked += 1
      response.end('{}')
    })
    counting.listen(0, '127.0.0.1')
    await once(counting, 'listening')
    const { port } = counting.address() as AddressInfo
    still.set({ gateways: [{ id: 'a', name: 'A', url: `http://127.0.0.1:${port}` }], measurements: [] })
    const seen = await Promise.all([still.read('a'), still.read('a'), still.read('a')])
    expect(asked).toBe(2)
    expect(seen.map((view) => view?.fault)).toEqual(Array(3).fill('no gateway answers there'))
    counting.close()
  })

  test('what leads elsewhere, and what is not there, is said without its address', async () => {
    const elsewhere = createServer((_request, response) =>
      response.writeHead(302, { location: `${url}/healthz` }).end(),
    )
    elsewhere.listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    const { port } = elsewhere.address() as AddressInfo
    const gateway = { id: 'a', name: 'A', url: `http://127.0.0.1:${port}` }
    views.set({ gateways: [gateway], measurements: [] })
    expect(await views.read('a')).toMatchObject({ fault: 'it cannot be asked' })
    elsewhere.close()
    elsewhere.closeAllConnections()
    await once(elsewhere, 'close')
    expect(await views.read('a')).toMatchObject({ fault: 'ECONNREFUSED' })
    expect(await views.read('edge')).toBeUndefined()
  })
})

describe('a measurement that runs', () => {
  let measurement: Measurement
  const views = new LiveViews(now)

  beforeAll(async () => {
    const ignored = () => {}
    measurement = await openMeasurement({
      ...{ folder, hosts: ['127.0.0.1'], port: 0, mqttPort: 0, names: ['fw.example'], devices: 1 },
      ...{ knownBy: undefined, holdMs: 100, helloTimeoutMs: 5_000, now: () => new Date(), version: '0' },
      events: {
        asked: ignored,
        answered: ignored,
        stray: ignored,
        noted: ignored,
        unwritten: ignored,
      },
    })
    views.set({ gateways: [], measurements: [{ id: 'bench', name: 'Bench', folder }] })
  }, 60_000)

  afterAll(async () => {
    await measurement?.close()
  })

  const read = async () => (await views.read('bench')) as MeasureView

  test('tells what is asked next, the answers so far and what is left, before anybody came and after', async () => {
    expect(await read()).toMatchObject({ session: { devices: [], mqttPort: measurement.mqttPort } })
    for (let index = 0; index < 6; index += 1)
      await comes(measurement.port, { servername: 'fw.example', ca: measurement.ca.pem })
    await expect
      .poll(async () => (await read()).session?.devices[0]?.connections, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(5)
    const { session } = await read()
    const [device] = session?.devices ?? []
    expect(device?.name).toMatch(/^127\.0\.0\.1/)
    expect(device?.question).toMatch(/\w/)
    expect(device?.left).toMatch(/connections? left/)
    expect(device?.answers[0]?.number).toBe(device?.connections)
    expect(device?.answers[0]?.answer).toMatch(/\w/)
  }, 120_000)

  test('a folder without one is said to be so', async () => {
    views.set({ gateways: [], measurements: [{ id: 'bench', name: 'Bench', folder: join(folder, 'none') }] })
    expect(await read()).toMatchObject({ fault: 'no measurement has begun there' })
  })
})
