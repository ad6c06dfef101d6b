import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openCatalogue } from '../io/catalogue-files.ts'
import { dataFolder } from '../io/data-folder.ts'
import { parseCipherSuite } from '../tls/cipher-suites.ts'
import { parseExtensionType } from '../tls/extension-types.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { parseSignatureScheme } from '../tls/signature-schemes.ts'
import { parseVersion } from '../tls/versions.ts'
import { signatureAlgorithms } from '../x509/oids.ts'
import { listDevices, resolveDevice } from './catalogue.ts'
import { confidences, failureKinds } from './device.ts'
import { extensionsOffered, offerFor } from './offer.ts'
import type { Profile, ProfileRange } from './profile.ts'

const catalogue = openCatalogue()
const profiles = catalogue.families.map((family) => catalogue.profile(family) as Profile)
const values = profiles.flatMap((profile) =>
  profile.ranges.map((one): [string, ProfileRange['values']] => [
    `${profile.family}@${one.range.text}`,
    one.values,
  ]),
)
/** No source was found for what these show where a chain is refused; Particle's reads no chain at all. */
const silent = [
  'atwinc1500@any',
  'cc3220@any',
  'cc3235@any',
  'esp8266-arduino@..2.4',
  'he910@any',
  'particle@any',
  'sara-r4@any',
  'sara-u201@any',
  'sim7000@any',
  'sim7080@any',
  'sim800@any',
  'spwf01sx@any',
  'tinyclr@2.x',
]
describe('devices/*.yaml', () => {
  test('each file is named after its family', () => {
    expect(profiles.map(({ family }) => family)).toEqual([...catalogue.families])
  })

  test('the six families of the field cases are there', () => {
    const wanted = ['esp-idf', 'memfault', 'ncs', 'nrf9160', 'nrf91x1', 'spwf04sx']
    expect(catalogue.families).toEqual(expect.arrayContaining(wanted))
  })

  test('defaults, aliases and neighbours resolve', () => {
    for (const profile of profiles) {
      expect(resolveDevice(profile.family, catalogue).layers.map(({ family }) => family)).toContain(
        profile.family,
      )
      for (const family of [...profile.runsOn, ...profile.under]) expect(catalogue.families).toContain(family)
      for (const alias of profile.aliases.keys()) expect(resolveDevice(alias, catalogue).id).not.toBe('')
    }
  })

  test.each(values)('%s: every value has a source and a known confidence', (_, one) => {
    const cited = citedIn(one)
    expect(cited.length).toBeGreaterThan(0)
    for (const { source, confidence } of cited) {
      expect(source.trim().length).toBeGreaterThan(10)
      expect(confidences).toContain(confidence)
    }
  })

  test.each(values)('%s: names are those of the registries', (_, { hello, verification, errors }) => {
    expect(unknown(hello.versions?.value, parseVersion)).toEqual([])
    expect(unknown(hello.cipherSuites?.value, parseCipherSuite)).toEqual([])
    expect(unknown(hello.groups?.value, parseNamedGroup)).toEqual([])
    expect(unknown(hello.keyShares?.value, parseNamedGroup)).toEqual([])
    expect(unknown(hello.signatureSchemes?.value, parseSignatureScheme)).toEqual([])
    expect(unknown(hello.extensions?.value, parseExtensionType)).toEqual([])
    const offered: readonly string[] = extensionsOffered
    expect((hello.extensions?.value ?? []).filter((name) => !offered.includes(name))).toEqual([])
    for (const list of [hello.cipherSuites, hello.groups, hello.signatureSchemes, hello.extensions]) {
      expect(new Set(list?.value).size).toBe(list?.value.length ?? 0)
    }
    for (const name of verification.certificateSignatures?.value ?? []) {
      expect(Object.keys(signatureAlgorithms)).toContain(name)
    }
    for (const { when } of errors) for (const kind of when) expect(failureKinds).toContain(kind)
  })

  test('a hello that is not assumed has every part that decides a negotiation', () => {
    for (const { hello, layers } of listDevices(catalogue)) {
      if (hello.origin === 'assumed') continue
      const parts = [
        hello.versions,
        hello.cipherSuites,
        hello.groups,
        hello.signatureSchemes,
        hello.extensions,
      ]
      expect(parts, layers[0]?.family).not.toContain(undefined)
    }
  })

  test('limits hang on the lowest layer', () => {
    for (const profile of profiles.filter(({ runsOn }) => runsOn.length > 0)) {
      for (const { values: one } of profile.ranges) expect(Object.keys(one.limits)).toEqual([])
    }
  })

  test('every device has words for an untrusted chain, or a library that numbers it, and an offer', () => {
    for (const device of listDevices(catalogue).filter(({ id }) => !silent.includes(id))) {
      expect(
        device.build.rules !== undefined || device.errors.some(({ when }) => when.includes('untrusted')),
        device.id,
      ).toBe(true)
      const { offer } = offerFor(device, { host: 'a.example', verify: 'full', sni: undefined })
      expect(offer.cipherSuites.length, device.id).toBeGreaterThan(0)
      expect(offer.extensions.length, device.id).toBeGreaterThan(3)
    }
  })

  test('no device counts as silent that has words', () => {
    for (const id of silent) {
      const { build, errors } = resolveDevice(id, catalogue)
      const worded = build.rules !== undefined || errors.some(({ when }) => when.includes('untrusted'))
      expect(worded, id).toBe(false)
    }
  })

  test('the line that sets a range has a place for the bytes', () => {
    for (const [id, { http }] of values) {
      const setting = http?.rangeSetting?.value
      if (setting !== undefined) expect(setting, id).toContain('{bytes}')
    }
  })

  test('roots held are roots we have', () => {
    const ids = rootIds()
    for (const [id, { anchorsHeld }] of values) {
      expect(
        (anchorsHeld?.value ?? []).filter((root) => !ids.includes(root)),
        id,
      ).toEqual([])
    }
  })
})

describe('evidence/*.yaml', () => {
  test('every row is held for a family of the catalogue', () => {
    for (const row of catalogue.rows) expect(catalogue.families, row.id).toContain(row.family)
  })

  test('the sum of the certificates is what was sent, and the message has its header', () => {
    for (const { id, certificates, limit, readings } of catalogue.rows) {
      if (certificates === undefined) continue
      const sum = certificates.reduce((total, bytes) => total + bytes, 0)
      if (limit === 'chainBytes') expect(readings.sent, id).toBe(sum)
      if (limit === 'handshakeMessageBytes')
        expect(readings.message, id).toBe(sum + 3 * certificates.length + 7)
      if (limit === 'chainCertificates') expect(readings.items, id).toBe(certificates.length)
      if (limit === 'certificateBytes') expect(readings.certificate, id).toBe(Math.max(...certificates))
      expect(readings.path ?? 0, id).toBeLessThanOrEqual(sum)
    }
  })
})

describe('endpoints/*.yaml', () => {
  test('the ordinary range holds what judge looks up', () => {
    expect(Object.keys(catalogue.ordinary.ranges)).toEqual(
      expect.arrayContaining([
        'chainBytes',
        'certificateBytes',
        'chainCertificates',
        'rsaKeyBits',
        'recordBytes',
      ]),
    )
  })

  test('each service names roots we have, a day, a source and a confidence', () => {
    const text = readFileSync(join(dataFolder('endpoints'), 'services.yaml'), 'utf8')
    const { services } = parse(text) as { services: readonly Record<string, unknown>[] }
    for (const { id, roots, versions, asOf, source, confidence } of services) {
      expect(
        (roots as string[]).filter((root) => !rootIds().includes(root)),
        String(id),
      ).toEqual([])
      expect(unknown((versions ?? []) as string[], parseVersion), String(id)).toEqual([])
      expect(asOf, String(id)).toMatch(/^\d{4}-\d{2}$/)
      expect(source, String(id)).toMatch(/\S/)
      expect(confidences, String(id)).toContain(confidence)
    }
  })

  test('nothing lies there but YAML', () => {
    const others = readdirSync(dataFolder('endpoints'), { recursive: true, encoding: 'utf8' })
    expect(others.filter((file) => file !== 'forecasts' && !file.endsWith('.yaml'))).toEqual([])
  })
})

function rootIds(): readonly string[] {
  const index = readFileSync(join(dataFolder('roots'), 'index.yaml'), 'utf8')
  return (parse(index) as { roots: readonly { id: string }[] }).roots.map(({ id }) => id)
}

interface Cited {
  readonly source: string
  readonly confidence: string
}

function citedIn(tree: unknown): readonly Cited[] {
  if (typeof tree !== 'object' || tree === null) return []
  const own = 'source' in tree && 'confidence' in tree ? [tree as Cited] : []
  return [...own, ...Object.values(tree).flatMap(citedIn)]
}

function unknown(names: readonly string[] | undefined, parseName: (name: string) => number | undefined) {
  return (names ?? []).filter((name) => parseName(name) === undefined)
}
