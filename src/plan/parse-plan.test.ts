import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataFileError } from '../device/data-file.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { parsePlan } from './parse-plan.ts'

const catalogue = openCatalogue()
const plan = (text: string) => parsePlan(text, 'tlsfit.yaml', catalogue)

const full = `
devices:
  - nrf9160@1.3.7+ncs@2.7.0
  - { config: sdkconfig, name: board }
anchors: [certs/root.pem]
headers:
  - x-ms-version: '2021-08-06'
  - Authorization: { env: FOTA_TOKEN }
timeout: 5
targets:
  - https://example.com/fw.bin
  - url: mqtts://broker.example:8883
    name: broker
    devices: [esp-idf@5.2]
    timeout: 20
    margins: { least: { bytes: 100 } }
  - url: https://account.blob.example.net/fw.bin
    query: { env: SAS }
margins:
  least: { bytes: 256, percent: 10 }
  shrink: { bytes: 200 }
`

function faultOf(text: string): DataFileError {
  try {
    plan(text)
  } catch (error) {
    if (error instanceof DataFileError) return error
    throw error
  }
  throw new Error('no fault found')
}

describe('a plan', () => {
  test('gives each target what the file says for all, and its own words first', () => {
    const [first, broker, blob] = plan(full).targets
    expect(first).toMatchObject({
      label: 'https://example.com/fw.bin',
      line: 11,
      settings: { timeout: 5, anchors: ['certs/root.pem'] },
      thresholds: { least: { bytes: 256, percent: 10 }, shrink: { bytes: 200 } },
      headers: [
        { name: 'x-ms-version', value: '2021-08-06', place: ['headers', 0] },
        { name: 'Authorization', value: { env: 'FOTA_TOKEN' }, place: ['headers', 1] },
      ],
    })
    expect(first?.devices.map(({ label, place }) => [label, place])).toEqual([
      ['nrf9160@1.3.7+ncs@2.7.0', ['devices', 0]],
      ['board', ['devices', 1]],
    ])
    expect(broker?.placeOf('timeout')).toEqual(['targets', 1, 'timeout'])
    expect(broker?.placeOf('anchors')).toEqual(['anchors'])
    expect(plan(full).fault(['anchors', 0], 'is not there', 'add it').message).toBe(
      'tlsfit.yaml:5: anchors.0: is not there',
    )
    expect(broker).toMatchObject({
      label: 'broker',
      line: 12,
      settings: { timeout: 20 },
      thresholds: { least: { bytes: 100 }, shrink: {} },
      devices: [{ label: 'esp-idf@5.2' }],
    })
    expect(blob).toMatchObject({ query: { env: 'SAS' } })
  })

  test('two lines are enough', () => {
    expect(plan('targets: [chain.pem]\ndevices: [nrf9160]\n').targets[0]).toMatchObject({
      isFile: true,
      settings: {},
      headers: [],
    })
  })

  test.each([
    ['an empty file', '# nothing\n\n', 1, 'is empty', 'targets'],
    ['no target', 'devices: [nrf9160]\n', 1, 'targets: is missing', 'add targets: ['],
    ['no device', 'targets:\n  - https://a.example\n', 2, 'no device', 'devices:'],
    ['a misspelt key', `${full}margin: {}\n`, 22, 'margin', 'did you mean margins?'],
    ['a misspelt key of a target', full.replace('name: broker', 'nam: broker'), 13, 'nam', 'name'],
    ['an unknown device', full.replace('nrf9160@1.3.7', 'nrf9161@1.3.7'), 3, 'nrf9161', 'nearest'],
    ['a device twice', full.replace('[esp-idf@5.2]', '[esp-idf, esp-idf]'), 14, 'twice', 'keep one'],
    [
      'a target twice',
      `${full}`.replace('mqtts://broker.example:8883\n    name: broker', 'https://example.com/fw.bin'),
      12,
      'line 11',
      'name of its own',
    ],
    ['another scheme', full.replace('https://example', 'http://example'), 11, 'http', 'https://'],
    ['a text for a number', full.replace('timeout: 5', 'timeout: soon'), 9, 'text', 'number'],
    ['a number for a text', full.replace("'2021-08-06'", '7'), 7, 'number', 'in quotes'],
    [
      'two headers in a row',
      full.replace("'2021-08-06'", "'1'\n    b: '2'"),
      7,
      'holds 2 names',
      'one header a row',
    ],
    ['a name of no header', full.replace('x-ms-version:', '"x ms":'), 7, 'no name', 'x-ms-version'],
    ['a header of two lines', full.replace("'2021-08-06'", '"a\\nb"'), 7, 'control', 'one line'],
    [
      'a secret in two places',
      full.replace('{ env: FOTA_TOKEN }', '{ env: A, file: b }'),
      8,
      'Authorization: names file and env',
      'exactly one',
    ],
    ['a key without certificate', `${full}client-key: k.pem\n`, 22, 'client-cert', 'add client-cert'],
    ['two places for the last run', `${full}last-run: a\nbaseline: b\n`, 23, 'last-run', 'keep'],
    ['an address without port', `${full}connect: 192.0.2.7\n`, 22, 'connect', 'host:port'],
    ['devices that are no list', 'devices: nrf9160\ntargets: [a.pem]\n', 1, 'is text', 'a list: devices: ['],
    [
      'a time with a unit',
      'timeout: 10s\ndevices: [nrf9160]\ntargets: [a.pem]\n',
      1,
      'timeout',
      'a plain number',
    ],
    ['a list of keys', '- devices: [nrf9160]\n- targets: [a.pem]\n', 1, 'is a list', 'without -'],
    ['no target', 'devices: [nrf9160]\ntargets: []\n', 2, 'targets: is empty', ''],
    ['two documents', `${full}---\ndevices: []\n`, 22, 'more than one document', 'keep one'],
    ['a query twice', full.replace('net/fw.bin', 'net/fw.bin?a=1'), 18, 'query already', 'keep one'],
    ['an unknown way of verifying', `${full}verify: some\n`, 22, 'verify', 'full'],
    ['a sign of YAML', 'targets: @none\n', 1, 'a sign that YAML keeps', 'quotes'],
    ['a list that is not closed', 'devices: [nrf9160\ntargets: [a.pem]\n', 2, 'is not closed', 'close it'],
    ['a tab', 'devices:\n\t- nrf9160\ntargets: [a.pem]\n', 2, 'a tab', 'indent with spaces'],
    [
      'a key in another column',
      'devices: [a]\ntargets:\n  - url: a\n  b: c\n',
      4,
      'indented',
      'the same column',
    ],
    [
      'a device by its id in a table',
      'devices: [{id: nrf9160}]\ntargets: [a.pem]\n',
      1,
      'missing',
      'as - nrf9160',
    ],
    ['a device under a word', 'devices: [{device: esp32}]\ntargets: [a.pem]\n', 1, 'no key', 'as - nrf9160'],
    [
      'a configuration misspelt',
      'devices: [{confg: a}]\ntargets: [a.pem]\n',
      1,
      'no key',
      'did you mean config?',
    ],
    [
      'two devices in one',
      "devices: ['nrf9160, esp32']\ntargets: [a.pem]\n",
      1,
      'several',
      '[nrf9160, esp32]',
    ],
    ['no device after the key', 'devices:\ntargets: [a.pem]\n', 1, 'has no value', 'a list: devices: ['],
    [
      'a header as text',
      'headers: ["a: b"]\ndevices: [esp32]\ntargets: [a.pem]\n',
      1,
      'is text',
      'one header a row',
    ],
    [
      'headers in a table',
      'headers: {a: b}\ndevices: [esp32]\ntargets: [a.pem]\n',
      1,
      'is a table',
      'one header a row',
    ],
    ['a query as text', full.replace('query: { env: SAS }', 'query: sig=x'), 18, 'is text', '{ env: NAME }'],
    ['a secret without place', full.replace('{ env: SAS }', '{}'), 18, 'names nothing', 'exactly one of'],
    [
      'margins of nothing',
      'margins: {bytes: 9}\ndevices: [esp32]\ntargets: [a.pem]\n',
      1,
      'no key',
      'least: {',
    ],
    [
      'a margin without unit',
      full.replace('shrink: { bytes: 200 }', 'shrink: 9'),
      21,
      'number',
      '{ bytes: 256 }',
    ],
    ['an option of the command line', `${full}format: junit\n`, 22, 'command line', 'check --format'],
    [
      'what is for all in one target',
      full.replace('timeout: 20', 'last-run: x'),
      15,
      'one target',
      'for all targets',
    ],
    [
      'a target without URL',
      full.replace('url: mqtts://broker.example:8883\n    ', ''),
      12,
      'missing',
      'add url: ',
    ],
    ['words that are no table', 'https://example.com\n', 1, 'is text', 'write devices: [ID] and targets'],
    ['no server name, the YAML way', `${full}sni: false\n`, 22, 'is false', 'or none'],
    ['a key twice', `${full}timeout: 6\n`, 22, 'again', 'keep one'],
  ])('%s is told with its line and its mend', (_, text, line, what, mend) => {
    const fault = faultOf(text)
    expect(fault.message).toContain(what)
    expect(`${fault.message} ${fault.hint}`).toContain(mend)
    expect(fault.line).toBe(line)
    expect(fault.message).toMatch(/^tlsfit\.yaml:\d+: /)
  })

  test.each([
    [
      'a header',
      full.replace('{ env: FOTA_TOKEN }', 'Bearer s3cr3tValue'),
      8,
      'Authorization: { env: NAME }',
    ],
    [
      'a token under a plain name',
      full.replace("'2021-08-06'", 's3cr3tValueABCDEFGHIJ0123456789'),
      7,
      '{ file: PATH }',
    ],
    ['a query', full.replace('com/fw.bin', 'com/fw.bin?sv=1&sig=s3cr3tValue'), 11, 'query: { env: NAME }'],
    ['a user name', full.replace('https://example', 'https://me:s3cr3tValue@example'), 11, 'headers:'],
    ['a path', full.replace('com/fw.bin', 'com/bot123456:s3cr3tValueABCDEFGHIJ0123/x'), 11, 'without it'],
  ])('a secret in %s is refused, with how to refer to it, and is not repeated', (_, text, line, mend) => {
    const fault = faultOf(text)
    expect(fault.line).toBe(line)
    expect(fault.hint).toContain(mend)
    expect(`${fault.message} ${fault.hint}`).not.toContain('s3cr3tValue')
  })

  test('aliases share what they name, and a bomb of them is refused', () => {
    const shared = 'devices: &held [nrf9160]\ntargets:\n  - { url: a.pem, devices: *held }\n  - b.pem\n'
    expect(plan(shared).targets.map(({ devices }) => devices.length)).toEqual([1, 1])
    const row = (name: string, of: string) => `  ${name}: &${name} [${Array(9).fill(of).join(', ')}]\n`
    let bomb = 'targets: [a.pem]\nx:\n  a: &a [b, b, b, b, b, b, b, b, b]\n'
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].entries()) {
      bomb += row(of[0] ?? '', `*${of[1]}`)
      expect(name).toBeLessThan(7)
    }
    expect(faultOf(bomb).code).toBe('bad-yaml')
  })

  test('a list that holds itself, and a file of another kind, are told', () => {
    expect(faultOf('targets: &a [*a]\ndevices: [nrf9160]\n')).toBeInstanceOf(DataFileError)
    expect(faultOf('{{{{').code).toBe('bad-yaml')
    expect(faultOf(`targets: [a.pem]\n#${'x'.repeat(300_000)}`).code).toBe('too-large')
    expect(faultOf('\0\u0001\u0002')).toBeInstanceOf(DataFileError)
  })

  test('any change of a good file is read or told, and never throws another error', () => {
    fc.assert(
      fc.property(
        fc.nat(full.length),
        fc.nat(20),
        fc.oneof(fc.string(), fc.constantFrom('&a ', '*a', '{', '- ', ': ', '\n', '!!binary ', '? ', 'all')),
        (at, length, text) => {
          const changed = full.slice(0, at) + text + full.slice(at + length)
          try {
            plan(changed)
          } catch (error) {
            if (!(error instanceof DataFileError)) throw error
            expect(error.hint).not.toBe('')
          }
        },
      ),
      { numRuns: 400 },
    )
  })
})
