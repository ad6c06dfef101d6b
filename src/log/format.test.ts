import { describe, expect, test } from 'vitest'
import { processorMs } from '../../test/support/processor-time.ts'
import { compileFormat } from './format.ts'

describe('a line format', () => {
  test('keeps what its placeholders stand for', () => {
    const { expression, names } = compileFormat('mbedtls_ssl_handshake returned -0x{code:hex}')
    expect(names).toEqual(['code'])
    expect(expression.exec('E (7) esp-tls: mbedtls_ssl_handshake returned -0x2700')?.[1]).toBe('2700')
  })

  test('takes the 0 of 0x2700 for no decimal number', () => {
    const { expression } = compileFormat('ret = {code:int}')
    expect(expression.test('ret = -0x2700')).toBe(false)
    expect(expression.exec('ret = -9984')?.[1]).toBe('-9984')
    expect(expression.exec('ret = 0')?.[1]).toBe('0')
  })

  test('takes four hexadecimal digits, and neither fewer nor more', () => {
    const { expression } = compileFormat('code -0x{code:hex4}')
    expect(expression.exec('code -0x2700.')?.[1]).toBe('2700')
    expect(expression.test('code -0x10')).toBe(false)
    expect(expression.test('code -0x27001')).toBe(false)
  })

  test('takes a negative number that was printed unsigned, and no other of that length', () => {
    const { expression } = compileFormat('error {code:neg}')
    expect(expression.exec('error 0xffffd900')?.[1]).toBe('0xffffd900')
    expect(expression.exec('error FFFFD900,')?.[1]).toBe('FFFFD900')
    expect(expression.test('error 0x00007002')).toBe(false)
  })

  test('takes a run of blanks for any run of blanks, and case for any case', () => {
    expect(
      compileFormat('Unable to connect, errno {n:int}').expression.test('unable  to\tconnect, ERRNO 111'),
    ).toBe(true)
  })

  test('names a word that stands beside the anchor, whatever the blanks around it', () => {
    const { anchor, word, expression } = compileFormat('Sent {n:int} of these many bytes to {host:word} ok')
    expect([anchor, word]).toEqual([' of these many bytes to ', 'sent'])
    expect(expression.test('sent\t5 of these many bytes to x  ok')).toBe(true)
    expect(compileFormat('no placeholder').word).toBe('')
  })

  test('ends an open placeholder at what follows, and the last at the end of the line', () => {
    expect(
      compileFormat("couldn't get hostname for :{host}:").expression.exec(
        "couldn't get hostname for :a.b.c: x",
      )?.[1],
    ).toBe('a.b.c')
    expect(compileFormat('Connecting to {host}').expression.exec('Connecting to example.com')?.[1]).toBe(
      'example.com',
    )
  })

  test('has its longest literal as anchor', () => {
    expect(compileFormat('{a:int} and then: {b:int}').anchor).toBe(' and then: ')
  })

  test('is refused when it has no four characters in a row, an unknown type, or too many open places', () => {
    expect(() => compileFormat('{a} x {b}')).toThrow(RangeError)
    expect(() => compileFormat('number {a:float}')).toThrow(/none of int, hex, hex4, hex3, num, neg, word/)
    expect(() => compileFormat('{a} one {b} two {c} three {d} four {e}')).toThrow(/four open/)
  })

  test('is matched in time that does not explode, whatever the line', () => {
    const { expression } = compileFormat('{a} failed with {b} and {c} or {d}')
    const line = 'failed with and or '.repeat(3000)
    // Seconds would be minutes with a backtracking pattern.
    const tookMs = processorMs(() => {
      for (let at = 0; at < 20; at++) expression.test(line)
    })
    expect(tookMs).toBeLessThan(10_000)
  })
})
