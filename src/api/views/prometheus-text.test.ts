import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMetrics } from './prometheus-text.ts'

const written = (text: string) =>
  parseMetrics(text).map(({ name, labels, value }) => [name, Object.fromEntries(labels), value])

describe('a page of metrics', () => {
  test('is read with its labels, and comments are left out', () => {
    const text = [
      '# HELP tlsfit_connections connections of devices at this moment',
      '# TYPE tlsfit_connections gauge',
      'tlsfit_connections{listener="fota"} 3',
      'tlsfit_cache_fills_total 2 1700000000000',
      'odd{a="x\\"y\\\\z\\n", b="2",} 1e3',
    ].join('\n')
    expect(written(text)).toEqual([
      ['tlsfit_connections', { listener: 'fota' }, 3],
      ['tlsfit_cache_fills_total', {}, 2],
      ['odd', { a: 'x"y\\z\n', b: '2' }, 1000],
    ])
  })

  test('a line that is broken, or counts nothing, is left out and the next is read', () => {
    const text = 'a{b="c" 1\na{b=c} 1\na\na NaN\na{} +Inf\n{x="1"} 2\nb 7\n'
    expect(written(text)).toEqual([['b', {}, 7]])
  })

  test('whatever comes is read within bounds, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const { value } of parseMetrics(text)) expect(Number.isFinite(value)).toBe(true)
      }),
    )
    expect(parseMetrics('a 1\n'.repeat(30_000))).toHaveLength(20_000)
    expect(parseMetrics(`a{b="${'x'.repeat(9_000)}"} 1`)).toEqual([])
  })
})
