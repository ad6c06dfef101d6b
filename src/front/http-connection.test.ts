import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { HeadRefusal } from '../http/request-head.ts'
import { DeadlineSweep } from './deadlines.ts'
import {
  defaultHttpLimits,
  HttpConnection,
  type HttpEnd,
  type HttpHandler,
  type HttpLimits,
} from './http-connection.ts'
import type { HttpExchange } from './http-exchange.ts'

const open: { readonly server: Server; readonly sockets: Set<Socket> }[] = []
afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

interface Seen {
  readonly port: number
  readonly exchanges: HttpExchange[]
  readonly refusals: HeadRefusal[]
  readonly ends: HttpEnd[]
  readonly faults: unknown[]
  readonly connections: HttpConnection[]
}

async function serve(handler: HttpHandler, limits: Partial<HttpLimits> = {}): Promise<Seen> {
  const sweep = new DeadlineSweep()
  const seen = { exchanges: [], refusals: [], ends: [], faults: [], connections: [] } as unknown as Seen
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const events = {
      onExchange: (exchange: HttpExchange) => seen.exchanges.push(exchange),
      onRefused: (refusal: HeadRefusal) => seen.refusals.push(refusal),
      onFault: (error: unknown) => seen.faults.push(error),
      onClose: (end: HttpEnd) => seen.ends.push(end),
    }
    seen.connections.push(
      new HttpConnection(socket, handler, sweep, { ...defaultHttpLimits, ...limits }, events),
    )
  })
  open.push({ server, sockets })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return Object.assign(seen, { port: (server.address() as AddressInfo).port })
}

/** Sends `text` and gives all that came until the server closed, or until `until` came. */
function talk(port: number, text: string, until?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1')
      if (until !== undefined && got.includes(until)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(got))
  })
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
const last = (path: string) => get(path, 'Connection: close\r\n')
const echo: HttpHandler = (exchange) =>
  exchange.respond({ status: 200, fields: [], mode: 'minimal' }, exchange.head.target)
/** The server learns of an end a little after the client. */
const ended = (seen: Seen, ends: HttpEnd[]) => vi.waitFor(() => expect(seen.ends).toEqual(ends))
const later = (ms: number) => new Promise((done) => setTimeout(done, ms))

describe('requests on one connection', () => {
  test('are answered in order, though the first is answered last', async () => {
    const seen = await serve((exchange) => {
      setTimeout(() => echo(exchange), exchange.head.target === '/one' ? 60 : 0)
    })
    const got = await talk(seen.port, get('/one') + get('/two') + last('/three'))
    expect(got.match(/\/(one|two|three)/g)).toEqual(['/one', '/two', '/three'])
    expect(seen.exchanges.map((exchange) => exchange.whole)).toEqual([true, true, true])
    await ended(seen, ['peer'])
  })

  test('come in any pieces', async () => {
    const seen = await serve(echo)
    const text = get('/one') + last('/two')
    const got = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connect({ port: seen.port, host: '127.0.0.1', noDelay: true }, async () => {
        for (const byte of text) {
          socket.write(byte)
          await new Promise(setImmediate)
        }
      })
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('close', () => resolve(all))
    })
    expect(got.match(/\/(one|two|three)/g)).toEqual(['/one', '/two'])
  })

  test('thousands in one piece are answered one after another', async () => {
    const seen = await serve(echo)
    const got = await talk(seen.port, get('/one').repeat(5_000) + last('/two'))
    expect(got.match(/\/one/g)).toHaveLength(5_000)
    expect(got.endsWith('/two')).toBe(true)
  })

  test('a client that has closed its side still gets its answer', async () => {
    const seen = await serve((exchange) => void setTimeout(() => echo(exchange), 30))
    const got = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connect({ port: seen.port, host: '127.0.0.1', allowHalfOpen: true }, () =>
        socket.end(get('/one')),
      )
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('end', () => {
        socket.destroy()
        resolve(all)
      })
    })
    expect(got).toContain('/one')
  })

  test('a small response is one write of head and body', async () => {
    const seen = await serve(echo)
    const chunks: string[] = []
    await new Promise<void>((resolve) => {
      const socket = connect(seen.port, '127.0.0.1', () => socket.write(last('/x')))
      socket.on('data', (chunk) => chunks.push(chunk.toString()))
      socket.on('close', () => resolve())
    })
    expect(chunks).toEqual(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/x'])
  })

  test('HTTP/1.0 ends the connection unless it asks to keep it', async () => {
    const seen = await serve(echo)
    expect(await talk(seen.port, 'GET /one HTTP/1.0\r\n\r\n')).toContain('Connection: close')
    const kept = 'GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
    expect((await talk(seen.port, kept + last('/two'))).match(/Connection: [a-z-]+/g)).toEqual([
      'Connection: keep-alive',
      'Connection: close',
    ])
  })
})

describe('what is refused', () => {
  test('ends the connection, and what follows is never read as a request', async () => {
    const seen = await serve(echo)
    const smuggled = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/evil')}`
    const got = await talk(seen.port, get('/one') + smuggled)
    expect(got).toContain('HTTP/1.1 400')
    expect(got).not.toContain('/evil')
    expect(seen.refusals).toEqual([{ status: 400, reason: 'length-and-encoding' }])
    expect(seen.exchanges).toHaveLength(1)
    await ended(seen, ['refused'])
  })

  test('a body that nobody reads ends the connection after the answer', async () => {
    const seen = await serve(echo)
    const post = `POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: ${get('/evil').length}\r\n\r\n${get('/evil')}`
    const got = await talk(seen.port, post)
    expect(got).toContain('Connection: close')
    expect(got).not.toContain('/evil')
  })

  test('a fault of the handler is 500 and no word of it', async () => {
    const seen = await serve(() => {
      throw new Error('the secret inside')
    })
    const got = await talk(seen.port, last('/'))
    expect(got).toMatch(/^HTTP\/1\.1 500 [\s\S]*Content-Length: 0/)
    expect(got).not.toContain('secret')
    expect(seen.faults).toHaveLength(1)
  })
})

describe('slow and silent peers', () => {
  test('a head that does not end is answered 408', async () => {
    const seen = await serve(echo, { headMs: 100 })
    expect(await talk(seen.port, 'GET / HTTP/1.1\r\nHost: a\r\n')).toMatch(/^HTTP\/1\.1 408/)
    await ended(seen, ['slow-head'])
  })

  test('a head that comes byte by byte is given no more time than any other', async () => {
    const seen = await serve(echo, { headMs: 300 })
    const started = Date.now()
    const got = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connect(seen.port, '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\nX: ')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.on('end', () => {
        clearInterval(drip)
        socket.destroy()
        resolve(all)
      })
    })
    expect(got).toMatch(/^HTTP\/1\.1 408/)
    expect(Date.now() - started).toBeLessThan(1_500)
  })

  test('silence ends the connection without a word, before a request and after one', async () => {
    const seen = await serve(echo, { headMs: 100, idleMs: 100 })
    expect(await talk(seen.port, '')).toBe('')
    expect(await talk(seen.port, get('/one'))).toMatch(/\/one$/)
    await ended(seen, ['slow-head', 'idle'])
  })

  test('a peer that reads nothing is not written to for ever', async () => {
    const block = Buffer.alloc(65_536)
    let written = 0
    const seen = await serve(
      (exchange) => {
        exchange.begin({ status: 200, fields: [] }, 1 << 30)
        const next = () => {
          written += block.length
          exchange.write(block, next)
        }
        next()
      },
      { stallMs: 200 },
    )
    const socket = connect(seen.port, '127.0.0.1', () => socket.write(get('/')))
    socket.on('error', () => {})
    socket.pause()
    while (seen.ends.length === 0) await later(50)
    socket.destroy()
    await ended(seen, ['stalled'])
    expect(seen.exchanges[0]?.whole).toBe(false)
    expect(written).toBeLessThan(64 << 20)
  })

  test('a client that sends requests and reads no answers is paused', async () => {
    let answered = 0
    const body = Buffer.alloc(8_192)
    const seen = await serve(
      (exchange) => {
        answered++
        exchange.respond({ status: 200, fields: [] }, body)
      },
      { stallMs: 300 },
    )
    const socket = connect(seen.port, '127.0.0.1', () => socket.write(get('/').repeat(100_000)))
    socket.on('error', () => {})
    socket.pause()
    while (seen.ends.length === 0) await later(50)
    socket.destroy()
    await ended(seen, ['stalled'])
    expect(answered).toBeLessThan(5_000)
  })

  test('an answer that never comes ends with its time', async () => {
    const seen = await serve(() => {}, { exchangeMs: 100 })
    expect(await talk(seen.port, get('/'))).toBe('')
    await ended(seen, ['too-long'])
  })
})

describe('bodies', () => {
  test('a response short of its length cuts the connection', async () => {
    const seen = await serve((exchange) => {
      exchange.begin({ status: 200, fields: [] }, 10)
      exchange.write(Buffer.from('12345'), () => exchange.finish())
    })
    expect(await talk(seen.port, get('/'))).toMatch(/Content-Length: 10\r\n[\s\S]*12345$/)
    await ended(seen, ['cut'])
    expect(seen.exchanges[0]?.whole).toBe(false)
  })

  test('more than the length is never sent', async () => {
    const seen = await serve((exchange) => {
      exchange.begin({ status: 200, fields: [] }, 3)
      exchange.write(Buffer.from('12345'), () => {})
    })
    expect(await talk(seen.port, get('/'))).not.toContain('123')
    await ended(seen, ['cut'])
  })

  test('HEAD has the length and no body', async () => {
    const seen = await serve((exchange) => {
      if (exchange.head.target === '/whole') exchange.respond({ status: 200, fields: [] }, 'body')
      else exchange.begin({ status: 200, fields: [] }, 1_000_000)
    })
    const head = (path: string, more: string) => `HEAD ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
    const got = await talk(seen.port, head('/whole', '') + head('/begun', 'Connection: close\r\n'))
    expect(got.match(/Content-Length: \d+/g)).toEqual(['Content-Length: 4', 'Content-Length: 1000000'])
    expect(got).not.toContain('body')
  })

  test('a request body is handed on piece by piece, with backpressure, then the next request is read', async () => {
    const sizes: number[] = []
    const seen = await serve((exchange) => {
      if (exchange.head.method === 'GET') return echo(exchange)
      let total = 0
      exchange.readBody({
        part: (bytes) => {
          total += bytes.length
          setTimeout(() => exchange.readOn(), 1)
          return false
        },
        end: () => {
          sizes.push(total)
          exchange.respond({ status: 201, fields: [] }, '')
        },
      })
    })
    const put = `PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`
    const chunked = 'PUT /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'
    const got = await talk(seen.port, put + chunked + last('/after'))
    expect(sizes).toEqual([300_000, 5])
    expect(got).toMatch(/^HTTP\/1\.1 201 [\s\S]*HTTP\/1\.1 201 [\s\S]*\/after$/)
  })

  test('a client that asks first is told to go on', async () => {
    const seen = await serve((exchange) =>
      exchange.readBody({
        part: () => true,
        end: () => exchange.respond({ status: 200, fields: [] }, 'got'),
      }),
    )
    const put = 'PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n'
    expect(await talk(seen.port, put, 'Continue\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(await talk(seen.port, `${put}ab`, 'got')).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/)
  })

  test('a broken chunk ends the connection', async () => {
    const seen = await serve((exchange) => exchange.readBody({ part: () => true, end: () => echo(exchange) }))
    const put = 'PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await talk(seen.port, `${put}5\nhello\r\n0\r\n\r\n`)).toBe('')
    await ended(seen, ['refused'])
  })
})

test('stop lets the response at hand end and takes no other', async () => {
  const seen = await serve((exchange) => void setTimeout(() => echo(exchange), 80))
  const answer = talk(seen.port, get('/one') + get('/two'))
  await later(30)
  seen.connections[0]?.stop()
  const got = await answer
  expect(got).toContain('/one')
  expect(got).not.toContain('/two')
})

test('a client that takes little at a time, but goes on taking, is not cut as stalled', async () => {
  const body = Buffer.alloc(131_072, 'firmware')
  const parts: Buffer[] = []
  const socket: Duplex = new Duplex({
    read() {},
    // 16 KiB in 0.3 s: all of it takes longer than a client may stall.
    write: (chunk: Buffer, _encoding, done) => {
      const take = () => {
        if (socket.destroyed) return
        parts.push(chunk)
        done()
      }
      setTimeout(take, (chunk.length / 16_384) * 300)
    },
  })
  const ends: HttpEnd[] = []
  const handler: HttpHandler = (exchange) => exchange.respond({ status: 200, fields: [] }, body)
  const limits = { ...defaultHttpLimits, stallMs: 900 }
  new HttpConnection(socket, handler, new DeadlineSweep(), limits, { onClose: (end) => ends.push(end) })
  socket.push('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await vi.waitFor(() => expect(ends).toHaveLength(1), { timeout: 10_000 })
  expect(ends).toEqual(['peer'])
  expect(Buffer.concat(parts).subarray(-body.length).equals(body)).toBe(true)
}, 15_000)
