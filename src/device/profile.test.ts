import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { dataFolder } from '../io/data-folder.ts'
import { DataFileError } from './data-file.ts'
import { parseProfile } from './parse-profile.ts'

const good = `family: box
name: Box
defaultVersion: '1.0'
sources:
  bench: { confidence: measured, where: our bench }
  guess: { confidence: inferred, where: a neighbour }
common:
  hello:
    sni: { value: host-name, source: bench }
  limits:
    chainBytes: { value: 4096, counts: unknown, candidates: [sent, path], source: [bench, guess] }
  errors:
    - { when: [untrusted], code: E1, source: bench }
ranges:
  '1.0':
    hello: { sni: null }
    errors:
      - { when: [untrusted], code: E2, source: guess, confidence: documented }
  2.x:
`

describe('a profile', () => {
  test('range values lie over common ones; null takes a value away', () => {
    const [first, second] = parseProfile(good, 'box.yaml').ranges
    expect(first?.values.hello.sni).toBeUndefined()
    expect(second?.values.hello.sni).toEqual({
      value: 'host-name',
      source: 'our bench',
      confidence: 'measured',
    })
  })

  test('a range inside an earlier one refines it', () => {
    const inside = `${good}    errors:
      - { when: [untrusted], code: E3, source: guess }
  2.5..2.7:
    verification: { ipAddressSan: { value: matched, source: guess } }
    errors:
      - { when: [untrusted], code: E4, source: guess }
`
    const [, outer, inner] = parseProfile(inside, 'box.yaml').ranges
    expect(outer?.values.verification.ipAddressSan).toBeUndefined()
    expect(inner?.values.verification.ipAddressSan?.value).toBe('matched')
    expect(inner?.values.hello.sni?.value).toBe('host-name')
    expect(inner?.values.errors.map(({ code }) => code)).toEqual(['E1', 'E3', 'E4'])
  })

  test('sources are spelt out, the first gives the confidence unless the value has its own', () => {
    const [first] = parseProfile(good, 'box.yaml').ranges
    expect(first?.values.limits.chainBytes).toMatchObject({
      source: 'our bench; a neighbour',
      confidence: 'measured',
    })
    expect(first?.values.errors.map(({ code, confidence }) => [code, confidence])).toEqual([
      ['E1', 'measured'],
      ['E2', 'documented'],
    ])
  })

  test.each([
    ['a value without source', 'source: bench }\n  limits', '}\n  limits', 9, 'common.hello.sni', 'add it'],
    [
      'an unknown source',
      'source: bench }\n  limits',
      'source: bech }\n  limits',
      9,
      'source',
      'bench, guess',
    ],
    ['an unknown key', '    sni:', '    snI:', 9, 'common.hello.snI', 'did you mean'],
    [
      'an unknown failure',
      'when: [untrusted], code: E1',
      'when: [distrust], code: E1',
      13,
      'when.0',
      ', untrusted, ',
    ],
    ['a number for a version', "defaultVersion: '1.0'", 'defaultVersion: 1.0', 3, 'defaultVersion', 'quotes'],
    ['a range that is none', '  2.x:', '  two:', 14, 'ranges.two', '1.2.1..1.2.6'],
    ['ranges that overlap', '  2.x:', '  1.x:', 14, 'ranges.1.x', 'one range'],
    ['unknown counting without candidates', ', candidates: [sent, path]', '', 11, 'chainBytes', 'candidates'],
    [
      'an unknown suite',
      '    sni:',
      '    cipherSuites: { value: [TLS_RSA_WITH_AES_128_CBC_SHA265], source: bench }\n    sni:',
      9,
      'common.hello.cipherSuites.value.0',
      'nearest: TLS_RSA_WITH_AES_128_CBC_SHA256',
    ],
    [
      'an unknown group of a range',
      'hello: { sni: null }',
      'hello: { sni: null, groups: { value: [x25519, secp256], source: bench } }',
      16,
      'ranges.1.0.hello.groups.value.1',
      'nearest: secp256',
    ],
    [
      'a version of DTLS',
      '    sni:',
      '    versions: { value: [DTLSv1.2], source: bench }\n    sni:',
      9,
      'common.hello.versions.value.0',
      'leave DTLS out',
    ],
    [
      'a header of two lines',
      '  errors:\n    - { when: [untrusted], code: E1',
      '  http: { requestHeaders: { value: ["A: b", "C: d\\0"], source: bench } }\n  errors:\n    - { when: [untrusted], code: E1',
      12,
      'common.http.requestHeaders.value.1',
      'one line',
    ],
    [
      'a keep-alive that no packet can hold',
      '  errors:\n    - { when: [untrusted], code: E1',
      '  mqtt: { keepAliveSeconds: { value: 65536, source: bench } }\n  errors:\n    - { when: [untrusted], code: E1',
      12,
      'common.mqtt.keepAliveSeconds.value',
      '65535',
    ],
    ['a negative limit', 'value: 4096', 'value: -1', 11, 'chainBytes', ''],
  ])('%s is reported with line, path and mend', (_, from, to, line, path, mend) => {
    const error = refusalOf(good.replace(from, to))
    expect(error.line).toBeGreaterThanOrEqual(line)
    expect(error.line).toBeLessThanOrEqual(line + 7)
    expect(error.path).toContain(path)
    expect(error.hint).toContain(mend)
    expect(error.message).toContain(`box.yaml:${error.line}: `)
  })

  test('text that is no YAML is reported with its line', () => {
    const error = refusalOf('family: box\nname: [1, 2\n')
    expect(error.code).toBe('bad-yaml')
    expect(error.line).toBeGreaterThan(1)
  })

  test('a file of more than 256 KiB is refused unread', () => {
    expect(refusalOf('#'.repeat(262_145)).code).toBe('too-large')
  })

  test('keys named like members of Object are keys and nothing else', () => {
    const error = refusalOf(good.replace('source: bench }\n  limits', 'source: constructor }\n  limits'))
    expect(error.code).toBe('bad-reference')
    expect(refusalOf(good.replace('    sni:', '    __proto__:'))).toBeInstanceOf(DataFileError)
  })

  test('aliases that grow without end are refused', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++) bomb.push(`b${i}: &b${i} [${`*${i === 1 ? 'a' : `b${i - 1}`}, `.repeat(9)}]`)
    expect(refusalOf(bomb.join('\n')).code).toBe('bad-yaml')
  })

  test('any text gives a profile or a DataFileError', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parsesOrRefuses(text)))
  })

  test('a shipped profile with one value replaced by anything gives a profile or a DataFileError', () => {
    const files = readdirSync(dataFolder('devices')).filter((file) => file.endsWith('.yaml'))
    const texts = files.map((file) => readFileSync(join(dataFolder('devices'), file), 'utf8'))
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.jsonValue(), (text, at, value) => {
        const tree = parse(text, { stringKeys: true, maxAliasCount: 64 })
        const places = placesOf(tree)
        const place = places[at % places.length]
        if (place !== undefined) place.holder[place.key] = value
        parsesOrRefuses(stringify(tree, { aliasDuplicateObjects: false }))
      }),
      { numRuns: 60 },
    )
  })

  test('a shipped profile cut anywhere gives a profile or a DataFileError', () => {
    const text = readFileSync(join(dataFolder('devices'), 'memfault.yaml'), 'utf8')
    fc.assert(fc.property(fc.nat(text.length), (length) => parsesOrRefuses(text.slice(0, length))))
  })
})

function refusalOf(text: string): DataFileError {
  try {
    parseProfile(text, 'box.yaml')
  } catch (error) {
    if (error instanceof DataFileError) return error
    throw error
  }
  throw new Error('was not refused')
}

function parsesOrRefuses(text: string): void {
  try {
    parseProfile(text, 'fuzz.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(DataFileError)
    expect((error as DataFileError).hint).not.toBe('')
  }
}

interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
}

function placesOf(tree: unknown): readonly Place[] {
  if (typeof tree !== 'object' || tree === null) return []
  const holder = tree as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])])
}
