import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTarget, TargetError, type TargetErrorCode } from './target.ts'

function codeOf(text: string): TargetErrorCode | undefined {
  try {
    parseTarget(text)
    return undefined
  } catch (error) {
    if (error instanceof TargetError) return error.code
    throw error
  }
}

describe('parseTarget', () => {
  test('schemes have their default ports, tls has none', () => {
    expect(parseTarget('https://example.com').target).toMatchObject({
      protocol: 'https',
      port: 443,
      path: '/',
    })
    expect(parseTarget('mqtts://example.com').target).toMatchObject({ protocol: 'mqtts', port: 8883 })
    expect(parseTarget('tls://example.com:4433').target).toMatchObject({ protocol: 'tls', port: 4433 })
    expect(codeOf('tls://example.com')).toBe('port-missing')
  })

  test('the path goes on the wire as written, and is counted before blanking', () => {
    const parsed = parseTarget('https://h.example:8443/a/../b%20c?sig=Secret%3D&v=1#frag')
    expect(parsed.requestPath).toBe('/a/../b%20c?sig=Secret%3D&v=1')
    expect(parsed.target.path).toBe('/a/../b%20c?sig=[blanked]&v=1')
    expect(parsed.target.pathBytes).toBe('/a/../b%20c?sig=Secret%3D&v=1'.length)
    expect(parsed.target.text).toBe('https://h.example:8443/a/../b%20c?sig=[blanked]&v=1#frag')
    expect(parsed.target.port).toBe(8443)
  })

  test('what cannot stand in a request line is percent-encoded', () => {
    expect(parseTarget('https://h.example/ä b').requestPath).toBe('/%C3%A4%20b')
    expect(parseTarget('https://h.example?x=1').requestPath).toBe('/?x=1')
  })

  test('IPv6 literals lose their brackets and become canonical', () => {
    expect(parseTarget('https://[2001:DB8:0::1]:8443/')).toMatchObject({
      literal: 6,
      target: { host: '2001:db8::1', port: 8443 },
    })
    expect(parseTarget('tls://[fe80::1%25eth0]:443').target.host).toBe('fe80::1%eth0')
    expect(codeOf('https://::1:8443/')).toBe('host-invalid')
    expect(codeOf('https://[::1')).toBe('host-invalid')
    expect(codeOf('https://[::zz]/')).toBe('host-invalid')
  })

  test('a dot at the end of the host is noted, and no part of the name', () => {
    expect(parseTarget('https://h.example./fw').target).toMatchObject({ host: 'h.example', finalDot: true })
    expect(parseTarget('https://h.example/fw').target).not.toHaveProperty('finalDot')
  })

  test('IPv4 literals are recognised', () => {
    expect(parseTarget('https://192.168.1.10:8070/hello.bin')).toMatchObject({
      literal: 4,
      target: { host: '192.168.1.10', port: 8070 },
    })
    expect(codeOf('https://300.1.1.1/')).toBe('host-invalid')
  })

  test('an internationalised name becomes A-labels', () => {
    expect(parseTarget('https://Bücher.example/').target.host).toBe('xn--bcher-kva.example')
    expect(parseTarget('https://EXAMPLE.com./').target.host).toBe('example.com')
  })

  test('user name and password are taken out and the password is blanked', () => {
    const parsed = parseTarget('mqtts://dev%40x:p%3Aw@broker.example')
    expect(parsed.userinfo).toEqual({ user: 'dev@x', password: 'p:w' })
    expect(parsed.target.text).toBe('mqtts://dev%40x:[blanked]@broker.example')
    expect(parsed.target.host).toBe('broker.example')
  })

  test('anything without a scheme is a file', () => {
    expect(parseTarget('./chain.pem')).toMatchObject({
      filePath: './chain.pem',
      target: { protocol: 'file' },
    })
    expect(parseTarget('a b/chain.pem').filePath).toBe('a b/chain.pem')
    expect(parseTarget('file:///tmp/chain.pem').filePath).toBe('/tmp/chain.pem')
  })

  test('wrong targets say what is wrong with a hint', () => {
    const cases: [string, TargetErrorCode][] = [
      ['', 'target-empty'],
      ['http://example.com/', 'scheme-unsupported'],
      ['ftp://example.com/', 'scheme-unsupported'],
      ['https://', 'host-missing'],
      ['https:///path', 'host-missing'],
      ['https://exa mple.com/', 'host-invalid'],
      ['https://example.com:0/', 'port-invalid'],
      ['https://example.com:65536/', 'port-invalid'],
      ['https://example.com:abc/', 'port-invalid'],
      ['https://h/\u0000', 'target-characters'],
      ['https://h/a\r\nX: y', 'target-characters'],
      ['example.com:8883', 'scheme-missing'],
      [`https://${'a'.repeat(64)}.example/`, 'host-invalid'],
      [`https://h.example/${'a'.repeat(20_000)}`, 'target-too-long'],
    ]
    for (const [text, code] of cases) expect([text, codeOf(text)]).toEqual([text, code])
    try {
      parseTarget('http://example.com/')
    } catch (error) {
      expect((error as TargetError).hint).toContain('https://')
    }
  })

  test('any text is a target or a TargetError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `https://${rest}`),
          fc.webUrl({ withQueryParameters: true, withFragments: true }),
        ),
        (text) => {
          codeOf(text)
        },
      ),
    )
  })

  test('what goes into a request line is printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (path) => {
        if (codeOf(`https://h.example/${path}`) !== undefined) return
        expect(parseTarget(`https://h.example/${path}`).requestPath).toMatch(/^[!-~]+$/)
      }),
    )
  })
})
