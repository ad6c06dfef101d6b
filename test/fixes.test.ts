import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAnchors } from '../src/cli/check-files.ts'
import { listDevices, resolveDevice } from '../src/device/catalogue.ts'
import type { Device } from '../src/device/device.ts'
import { type FindingId, findings } from '../src/finding/details.ts'
import type { Finding } from '../src/finding/finding.ts'
import { type FixId, fixIds } from '../src/finding/fix.ts'
import { fixPlaces } from '../src/finding/place.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { informs, lastFixes } from '../src/judge/last-fixes.ts'
import { plainAttempt, requestOf } from '../src/lab/case.ts'
import type { Target } from '../src/observe/observation.ts'
import { formatFix } from '../src/report/fixes.ts'
import { fixesByPlace } from '../src/report/fixes-by-place.ts'
import { sampleDetails } from './support/sample-details.ts'
import { fixture } from './support/tlsfit.ts'
import { finding } from './support/verdict-fixture.ts'

const catalogue = openCatalogue()
const devices = [
  ...listDevices(catalogue),
  ...['nrf9160@1.3.7+ncs@2.7.0+memfault'].map((id) => resolveDevice(id, catalogue)),
]
const some = ['nrf9160@1.3.7', 'nrf91x1', 'esp-idf@5.5', 'spwf04sx', 'zephyr', 'esp8266-arduino'].map((id) =>
  resolveDevice(id, catalogue),
)
const ids = Object.keys(findings) as FindingId[]
const hurting = ids.filter((id) => lastFixes[id] !== informs)

describe('every finding that can block or risk', () => {
  test('has for every device a cure with words, at a server or in the firmware', () => {
    for (const device of devices) {
      for (const id of hurting) {
        const all = (lastFixes[id] as readonly FixId[]).map((one) =>
          worded(one, id, device, 'fw.example.com'),
        )
        const spot = `${id} on ${device.id}`
        expect(all.length, spot).toBeGreaterThan(0)
        expect(
          all.some(({ places }) => places.some((place) => place !== 'field')),
          spot,
        ).toBe(true)
        for (const fix of all) expectWords(fix, spot)
      }
    }
  })

  test('has no cure that is unsafe, for any device: no verification off, no name left out, no plain HTTP', () => {
    for (const device of devices) {
      for (const id of fixIds) {
        for (const about of samples.slice(0, 4)) {
          const text = wholeText(worded(id, about, device, 'fw.example.com'))
          expect(text, `${id} for ${about} on ${device.id}`).not.toMatch(unsafe)
        }
      }
    }
  })

  test('and the message to the owner of the endpoint has its host and ends', () => {
    for (const device of some) {
      for (const id of fixIds) {
        for (const about of hurting) {
          const { sentence } = worded(id, about, device, 'fw.example.com')
          const places: readonly string[] = fixPlaces[id]
          expect(sentence !== undefined, id).toBe(places.includes('their-server'))
          if (sentence !== undefined) {
            expect(sentence).toContain('fw.example.com:443')
            expect(sentence, sentence).toMatch(/ Please [a-z].*\.$/)
            expect(sentence, sentence).not.toMatch(/\.\.|\s{2}|undefined|NaN|\[object/)
          }
        }
      }
    }
  })
})

describe('real verdicts', () => {
  const data = { catalogue, knownRoots: openKnownRoots(), now: new Date('2026-09-01T00:00:00Z') }
  const chains = ['edge-microsoft-com-g2', 'badssl-expired', 'badssl-self-signed', 'missing-intermediate']
    .concat('aws-s3-eu-west-1')
    .map((name) => `chain-${name}.pem`)

  test.each(chains)('%s: what blocks or risks has a cure at a server or in the firmware', async (name) => {
    const held = await readAnchors([fixture('chains/root-digicert-global-root-g2.pem')])
    const device = listDevices(catalogue).map(({ id }) => id)
    const attempt = { ...plainAttempt, target: fixture(`chains/${name}`), device: '', anchors: [] }
    for (const sni of [undefined, 'other.example.com']) {
      for (const anchors of [[], held]) {
        const request = { ...requestOf({ ...attempt, sni }, data), devices: device, anchors }
        for (const verdict of await check(request)) {
          const hurt = verdict.findings.filter(({ effect }) => effect === 'blocks' || effect === 'risks')
          const spot = `${hurt.map(({ id }) => id)} on ${verdict.device.id}`
          for (const { fixes } of hurt) expect(fixes.length, spot).toBeGreaterThan(0)
          const at = fixesByPlace(verdict).map(({ place }) => place)
          expect(at.length > 0, spot).toBe(hurt.length > 0 || at.includes('field'))
          if (hurt.length > 0) expect(at, spot).toContain('field')
          if (hurt.length > 0)
            expect(
              at.some((place) => place !== 'field'),
              spot,
            ).toBe(true)
        }
      }
    }
  })
})

describe('hostile names', () => {
  test('never reach a title, a command or a message raw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom(...fixIds),
        fc.constantFrom(...ids),
        fc.constantFrom(...some),
        (text, id, about, device) => {
          const fix = worded(id, about, device, text, text)
          for (const line of wholeText(fix).split('\n')) {
            expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tlsfit-fixes-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    'a;echo>pwned;',
    '$(echo>pwned)',
    '`echo>pwned`',
    "'$(echo>pwned)'",
    '"$(echo>pwned)"',
    'a|echo>pwned',
    'a&echo>pwned&',
    'https://x/$(echo>pwned)',
    'https://x/;echo>pwned',
    'a\necho>pwned',
    '#\\$(echo>pwned)',
  ])('%j in a command runs nothing', (text) => {
    const commands = some.flatMap((device) =>
      fixIds.flatMap((id) => samples.flatMap((about) => worded(id, about, device, text, text).commands)),
    )
    const shell = [...new Set(commands)].filter((line) => tools.some((tool) => line.startsWith(`${tool} `)))
    expect(shell.length).toBeGreaterThan(10)
    // The tools do nothing here, nothing else can be found, and what a command may write it writes into the folder.
    const stubs = tools.map((tool) => `${tool}() { :; }`).join('\n')
    const script = shell.map((line) => line.replace(/<[a-z][^<>]*>/gi, 'PLACEHOLDER')).join('\n')
    execFileSync('/bin/bash', ['-c', `PATH=\n${stubs}\n${script}\n:`], { cwd: folder, stdio: 'ignore' })
    expect(readdirSync(folder)).not.toContain('pwned')
  })

  test('a string of C stays one', () => {
    const { commands } = worded(
      'set-sni-to-endpoint',
      'sni-missing',
      some[0]!,
      'a", 0); system("b',
      'a", 0); system("b',
    )
    expect(commands[0]).toContain('"a\\", 0); system(\\"b"')
  })
})

const tools = ['openssl', 'tlsfit', 'curl', 'certbot', 'az', 'aws', 'cat', 'mosquitto_pub']

/** Findings whose words differ within a cure. */
const samples: readonly FindingId[] = [
  ...(['no-common-version', 'redirect-to-plaintext', 'redirect-loop', 'sni-missing'] as const),
  ...(['chain-too-large', 'critical-extension', 'rsa-key-too-large', 'path-too-long'] as const),
]

const unsafe =
  /VERIFY_NONE|PEER_VERIFY_NONE|setInsecure|SKIP_SERVER_CERT|skip_cert_common_name_check = true|http:\/\/|ESP_TLS_INSECURE=y|verify (off|none)|(^|\s)-k(\s|$)|--insecure|--no-check|TLS_HOSTNAME, NULL|switch(ed)? (the )?(name check|verification) off|crt_bundle_attach = NULL/i

function target(host: string): Target {
  const url = `https://${host}/fw.bin`
  return { text: url, protocol: 'https', host, port: 443, path: '/fw.bin', pathBytes: 7 }
}

function worded(id: FixId, about: FindingId, device: Device, host: string, text = 'Some CA') {
  const details = sampleDetails(text)[about]
  const one = finding(about, details as never, { effect: 'blocks' }) as Finding
  return formatFix({ id, with: {} }, one, device, target(host))
}

function wholeText({ title, commands, sentence, field }: ReturnType<typeof formatFix>): string {
  return [title, ...commands, sentence ?? '', field?.way ?? '', ...(field?.commands ?? [])].join('\n')
}

function expectWords(fix: ReturnType<typeof formatFix>, spot: string): void {
  expect(fix.title, spot).toMatch(/^[a-zA-Z]/)
  expect(fix.title, spot).not.toMatch(/[.]$/)
  expect(wholeText(fix), spot).not.toMatch(/undefined|NaN|\[object/)
  expect(fix.places.length, spot).toBeGreaterThan(0)
}
