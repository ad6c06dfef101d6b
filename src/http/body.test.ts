import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../codec/decode-error.ts'
import {
  BodyDecoder,
  type BodyFraming,
  bodyFraming,
  contentLength,
  keepsAlive,
  MAX_CHUNK_LINE_BYTES,
} from './body.ts'
import { type ResponseHead, ResponseHeadParser } from './response-head.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

function head(lines: string): ResponseHead {
  return new ResponseHeadParser().push(bytes(`HTTP/1.1 ${lines}\r\n\r\n`))!.head
}

/** Content and what is left over, fed in pieces of `size` bytes. */
function decode(framing: BodyFraming, input: Uint8Array, size = input.length || 1) {
  const decoder = new BodyDecoder(framing)
  const content: number[] = []
  let taken = 0
  for (let at = 0; at < input.length && !decoder.done; at += size) {
    const { parts, consumed } = decoder.push(input.subarray(at, at + size))
    taken += consumed
    for (const part of parts) content.push(...part)
  }
  return {
    text: Buffer.from(content).toString('latin1'),
    done: decoder.done,
    left: input.length - taken,
    decoder,
  }
}

describe('where a body ends', () => {
  test('as RFC 9112 §6.3 says', () => {
    expect(bodyFraming('GET', head('200 OK\r\nContent-Length: 5'))).toEqual({ kind: 'length', bytes: 5 })
    expect(bodyFraming('GET', head('200 OK\r\nContent-Length: 0'))).toEqual({ kind: 'none' })
    expect(bodyFraming('HEAD', head('200 OK\r\nContent-Length: 5'))).toEqual({ kind: 'none' })
    expect(bodyFraming('GET', head('204 No Content'))).toEqual({ kind: 'none' })
    expect(
      bodyFraming('GET', head('200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5')),
    ).toEqual({
      kind: 'chunked',
    })
    expect(bodyFraming('GET', head('200 OK'))).toEqual({ kind: 'until-close' })
  })

  test('Content-Length repeated with one value is that value; two values are an error', () => {
    expect(contentLength(head('200 OK\r\nContent-Length: 5\r\nContent-Length: 5, 5'))).toBe(5)
    expect(() => contentLength(head('200 OK\r\nContent-Length: 5\r\nContent-Length: 6'))).toThrow(DecodeError)
    expect(() => contentLength(head('200 OK\r\nContent-Length: -5'))).toThrow(DecodeError)
    expect(() => contentLength(head('200 OK\r\nContent-Length: 99999999999999999999'))).toThrow(DecodeError)
  })

  test('a connection stays usable unless the head or the framing says otherwise', () => {
    const length: BodyFraming = { kind: 'length', bytes: 1 }
    expect(keepsAlive(head('200 OK'), length)).toBe(true)
    expect(keepsAlive(head('200 OK\r\nConnection: close'), length)).toBe(false)
    expect(keepsAlive(head('200 OK'), { kind: 'until-close' })).toBe(false)
    const old = { ...head('200 OK'), httpVersion: '1.0' }
    expect(keepsAlive(old, length)).toBe(false)
  })
})

describe('BodyDecoder', () => {
  const chunked = '5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n'

  test('takes chunks apart, byte by byte and whole, and leaves what follows', () => {
    for (const size of [1, 2, 3, 7, 1000]) {
      expect(decode({ kind: 'chunked' }, bytes(`${chunked}HTTP/1.1`), size)).toMatchObject({
        text: 'hello world',
        done: true,
      })
    }
    expect(decode({ kind: 'chunked' }, bytes(`${chunked}HTTP/1.1`)).left).toBe(8)
  })

  test('a length takes exactly its bytes', () => {
    expect(decode({ kind: 'length', bytes: 3 }, bytes('abcdef'))).toMatchObject({
      text: 'abc',
      done: true,
      left: 3,
    })
    expect(decode({ kind: 'length', bytes: 9 }, bytes('abcdef'))).toMatchObject({
      text: 'abcdef',
      done: false,
    })
  })

  test('until-close is whole when the connection ends, a cut length is not', () => {
    const open = decode({ kind: 'until-close' }, bytes('abc'))
    expect([open.done, open.decoder.end(), open.decoder.done]).toEqual([false, true, true])
    expect(decode({ kind: 'length', bytes: 9 }, bytes('abc')).decoder.end()).toBe(false)
  })

  test('a broken chunk is a DecodeError', () => {
    for (const broken of ['zz\r\n', '\r\n', '-1\r\n', '3\r\nabcd\r\n', '1234567890123\r\n']) {
      expect(() => decode({ kind: 'chunked' }, bytes(broken))).toThrow(DecodeError)
    }
    expect(() => decode({ kind: 'chunked' }, bytes('1'.padEnd(MAX_CHUNK_LINE_BYTES + 2, ';')))).toThrow(
      DecodeError,
    )
    const endless = `0\r\n${'T: x\r\n'.repeat(10_000)}`
    expect(() => decode({ kind: 'chunked' }, bytes(endless))).toThrow(DecodeError)
  })

  test('strictly, a line ends in CR LF and holds no other CR', () => {
    const strict = (text: string) => {
      const decoder = new BodyDecoder({ kind: 'chunked' }, { strict: true })
      decoder.push(bytes(text))
      return decoder.done
    }
    expect(strict('3;x=y\r\nabc\r\n0\r\nT: x\r\n\r\n')).toBe(true)
    for (const odd of ['3\nabc', '3;a\rb\r\nabc', '3\r\nabc\n', '0\r\n\n', '0\r\nT: x\n\r\n']) {
      expect(() => strict(odd)).toThrow(DecodeError)
    }
  })

  test('what is chunked comes out again, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        (chunks, size) => {
          const parts = chunks.flatMap((chunk) => [
            bytes(`${chunk.length.toString(16)}\r\n`),
            chunk,
            bytes('\r\n'),
          ])
          const result = decode({ kind: 'chunked' }, Buffer.concat([...parts, bytes('0\r\n\r\n')]), size)
          expect(result.text).toBe(Buffer.concat(chunks).toString('latin1'))
          expect(result.done).toBe(true)
        },
      ),
    )
  })
})
