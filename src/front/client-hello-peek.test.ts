import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorMs } from '../../test/support/processor-time.ts'
import { encodeClientHello } from '../tls/client-hello.ts'
import { ClientHelloPeek, MAX_PEEK_BYTES, type Peeked } from './client-hello-peek.ts'

const message = encodeClientHello(
  {
    version: 0x0303,
    cipherSuites: [0xc02b, 0x00ff],
    extensions: [{ kind: 'server_name', host: 'a.test' }],
  },
  new Uint8Array(32).fill(7),
)
/** CLIENT-HELLO of SSL 2.0, as OpenSSL 0.9.8 wrote it: TLS 1.0 at most, one suite of each kind. */
const sslv2 = Buffer.from(`802201030100090000001000002f0100800000ff${'5a'.repeat(16)}`, 'hex')

describe('a ClientHello at the start of a connection', () => {
  test('is found in one piece, and all bytes are kept', () => {
    const bytes = Buffer.concat([record(message), Buffer.from('more')])
    const peek = new ClientHelloPeek()
    const found = peek.push(bytes)
    expect(found).toMatchObject({ kind: 'hello', sslv2: false, hello: { cipherSuites: [0xc02b, 0x00ff] } })
    expect(Buffer.from(peek.bytes)).toEqual(bytes)
  })

  test('is found wherever records and segments cut it', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, sizes, (records, segments) => {
        const stream = Buffer.concat(cut(message, records).map(record))
        const peek = new ClientHelloPeek()
        let found: Peeked | undefined
        const pieces = cut(stream, segments)
        pieces.forEach((piece, at) => {
          found = peek.push(piece)
          if (at < pieces.length - 1) expect(found).toBeUndefined()
        })
        expect(found).toMatchObject({ kind: 'hello', hello: { version: 0x0303 } })
        expect(Buffer.from(peek.bytes)).toEqual(stream)
      }),
    )
  })

  test('of SSL 2.0 is read as the hello that it stands for', () => {
    const found = pushAll(sslv2, 1)
    expect(found).toMatchObject({
      kind: 'hello',
      sslv2: true,
      hello: { version: 0x0301, cipherSuites: [0x002f, 0x00ff], extensions: [] },
    })
  })

  test('that is broken inside is still one, for OpenSSL to answer', () => {
    const broken = Uint8Array.from(message)
    broken[38] = 0xff // session_id
    expect(pushAll(record(broken), 9)).toEqual({ kind: 'hello', hello: undefined, sslv2: false })
  })
})

describe('what is no ClientHello', () => {
  test.each([
    ['GET / HTTP/1.1\r\n', true],
    ['PRI * HTTP/2.0\r\n', true],
    ['GETTING', false],
    ['SSH-2.0-OpenSSH_9.2\r\n', false],
    ['\u0010\u0010\u0000\u0004MQTT', false],
  ])('%j, whole or byte by byte', (text, plainHttp) => {
    const bytes = Buffer.from(text, 'latin1')
    expect(pushAll(bytes, bytes.length)).toMatchObject({ kind: 'not-tls', plainHttp })
    expect(pushAll(bytes, 1)).toMatchObject({ kind: 'not-tls', plainHttp })
  })

  test('a record of another message is told by its first bytes', () => {
    expect(pushAll(Buffer.from('160303400002', 'hex'), 1)).toMatchObject({ kind: 'not-tls' })
  })

  test('an alert', () => {
    expect(pushAll(Buffer.from('15030300020230', 'hex'), 3)).toEqual({ kind: 'alert', description: 48 })
  })

  test.each([
    ['a hello that declares more than is taken', Buffer.from('160301000401004001', 'hex')],
    ['records without content', Buffer.concat(Array(8000).fill(Buffer.from('1603010000', 'hex')))],
    ['a hello in records of one byte that never ends', oneByteRecords()],
  ])('%s is given up', (_what, bytes) => {
    expect(pushAll(bytes, 997)).toMatchObject({ kind: 'not-tls' })
  })

  test('any noise is answered within the bound, without a throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', '16', '1603', '160301', '15', '80', '8022', '47'),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 64 }),
        (start, noise, size) => {
          const peek = new ClientHelloPeek()
          let found: Peeked | undefined
          const bytes = Buffer.concat([Buffer.from(start, 'hex'), noise, Buffer.alloc(MAX_PEEK_BYTES)])
          for (let at = 0; found === undefined && at < bytes.length; at += size) {
            found = peek.push(bytes.subarray(at, at + size))
          }
          expect(found).toBeDefined()
        },
      ),
      { numRuns: 300 },
    )
  })
})

test('a hello in the smallest pieces costs no more than its bytes', () => {
  // 650,000 segments: with work that grew with what is there already this would take minutes.
  const tookMs = processorMs(() => {
    for (let round = 0; round < 20; round++) pushAll(oneByteRecords(), 1)
  })
  expect(tookMs).toBeLessThan(10_000)
})

function oneByteRecords(): Buffer {
  const huge = Buffer.concat([Buffer.from('01003f00', 'hex'), Buffer.alloc(6000)])
  return Buffer.concat([...huge].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte])))
}

function record(fragment: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 255]), fragment])
}

/** Pieces of these sizes, over and over. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + sizes[turn % sizes.length]!
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

function pushAll(bytes: Uint8Array, size: number): Peeked | undefined {
  const peek = new ClientHelloPeek()
  for (const piece of cut(bytes, [size])) {
    const found = peek.push(piece)
    if (found !== undefined) return found
  }
  return undefined
}
