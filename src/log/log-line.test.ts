import { describe, expect, test } from 'vitest'
import { clientOf } from './log-line.ts'

describe('the client of a line in a log of a server', () => {
  test.each([
    [
      '2026/05/01 02:11:09 [info] 31#31: *880 SSL_do_handshake() failed, client: 10.0.0.7, server: 0.0.0.0:443',
      '10.0.0.7',
    ],
    [
      '2026/05/01 02:11:09 [info] 31#31: *880 client timed out, client: 2001:DB8::7, server: [::]:443',
      '2001:db8::7',
    ],
    [
      '[Fri May 01 02:11:09.1 2026] [ssl:info] [pid 9] [client 10.0.0.7:50512] AH01998: Connection closed',
      '10.0.0.7',
    ],
    ['10.0.0.7 - - [01/May/2026:02:15:31 +0000] "GET /fw.bin HTTP/1.1" 206 2048', '10.0.0.7'],
    ['10.0.0.7 - device-9 [01/May/2026:02:15:31 +0000] "GET /fw.bin HTTP/1.1" 200 2048', '10.0.0.7'],
    [
      'May  1 02:11:09 edge haproxy[12]: 10.0.0.7:33317 [01/May/2026:02:11:09.1] fe/1: SSL handshake failure',
      '10.0.0.7',
    ],
    ['2026/05/01 02:11:09 http: TLS handshake error from 10.0.0.7:33317: EOF', '10.0.0.7'],
    ['1642374279: Socket error on client <unknown>, disconnecting.', undefined],
    ['TLS handshake failed for 10.0.0.7', undefined],
  ])('%s', (line, client) => {
    expect(clientOf(line)).toBe(client)
  })

  test('is found in no time in a line that almost has one', () => {
    const before = performance.now()
    clientOf(`${'1.2.3.4:5 '.repeat(6000)}client: ${':'.repeat(9000)}`)
    expect(performance.now() - before).toBeLessThan(200)
  })
})
