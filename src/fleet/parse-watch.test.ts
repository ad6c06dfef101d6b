import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataFileError } from '../device/data-file.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { parseWatch, slug } from './parse-watch.ts'
import { fleetNow } from './watch-parts.ts'

const catalogue = openCatalogue()
const parse = (text: string) => parseWatch(text, 'watch.yaml', catalogue)

const full = `
defaults:
  every: 30m
  thorough: 12h
  timeout: 8s
  retries: { count: 3 }
  thresholds:
    room: { bytes: 256 }
    expiry-days: { leaf: 21 }
vantages: [berlin, virginia]
fleets:
  - id: trackers
    device: nrf9160@1.3.7
    count: 38000
    anchors: [certs/root.pem]
  - id: gates
    name: Gates in the field
    device: esp-idf@5.2
    count: 1200
    verify: no-name
    clock: { behind: 2d }
endpoints:
  - https://fw.example.com/image.bin
  - id: broker
    target: mqtts://broker.example.com
    sni: other.example.com
    every: 5m
    thorough: 1h
    fleets: [gates]
    vantages: [berlin]
    client-cert: device.pem
    client-key: { credential: device-key }
    thresholds: { expiry-days: { anchor: 700 } }
  - target: https://account.blob.example.net/fw.bin
    query: { env: SAS }
    headers:
      - x-ms-version: '2021-08-06'
      - Authorization: { credential: fota }
channels:
  - { id: ops, kind: slack, url: { env: SLACK }, from: critical }
  - { id: hook, kind: webhook, url: 'https://example.com/in', key: { file: key }, fleets: [gates] }
  - { id: mail, kind: email, server: 'smtps://mail.example.com:465', sender: a@example.com, to: [b@example.com] }
maintenance:
  - { id: move, from: 2026-12-01T22:00Z, to: 2026-12-02, endpoints: [broker] }
  - { id: sundays, weekly: { day: sunday, at: "02:30", for: 2h } }
retention: { probes: 30d }
`

function faultOf(text: string): DataFileError {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof DataFileError) return error
    throw error
  }
  throw new Error('no fault found')
}

describe('watch.yaml', () => {
  test('gives each endpoint what the file says for all, and its own words first', () => {
    const { config } = parse(full)
    const [image, broker, blob] = config.endpoints
    expect(image).toMatchObject({
      id: 'fw.example.com-image.bin',
      name: 'https://fw.example.com/image.bin',
      vantages: ['berlin', 'virginia'],
    })
    expect(config).toMatchObject({
      ...{ timeoutSeconds: 8, thresholds: { room: { bytes: 256 }, expiryDays: { leaf: 21 } } },
    })
    expect(config.schedule).toEqual({ everySeconds: 1_800, thoroughSeconds: 43_200 })
    // Its own says nothing: what the defaults are may change without it.
    expect([image?.everySeconds, image?.thoroughSeconds]).toEqual([undefined, undefined])
    expect([image?.timeoutSeconds, image?.thresholds]).toEqual([undefined, undefined])
    expect(image?.fleets).toBeUndefined()
    expect(broker).toMatchObject({
      id: 'broker',
      everySeconds: 300,
      thoroughSeconds: 3_600,
      fleets: ['gates'],
      vantages: ['berlin'],
      clientCertificate: { certificate: { file: 'device.pem' }, key: { credential: 'device-key' } },
      thresholds: { expiryDays: { anchor: 700 } },
    })
    expect(blob).toMatchObject({
      query: { env: 'SAS' },
      headers: [
        { name: 'x-ms-version', value: '2021-08-06' },
        { name: 'Authorization', value: { credential: 'fota' } },
      ],
    })
  })

  test('gives fleets, channels, windows and what is kept', () => {
    const { config } = parse(full)
    expect(config.fleets).toMatchObject([
      { id: 'trackers', name: 'trackers', verify: 'full', clock: { kind: 'right' }, count: 38_000 },
      { id: 'gates', verify: 'no-name', clock: { kind: 'off', seconds: -172_800 } },
    ])
    expect(config.channels).toMatchObject([
      { id: 'ops', kind: 'slack', url: { env: 'SLACK' }, from: 'critical' },
      { id: 'hook', url: 'https://example.com/in', key: { file: 'key' }, from: 'warning', fleets: ['gates'] },
      { id: 'mail', to: ['b@example.com'] },
    ])
    expect(config.maintenance).toMatchObject([
      {
        kind: 'once',
        from: '2026-12-01T22:00:00.000Z',
        to: '2026-12-02T00:00:00.000Z',
        endpoints: ['broker'],
      },
      { kind: 'weekly', day: 0, minute: 150, seconds: 7_200 },
    ])
    expect(config.retention).toEqual({ probesDays: 30, historyDays: 730, alertsDays: 730 })
    expect(config.retries).toEqual({ count: 3, afterSeconds: undefined })
  })

  test('is the same after a way through JSON', () => {
    const { config } = parse(full)
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })

  test('takes cases of the lab, and no files', () => {
    expect(parse('endpoints: [lab:nordic-azure-fota/2]').config.endpoints[0]).toMatchObject({
      id: 'nordic-azure-fota-2',
      target: 'lab:nordic-azure-fota/2',
    })
    expect(faultOf('endpoints: [chain.pem]').message).toContain('is a file, and a file has nothing to watch')
  })

  test.each([
    ['# nothing\n', 1, 'is empty'],
    ['endpoints:\n  - https://user:pass@example.com/\n', 2, 'holds a secret in its user name'],
    [
      'endpoints:\n  - https://a.example/?sig=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n',
      2,
      'holds a secret in its query',
    ],
    [
      'endpoints:\n  - target: https://a.example/\n    headers:\n      - Authorization: Bearer abc\n',
      4,
      'looks like a secret',
    ],
    ['endpoints:\n  - target: https://a.example/\n    every: 60\n', 3, 'is the number 60'],
    ['endpoints:\n  - target: https://a.example/\n    every: 0s\n', 3, 'every'],
    ['endpoints:\n  - https://a.example/\n  - https://a.example/\n', 3, 'is the id of another one'],
    [
      'endpoints:\n  - target: https://a.example/\n    fleets: [trakers]\nfleets:\n  - { id: trackers, device: esp32, count: 1 }\n',
      3,
      'trakers is no fleet of this file',
    ],
    ['endpoints:\n  - target: https://a.example/\n    vantages: [mars]\n', 3, 'mars is no vantage point'],
    ['fleets:\n  - id: a\n    device: nrf9161000\n    count: 1\n', 3, 'nrf9161000'],
    ['fleets:\n  - id: a\n    device: all\n    count: 1\n', 3, 'is not one device'],
    ['fleets:\n  - id: a\n    device: esp32\n    count: -1\n', 4, 'count'],
    [
      'fleets:\n  - id: a\n    device: esp32\n    count: 1\n    clock: { behind: 1d, ahead: 1d }\n',
      5,
      'names behind and ahead',
    ],
    ['endpoints:\n  - target: https://a.example/\n    client-cert: a.pem\n', 3, 'needs client-key'],
    ['channels:\n  - id: a\n    kind: slack\n    url: https://hooks.example/T0/B0/x\n', 4, 'is text'],
    ['channels:\n  - id: a\n    kind: pager\n', 3, 'kind'],
    ['maintenance:\n  - id: a\n', 2, 'does not say when'],
    ['maintenance:\n  - { id: a, from: 2026-12-02, to: 2026-12-01 }\n', 2, 'ends before it begins'],
    ['endpoint: []\n', 1, 'is no key of this file'],
  ])('tells line and mend of %j', (text, line, what) => {
    const fault = faultOf(text)
    expect(fault.message).toContain(what)
    expect(fault.line).toBe(line)
    expect(fault.hint).not.toBe('')
    expect(`${fault.message} ${fault.hint}`).not.toMatch(/c2Vjcm|Bearer abc|user:pass|T0\/B0/)
  })

  test('may name ten thousand endpoints', () => {
    const urls = Array.from(
      { length: 10_000 },
      (_, at) => `  - https://fw.example.com/images/product-${at}.bin`,
    )
    const { endpoints } = parse(`endpoints:\n${urls.join('\n')}\n`).config
    expect(endpoints).toHaveLength(10_000)
    expect(endpoints[9_999]?.id).toBe('fw.example.com-images-product-9999.bin')
  })

  test('an id made of a target is one that may be written', () => {
    fc.assert(
      fc.property(fc.domain(), fc.string(), (host, rest) => {
        const url = `https://${host}/${rest}`
        expect(slug(url)).toMatch(/^[a-z0-9][a-z0-9._-]{0,79}$/)
        expect(slug(slug(url))).toBe(slug(url))
      }),
    )
  })

  test('a clock that is off or stands is what the devices take for now', () => {
    const now = new Date('2026-12-01T00:00:00Z')
    expect(fleetNow({ kind: 'right' }, now)).toEqual(now)
    expect(fleetNow({ kind: 'off', seconds: -86_400 }, now)).toEqual(new Date('2026-11-30T00:00:00Z'))
    const at = '2024-01-01T00:00:00.000Z'
    expect(fleetNow({ kind: 'stands', at }, now)).toEqual(new Date(at))
  })

  test('names what runs beside the watch, and where logged certificates are told', () => {
    const { config } = parse(`views:
  gateways: [{ id: edge, url: http://127.0.0.1:9464 }]
  measurements: [{ id: bench, name: Bench, folder: ./measure }]
transparency: { file: logged.jsonl, every: 1h }
`)
    expect(config.views).toEqual({
      gateways: [{ id: 'edge', name: 'edge', url: 'http://127.0.0.1:9464' }],
      measurements: [{ id: 'bench', name: 'Bench', folder: './measure' }],
    })
    expect(config.transparency).toEqual({ file: 'logged.jsonl', everySeconds: 3600 })
    expect(parse('endpoints: [https://a.example/]\n').config.transparency).toBeUndefined()
  })

  test.each([
    'transparency: { file: a, url: https://a.example/ }\n',
    'transparency: {}\n',
    'views: { gateways: [{ id: a, url: file:///etc/passwd }] }\n',
    'views: { gateways: [{ id: a, url: http://b }], measurements: [{ id: a, folder: c }] }\n',
  ])('refuses %s', (text) => {
    expect(() => parse(text)).toThrow(DataFileError)
  })
})
