import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { describe, expect, test } from 'vitest'
import { markupMarks, terminalMarks } from '../../test/support/hostile-marks.ts'
import { escapeText } from './escape.ts'
import { escapeHtml } from './escape-html.ts'

const mark = fc.constantFrom(...markupMarks, ...terminalMarks)
const hostile = fc.string({ unit: fc.oneof(mark, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) })

describe('escapeHtml', () => {
  test('tags and quotes become text', () => {
    expect(escapeHtml(`<img src=x onerror="a('b')">&amp;`)).toBe(
      '&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp;',
    )
  })

  test('as text a parser reads back exactly what a terminal would show', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [element, ...rest] = parse(`<p>${escapeHtml(text)}</p>`)
        expect(rest).toEqual([])
        const children = (element as DefaultTreeAdapterTypes.Element).childNodes
        expect(children.every(({ nodeName }) => nodeName === '#text')).toBe(true)
        expect(children.map((node) => (node as DefaultTreeAdapterTypes.TextNode).value).join('')).toBe(
          escapeText(text),
        )
      }),
    )
  })

  test('as an attribute in either kind of quotes it stays one attribute of the same value', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('"', "'"), (text, quote) => {
        const [element, ...rest] = parse(`<p title=${quote}${escapeHtml(text)}${quote}></p>`)
        expect(rest).toEqual([])
        const { attrs, childNodes } = element as DefaultTreeAdapterTypes.Element
        expect(childNodes).toEqual([])
        expect(attrs).toEqual([{ name: 'title', value: escapeText(text) }])
      }),
    )
  })
})

/** The nodes of a fragment; a fault that the parser had to forgive fails the test. */
function parse(html: string): DefaultTreeAdapterTypes.ChildNode[] {
  const faults: string[] = []
  const fragment = parseFragment(html, { onParseError: ({ code }) => faults.push(code) })
  expect(faults).toEqual([])
  return fragment.childNodes
}
