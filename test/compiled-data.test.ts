import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileSet } from '../scripts/compile-data.ts'
import { parseYaml } from '../src/device/data-file.ts'
import { dataSets, readDataFiles } from '../src/io/data-files.ts'

const root = resolve(import.meta.dirname, '..')

describe('the data that a build carries', () => {
  test.each(dataSets)('%s: says what the YAML says, file for file', (set) => {
    const compiled = compileSet(root, set)
    const names = readdirSync(join(root, set)).filter((name) => name.endsWith('.yaml'))
    expect(Object.keys(compiled)).toEqual(names.sort())
    for (const name of names) {
      const written = parseYaml(readFileSync(join(root, set, name), 'utf8'), name)
      expect(parseYaml(compiled[name]!, name)).toEqual(written)
    }
  })

  test('is not read by the sources: they have the YAML as it is', () => {
    const text = readFileSync(join(root, 'dialects/signs.yaml'), 'utf8')
    expect(readDataFiles('dialects').get('signs.yaml')).toBe(text)
  })

  test('JSON with a key twice is no compiled data, and is refused as YAML', () => {
    expect(() => parseYaml('{"a":1,"a":2}', 'twice.yaml')).toThrow(/twice\.yaml:1.*unique/)
  })
})
