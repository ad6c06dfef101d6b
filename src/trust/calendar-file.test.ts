import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

import { signatureAlgorithms } from '../x509/oids.ts'
import { parseCertificates } from '../x509/pem.ts'
import { periodOf } from './calendar.ts'
import { parseCalendar } from './calendar-file.ts'

const folder = resolve(import.meta.dirname, '../../endpoints/forecasts')
const files = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const),
)
const calendar = parseCalendar(files)

const good = `entries:
  - id: one
    date: '2027-02'
    dateKind: planned
    title: 'a root goes'
    owner: Somebody
    services: [all]
    change: a root goes
    rootsBefore: [Old Root]
    affects: [trust-anchor]
    status: announced
    confidence: high
    sources: ['https://example.com/notice']
    replay: { kind: store }
`

describe('endpoints/forecasts', () => {
  test('every entry has an address as its source, and says who, what and whom it reaches', () => {
    for (const { id, sources, owner, change, services } of calendar.entries) {
      expect(sources.length, id).toBeGreaterThan(0)
      for (const source of sources) expect(source, id).toMatch(/^https:\/\/\S+$/)
      for (const words of [owner, change, ...services]) expect(words, id).toMatch(/^\S.*\S$/s)
    }
  })

  test('stands in order of its dates, what has none last', () => {
    const dates = calendar.entries.flatMap(({ date }) => (date === undefined ? [] : [periodOf(date).start]))
    expect(dates).toEqual([...dates].sort((a, b) => a.getTime() - b.getTime()))
    const firstOpen = calendar.entries.findIndex(({ date }) => date === undefined)
    expect(calendar.entries.slice(firstOpen).every(({ date }) => date === undefined)).toBe(true)
  })

  test('a kind of date goes with a date, and its absence with a kind that has none', () => {
    const undated = ['pending', 'postponed', 'rolling', 'no-date']
    for (const { id, date, dateKind } of calendar.entries)
      expect(undated.includes(dateKind), id).toBe(date === undefined)
  })

  test('names signatures as the reader of certificates names them', () => {
    const named = calendar.entries.flatMap(({ chainAfter = [], replay }) => [
      ...chainAfter.map(({ signature }) => signature),
      replay?.kind === 'reissue' ? replay.leafSignature : undefined,
    ])
    for (const one of named) if (one !== undefined) expect(Object.keys(signatureAlgorithms)).toContain(one)
  })

  test('the certificates at hand are those that the chains name, in subject, issuer, size and key', () => {
    const links = calendar.entries.flatMap(({ chainAfter = [] }) => chainAfter)
    for (const pem of calendar.certificates) {
      const [{ subject, issuer, der, publicKey, signatureAlgorithm } = expect.fail()] = parseCertificates(
        Buffer.from(pem),
        'calendar',
      )
      const named = links.filter((link) => link.subject === subject.commonName)
      const same = named.filter((link) => link.issuer === issuer.commonName)
      expect(
        same.map(({ derBytes }) => derBytes),
        subject.text,
      ).toContain(der.length)
      for (const { key, signature, derBytes } of same.filter((link) => link.key !== undefined)) {
        expect(derBytes).toBe(der.length)
        expect(key).toBe(publicKey.kind === 'rsa' ? `RSA ${publicKey.bits}` : undefined)
        expect(signature).toBe(signatureAlgorithm)
      }
    }
  })

  test('each link of a chain to replay issues the one before it', () => {
    for (const { id, chainAfter = [], replay } of calendar.entries) {
      if (replay?.kind !== 'reissue') continue
      const above = chainAfter.slice(1)
      above.slice(1).forEach(({ subject }, index) => {
        expect(above[index]!.issuer, id).toBe(subject)
      })
    }
  })
})

describe('a calendar that cannot be used names file, line and mend', () => {
  const fault = (text: string) => {
    try {
      parseCalendar(new Map([['mine.yaml', text]]))
    } catch (error) {
      return error
    }
    return expect.fail('it was taken')
  }

  test('the model of these tests is good', () => {
    expect(parseCalendar(new Map([['mine.yaml', good]])).entries).toHaveLength(1)
  })

  test.each([
    ['no source', "    sources: ['https://example.com/notice']\n", '', 'endpoints/forecasts/mine.yaml:2'],
    ['a source that is no address', "'https://example.com/notice'", "'somewhere'", 'mine.yaml:13'],
    ['a month that is none', "'2027-02'", "'2027-13'", 'mine.yaml:3'],
    ['a day that is none', "'2027-02'", "'2027-02-30'", 'mine.yaml:3'],
    ['a key that is none', 'confidence: high', 'confidense: high', 'mine.yaml'],
    ['a store change without roots', '    rootsBefore: [Old Root]\n', '', 'mine.yaml:13'],
    ['a way of replay that is none', 'kind: store', 'kind: shop', 'mine.yaml:14'],
    ['a drop of nothing', '{ kind: store }', '{ kind: drop, when: { public: true } }', 'mine.yaml:14'],
  ])('%s', (_, from, to, place) => {
    expect(good).toContain(from)
    expect(fault(good.replace(from, to))).toMatchObject({
      name: 'DataFileError',
      message: expect.stringContaining(place),
      hint: expect.stringMatching(/\S/),
    })
  })

  test('an id twice, in two files', () => {
    const twice = () =>
      parseCalendar(
        new Map([
          ['a.yaml', good],
          ['b.yaml', good],
        ]),
      )
    expect(twice).toThrow(/b\.yaml:2: .*one stands in endpoints\/forecasts\/a\.yaml too/)
  })

  test('a certificate that is cut', () => {
    const cut = `${good}certificates:\n  - source: here\n    pem: |\n      -----BEGIN CERTIFICATE-----\n`
    expect(fault(cut)).toMatchObject({ message: expect.stringContaining('mine.yaml:17') })
  })
})

test('a month, a quarter and a year are periods', () => {
  expect(periodOf('2027-02').end).toEqual(new Date('2027-03-01'))
  expect(periodOf('2026-Q4')).toEqual({ start: new Date('2026-10-01'), end: new Date('2027-01-01') })
  expect(periodOf('2029').end).toEqual(new Date('2030-01-01'))
  expect(periodOf('2027-03-15').end).toEqual(new Date('2027-03-16'))
})
