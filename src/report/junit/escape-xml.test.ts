import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileText } from '../../../test/support/hostile-verdict.ts'
import { parseXml } from '../../../test/support/xml-tree.ts'
import { escapeText } from '../escape.ts'
import { escapeXml, escapeXmlLines } from './escape-xml.ts'

describe('escapeXml', () => {
  test('marks become entities, and what XML forbids becomes visible', () => {
    expect(escapeXml(`<a b="c">]]>&'\u0000\uffff`)).toBe(
      '&lt;a b=&quot;c&quot;&gt;]]&gt;&amp;&apos;\\x00\\u{ffff}',
    )
  })

  test('a parser reads back exactly what a terminal would show, as text and in an attribute', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const element = parseXml(`<x a="${escapeXml(text)}">${escapeXml(text)}</x>`)
        expect(element).toEqual({
          name: 'x',
          attributes: { a: escapeText(text) },
          children: [],
          text: escapeText(text),
        })
      }),
      { numRuns: 500 },
    )
  })

  test('lines stay lines, and nothing else breaks one', () => {
    expect(escapeXmlLines('a\nb\r<\u2028')).toBe('a\nb\\r&lt;\\u{2028}')
  })
})
