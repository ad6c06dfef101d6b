import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { describe, expect, test } from 'vitest'
import { linkMarks, markdownMarks, markupMarks } from '../../test/support/hostile-marks.ts'
import { escapeText } from './escape.ts'
import { escapeMarkdown, markdownCode } from './escape-markdown.ts'

const mark = fc.constantFrom(...markupMarks, ...markdownMarks, ...linkMarks, 'a', 'é', '\u00a0')
const hostile = fc.oneof(
  fc.array(mark, { maxLength: 12 }).map((marks) => marks.join('')),
  fc.string({ unit: fc.oneof(mark, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) }),
)

/** Where reports put foreign text: what stands before it, and after. */
const inMarkdown: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['word ', ' word'],
  ['word\n', '\nword'],
  ['- ', ''],
  ['## ', ''],
  ['> ', ''],
  ['**', '**'],
  ['| a | b |\n| - | - |\n| ', ' | end |'],
]
const places = fc.constantFrom(...inMarkdown)
const withHtml = fc.constantFrom(...inMarkdown, ['<details><summary>', '</summary></details>'] as const)

describe('escapeMarkdown', () => {
  test('names of the field stay readable', () => {
    for (const name of ['TLS_AES_128_GCM_SHA256', 'edge.example.com', 'Let’s Encrypt R13 (2048 bit)']) {
      expect(escapeMarkdown(name)).toBe(name)
    }
  })

  test('whoever a peer names is not mentioned, and no issue is linked', () => {
    expect(text(render(escapeMarkdown('@octocat #12 GH-3 o/r#4')))).toBe('@octocat #12 GH-3 o/r#4')
    // What GitHub looks for within one run of text after rendering.
    expect(runs(render(escapeMarkdown('@octocat #12 GH-3 o/r#4 :tada:'))).join('\n')).not.toMatch(
      /@\w|#\d|GH-\d|:\w+:/i,
    )
  })

  test('a parser reads back exactly what a terminal would show, wherever it stands', () => {
    fc.assert(
      fc.property(hostile, withHtml, (foreign, [before, after]) => {
        const own = 'XownX'
        const html = render(`${before}${own}${after}`)
        const shown = escapeText(foreign)
        if (shown === '') return
        const foreignHtml = render(`${before}${escapeMarkdown(foreign)}${after}`)
        expect(text(foreignHtml)).toBe(text(html).replace(own, () => shown))
        expect(tags(foreignHtml)).toEqual(tags(html))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('markdownCode', () => {
  test('a host is a plain code span', () => {
    expect(markdownCode('a.example:443')).toBe('`a.example:443`')
    expect(markdownCode('')).toBe('')
  })

  test('a parser reads back one piece of code with exactly this text, in a table cell too', () => {
    fc.assert(
      fc.property(hostile, places, (foreign, [before, after]) => {
        const shown = escapeText(foreign)
        if (shown === '') return
        const own = 'XownX'
        const html = render(`${before}\`${own}\`${after}`)
        const foreignHtml = render(`${before}${markdownCode(foreign)}${after}`)
        expect(text(foreignHtml)).toBe(text(html).replace(own, () => shown))
        expect(tags(foreignHtml)).toEqual(tags(html))
      }),
      { numRuns: 2000 },
    )
  })
})

type Node = DefaultTreeAdapterTypes.Node

function render(markdown: string): Node {
  const html = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  })
  return parseFragment(html)
}

function children(node: Node): Node[] {
  return 'childNodes' in node ? node.childNodes : []
}

function runs(node: Node): string[] {
  return 'value' in node ? [node.value] : children(node).flatMap(runs)
}

function text(node: Node): string {
  return runs(node).join('')
}

/** Every element with its attributes, without the span that holds a dollar sign. */
function tags(node: Node): string[] {
  const own = 'tagName' in node ? [`${node.tagName} ${JSON.stringify(node.attrs)}`] : []
  return [...(own[0] === 'span []' ? [] : own), ...children(node).flatMap(tags)]
}
