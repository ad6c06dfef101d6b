import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorMs } from '../../test/support/processor-time.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { dataFolder } from '../io/data-folder.ts'
import { lintProfile } from './lint.ts'

const { families } = openCatalogue()

const good = `family: box
name: Box
defaultVersion: '1.0'
base: esp-idf@5.2
aliases: { crate: box@2.1 }
sources:
  bench: { confidence: measured, where: our bench }
common:
  hello:
    cipherSuites: { value: [TLS_RSA_WITH_AES_128_CBC_SHA], source: bench }
    groups: { value: [secp256r1, secp384r1], source: bench }
  limits:
    chainBytes: { value: 2560, atLeast: 2500, counts: sent, source: bench }
  http:
    rangeSetting: { value: 'RANGE={bytes}', source: bench }
ranges:
  '1.0':
  2.x:
    hello: { sni: { value: never, source: bench } }
`

describe('lint', () => {
  test('a profile without fault has none', () => {
    expect(lintProfile(good, 'box.yaml', families)).toEqual([])
  })

  test.each([
    ['a suite of no registry', 'TLS_RSA_WITH_AES_128_CBC_SHA]', 'TLS_RSA_AES_CBC]', 10, 'registry', 'exact'],
    [
      'a hash of no registry',
      '\n  limits',
      '\n  build: { hashes: { value: [sha2566], source: bench } }\n  limits',
      12,
      'registry',
      'sha256',
    ],
    [
      'a version of DTLS',
      'hello:\n',
      'hello:\n    versions: { value: [DTLSv1.2], source: bench }\n',
      10,
      'no version of TLS',
      'leave DTLS out',
    ],
    [
      'an extension that is not sent',
      'hello:\n',
      'hello:\n    extensions: { value: [heartbeat], source: bench }\n',
      10,
      'cannot send',
      'the note',
    ],
    [
      'a header of two lines',
      'rangeSetting',
      'requestHeaders: { value: ["A: b", "C: d\\r\\nE: f"], source: bench }\n    rangeSetting',
      15,
      'line break',
      'one line',
    ],
    [
      'a keep-alive that no packet can hold',
      '\n  http:',
      '\n  mqtt: { keepAliveSeconds: { value: 65536, source: bench } }\n  http:',
      14,
      '65536',
      '65535',
    ],
    ['a group twice', 'secp384r1', 'secp256r1', 11, 'listed twice', 'once'],
    [
      'an unknown source',
      'atLeast: 2500, counts: sent, source: bench',
      'counts: sent, source: banch',
      13,
      '"banch"',
      'use bench',
    ],
    ['a value without source', 'counts: sent, source: bench', 'counts: sent', 13, 'missing', 'add it'],
    ['a lowest reading above the value', 'atLeast: 2500', 'atLeast: 2600', 13, 'above', 'lowest reading'],
    ['a range setting without place', '{bytes}', '2048', 15, 'no place', '{bytes}'],
    ['a range that overlaps', '2.x:', '1.0..2.9:', 18, 'overlaps 1.0', 'one range'],
    ['a default in no range', "defaultVersion: '1.0'", "defaultVersion: '3.0'", 3, 'no range', '1.0, 2.x'],
    ['an alias of nothing', 'box@2.1', 'box@3.1', 5, 'no version', '2.x'],
    ['a base that nobody knows', 'esp-idf@5.2', 'esp-df@5.2', 4, 'esp-df', 'esp-idf'],
    ['a base without version', 'esp-idf@5.2', 'esp-idf', 4, 'no layer', 'mbedtls@2.28'],
    ['a key that is none', 'hello: { sni', 'hello: { snI', 19, 'no key', 'did you mean sni?'],
  ])('%s is told with its line and its mend', (_, from, to, line, what, mend) => {
    const problems = lintProfile(good.replace(from, to), 'box.yaml', families)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line })
    expect(problems[0]?.what).toContain(what)
    expect(problems[0]?.hint).toContain(mend)
  })

  test('all faults are told, in the order of the lines', () => {
    const bad = good
      .replace('secp384r1', 'secp384')
      .replace('box@2.1', 'crate')
      .replace("defaultVersion: '1.0'", 'defaultVersion: 9.9.9')
      .replace('{bytes}', '')
    expect(lintProfile(bad, 'box.yaml', families).map(({ line }) => line)).toEqual([3, 5, 11, 15])
  })

  test('faults of shape and of sources are told together', () => {
    const bad = good
      .replace('value: 2560', 'value: many')
      .replace('value: never, source: bench', 'value: never, source: x')
    expect(lintProfile(bad, 'box.yaml', families).map(({ line }) => line)).toEqual([13, 19])
  })

  test('a source that nothing cites is told', () => {
    const bad = good.replace('our bench }', 'our bench }\n  spare: { confidence: inferred, where: nowhere }')
    expect(lintProfile(bad, 'box.yaml', families)).toMatchObject([{ line: 8, path: 'sources.spare' }])
  })

  test.each(
    readdirSync(dataFolder('devices')).filter((file) => file.endsWith('.yaml')),
  )('%s has no fault', (file) => {
    expect(lintProfile(readFileSync(join(dataFolder('devices'), file), 'utf8'), file, families)).toEqual([])
  })

  test('any text gives faults and never an error', () => {
    const lines = fc.array(
      fc.constantFrom(...good.split('\n'), '  x: [1, &a', 'sources: []', 'ranges: 5', '- *a'),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          lines.map((all) => all.join('\n')),
        ),
        (text) => {
          for (const { hint } of lintProfile(text, 'f.yaml', families)) expect(hint).not.toBe('')
        },
      ),
    )
  })

  test('thousands of unknown names are told as the first hundred, at once', () => {
    const names = Array.from({ length: 12_000 }, (_, index) => `NONE_${index}`).join(', ')
    const text = good.replace('TLS_RSA_WITH_AES_128_CBC_SHA]', `${names}]`)
    const tookMs = processorMs(() => expect(lintProfile(text, 'f.yaml', families)).toHaveLength(100))
    expect(tookMs).toBeLessThan(5000)
  })

  test('a file of a megabyte is one fault', () => {
    expect(lintProfile('a: b\n'.repeat(200_000), 'f.yaml', families)).toHaveLength(1)
  })
})
