import { describe, expect, test } from 'vitest'
import { familyPage } from '../../scripts/docs/family-page.ts'
import { code, linkedSource, plain } from '../../scripts/docs/open-text.ts'
import { resolveDevice } from '../../src/device/catalogue.ts'
import { makeCatalogue } from '../../src/device/make-catalogue.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readDataFiles } from '../../src/io/data-files.ts'
import { accountOf } from '../../src/report/device/device-account.ts'

const catalogue = openCatalogue()

describe('the page of a family', () => {
  test.each(catalogue.families)('%s: every value, source and field row of every range is on it', (family) => {
    const { text } = familyPage(catalogue, family)
    for (const { range } of catalogue.profile(family)?.ranges ?? []) {
      const account = accountOf(resolveDevice(`${family}@${range.text}`, catalogue))
      const values = account.sections.flatMap((section) => section.values)
      for (const { source } of [...values, ...account.field, ...account.errors, ...account.quirks]) {
        expect(text).toContain(linkedSource(source))
      }
      for (const { name, value, coded } of values) {
        expect(text).toContain(`| ${plain(name)} |`)
        if (coded === undefined) expect(text).toContain(plain(value))
      }
      for (const { endpoint } of account.field) expect(text).toContain(plain(endpoint))
      for (const { settles } of account.measures) {
        for (const { question } of settles) expect(text).toContain(plain(question))
      }
    }
  })

  test('what all ranges tell alike stands once, what they tell apart stands with its versions', () => {
    const { text } = familyPage(catalogue, 'nrf9160')
    const chain = text.split('\n').filter((line) => line.startsWith('| certificate chain |'))
    expect(chain.length).toBeGreaterThan(1)
    expect(chain.every((line) => /\| 1(?:&#46;|\.)\d/.test(line))).toBe(true)
    expect(text.split('\n').filter((line) => line.startsWith('| stored anchor | all |'))).toHaveLength(1)
  })

  test('a profile that is hostile text stays text', () => {
    const evil =
      '<img src=x onerror=alert(1)> {{ 7*7 }} <!--@include: ../../package.json--> | `x` [a](javascript:x)'
    const profile = `family: evil
name: ${JSON.stringify(evil)}
defaultVersion: any
sources:
  s: { confidence: measured, where: ${JSON.stringify(evil)} }
ranges:
  any:
    limits:
      recordBytes: { value: 4096, counts: record, source: s, note: ${JSON.stringify(evil)} }
    errors:
      - { when: [untrusted], code: ${JSON.stringify(evil)}, log: ${JSON.stringify(evil)}, source: s }
`
    const ordinary = readDataFiles('endpoints').get('ordinary.yaml') ?? ''
    const { text } = familyPage(makeCatalogue(new Map([['evil.yaml', profile]]), new Map(), ordinary), 'evil')
    expect(text).toContain('4,096 bytes')
    expect(text).not.toContain('<img')
    expect(text).not.toContain('{{')
    expect(text).not.toContain('@include')
    expect(text).not.toContain('](javascript')
  })
})

describe('text of data', () => {
  test('is code that nothing reads', () => {
    expect(code('a_b <!--@include: x--> {{y}}')).not.toMatch(/<!|\{|_b/)
  })

  test('links the addresses and repositories that a source begins with, and nothing else', () => {
    expect(linkedSource('nrfconnect/sdk-nrf PR 7397 (as told)')).toContain(
      '(https://github.com/nrfconnect/sdk-nrf)',
    )
    expect(linkedSource('https://devzone.nordicsemi.com/f/nordic-q-a/1 (staff)')).toContain(
      '](https://devzone.nordicsemi.com/f/nordic-q-a/1)',
    )
    expect(linkedSource('found in docs/aws/x.rst and/or elsewhere')).not.toContain('](')
  })
})
