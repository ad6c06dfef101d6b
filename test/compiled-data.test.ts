import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileChecked, compileSet } from '../scripts/compile-data.ts'
import { parseYaml } from '../src/device/data-file.ts'
import { type ProfileAsWritten, readProfile } from '../src/device/profile.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { dataSets, readDataFiles } from '../src/io/data-files.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { type KnownRootRow, knownRootOf } from '../src/trust/known-root.ts'

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
    expect(() => parseYaml('{"a":1,"a":2}', 'twice.yaml')).toThrow(/twice\.yaml:1.*same key/)
  })
})

describe('the data that a build has checked', () => {
  const catalogue = openCatalogue()
  // As a run reads it: what JSON cannot hold would be lost here.
  const built = JSON.parse(JSON.stringify(compileChecked(root)))

  test.each(catalogue.families)('devices/%s gives the profile that its YAML gives', (family) => {
    const made = readProfile(built[`devices/${family}`] as ProfileAsWritten, (_, what) => new Error(what))
    expect(made).toStrictEqual(catalogue.profile(family))
  })

  test('the field rows and what is ordinary are those of the YAML', () => {
    expect(built.evidence).toEqual(catalogue.rows)
    expect(built.ordinary).toStrictEqual(catalogue.ordinary)
  })

  test('the roots are those of the index and its files', () => {
    const made = (built.roots as (KnownRootRow & { der: string })[]).map(({ der, ...row }) =>
      knownRootOf(row, new Uint8Array(Buffer.from(der, 'base64'))),
    )
    const plain = (roots: typeof made) =>
      roots.map(({ certificate: { sha256 }, ...root }) => ({ ...root, sha256 }))
    expect(plain(made)).toEqual(plain(openKnownRoots()))
  })
})
