import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { testRoot } from '../../test/support/test-root.ts'
import type { Answer } from '../exam/topic.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { MeasuringServer } from './measuring-server.ts'

const keys = new MeasuringKeys()
const open: MeasuringServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

/** A server for `fw.example` that knows so much of devices, and the answers that it gets. */
async function serve(earlier: ReadonlyMap<string, readonly Answer[]>) {
  const testCa = await testRoot(keys)
  let tell: (got: { device: string; answer: Answer }) => void = () => {}
  const server = new MeasuringServer({
    testCa,
    keys,
    host: '127.0.0.1',
    holdMs: 300,
    helloTimeoutMs: 5000,
    now: () => new Date(),
    earlier,
    hosts: ['127.0.0.1'],
    port: 0,
    events: {
      asked: () => {},
      answered: (device, answer) => tell({ device, answer }),
      stray: () => {},
      failed: (error) => {
        throw error
      },
    },
  })
  open.push(server)
  const { port } = await server.open()
  const answered = () => new Promise<{ device: string; answer: Answer }>((resolve) => (tell = resolve))
  return { port, answered }
}

/** Asks, and goes where it is sent if that is plain http and it follows. */
function device(port: number, follows: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'))
    socket.on('data', (bytes) => {
      const where = /^Location: http:\/\/127\.0\.0\.1:(\d+)(\S+)/m.exec(bytes.toString('latin1'))
      socket.end()
      if (where === null || !follows) return
      const plain = connect(Number(where[1]), '127.0.0.1', () =>
        plain.write(`GET ${where[2]} HTTP/1.1\r\n\r\n`),
      )
      plain.on('error', () => {}).resume()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}

test.each([true, false])('a device that goes to plain http is seen there: %s', async (follows) => {
  const first = await serve(new Map())
  const known = first.answered()
  await device(first.port, false)
  const { device: id } = await known
  const { answers } = examine({ follows: ['same-host'] })
  const until = answers.findIndex(({ probe }) => probe.key === 'plain-http')
  const second = await serve(new Map([[id, answers.slice(0, until)]]))
  const told = second.answered()
  await device(second.port, follows)
  const { answer } = await told
  expect(answer.probe).toMatchObject({ topic: 'redirect', key: 'plain-http' })
  expect(answer.outcome).toMatchObject({ reached: 'answered', cameInPlain: follows })
})

test('a device that comes back at once is asked the next, and its answer before is kept', async () => {
  const first = await serve(new Map())
  const known = first.answered()
  await device(first.port, false)
  const { device: id } = await known
  const { answers } = examine({ follows: ['same-host'] })
  const until = answers.findIndex(({ probe }) => probe.key === 'plain-http')
  const second = await serve(new Map([[id, answers.slice(0, until)]]))
  const told = second.answered()
  const both = device(second.port, false).then(() => device(second.port, false))
  expect((await told).answer.probe.key).toBe('plain-http')
  const next = second.answered()
  await both
  expect((await next).answer.probe.key).not.toBe('plain-http')
})
