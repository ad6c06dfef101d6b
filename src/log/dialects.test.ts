import { describe, expect, test } from 'vitest'
import { openDialects } from '../io/dialect-files.ts'
import { makeDialects } from './dialects.ts'

const signs = 'signs:\n  - { id: bad, causes: { dns-failure: 90 }, says: it is bad }\n'

function dialect(line: string): string {
  return `id: d\nname: D\nsources: { s: somewhere }\nlines:\n  - ${line}\n`
}

function make(line: string) {
  return makeDialects({ signs, codes: new Map(), dialects: new Map([['d.yaml', dialect(line)]]) })
}

describe('the dialects', () => {
  const dialects = openDialects()

  test('are whole: every sign, table and source that a line names is there', () => {
    expect(dialects.lines.length).toBeGreaterThan(1000)
  })

  test('have formats that match their own text, where it has no placeholder', () => {
    const wrong = dialects.lines.filter(({ format }) => {
      return !format.expression.test(format.text) && format.names.length === 0
    })
    expect(wrong.map(({ format }) => format.text)).toEqual([])
  })

  test('are indexed once, however many logs are read', () => {
    expect(dialects.anchors).toBe(dialects.anchors)
  })

  test('have no format twice in one dialect', () => {
    const seen = new Set<string>()
    const twice = dialects.lines.flatMap(({ dialect: { id }, format, tags }) => {
      const key = `${id} ${tags.join()} ${format.text.toLowerCase()}`
      if (seen.has(key)) return [key]
      seen.add(key)
      return []
    })
    expect(twice).toEqual([])
  })

  test('name the file and line of a fault', () => {
    expect(() => make("{ format: 'it broke', sign: worse, source: s }")).toThrow(/d\.yaml.*no sign worse/)
    expect(() => make("{ format: 'it broke', sign: bad, source: t }")).toThrow(/d\.yaml:5.*no source t/)
    expect(() => make("{ format: 'a {b:what} thing', sign: bad, source: s }")).toThrow(
      /none of int, hex, num, word/,
    )
    expect(() => make("{ format: 'code {n:int} came', code: { m: table }, source: s }")).toThrow(/no \{m\}/)
    expect(() => make("{ format: 'code {n:int} came', code: { n: table }, source: s }")).toThrow(
      /no table table/,
    )
  })
})
