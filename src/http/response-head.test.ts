import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import { headerHasToken, headerValue, MAX_HEAD_BYTES, ResponseHeadParser } from './response-head.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

function parse(text: string) {
  return new ResponseHeadParser().push(bytes(text))
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error.code
    throw error
  }
}

const plain =
  'HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nX-Empty:\r\nConnection: Keep-Alive, Foo\r\n\r\n'

describe('ResponseHeadParser', () => {
  test('reads the status line and the fields, and says how many bytes were its own', () => {
    const result = parse(`${plain}body`)
    expect(result?.consumed).toBe(plain.length)
    expect(result?.head).toMatchObject({
      httpVersion: '1.1',
      status: 206,
      reason: 'Partial Content',
      headBytes: plain.length,
      oddities: [],
    })
    expect(headerValue(result!.head, 'content-LENGTH')).toBe('10')
    expect(headerValue(result!.head, 'x-empty')).toBe('')
    expect(headerHasToken(result!.head, 'connection', 'keep-alive')).toBe(true)
    expect(headerHasToken(result!.head, 'connection', 'close')).toBe(false)
  })

  test('is the same whole, byte by byte and cut anywhere', () => {
    const whole = parse(plain)!.head
    for (let cut = 0; cut <= plain.length; cut++) {
      const parser = new ResponseHeadParser()
      const first = parser.push(bytes(plain.slice(0, cut)))
      expect((first ?? parser.push(bytes(`${plain.slice(cut)}rest`)))?.head).toEqual(whole)
    }
    const parser = new ResponseHeadParser()
    const steps = [...bytes(plain)].map((byte) => parser.push(Uint8Array.of(byte)))
    expect(steps.slice(0, -1).every((step) => step === undefined)).toBe(true)
    expect(steps.at(-1)).toEqual({ head: whole, consumed: 1 })
  })

  test('what departs from the RFC is read and named', () => {
    expect(parse('HTTP/1.1 200 OK\nA: b\n\n')?.head.oddities).toEqual(['bare-line-feed'])
    const folded = parse('HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\n')!.head
    expect([folded.headers, folded.oddities]).toEqual([[['A', 'b c']], ['folded-line']])
    expect(parse('HTTP/1.1 200 OK\r\nnonsense\r\nA : b\r\n\r\n')?.head.oddities).toEqual([
      'line-without-colon',
      'space-before-colon',
    ])
    expect(parse('HTTP/1.1 200\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n')?.head).toMatchObject({
      reason: '',
      oddities: ['repeated-content-length'],
    })
  })

  test('bytes that cannot be HTTP are refused at the first of them', () => {
    expect(codeOf(() => parse('S'))).toBe('value')
    expect(codeOf(() => parse('HTTX'))).toBe('value')
    expect(codeOf(() => parse('HTTP/1.1 abc\r\n\r\n'))).toBe('value')
    expect(codeOf(() => parse('HTTP/'))).toBeUndefined()
  })

  test('a head without end is refused at the bound', () => {
    const parser = new ResponseHeadParser()
    parser.push(bytes('HTTP/1.1 200 OK\r\n'))
    const line = bytes(`A: ${'x'.repeat(1021)}`)
    expect(
      codeOf(() => {
        for (let i = 0; i < 100; i++) parser.push(line)
      }),
    ).toBe('too-large')
    expect(parser.received).toBeLessThanOrEqual(MAX_HEAD_BYTES)
    const fits = `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(MAX_HEAD_BYTES - 24)}\r\n\r\n`
    expect(parse(fits)?.head.headBytes).toBe(MAX_HEAD_BYTES)
    expect(codeOf(() => parse(fits.replace('A: ', 'A:  ')))).toBe('too-large')
  })

  test('any bytes are a head, an unfinished head, or a DecodeError', () => {
    const soup = fc.array(
      fc.constantFrom(
        'HTTP/1.1 ',
        '200',
        ' OK',
        '\r\n',
        '\n',
        '\r',
        ':',
        ' ',
        'A',
        'Content-Length',
        '\t',
        '\0',
        '\xff',
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(soup, fc.boolean(), (parts, prefixed) => {
        codeOf(() => parse((prefixed ? 'HTTP/1.1 200 OK\r\n' : '') + parts.join('')))
      }),
    )
  })
})
