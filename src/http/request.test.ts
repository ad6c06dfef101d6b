import { describe, expect, test } from 'vitest'
import { parseContentRange } from './content-range.ts'
import { resolveLocation } from './redirect.ts'
import { encodeRequest, hostField, type RequestPlan } from './request.ts'

const plan: RequestPlan = {
  method: 'GET',
  path: '/f.bin?v=1',
  host: 'h.example',
  port: 443,
  deviceLines: undefined,
  headers: [],
  range: undefined,
}
const text = (given: Partial<RequestPlan>) =>
  Buffer.from(encodeRequest({ ...plan, ...given })).toString('utf8')

describe('encodeRequest', () => {
  test('without device lines it is a plain, minimal request', () => {
    expect(text({})).toBe(
      'GET /f.bin?v=1 HTTP/1.1\r\nHost: h.example\r\nUser-Agent: tlsfit\r\nAccept: */*\r\n\r\n',
    )
  })

  test('device lines go out in their order, {range} filled either way', () => {
    const deviceLines = ['Range: bytes={range}', 'Host: {host}', 'Connection: keep-alive']
    expect(text({ deviceLines, range: { first: 0, last: 1023 } })).toBe(
      'GET /f.bin?v=1 HTTP/1.1\r\nRange: bytes=0-1023\r\nHost: h.example\r\nConnection: keep-alive\r\n\r\n',
    )
    expect(text({ deviceLines: ['Host: {host}', 'Range: {range}'], range: { first: 5, last: 9 } })).toContain(
      'Range: bytes=5-9\r\n',
    )
    expect(text({ deviceLines })).not.toContain('Range')
  })

  test('Host and Range are there even where the device lines forget them', () => {
    expect(text({ deviceLines: ['Accept: */*'], range: { first: 0, last: 1 } })).toBe(
      'GET /f.bin?v=1 HTTP/1.1\r\nHost: h.example\r\nAccept: */*\r\nRange: bytes=0-1\r\n\r\n',
    )
  })

  test('a given header takes the place of the device line of that name', () => {
    expect(
      text({
        headers: [
          ['host', 'other'],
          ['X-A', 'b'],
        ],
      }),
    ).toBe('GET /f.bin?v=1 HTTP/1.1\r\nhost: other\r\nUser-Agent: tlsfit\r\nAccept: */*\r\nX-A: b\r\n\r\n')
  })

  test('nothing given can end the head or the request line', () => {
    expect(() => text({ headers: [['X-A', 'b\r\nX-Evil: 1']] })).toThrow(RangeError)
    expect(() => text({ headers: [['X A', 'b']] })).toThrow(RangeError)
    expect(() => text({ path: '/a b' })).toThrow(RangeError)
    expect(() => text({ method: 'GET /' })).toThrow(RangeError)
  })

  test('the port goes into Host where it is not the default, an IPv6 address gets brackets', () => {
    expect(hostField('h.example', 8443)).toBe('h.example:8443')
    expect(hostField('fe80::1%eth0', 443)).toBe('[fe80::1]')
  })
})

describe('Content-Range', () => {
  test('is read in its three forms and nothing else', () => {
    expect(parseContentRange('bytes 0-9/100')).toEqual({ range: { first: 0, last: 9 }, total: 100 })
    expect(parseContentRange('bytes 0-9/*')).toEqual({ range: { first: 0, last: 9 }, total: undefined })
    expect(parseContentRange('bytes */100')).toEqual({ range: undefined, total: 100 })
    for (const broken of ['', 'bytes', 'bytes 9-0/100', 'bytes 0-9', 'items 0-9/100', 'bytes 0-9/1e3']) {
      expect([broken, parseContentRange(broken)]).toEqual([broken, undefined])
    }
  })
})

describe('resolveLocation', () => {
  const from = { host: 'api.example', port: 8443, path: '/a/b?x=1' }

  test('absolute, relative and scheme-relative forms', () => {
    expect(resolveLocation('https://cdn.example/f?sig=%2F', from)).toEqual({
      scheme: 'https',
      host: 'cdn.example',
      port: 443,
      path: '/f?sig=%2F',
    })
    expect(resolveLocation('/c', from)).toMatchObject({ host: 'api.example', port: 8443, path: '/c' })
    expect(resolveLocation('c', from)).toMatchObject({ path: '/a/c' })
    expect(resolveLocation('//other.example:1/c', from)).toMatchObject({ host: 'other.example', port: 1 })
    expect(resolveLocation('http://plain.example/', from)).toMatchObject({ scheme: 'http', port: 80 })
    expect(resolveLocation('https://[2001:db8::1]:8/', from)).toMatchObject({ host: '2001:db8::1', port: 8 })
  })

  test('what is no web URL leads nowhere', () => {
    for (const broken of ['ftp://h/', 'javascript:alert(1)', 'https://', 'https://h:99999/']) {
      expect([broken, resolveLocation(broken, from)]).toEqual([broken, undefined])
    }
  })
})
