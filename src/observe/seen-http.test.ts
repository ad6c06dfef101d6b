import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlaintextEnd, readHttp } from './seen-http.ts'
import { readMqtt } from './seen-mqtt.ts'

const request = 'GET /a?token=abcdefgh1234 HTTP/1.1\r\nHost: a.test\r\nX-Api-Key: qwertzuiop\r\n\r\n'

describe('plaintext of a capture', () => {
  test('an error page that echoes the request is kept without its secrets', () => {
    const page = 'no such token: abcdefgh1234, key qwertzuiop'
    const response = read(request, `HTTP/1.1 403 No\r\nContent-Length: ${page.length}\r\n\r\n${page}`)
    expect(response?.exchange?.request.path).toBe('/a?token=[blanked]')
    expect(response?.exchange?.response?.errorText).toBe('no such token: [blanked], key [blanked]')
  })

  test('a request without an answer is one that the server closed on', () => {
    expect(read(request, '')?.exchange).toMatchObject({ response: undefined, error: 'closed' })
  })

  test('a client that closes first gave up waiting; a capture that ends first tells nothing', () => {
    expect(read(request, '', 'by-client')?.exchange).toMatchObject({ error: 'timeout' })
    expect(read(request, '', 'open')).toMatchObject({ exchange: undefined, path: '/a?token=[blanked]' })
    const connect = Buffer.from('100d00044d51545404c2003c000161', 'hex')
    expect(readMqtt(connect, Buffer.alloc(0), 'open')).toEqual({ exchange: undefined })
    expect(readMqtt(connect, Buffer.alloc(0), 'by-client')?.exchange).toMatchObject({ error: 'timeout' })
    expect(readMqtt(connect, Buffer.alloc(0), 'by-server')?.exchange).toMatchObject({ error: 'closed' })
  })

  test('a request whose head is not whole is not read: its length would be a guess', () => {
    expect(read(request.slice(0, -1), '')).toBeUndefined()
  })

  test.each([
    ['a signature, percent-decoded', 'GET /a?sig=AbCd%2BEfGh%3D HTTP/1.1\r\n\r\n', 'AbCd+EfGh='],
    ['a password of Basic', 'GET / HTTP/1.1\r\nAuthorization: Basic bWU6cXdlcnR6\r\n\r\n', 'qwertz'],
    ['a cookie', 'GET / HTTP/1.1\r\nCookie: theme=dark; id=qwertz123\r\n\r\n', 'qwertz123'],
    ['a token of a bot', `GET /bot123456:${'aB3'.repeat(9)}/x HTTP/1.1\r\n\r\n`, `123456:${'aB3'.repeat(9)}`],
  ])('%s that is echoed is blanked, in head and body', (_, asked, secret) => {
    const page = `${'.'.repeat(290)}${secret}`
    const head = `HTTP/1.1 403 ${secret}\r\nServer: ${secret}\r\nETag: "${secret}"\r\nLocation: /${secret}`
    const seen = read(asked, `${head}\r\nContent-Length: ${page.length}\r\n\r\n${page}`)
    expect(seen?.exchange?.response?.errorText).toContain('....')
    expect(JSON.stringify(seen)).not.toContain(secret.slice(0, 6))
  })

  test('a chunked body is measured without its chunk lines, and ends at the last of them', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    const whole = read(request, `${head}5\r\nhello\r\n0\r\n\r\n`, 'open')?.exchange?.response
    expect(whole).toMatchObject({ bodyBytes: 5, bodyComplete: true })
    const cut = read(request, `${head}5\r\nhel`)?.exchange?.response
    expect(cut).toMatchObject({ bodyBytes: 3, bodyComplete: false })
  })

  test('content codings are kept as sent, and what the request says of them', () => {
    const asked = 'GET /fw HTTP/1.1\r\nAccept-Encoding: gzip\r\nHost: a.test\r\naccept-encoding: br\r\n\r\n'
    const head =
      'HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n'
    const seen = read(asked, `${head}ab`)?.exchange
    expect(seen?.request.acceptEncoding).toBe('gzip, br')
    expect(seen?.response).toMatchObject({ contentEncoding: 'deflate, gzip', transferEncoding: undefined })
    const plain = read(request, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab')?.exchange
    expect(plain?.request.acceptEncoding).toBeUndefined()
    expect(plain?.response?.contentEncoding).toBeUndefined()
  })

  test('a content coding without end is cut, and one that echoes a secret is blanked', () => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: qwertzuiop, ${'gzip,'.repeat(2000)}`
    const coding = read(request, `${head}\r\n\r\n`)?.exchange?.response?.contentEncoding
    expect(coding).toHaveLength(512)
    expect(coding).toMatch(/^\[blanked\], gzip,/)
  })

  test('an answer that is no HTTP is told as such', () => {
    expect(read(request, 'SSH-2.0-OpenSSH\r\n')?.exchange).toMatchObject({
      response: undefined,
      error: 'not-http',
    })
  })

  test('interim answers are passed over', () => {
    const response = read(request, 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 Done\r\n\r\n')?.exchange
      ?.response
    expect(response).toMatchObject({ status: 204, headOffset: 25, bodyBytes: 0, bodyComplete: true })
  })

  test('what is neither HTTP nor MQTT is neither', () => {
    expect(read('\x16\x03\x01', 'HTTP/1.1 200 OK\r\n\r\n')).toBeUndefined()
    expect(readMqtt(Buffer.from(request), Buffer.of(0x20, 2, 0, 0), 'open')).toBeUndefined()
    expect(readMqtt(Buffer.of(0x10, 0xff, 0xff, 0xff, 0xff, 0xff), Buffer.alloc(0), 'open')).toBeUndefined()
  })

  test('cut at any byte it is read as far as it goes, and throws nothing', () => {
    const connect = Buffer.from('101200044d51545404c2003c000161000162000163', 'hex')
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
    for (let at = 0; at <= request.length; at++) read(request.slice(0, at), answer.slice(0, at))
    for (let at = 0; at <= connect.length; at++)
      readMqtt(connect.subarray(0, at), Buffer.of(0x20, 2, 0, 0).subarray(0, at), 'by-server')
    const start = fc.constantFrom(
      'GET / HTTP/1.1\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: ',
      '\x10\x7f\0\x04MQTT',
      '',
    )
    fc.assert(
      fc.property(
        start,
        fc.string({ unit: 'binary' }),
        start,
        fc.string({ unit: 'binary' }),
        (a, b, c, d) => {
          read(a + b, c + d)
          readMqtt(Buffer.from(a + b, 'latin1'), Buffer.from(c + d, 'latin1'), 'by-client')
        },
      ),
    )
  })
})

function read(asked: string, answered: string, end: PlaintextEnd = 'by-server'): ReturnType<typeof readHttp> {
  const [request, response] = [asked, answered].map((text) => Buffer.from(text, 'latin1')) as [Buffer, Buffer]
  const records = [{ plaintextBytes: response.length, count: 1, offset: 0 }]
  return readHttp({ request, response, records, end })
}
