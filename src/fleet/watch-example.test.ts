import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { findCase } from '../lab/cases.ts'
import { parseWatch } from './parse-watch.ts'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'examples/watch.yaml'), 'utf8')

test('the example watches cases that the lab has, each for a fleet that holds what it needs', () => {
  const { config } = parseWatch(text, 'examples/watch.yaml', openCatalogue())
  const named = [
    ...config.endpoints.map(({ target }) => target),
    ...config.fleets.flatMap(({ anchors }) => anchors ?? []),
  ]
  const cases = named.map((one) => one.replace(/^lab:|\/\d+$/g, ''))
  expect(cases.filter((id) => findCase(id) === undefined)).toEqual([])
  expect(new Set(cases).size).toBe(5)
  for (const { target, fleets } of config.endpoints) {
    const held = config.fleets
      .filter(({ id }) => fleets?.includes(id))
      .flatMap(({ anchors }) => anchors ?? [])
    expect(held).toContain(target)
  }
})

test('the manual names every key of the file', () => {
  const manual = readFileSync(join(root, 'docs/watch.md'), 'utf8')
  const schema = readFileSync(join(root, 'src/fleet/watch-schema.ts'), 'utf8')
  const keys = [
    ...schema.matchAll(/^\s+'?([a-z][a-z-]*)'?: (?:v\.|text|id\b|reference|room|path|keep|every|instant)/gm),
  ]
  const names = new Set(keys.map((match) => match[1] ?? ''))
  expect(names.size).toBeGreaterThan(30)
  const inWords = (key: string) => new RegExp(`(^|[^a-z-])${key}([^a-z-]|$)`, 'm').test(manual)
  expect([...names].filter((key) => !inWords(key))).toEqual([])
})
