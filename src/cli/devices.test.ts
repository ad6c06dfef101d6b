import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { openCatalogue } from '../io/catalogue-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-devices-'))
const families = openCatalogue().families

describe('devices list', () => {
  test('every family stands under a heading, with ranges, aliases and its default', async () => {
    const { code, out } = await tlsfit('devices')
    expect(code).toBe(0)
    for (const family of families) expect(out).toMatch(new RegExp(`^ {2}${family} `, 'm'))
    expect(out).toMatch(/^modems$[\s\S]*nrf9160[\s\S]*1\.3\.1\.\.1\.3\.7 +hello assumed/m)
    expect(out).toContain('runs on nrf9160 or nrf91x1')
    expect(out).not.toMatch(/^others$/m)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('a word narrows it, by alias too', async () => {
    const { out } = await tlsfit('devices', 'list', 'nrf9151', '--format', 'json')
    expect(JSON.parse(out)).toMatchObject({
      schema: 'tlsfit/devices@1',
      families: [{ family: 'nrf91x1', kind: 'modem' }],
    })
    expect(JSON.parse(out).families).toHaveLength(1)
  })

  test('a word that nothing holds is wrong usage, and the families are named', async () => {
    const { code, err } = await tlsfit('devices', 'list', 'commodore\u001b[2J')
    expect(code).toBe(64)
    expect(err).toContain('commodore\\x1b[2J')
    expect(err).toContain('esp-idf')
  })
})

describe('devices show', () => {
  test('each value has its source, and what is unknown is listed', async () => {
    const { code, out } = await tlsfit('devices', 'show', 'nrf9160@1.3.7')
    expect(code).toBe(0)
    expect(out).toMatch(/certificate chain +4,096 bytes\n.*how it counts is not known/)
    expect(out).toContain('known to fail: 4,330 bytes')
    expect(out).toMatch(/ncs@2\.7\.0.*taken by default/)
    expect(out).toMatch(/^not known: \d+ values$/m)
    expect(out).toMatch(/^ {4}extensions +Which extensions does it send, in which order\?$/m)
    expect(out).toContain('tlsfit devices from-capture trace.pcap > my-device.yaml')
    expect(out).toContain('errno 111')
  })

  test('as JSON it is the merged device, with null for what is unknown', async () => {
    const { out } = await tlsfit('devices', 'show', 'esp-idf@5.2', '--format', 'json')
    const json = JSON.parse(out)
    expect(json).toMatchObject({ schema: 'tlsfit/device@1', device: { id: 'esp-idf@5.2' } })
    expect(json.device.limits.handshakeMessageBytes).toMatchObject({ value: 16384, counts: 'message' })
    expect(json.device.limits.chainBytes).toBeNull()
    expect(json.unknown).toContain('limits.chainBytes')
    const [limits] = json.sections
    expect(limits).toMatchObject({ group: 'limits', title: 'limits' })
    expect(limits.values).toContainEqual(
      expect.objectContaining({ part: 'limits.handshakeMessageBytes', value: '16,384 bytes' }),
    )
  })

  test('as markdown and as HTML it is a page of its own, with the figures of the text', async () => {
    const markdown = await tlsfit('devices', 'show', 'nrf9160@1.3.7', '--format', 'markdown')
    expect(markdown.code).toBe(0)
    expect(markdown.out).toMatch(/^# nRF9160/)
    expect(markdown.out).toMatch(/^\| certificate chain \| 4,096 bytes<br>/m)
    const html = await tlsfit('devices', 'show', 'nrf9160@1.3.7', '--format', 'html')
    expect(html.code).toBe(0)
    expect(html.out).toMatch(/^<!DOCTYPE html>/)
    expect(html.out).toContain('4,330 bytes known to fail')
  })

  test('JSON says how the hello is known, what the field saw and what to measure', async () => {
    const { out } = await tlsfit('devices', 'show', 'nrf9160@1.3.7', '--format', 'json')
    expect(JSON.parse(out)).toMatchObject({
      hello: { origin: 'assumed', ja4: null, codes: { versions: [{ name: 'TLSv1.2', code: '0x0303' }] } },
      margins: [
        { part: 'limits.chainBytes', ways: [{ way: 'sent' }, { way: 'path', passes: 3640, fails: 4330 }] },
      ],
      field: expect.arrayContaining([
        expect.objectContaining({ id: 'nrf91-aws-iot-ats', outcome: 'accepted' }),
      ]),
      measures: expect.arrayContaining([expect.objectContaining({ recipe: 'capture' })]),
    })
  })

  test('an unknown id lists the nearest three', async () => {
    const { code, err } = await tlsfit('devices', 'show', 'nrf916')
    expect(code).toBe(64)
    expect(err).toMatch(/nearest: nrf9160, nrf9161, nrf91;/)
  })

  test('a profile of one’s own lies over its base', async () => {
    const path = write(
      'own.yaml',
      `family: my-board
name: My board
base: esp-idf@5.2
defaultVersion: any
sources: { bench: { confidence: measured, where: our own bench } }
ranges:
  any: { limits: { recordBytes: { value: 4096, counts: record, source: bench } } }
`,
    )
    const { device } = JSON.parse((await tlsfit('devices', 'show', path, '--format', 'json')).out)
    expect(device.id).toBe('esp-idf@5.2+my-board@any')
    expect(device.layers[0]).toMatchObject({ family: 'esp-idf', defaulted: true })
    expect(device.limits.recordBytes).toMatchObject({ value: 4096, source: 'our own bench' })
    expect(device.limits.rsaKeyBits).toMatchObject({ value: 8192 })
    const named = JSON.parse((await tlsfit('devices', 'show', `esp-idf@4.4+${path}`, '--format', 'json')).out)
    expect(named.device.id).toBe('esp-idf@4.4+my-board@any')
  })

  test('a name that is in no registry is unreadable input, with its line', async () => {
    const text =
      'family: box\nname: Box\ndefaultVersion: any\nsources:\n  us: { confidence: measured, where: our own bench }\n'
    const hello = 'common:\n  hello:\n    groups: { value: [secp256r2], source: us }\nranges:\n  any:\n'
    const path = write('names.yaml', text + hello)
    const { code, err } = await tlsfit('devices', 'show', path)
    expect(code).toBe(65)
    expect(err.replaceAll('\n', ' ')).toContain(`${path}:8: common.hello.groups.value.0: "secp256r2" is not`)
    expect(err).toContain('nearest: secp256r1')
  })

  test('a file that is missing is unreadable input', async () => {
    expect((await tlsfit('devices', 'show', './none.yaml')).code).toBe(65)
  })
})

describe('devices lint', () => {
  test('a file with faults is unreadable input: line, fault and mend', async () => {
    const path = write('bad.yaml', 'family: box\nname: Box\ndefaultVersion: 1.0\nsources: {}\nranges: {}\n')
    const { code, out } = await tlsfit('devices', 'lint', path)
    expect(code).toBe(65)
    expect(out.replaceAll('\n', ' ')).toContain(`${path}:3: defaultVersion: is the number 1`)
    expect(out).toMatch(/mend {2}write text, in quotes/)
    expect(out).toMatch(/^1 problem$/m)
    const json = JSON.parse((await tlsfit('devices', 'lint', path, '--format', 'json')).out)
    expect(json).toMatchObject({
      schema: 'tlsfit/lint@1',
      ok: false,
      problems: [{ line: 3, path: 'defaultVersion' }],
    })
  })

  test('a file without is ok', async () => {
    const { code, out } = await tlsfit('devices', 'lint', 'devices/esp-idf.yaml')
    expect({ code, out }).toEqual({ code: 0, out: 'ok  devices/esp-idf.yaml\n' })
  })
})

describe('devices', () => {
  for (const [what, argv, hint] of [
    ['an act that is none', ['lst'], 'tlsfit devices list'],
    ['a family in place of an act', ['nrf9160'], 'devices list nrf9160'],
    ['a format that is none', ['--format', 'xml'], 'text, json'],
    ['a list of faults as a page', ['lint', 'devices/esp-idf.yaml', '--format', 'html'], 'text, json'],
    ['show without a device', ['show'], 'nrf9160@1.3.7'],
    ['lint without a file', ['lint'], 'my-device.yaml'],
  ] as const) {
    test(`${what} is wrong usage, with a hint`, async () => {
      const { code, err } = await tlsfit('devices', ...argv)
      expect(code).toBe(64)
      expect(err).toMatch(/^error: .+\nhint: .+\n$/)
      expect(err).toContain(hint)
    })
  }
})

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function tlsfit(...argv: string[]) {
  return runCommand(argv)
}
