import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorMs } from '../../../test/support/processor-time.ts'
import { ConfigFileError } from './config-file.ts'
import { ExpressionError, evaluate } from './expression.ts'
import { headerInteger, parseHeader } from './header.ts'

const nothing = () => undefined

describe('expressions', () => {
  test.each([
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['0x10 | 017', 31n],
    ['16u * 1024UL', 16384n],
    ['1 << 14', 16384n],
    ['-7 / 2', -3n],
    ['!defined(X) && defined Y', 1n],
    ['A == 4 ? B : 9', 8n],
    ['UNKNOWN', 0n],
    ['1 || 1 && 0', 1n],
    ['~0', -1n],
  ])('%s', (text, value) => {
    const macros: Record<string, string> = { Y: '', A: '(2 + 2)', B: 'A * 2' }
    expect(evaluate(text, (name) => macros[name]).value).toBe(value)
  })

  test.each([
    '',
    '1 +',
    '(1',
    '1 / 0',
    'f(1)',
    '@',
    '1 << 99',
    '08',
    `${'('.repeat(90)}1${')'.repeat(90)}`,
  ])('%s is not followed', (text) => {
    expect(() => evaluate(text, nothing)).toThrow(ExpressionError)
  })

  test('macros that name one another in a circle, or grow without end, are refused at once', () => {
    expect(() => evaluate('A', (name) => (name === 'A' ? 'B' : 'A'))).toThrow('too deep')
    expect(() => evaluate('A', () => 'A + A + A + A')).toThrow(/too (deep|long)/)
  })
})

describe('a header', () => {
  test('the last line that sets a macro counts', () => {
    const { settings } = parseHeader('#define A 1\n#undef A\n#define B\n#define B 3\n', 'c.h')
    expect(settings.get('A')).toMatchObject({ on: false, line: 2 })
    expect(settings.get('B')).toMatchObject({ on: true, value: '3', line: 4 })
  })

  test('comments and joined lines do not move the line numbers', () => {
    const text =
      '/* two\n lines */ #define A /* why */ 1 // more\n#define LONG 16 \\\n  * 1024\n#define C 2\n// #define D\n'
    const { settings } = parseHeader(text, 'c.h')
    expect(
      [...settings.values()].map(({ name, line, value }) => [name, line, value.replace(/\s+/g, ' ')]),
    ).toEqual([
      ['A', 2, '1'],
      ['LONG', 3, '16 * 1024'],
      ['C', 5, '2'],
    ])
    expect(headerInteger(settings.get('LONG') as never, settings)).toBe(16384)
  })

  test('text in quotes is no comment', () => {
    expect(parseHeader('#define P "a // b /* c"\n#define Q 1\n', 'c.h').settings.get('P')?.value).toBe(
      '"a // b /* c"',
    )
  })

  test('only branches that hold are read, each #if once', () => {
    const text = `#if defined(A) || B > 2
#define ONE
#elif 1
#define TWO
#elif 1
#define THREE
#else
#define FOUR
#endif
#ifndef GUARD_H
#define GUARD_H
#ifdef __cplusplus
#define FIVE
#endif
#ifdef BOARD
#define SIX
#else
#define SEVEN
#endif
#endif
`
    const { settings, assumed } = parseHeader(text, 'c.h')
    expect([...settings.keys()]).toEqual(['TWO', 'GUARD_H', 'SEVEN'])
    expect(assumed.map(({ line }) => line)).toEqual([1, 15])
  })

  test('a macro that the library has by default is there for #if', () => {
    const { settings } = parseHeader(
      '#ifdef MBEDTLS_AES_C\n#define A\n#endif\n#undef MBEDTLS_AES_C\n#ifdef MBEDTLS_AES_C\n#define B\n#endif\n',
      'c.h',
      (name) => (name === 'MBEDTLS_AES_C' ? '' : undefined),
    )
    expect(settings.has('A')).toBe(true)
    expect(settings.has('B')).toBe(false)
  })

  test.each([
    ['#if 1\n#define A\n', 'c.h:1: the #if has no #endif'],
    ['#define A\n#endif\n', 'c.h:2: #endif without #if'],
    ['#else\n', 'c.h:1: #else'],
    ['\n#define 3\n', 'c.h:2: #define names no macro'],
    ['/* never\nends', 'c.h:1: the comment has no end'],
    ['#import "x"\n', 'c.h:1: #import is no directive'],
    [`${'#if 1\n'.repeat(70)}`, 'c.h:65: more than 64'],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseHeader(text, 'c.h')).toThrow(message)
  })

  test('any text, and any mixture of directives, is read or refused', () => {
    const pieces = fc.constantFrom(
      '#if ',
      '#ifdef ',
      '#else',
      '#endif',
      '#define ',
      '#undef ',
      'A',
      'B ',
      '(',
      ')',
      '1',
      '/*',
      '*/',
      '\\',
      '"',
      '\n',
      '<<',
      '?',
      ':',
      '//',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, (it) => {
        try {
          const { settings } = parseHeader(it, 'f.h')
          for (const setting of settings.values()) headerInteger(setting, settings)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigFileError)
          expect((error as ConfigFileError).hint).not.toBe('')
        }
      }),
      { numRuns: 500 },
    )
  })

  test('huge files are refused before they are read', () => {
    expect(() => parseHeader('#define A\n'.repeat(200_000), 'c.h')).toThrow('no configuration')
    expect(() => parseHeader('\n'.repeat(60_000), 'c.h')).toThrow('lines')
  })

  test('a megabyte of backslashes, spaces and comment marks takes no time', () => {
    const texts = ['\\\n'.repeat(49_000), `#define A ${'\\ '.repeat(400_000)}`, '/**/ '.repeat(200_000)]
    const tookMs = processorMs(() => {
      for (const text of texts) parseHeader(text, 'c.h')
    })
    expect(tookMs).toBeLessThan(5000)
  })
})
