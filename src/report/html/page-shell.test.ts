import { parse } from 'parse5'
import { describe, expect, test } from 'vitest'
import { closePage, openPage, pageStyles } from './page-shell.ts'

describe('the shell of an HTML page', () => {
  test('parses without a fault, whatever the title says', () => {
    const faults: string[] = []
    const html = `${openPage({ title: '</title><script>alert(1)</script>' })}<h1>x</h1>${closePage}`
    parse(html, { onParseError: ({ code }) => faults.push(code) })
    expect(faults).toEqual([])
    expect(html).not.toContain('<script')
  })

  test('fetches nothing: no address, and a policy that allows none', () => {
    const html = openPage({ title: 'x', styles: '.own { color: red; }' }) + closePage
    expect(html).not.toMatch(/https?:|url\(|@import|src=|href=/)
    expect(html).toContain("default-src 'none'")
    expect(html).toContain('.own { color: red; }')
  })

  test('every colour of light has its colour of dark', () => {
    const [light, dark] = [...pageStyles.matchAll(/:root \{([^}]+)\}/g)].map(([, body]) => names(body ?? ''))
    expect(light?.length).toBeGreaterThan(10)
    expect(dark).toEqual(light)
  })

  test.each(['light', 'dark'] as const)('in %s, words stand out from what they stand on', (mode) => {
    const body = [...pageStyles.matchAll(/:root \{([^}]+)\}/g)][mode === 'light' ? 0 : 1]?.[1] ?? ''
    const colour = (name: string) => new RegExp(`--${name}: (#\\w+)`).exec(body)?.[1] ?? ''
    const pairs = [
      ...['ink', 'dim', 'accent', 'good', 'warn', 'bad', 'open'].flatMap((name) => [
        [name, 'paper'] as const,
        [name, 'panel'] as const,
      ]),
      ...['good', 'warn', 'bad', 'open'].map((name) => [name, `${name}-soft`] as const),
    ]
    const weak = pairs.filter(([front, back]) => contrast(colour(front), colour(back)) < 4.5)
    expect(weak).toEqual([])
  })
})

function names(body: string): string[] {
  return [...body.matchAll(/--[\w-]+/g)].map(([name]) => name)
}

/** WCAG 2.2, contrast ratio and relative luminance. */
function contrast(front: string, back: string): number {
  const [low = 0, high = 0] = [luminance(front), luminance(back)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(hex: string): number {
  const digits =
    hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : hex.slice(1).match(/../g)
  const [red = 0, green = 0, blue = 0] = (digits ?? []).map((pair) => {
    const share = Number.parseInt(pair, 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
