import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeDeep, escapeText, shellWord } from './escape.ts'

/** What may never reach a terminal, whoever wrote it. */
const forbidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/u
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\u009b',
      '\r',
      '\n',
      '\u202e',
      '\u2066',
      '\u200d',
      '\u2028',
      '\ud800',
      '\u0301',
      '\u3164',
      '\ufe0f',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 300,
})

describe('escapeText', () => {
  test('plain text of any language stays as it is', () => {
    for (const text of ['edge.microsoft.com', 'Ünïcode GmbH & Co', '日本語', 'C\\D "x"', '']) {
      expect(escapeText(text)).toBe(text)
    }
  })

  test('what is taken as harmless at a glance is so character by character', () => {
    // A character of another kind makes it look at each.
    const looked = (text: string) => escapeText(`é${text}`, { maxChars: Number.POSITIVE_INFINITY }).slice(1)
    for (let code = 0x20; code < 0x3000; code++) {
      const char = String.fromCharCode(code)
      expect(escapeText(char)).toBe(looked(char))
    }
    expect(escapeText('§ 4 · “x” → ─│█…', { ascii: true })).not.toMatch(/[^ -~]/)
  })

  test('a terminal sequence becomes visible', () => {
    expect(escapeText('\u001b]0;owned\u0007')).toBe('\\x1b]0;owned\\x07')
  })

  test('an override of the reading direction becomes visible', () => {
    expect(escapeText('gpj.\u202eexe')).toBe('gpj.\\u{202e}exe')
  })

  test('an order to a CI runner is none any more; an IPv6 address stays', () => {
    expect(escapeText('::warning file=a::b ::1 ::ffff:192.0.2.1')).toBe(
      ':\\x3awarning file=a::b ::1 ::ffff:192.0.2.1',
    )
    expect(escapeText('x ##vso[task.complete] ##[add-mask]y # #[z]')).toBe(
      'x #\\x23vso[task.complete] #\\x23[add-mask]y # #[z]',
    )
  })

  test('more than two combining marks in a row are spelt out', () => {
    expect(escapeText('e\u0301\u0302\u0303\u0304')).toBe('e\u0301\u0302\\u{303}\\u{304}')
  })

  test('nothing that moves, hides or reorders text comes out, whatever goes in', () => {
    fc.assert(fc.property(hostile, (text) => !forbidden.test(escapeText(text))))
  })

  test('what comes out is never longer than asked', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 80 }), (text, maxChars) => {
        expect(escapeText(text, { maxChars }).length).toBeLessThanOrEqual(maxChars)
      }),
    )
  })

  test('escaping twice changes nothing', () => {
    fc.assert(fc.property(hostile, (text) => escapeText(escapeText(text)) === escapeText(text)))
  })

  test('with ascii nothing beyond ASCII comes out', () => {
    fc.assert(fc.property(hostile, (text) => /^[\x20-\x7e]*$/.test(escapeText(text, { ascii: true }))))
  })
})

describe('escapeDeep', () => {
  test('reaches every string and leaves dates and bytes alone', () => {
    const day = new Date('2026-01-01T00:00:00Z')
    const bytes = new Uint8Array([27])
    const escaped = escapeDeep({ a: ['\u001b'], b: { c: '\u202e' }, day, bytes, n: 1, none: undefined })
    expect(escaped).toEqual({ a: ['\\x1b'], b: { c: '\\u{202e}' }, day, bytes, n: 1, none: undefined })
  })
})

describe('shellWord', () => {
  test('a host stays bare, and nothing else can end the word', () => {
    expect(shellWord('https://example.com/fw.bin')).toBe('https://example.com/fw.bin')
    expect(shellWord("a'; rm -rf $HOME #")).toBe("'a'\\''; rm -rf $HOME #'")
    expect(shellWord('')).toBe("''")
  })
})
