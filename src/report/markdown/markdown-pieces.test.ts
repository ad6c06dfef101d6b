import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { expect, test } from 'vitest'
import { sourced } from './markdown-pieces.ts'

function render(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
}

test('the address of a source can be opened, and the words around it stay words', () => {
  const html = render(sourced('chain: 4,096. Forum: https://a.example/q/1#x_y (staff, *quoting*): "4kB"'))
  expect(html).toContain('<a href="https://a.example/q/1#x_y">https://a.example/q/1#x_y</a>')
  expect(html).toContain('(staff, *quoting*)')
})

test('an address with marks in it is no link', () => {
  for (const address of [
    'https://a.example/<b>',
    'https://a.example/*x*',
    'javascript:alert(1)',
    'http://a.example/',
  ])
    expect(render(sourced(address))).not.toMatch(/<a |<b>|<em>/)
})

test('whatever stands around or in an address, nothing but the link of a plain address is made', () => {
  const piece = fc.constantFrom(
    'https://a.example/b',
    ' ',
    '<',
    '>',
    '"',
    '](x)',
    '*',
    '`',
    'javascript:',
    '<!--',
    '|',
    '&',
    '@x',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const tags = render(`- ${sourced(pieces.join(''))}`).match(/<[a-z][^>]*>/g) ?? []
      const link = /^<a href="https:\/\/a\.example\/b(?:https|\/|[\w.])*">$/
      for (const tag of tags) expect(/^<(?:ul|li|p)>$/.test(tag) || link.test(tag), tag).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
