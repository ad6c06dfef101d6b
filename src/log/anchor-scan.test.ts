import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnchorScan } from './anchor-scan.ts'

function find(anchors: readonly string[], text: string) {
  const found: [string, number][] = []
  const open: string[] = []
  const scan = new AnchorScan(anchors)
  const bytes = Buffer.from(text, 'latin1')
  const lines = scan.scan(
    bytes,
    0,
    bytes.length,
    (index) => void open.push(anchors[index] as string),
    (_start, _end, before) => {
      for (const anchor of open.splice(0)) found.push([anchor, before])
    },
  )
  return { found, lines }
}

describe('the anchor scan', () => {
  test('finds anchors that overlap, and those inside others', () => {
    const { found } = find(['he', 'she', 'hers', 'his'], 'ushers')
    expect(found.map(([anchor]) => anchor).sort()).toEqual(['he', 'hers', 'she'])
  })

  test('finds them in any case, counts lines, and does not reach over a line end', () => {
    const { found, lines } = find(['abcd', 'efgh'], 'xABcd\nab\ncd\nEFGH')
    expect(found).toEqual([
      ['abcd', 0],
      ['efgh', 3],
    ])
    expect(lines).toBe(3)
  })

  test('tells lines in their order, though it reads both halves at once', () => {
    const lines = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? 'xx abcd' : 'nothing'))
    const { found } = find(['abcd'], lines.join('\n'))
    expect(found.map(([, line]) => line)).toEqual(lines.flatMap((line, at) => (line === 'nothing' ? [] : at)))
  })

  test('finds what includes() finds, in each line', () => {
    const word = fc.stringMatching(/^[ab.: ]{4,7}$/)
    const text = fc.stringMatching(/^[abAB.: \n]{0,80}$/)
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), text, (anchors, lines) => {
        const expected = lines
          .split('\n')
          .flatMap((line, at) =>
            anchors.filter((one) => line.toLowerCase().includes(one)).map((one) => `${one}@${at}`),
          )
        const { found } = find(anchors, lines)
        expect([...new Set(found.map(([one, at]) => `${one}@${at}`))].sort()).toEqual(expected.sort())
      }),
    )
  })
})
