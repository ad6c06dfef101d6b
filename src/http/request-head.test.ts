import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type HeadRefusal,
  listField,
  MAX_REQUEST_FIELDS,
  MAX_REQUEST_HEAD_BYTES,
  MAX_TARGET_BYTES,
  onlyField,
  type RequestHead,
  readRequestHead,
} from './request-head.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const request = (lines: string, line = 'GET / HTTP/1.1') => `${line}\r\n${lines}\r\n\r\n`

function head(text: string): RequestHead {
  const result = readRequestHead(bytes(text))
  if (result.kind !== 'head') throw new Error(JSON.stringify(result))
  return result.head
}

function refusal(text: string): HeadRefusal | 'taken' | 'waits' {
  const result = readRequestHead(bytes(text))
  return result.kind === 'refused' ? result.refusal : result.kind === 'head' ? 'taken' : 'waits'
}

describe('a request head', () => {
  test('is read with names in lower case and values as sent', () => {
    const text = request('HOST: 192.0.2.1:8443\r\nRange:bytes=0-1 \r\nX-Empty:\r\nx-a: b\tc')
    expect(head(text)).toEqual({
      method: 'GET',
      target: '/',
      form: 'origin',
      authority: '192.0.2.1:8443',
      version: '1.1',
      fields: [
        ['host', '192.0.2.1:8443'],
        ['range', 'bytes=0-1'],
        ['x-empty', ''],
        ['x-a', 'b\tc'],
      ],
      body: { kind: 'none' },
      keepAlive: true,
      expectsContinue: false,
      headBytes: text.length,
    })
  })

  test('ends where the next begins, cut at any byte', () => {
    const first = request('Host: a')
    const both = bytes(first + request('Host: b', 'HEAD /b HTTP/1.1'))
    for (let length = 0; length < first.length; length++) {
      expect(readRequestHead(both.subarray(0, length)).kind).toBe('more')
    }
    expect(readRequestHead(both)).toMatchObject({ kind: 'head', end: first.length })
    expect(readRequestHead(both, first.length)).toMatchObject({ head: { method: 'HEAD' }, end: both.length })
  })

  test('keeps the connection as RFC 9112 §9.3 says', () => {
    const keeps = (lines: string, line?: string) => head(request(lines, line)).keepAlive
    expect(keeps('Host: a')).toBe(true)
    expect(keeps('Host: a\r\nConnection: x, Close')).toBe(false)
    expect(keeps('Host: a', 'GET / HTTP/1.0')).toBe(false)
    expect(keeps('Connection: Keep-Alive', 'GET / HTTP/1.0')).toBe(true)
  })

  test('may follow two empty lines and no more', () => {
    expect(head(`\r\n\r\n${request('Host: a')}`).method).toBe('GET')
    expect(refusal(`\r\n\r\n\r\n${request('Host: a')}`)).toMatchObject({ status: 400 })
  })

  test('names its body by one length or by chunked', () => {
    expect(head(request('Host: a\r\nContent-Length: 12', 'PUT /x HTTP/1.1')).body).toEqual({
      kind: 'length',
      bytes: 12,
    })
    expect(head(request('Host: a\r\nTransfer-Encoding: Chunked')).body).toEqual({ kind: 'chunked' })
    expect(head(request('Host: a\r\nContent-Length: 0')).body).toEqual({ kind: 'none' })
    expect(head(request('Host: a\r\nContent-Length: 3\r\nExpect: 100-Continue')).expectsContinue).toBe(true)
    expect(head(request('Host: a\r\nExpect: 100-continue')).expectsContinue).toBe(false)
  })

  test('in absolute-form names the host that counts, whatever Host says', () => {
    const absolute = head(request('Host: other', 'GET https://a.test:8443/fw?x=1 HTTP/1.1'))
    expect(absolute).toMatchObject({ form: 'absolute', target: '/fw?x=1', authority: 'a.test:8443' })
    expect(head(request('Host: a', 'GET http://[2001:db8::1] HTTP/1.1'))).toMatchObject({
      target: '/',
      authority: '[2001:db8::1]',
    })
    expect(head(request('Host: a', 'OPTIONS * HTTP/1.1'))).toMatchObject({ form: 'asterisk', target: '*' })
  })

  test('gives a field that must be single only where it is', () => {
    const twice = head(request('Host: a\r\nRange: bytes=0-1\r\nrange: bytes=2-3\r\nIf-Match: "a"'))
    expect([onlyField(twice, 'range'), listField(twice, 'range')]).toEqual([
      undefined,
      'bytes=0-1, bytes=2-3',
    ])
    expect([onlyField(twice, 'if-match'), listField(twice, 'x')]).toEqual(['"a"', undefined])
  })
})

describe('smuggling and its like', () => {
  const host = 'Host: a\r\n'
  test.each([
    ['both lengths', request(`${host}Content-Length: 3\r\nTransfer-Encoding: chunked`), 400],
    ['both lengths, the other way', request(`${host}Transfer-Encoding: chunked\r\nContent-Length: 3`), 400],
    ['two lengths', request(`${host}Content-Length: 3\r\nContent-Length: 4`), 400],
    ['one length twice', request(`${host}Content-Length: 3\r\nContent-Length: 3`), 400],
    ['a list of lengths', request(`${host}Content-Length: 3, 3`), 400],
    ['a signed length', request(`${host}Content-Length: +3`), 400],
    ['a negative length', request(`${host}Content-Length: -3`), 400],
    ['a hex length', request(`${host}Content-Length: 0x3`), 400],
    ['a length before a tab', request(`${host}Content-Length: 3\t`), 400],
    ['chunked before a tab', request(`${host}Transfer-Encoding: chunked\t`), 400],
    ['an empty length', request(`${host}Content-Length:`), 400],
    ['a huge length', request(`${host}Content-Length: 99999999999999999999`), 400],
    ['another coding', request(`${host}Transfer-Encoding: gzip`), 501],
    ['identity', request(`${host}Transfer-Encoding: identity`), 501],
    ['chunked not last', request(`${host}Transfer-Encoding: chunked, gzip`), 400],
    ['chunked after another', request(`${host}Transfer-Encoding: gzip, chunked`), 400],
    ['chunked twice', request(`${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked`), 400],
    ['chunked misspelt', request(`${host}Transfer-Encoding: xchunked`), 501],
    ['chunked behind a vertical tab', request(`${host}Transfer-Encoding: \x0bchunked`), 400],
    ['chunked in HTTP/1.0', request(`${host}Transfer-Encoding: chunked`, 'GET / HTTP/1.0'), 400],
    ['space before the colon', request(`${host}Transfer-Encoding : chunked`), 400],
    ['tab before the colon', request(`${host}Content-Length\t: 3`), 400],
    ['a folded line', request(`${host}X: a\r\n b`), 400],
    ['a line folded by a tab', request(`${host}X: a\r\n\tTransfer-Encoding: chunked`), 400],
    ['white space before the first field', request(` Host: a\r\n${host}`), 400],
    ['a bare LF in a field', request(`${host}X: a\nContent-Length: 3`), 400],
    ['a bare CR in a field', request(`${host}X: a\rContent-Length: 3`), 400],
    ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
    ['lines that end in LF', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['NUL in a value', request(`${host}X: a\0b`), 400],
    ['NUL in a name', request(`${host}X\0: a`), 400],
    ['NUL in the target', request('Host: a', 'GET /\0 HTTP/1.1'), 400],
    ['no colon', request(`${host}Nothing`), 400],
    ['no name', request(`${host}: a`), 400],
    ['a name that is no token', request(`${host}X(y): a`), 400],
    ['no Host', 'GET / HTTP/1.1\r\nX: y\r\n\r\n', 400],
    ['two Hosts', request(`${host}Host: a`), 400],
    ['Host with a path', request('Host: a/b'), 400],
    ['Host with userinfo', request('Host: u@a'), 400],
    ['Host with a space', request('Host: a b'), 400],
    ['an empty Host', request('Host:'), 400],
    ['HTTP/0.9', 'GET /\r\n', 400],
    ['HTTP/0.9 without CR', 'GET /\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['HTTP/1.2', request('Host: a', 'GET / HTTP/1.2'), 505],
    ['a version in small letters', request('Host: a', 'GET / http/1.1'), 400],
    ['two spaces', request('Host: a', 'GET  / HTTP/1.1'), 400],
    ['a tab in the request line', request('Host: a', 'GET\t/ HTTP/1.1'), 400],
    ['space in the target', request('Host: a', 'GET /a b HTTP/1.1'), 400],
    ['CONNECT', request('Host: a', 'CONNECT a:443 HTTP/1.1'), 405],
    ['asterisk with GET', request('Host: a', 'GET * HTTP/1.1'), 400],
    ['a fragment', request('Host: a', 'GET /a#b HTTP/1.1'), 400],
    ['a target without slash', request('Host: a', 'GET a HTTP/1.1'), 400],
    ['an absolute target with userinfo', request('Host: a', 'GET http://u@a/ HTTP/1.1'), 400],
    ['another scheme', request('Host: a', 'GET ftp://a/ HTTP/1.1'), 400],
    ['bytes beyond ASCII in the target', request('Host: a', 'GET /\xff HTTP/1.1'), 400],
    ['another expectation', request(`${host}Expect: 200-ok`), 417],
    ['a TLS record', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n', 400],
  ])('%s is refused', (_, text, status) => {
    expect(refusal(text)).toMatchObject({ status })
  })

  test('heads have bounds', () => {
    expect(refusal(`GET /${'a'.repeat(MAX_TARGET_BYTES)} HTTP/1.1\r\n`)).toMatchObject({ status: 414 })
    expect(refusal(`GET /${'a'.repeat(2 * MAX_TARGET_BYTES)}`)).toMatchObject({ status: 414 })
    const fields = (count: number) => Array.from({ length: count }, (_, at) => `x-${at}: y`).join('\r\n')
    expect(refusal(request(`Host: a\r\n${fields(MAX_REQUEST_FIELDS - 1)}`))).toBe('taken')
    expect(refusal(request(`Host: a\r\n${fields(MAX_REQUEST_FIELDS)}`))).toMatchObject({ status: 431 })
    const padded = (size: number) => {
      const rest = request('Host: a\r\nX: ').length
      return request(`Host: a\r\nX: ${'y'.repeat(size - rest)}`)
    }
    expect(refusal(padded(MAX_REQUEST_HEAD_BYTES))).toBe('taken')
    expect(refusal(padded(MAX_REQUEST_HEAD_BYTES + 1))).toMatchObject({ status: 431 })
    expect(refusal(padded(MAX_REQUEST_HEAD_BYTES + 90).slice(0, -20))).toMatchObject({ status: 431 })
  })
})

/** Node's own server, fed with bytes in memory: what it made of the first request, and whether it saw the next. */
interface Seen {
  readonly requests: readonly { method: string; url: string; headers: readonly string[]; body: string }[]
  readonly clientError: boolean
}

const node = createServer({ requireHostHeader: true })
afterAll(() => node.close())

function nodeReads(text: string): Promise<Seen> {
  return new Promise((resolve) => {
    const requests: Seen['requests'][number][] = []
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    const finish = (clientError: boolean) => {
      node.off('request', onRequest)
      node.off('clientError', onError)
      socket.destroy()
      resolve({ requests, clientError })
    }
    const onError = () => finish(true)
    const onRequest = (message: IncomingMessage, response: { end(): void }) => {
      let body = ''
      message.setEncoding('latin1').on('data', (chunk: string) => {
        body += chunk
      })
      message.on('end', () => {
        const headers = message.rawHeaders.map((item, at) => (at % 2 === 0 ? item.toLowerCase() : item))
        requests.push({ method: message.method ?? '', url: message.url ?? '', headers, body })
        if (message.url === MARK) finish(false)
        else response.end()
      })
    }
    node.on('request', onRequest)
    node.on('clientError', onError)
    node.emit('connection', socket)
    socket.push(bytes(text))
    setTimeout(() => finish(false), 300).unref()
  })
}

const MARK = '/the-next-request'

describe('beside the parser of Node', () => {
  const token = fc.constantFrom(
    'Host',
    'Content-Length',
    'content-length',
    'Range',
    'X-A',
    'x_b',
    'Accept',
    'TE',
  )
  const odd = fc.constantFrom(
    '',
    ' ',
    '\t',
    '3',
    '5',
    'a',
    'chunked',
    'bytes=0-1',
    'é',
    '"q"',
    ',',
    '\x7f',
    '\0',
    '\n',
    '\r',
  )
  const field = fc
    .tuple(token, fc.constantFrom(':', ': ', ' : ', ':\t', ''), fc.array(odd, { maxLength: 3 }))
    .map(([name, colon, value]) => `${name}${colon}${value.join('')}`)
  const line = fc.constantFrom(
    'GET / HTTP/1.1',
    'GET /fw.bin?x=%41 HTTP/1.1',
    'HEAD /a/b HTTP/1.1',
    'PUT /x HTTP/1.1',
    'POST //x HTTP/1.1',
    'GET /a b HTTP/1.1',
    'OPTIONS * HTTP/1.1',
  )

  test('what both take, both take for the same, and both find the next request at the same place', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(line, fc.array(field, { maxLength: 4 }), async (first, fields) => {
        const text = `${first}\r\n${['Host: a.test', ...fields].join('\r\n')}\r\n\r\n`
        const ours = readRequestHead(bytes(text))
        if (ours.kind !== 'head') return
        const { head } = ours
        const body = head.body.kind === 'length' ? 'b'.repeat(head.body.bytes) : ''
        if (body.length > 1_000) return
        const seen = await nodeReads(
          `${text.slice(0, ours.end)}${body}GET ${MARK} HTTP/1.1\r\nHost: a\r\n\r\n`,
        )
        expect(seen.clientError).toBe(false)
        expect(seen.requests[0]).toEqual({
          method: head.method,
          url: head.target,
          headers: head.fields.flat(),
          body,
        })
        if (head.keepAlive) expect(seen.requests[1]?.url).toBe(MARK)
        compared++
      }),
      { numRuns: 2_000 },
    )
    expect(compared).toBeGreaterThan(100)
  }, 60_000)

  test('no bytes throw, and none are read past their end', () => {
    const piece = fc.constantFrom(
      'GET ',
      '/',
      ' HTTP/1.1',
      '\r\n',
      '\n',
      '\r',
      'Host: a',
      ': ',
      '\0',
      'é',
      'x',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const result = readRequestHead(bytes(text))
          if (result.kind === 'head') expect(result.end).toBeLessThanOrEqual(text.length)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
