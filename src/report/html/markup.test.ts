import { describe, expect, test } from 'vitest'
import { Markup, markup } from './markup.ts'

describe('the tag of templates', () => {
  test('escapes what is put in, in text and in quoted attributes', () => {
    expect(markup`<p title="${`"'<&>`}">${'<b>'}</p>`.text).toBe(
      '<p title="&quot;&#39;&lt;&amp;&gt;">&lt;b&gt;</p>',
    )
  })

  test('leaves markup as it is, joins lists, and makes nothing of undefined', () => {
    const inner = markup`<b>${1_000}</b>`
    expect(markup`<p>${[inner, '&', undefined]}</p>`.text).toBe('<p><b>1000</b>&amp;</p>')
    expect(inner).toBeInstanceOf(Markup)
  })

  test('what a terminal would obey is spelt out too', () => {
    expect(markup`${'a\u001b[31m\u202eb\nc'}`.text).toBe('a\\x1b[31m\\u{202e}b\\nc')
  })
})
