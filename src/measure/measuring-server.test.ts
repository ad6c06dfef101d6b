import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { helloRecordsOf, modelHello } from '../../test/support/model-device.ts'
import { testRoot } from '../../test/support/test-root.ts'
import type { Answer } from '../exam/topic.ts'
import type { DeviceNote } from './measuring-events.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { type MeasuringOptions, MeasuringServer } from './measuring-server.ts'

const keys = new MeasuringKeys()
const open: MeasuringServer[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(open.splice(0).map((server) => server.close()))
})

type Told =
  | { readonly what: 'asked'; readonly device: string }
  | { readonly what: 'answered'; readonly device: string; readonly answer: Answer }
  | { readonly what: 'stray'; readonly why: string }
  | { readonly what: 'noted'; readonly note: DeviceNote }

/** A server, and what it tells. */
async function serve(more: Partial<MeasuringOptions> = {}) {
  const testCa = await testRoot(keys)
  const told: Told[] = []
  let look = () => {}
  const tell = (one: Told) => {
    told.push(one)
    look()
  }
  const server = new MeasuringServer({
    testCa,
    keys,
    host: 'fw.example',
    holdMs: 100,
    helloTimeoutMs: 60_000,
    now: () => new Date(),
    earlier: new Map(),
    hosts: ['0.0.0.0'],
    port: 0,
    events: {
      asked: (device) => tell({ what: 'asked', device }),
      answered: (device, answer) => tell({ what: 'answered', device, answer }),
      stray: (_address, why) => tell({ what: 'stray', why }),
      noted: (note) => tell({ what: 'noted', note }),
      failed: (error) => {
        throw error
      },
    },
    ...more,
  })
  open.push(server)
  const { port } = await server.open()
  /** Waits until so many of a kind are told, those before included. */
  const until = (what: Told['what'], count: number) =>
    new Promise<readonly Told[]>((resolve) => {
      look = () => {
        const found = told.filter((one) => one.what === what)
        if (found.length >= count) resolve(found)
      }
      look()
    })
  const strays = () => told.flatMap((one) => (one.what === 'stray' ? [one.why] : []))
  const notes = () => told.flatMap((one) => (one.what === 'noted' ? [one.note] : []))
  return { server, port, told, until, strays, notes }
}

type FromAddress = ConnectionOptions & { readonly localAddress?: string }

/** A client that verifies nothing and asks, until its connection is over. */
async function ask(port: number, more: FromAddress = {}): Promise<void> {
  const socket = tls(port, more)
  socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: fw.example\r\n\r\n'))
  await new Promise((resolve) => socket.once('close', resolve))
}

function tls(port: number, more: FromAddress = {}): TLSSocket {
  const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more })
  socket.on('error', () => {}).resume()
  sockets.push(socket)
  return socket
}

function plain(port: number, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {}).resume()
  sockets.push(socket)
  return socket
}

/** Says hello and nothing more, as a device that is reset. */
async function hangs(port: number): Promise<Socket> {
  const socket = plain(port)
  await once(socket, 'connect')
  socket.write(helloRecordsOf(modelHello))
  return socket
}

const devicesOf = (told: readonly Told[]) =>
  told.map((one) => (one.what === 'asked' || one.what === 'answered' ? one.device : ''))

test('two hellos of one address are two devices, each with answers of its own', async () => {
  const { server, port, until } = await serve()
  await ask(port)
  await ask(port, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' })
  await ask(port)
  const [first, second, third] = devicesOf(await until('answered', 3))
  expect(third).toBe(first)
  expect(second).not.toBe(first)
  expect(server.examOf(first!)!.answers).toHaveLength(2)
  expect(server.examOf(second!)!.answers).toHaveLength(1)
})

test('one hello from two addresses is two devices where several are expected, asked at the same time', async () => {
  const { server, port, until, notes } = await serve({ several: true })
  await Promise.all([ask(port, { localAddress: '127.0.0.2' }), ask(port, { localAddress: '127.0.0.3' })])
  const devices = devicesOf(await until('answered', 2)).sort()
  expect(devices.map((device) => device.split(' ')[0])).toEqual(['127.0.0.2', '127.0.0.3'])
  for (const device of devices) expect(server.examOf(device)!.answers).toHaveLength(1)
  expect(notes().filter(({ kind }) => kind !== 'twin')).toEqual([])
})

test('two alike that come in turn are told apart; none of their answers is mixed', async () => {
  const { server, port, until, strays, notes } = await serve()
  for (const localAddress of ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3'])
    await ask(port, { localAddress })
  const devices = devicesOf(await until('answered', 3))
  expect(strays()).toEqual(['unclear'])
  expect(notes()).toEqual([{ kind: 'twin', device: devices[2], twinOf: devices[0] }])
  for (const device of new Set(devices)) {
    const addresses = server.examOf(device)!.answers.map(({ outcome }) => outcome.address)
    expect(new Set(addresses)).toEqual(new Set([device.split(' ')[0]]))
  }
})

test('by the hello alone a device goes on from another address', async () => {
  const { server, port, until, notes } = await serve({ knownBy: 'hello' })
  await ask(port, { localAddress: '127.0.0.2' })
  await ask(port, { localAddress: '127.0.0.3' })
  const [first, second] = devicesOf(await until('answered', 2))
  expect(second).toBe(first)
  expect(server.devices).toEqual([first])
  expect(notes()).toEqual([{ kind: 'moved', device: first, from: '127.0.0.2', address: '127.0.0.3' }])
})

test('a device that was reset is asked anew at once, and what it left open is no answer', async () => {
  const { server, port, until, notes } = await serve()
  await hangs(port)
  await until('asked', 1)
  const again = await hangs(port)
  const [first] = devicesOf(await until('asked', 2))
  expect(notes()).toMatchObject([{ kind: 'interrupted', device: first }])
  expect(server.examOf(first!)!.answers).toEqual([])
  again.end()
  await until('answered', 1)
  expect(server.examOf(first!)!.answers).toHaveLength(1)
})

test('a device that keeps several connections open has its answer in the end: the older one stays', async () => {
  const { port, until, strays } = await serve()
  await hangs(port)
  await until('asked', 1)
  await hangs(port)
  await until('asked', 2)
  const third = await hangs(port)
  await until('asked', 3)
  await hangs(port)
  await until('stray', 1)
  expect(strays()).toEqual(['second-connection'])
  third.end()
  expect(await until('answered', 1)).toHaveLength(1)
})

test('garbage, plain HTTP, a broken hello and a port scan are strays, and ask nothing', async () => {
  const { server, port, until, strays } = await serve()
  const scan = plain(port)
  await once(scan, 'connect')
  scan.destroy()
  await until('stray', 1)
  for (const bytes of [
    Buffer.from('\x00\x01\x02garbage'),
    Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3]),
  ]) {
    const socket = plain(port)
    socket.write(bytes)
    await once(socket, 'close')
  }
  const cut = plain(port)
  cut.end(helloRecordsOf(modelHello).subarray(0, 40))
  await once(cut, 'close')
  await until('stray', 5)
  expect(strays()).toEqual(['silent', 'not-tls', 'plain-http', 'broken-hello', 'broken-hello'])
  expect(server.devices).toEqual([])
})

test('connections that are half open are bounded, and keep no device away', async () => {
  const { port, until, strays } = await serve()
  const half: Socket[] = []
  for (let i = 0; i < 60; i++) {
    const socket = plain(port, `127.0.1.${1 + (i % 20)}`)
    await once(socket, 'connect')
    socket.write(Buffer.from([22]))
    half.push(socket)
  }
  await ask(port)
  expect(await until('answered', 1)).toHaveLength(1)
  expect(strays().length).toBeGreaterThanOrEqual(60 - 48)
  expect(new Set(strays())).toEqual(new Set(['broken-hello']))
})

test('who sends a byte now and then is closed when the time for its hello is over', async () => {
  const { port, until, strays } = await serve({ helloTimeoutMs: 300 })
  const socket = plain(port)
  const drip = setInterval(() => socket.write(Buffer.from([22])), 50)
  await once(socket, 'close')
  clearInterval(drip)
  await until('stray', 1)
  expect(strays()).toHaveLength(1)
})

test('a scanner with ever new hellos is told of no longer at some time, and a device is still examined', async () => {
  const { port, until, strays, server } = await serve()
  const suites = Array.from({ length: 70 }, (_, index) => [0xc02b, 0xc02f, 0x1000 + index])
  for (const cipherSuites of suites) {
    const socket = plain(port)
    socket.end(helloRecordsOf({ ...modelHello, cipherSuites }))
    await new Promise((resolve) => socket.once('close', resolve))
  }
  await until('stray', 1)
  expect(new Set(strays())).toEqual(new Set(['never-good']))
  expect((await until('answered', 1)).length + strays().length).toBe(70)
  const before = (await until('answered', 1)).length
  await ask(port)
  const told = await until('answered', before + 1)
  expect(server.examOf(devicesOf(told).at(-1)!)!.baseline).toBeDefined()
})

test('a device that takes the chain after all is told with all that it answered before', async () => {
  const { answers } = examine({})
  const [good] = answers as [Answer]
  const refused: Answer = {
    ...good,
    outcome: { ...good.outcome, reached: 'hello', version: undefined, requests: [] },
  }
  const crowd = Array.from(
    { length: 7 },
    (_, index) => [`192.0.2.${index} print`, Array(10).fill(refused)] as const,
  )
  const { port, until, strays, server } = await serve({ earlier: new Map(crowd) })
  const quits = async () => {
    const socket = tls(port)
    socket.once('secureConnect', () => socket.destroy())
    await new Promise((resolve) => socket.once('close', resolve))
  }
  await quits()
  await until('stray', 1)
  expect(strays()).toEqual(['never-good'])
  await ask(port)
  const told = await until('answered', 2)
  const [device] = devicesOf(told)
  expect(told.map((one) => one.what === 'answered' && one.answer)).toEqual(server.examOf(device!)!.answers)
})

test('a ninth device finds room where one never took the plain chain, else it is turned away', async () => {
  const { answers } = examine({ message: 4096 })
  const eight = Array.from({ length: 8 }, (_, index) => `192.0.2.${index} print`)
  const full = await serve({ earlier: new Map(eight.map((device) => [device, answers.slice(0, 9)])) })
  await ask(full.port)
  await full.until('stray', 1)
  expect(full.strays()).toEqual(['too-many-devices'])
  expect(full.server.devices).toEqual(eight)
  const [, ...seven] = eight
  const room = await serve({
    earlier: new Map([...seven.map((device) => [device, answers.slice(0, 9)] as const), [eight[0]!, []]]),
  })
  await ask(room.port)
  await room.until('answered', 1)
  expect(room.server.devices).toHaveLength(8)
})
