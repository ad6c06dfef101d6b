import { describe, expect, test } from 'vitest'
import { attributeOf, parseHtml, textOf } from '../../../test/support/parsed-html.ts'
import { azureVerdict, liveObservation } from '../../../test/support/verdict-fixture.ts'
import type { Verdict } from '../../judge/verdict.ts'
import { drawChain } from './chain-picture.ts'

/** The chain cut to so many certificates, as the nRF9160 sees it: limits of 3,640 to 5,307 bytes. */
function pictureOf(certificates: number) {
  const { connections, ...rest } = liveObservation('https://a.example/', '192.0.2.1')
  const { chain, ...first } = connections[0]!
  const cut = { ...chain!, certificates: chain!.certificates.slice(0, certificates) }
  const leg = { ...first, chain: cut }
  const verdict: Verdict = azureVerdict({ observation: { ...rest, connections: [leg] } })
  const { elements } = parseHtml(drawChain('c', [verdict], leg)?.text ?? '')
  return { elements, texts: elements.filter(({ tagName }) => tagName === 'text') }
}

const number = (element: Parameters<typeof attributeOf>[0], name: string) =>
  Number.parseFloat(attributeOf(element, name) ?? '')

describe('the picture of a chain', () => {
  test.each([1, 2, 3])('of %i certificates has no line of a limit through a name or a number', (count) => {
    const { elements, texts } = pictureOf(count)
    const lines = elements.filter((each) => attributeOf(each, 'class')?.startsWith('limit-'))
    expect(lines.length).toBeGreaterThan(0)
    const rows = texts.filter((each) => !attributeOf(each, 'class')?.startsWith('mark'))
    for (const row of rows) {
      // The middle of letters that stand on that base line.
      const y = number(row, 'y') - 5
      const through = lines.filter((line) => number(line, 'y1') < y && number(line, 'y2') > y)
      expect(through, textOf(row)).toEqual([])
    }
  })

  test.each([1, 2, 3])('of %i certificates names every mark of the table', (count) => {
    const { elements, texts } = pictureOf(count)
    const drawn = texts.filter((each) => attributeOf(each, 'class')?.startsWith('mark')).map(textOf)
    const cells = elements.filter((each) => /^mark-/.test(attributeOf(each, 'class') ?? ''))
    const letters = cells.map(textOf).filter((text) => /^[A-Z]/.test(text))
    expect(letters.length).toBeGreaterThan(1)
    for (const letter of letters) expect(drawn.join(' ').split(' ')).toContain(letter.trim())
  })

  test('says which limits lie beyond its edge', () => {
    const { texts } = pictureOf(1)
    expect(texts.map(textOf)).toContain('D✓ beyond this edge ▸')
  })
})
