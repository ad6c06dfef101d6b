import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  azureObservation,
  azureVerdict,
  finding,
  liveObservation,
  nrf9160,
} from '../../test/support/verdict-fixture.ts'
import type { Verdict } from '../judge/verdict.ts'
import { HtmlReport } from './html/html-report.ts'
import { displayWidth } from './layout.ts'
import { formatText } from './text.ts'

const target = 'https://edge.microsoft.com/fw.bin'
const plain = { color: false, columns: 80 }

/** A line that is one word of a shell command, which is never broken. */
const wordOfCommand = /^ +(?:'[^']*'|[^\s']+)(?: \\)?$/

describe('the head of the report', () => {
  const lines = formatText([azureVerdict()], { color: false, columns: 400 }).split('\n')

  test('the first line is the verdict with device, target and stage', () => {
    expect(lines[0]).toBe(
      'BLOCKED   nrf9160@1.3.7+ncs@2.7.0 cannot take the chain in chain-edge.pem  (chain)',
    )
  })

  test("the second is the cause with its numbers and the device's own words", () => {
    expect(lines[1]).toMatch(/^ {2}cause .*5,753 bytes.*4,096.*1,657 too many.*errno 111/)
    expect(lines[1]).toContain('Unable to connect, errno 111')
  })

  test('the third is the cure', () => {
    expect(lines[2]).toMatch(/^ {2}fix .*small chain.*DigiCert Global Root G2/)
  })

  test('what forums advise is named as unsafe and is no cure', () => {
    expect(lines.find((line) => line.startsWith('  unsafe'))).toMatch(/plain HTTP/)
  })
})

describe('the chain ladder', () => {
  const text = formatText([azureVerdict()], plain)

  test('has a row for each certificate with bytes, sum, SHA-256 and subject, and one for the limit', () => {
    expect(text).toMatch(/1 ● +2,352 .* 2,352 [0-9a-f]{8} edge\.microsoft\.com/)
    expect(text).toMatch(/3 ● +1,421 .* 5,753 [0-9a-f]{8} Microsoft TLS RSA Root G2/)
    expect(text).toMatch(/limit .*◄ +4,096 nrf9160@1\.3\.7/)
  })

  test('the mark of the limit stands under the line it draws', () => {
    const rows = text.split('\n')
    const row = rows.find((line) => line.includes('edge.microsoft.com')) ?? ''
    const limit = rows.find((line) => line.includes('◄')) ?? ''
    expect(limit.indexOf('◄')).toBe(row.indexOf('│'))
  })

  test('only certificates on the path are marked when the path is shorter', () => {
    const details = {
      ...{
        sentBytes: 5753,
        pathBytes: 4332,
        certificates: 3,
        pathCertificates: 2,
        limitBytes: 4096,
        overBytes: 236,
      },
    }
    const shorter = formatText(
      [azureVerdict({ margins: [], findings: [finding('chain-too-large', details, { effect: 'blocks' })] })],
      plain,
    )
    expect(shorter).toMatch(/2 ● +1,980/)
    expect(shorter).toMatch(/3 {3} +1,421/)
    expect(shorter).toMatch(/sent 5,753 of 4,096, 1,657 over; path 4,332 of 4,096, 236 over/)
  })

  test('two devices share one ladder, each with its own limit', () => {
    const other = nrf9160({
      id: 'spwf04sx@1.1.0',
      layers: [{ family: 'spwf04sx', name: 'SPWF04Sx', version: '1.1.0', range: 'any', defaulted: false }],
    })
    const both = formatText([azureVerdict(), azureVerdict({ device: other })], plain)
    expect(both.match(/^chain /gm)).toHaveLength(1)
    expect(both).toMatch(/4,096 nrf9160@1\.3\.7/)
    expect(both).toMatch(/4,096 spwf04sx@1\.1\.0/)
  })
})

describe('the wire and the download', () => {
  const records = [
    { plaintextBytes: 2000, count: 12, offset: 0 },
    { plaintextBytes: 16_344, count: 14, offset: 24_000 },
  ]
  const observation = liveObservation(target, '192.0.2.1', { records })

  test('the device stops at the Certificate message when the chain is too large', () => {
    const lines = formatText([azureVerdict({ observation })], plain).split('\n')
    const at = lines.findIndex((line) => line.startsWith('   ← Certificate'))
    expect(lines[at + 1]).toMatch(/✗ nrf9160@1\.3\.7 stops here \(chain\)/)
  })

  test('the record strip shows where records grow and which are over the limit', () => {
    const growth = finding('record-growth', { fromBytes: 2000, toBytes: 16_344, offset: 24_000 })
    const text = formatText([azureVerdict({ observation, findings: [growth] })], plain)
    expect(text).toMatch(/at 24,000 +14 × +16,344 .*◄ grows/)
    expect(text).toMatch(/limit nrf9160@1\.3\.7 +2,303/)
  })

  test('a redirect has a ladder and a wire of its own, and the device stops on the leg of the finding', () => {
    const first = observation.connections[0]!
    const cdn = { ...first, role: 'redirect' as const, host: 'cdn.example.com' }
    const hops = { ...observation, connections: [first, cdn] }
    const lead = finding(
      'untrusted-root',
      { neededIssuer: 'Amazon Root CA 1', held: ['DigiCert Global Root G2'] },
      { effect: 'blocks', host: 'cdn.example.com' },
    )
    const text = formatText([azureVerdict({ observation: hops, stage: 'path', findings: [lead] })], plain)
    expect(text.match(/^chain /gm)).toHaveLength(2)
    expect(text).toContain('sent by cdn.example.com')
    expect(text.indexOf('stops here')).toBeGreaterThan(text.lastIndexOf('wire '))
    expect(text.match(/stops here/g)).toHaveLength(1)
  })

  test('addresses that agree are told once, with all their names', () => {
    const second = liveObservation(target, '192.0.2.2', { records })
    const text = formatText([azureVerdict({ observation }), azureVerdict({ observation: second })], plain)
    expect(text.match(/^BLOCKED/gm)).toHaveLength(1)
    expect(text).toContain('192.0.2.1 and 192.0.2.2')
  })

  test('a million records are told in a screenful', () => {
    const many = Array.from({ length: 4096 }, (_, index) => ({
      plaintextBytes: 100 + (index % 7),
      count: 300,
      offset: index * 30_000,
    }))
    const text = formatText(
      [azureVerdict({ observation: liveObservation(target, '192.0.2.1', { records: many }) })],
      plain,
    )
    expect(text.split('\n').length).toBeLessThan(150)
    expect(text).toMatch(/more records, largest 106/)
  })
})

describe('the other states', () => {
  test('a file that fits says "chain fits" and which stages were not seen', () => {
    const text = formatText([azureVerdict({ state: 'fits', stage: undefined, findings: [] })], plain)
    expect(text).toMatch(/^FITS {6}chain fits: nrf9160@1\.3\.7\+ncs@2\.7\.0/)
    expect(text).toMatch(/Not seen: http\./)
  })

  test('what fits by the size of ordinary servers alone says so, in HTML too', () => {
    const missing = [{ needs: 'measured-limit' as const, why: 'no source', about: 'chainBytes' }]
    const verdict = azureVerdict({ state: 'fits', stage: undefined, findings: [], missing })
    const words = 'No source gives a limit of nRF9160 for: certificate chain.'
    expect(formatText([verdict], plain)).toContain(`  assumed ${words}`)
    expect(new HtmlReport().add([verdict])).toContain(`<dt>Assumed</dt><dd>${words}`)
  })

  test('an undecided verdict leads with what is open, where it leans, and what settles it', () => {
    const open = finding(
      'chain-size-undecided',
      { sentBytes: 5307, pathBytes: 2988, limitBytes: 4096, rows: [] },
      { effect: 'unknown' },
    )
    const lines = formatText(
      [
        azureVerdict({
          ...{ state: 'undecided', stage: undefined, leans: 'fits', findings: [open] },
          missing: [{ needs: 'anchor', why: 'no anchor was given', about: undefined }],
        }),
      ],
      { color: false, columns: 400 },
    ).split('\n')
    expect(lines[0]).toMatch(/^UNDECIDED .*leans to: it does {2}\(chain\)$/)
    expect(lines[1]).toMatch(/^ {2}open .*5,307.*2,988/)
    expect(lines.slice(0, 6).join('\n')).toMatch(/settle .*root/)
    expect(lines.join('\n')).toContain(
      'tlsfit check chain-edge.pem --device nrf9160@1.3.7+ncs@2.7.0 --anchor root.pem',
    )
  })

  test('an endpoint that was not reached is not held against the device', () => {
    const refused = finding(
      'tcp-refused',
      { address: '127.0.0.1', port: 9, afterMs: 2 },
      { effect: 'unknown' },
    )
    const observation = { ...liveObservation(target, '127.0.0.1'), connections: [] }
    const text = formatText(
      [azureVerdict({ state: 'undecided', stage: undefined, findings: [refused], observation })],
      plain,
    )
    expect(text.replace(/\s+/g, ' ')).toMatch(/^UNDECIDED .*was not reached from here/)
    expect(text).not.toMatch(/^chain /m)
  })
})

describe('safe on every terminal', () => {
  const hostileName = '\u001b[2J\u202e evil\u0007\r\nBLOCKED \u200b'

  test('no control character comes out, whatever the details hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.integer({ min: 40, max: 130 }),
        (name, columns) => {
          const text = formatText([hostileVerdict(name)], { color: false, columns })
          expect(text).not.toMatch(
            /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/,
          )
          const lines = text.split('\n').filter((line) => !wordOfCommand.test(line))
          expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a profile may call its family as an object calls its own methods', () => {
    for (const name of ['toString', '__proto__', 'constructor']) {
      expect(formatText([hostileVerdict(name)], plain)).toContain(`store ${name} on the device`)
    }
  })

  test('a name with line feeds cannot write a line of its own', () => {
    const text = formatText([hostileVerdict(hostileName)], plain)
    expect(text.match(/^BLOCKED/gm)).toHaveLength(1)
  })

  test('in a locale that is not UTF-8 every character is ASCII, and no line is longer', () => {
    const text = formatText([hostileVerdict('Ünï 日本 \u202e')], { ...plain, ascii: true })
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })
})

/** A verdict whose every free text is `name`. */
function hostileVerdict(name: string): Verdict {
  const observation = liveObservation(`https://${name}/`, name, {
    hello: undefined,
    exchanges: [],
    mqtt: { connectBytes: 20, protocolLevel: 4, clientId: name, connack: undefined, error: name },
  })
  const device = nrf9160({
    id: name,
    name,
    layers: [{ family: name, name, version: name, range: name, defaulted: true }],
    quirks: [{ value: name, source: name, confidence: 'inferred' }],
  })
  const lead = finding(
    'untrusted-root',
    { neededIssuer: name, held: [name, name] },
    {
      effect: 'blocks',
      deviceWords: { code: name, log: name, detail: name },
      fixes: [{ id: 'load-root', with: { root: name } }],
      limit: { value: 1, counts: 'sent', passes: {}, fails: {}, confidence: 'inferred', source: name },
    },
  )
  return azureVerdict({
    observation: { ...azureObservation(), ...observation },
    device,
    stage: 'path',
    findings: [lead, finding('name-mismatch', { host: name, names: [name], namesTotal: 3, kind: 'dns' })],
    missing: [{ needs: 'measured-limit', why: name, about: name }],
  })
}
