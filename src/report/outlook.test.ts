import { describe, expect, test } from 'vitest'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import { pemOf } from '../../test/support/judge-observations.ts'
import { openForecast } from '../io/forecast-files.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { judge } from '../judge/judge.ts'
import { judgeOutlook } from '../judge/judge-outlook.ts'
import type { Verdict } from '../judge/verdict.ts'
import { verdictJson } from './json.ts'
import { leafWords, needsWords, outlookLines, whenWords } from './outlook.ts'
import { formatText } from './text.ts'

function ahead(device: string, candidates: string[] = []): Verdict {
  const known = openKnownRoots()
  const observation = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')
  const now = new Date('2026-09-01T00:00:00Z')
  const trust = { held: undefined, origin: 'unknown', known } as const
  const input = { observation, device: catalogueDevice(device), trust, verify: 'full', now } as const
  const today = judge(input)
  const certificates = observation.connections[0]!.chain!.certificates
  const forecast = openForecast(
    known,
    candidates.map((name) => ({ name, certificates })),
  )
  return { ...today, outlook: judgeOutlook(input, today, forecast) }
}

describe('outlooks in words', () => {
  test('a cap on lifetimes is told once in a line', () => {
    expect(outlookLines(ahead('openssl')).find((line) => line.includes('leaves live 100'))).toBe(
      'from 15 Mar 2027: public leaves live 100 days at most: 4 renewals a year or more; this leaf was issued for 180 days',
    )
  })

  test('one line each, with no line break and no full stop', () => {
    const verdict = ahead('openssl')
    const lines = outlookLines(verdict)
    expect(lines).toHaveLength(verdict.outlook!.length)
    for (const line of lines) expect(line).toMatch(/^[^\n]+[^.\n]$/)
  })

  test('what is not known is asked for, by name', () => {
    const lines = outlookLines(ahead('openssl'))
    expect(lines.find((line) => line.includes('cross-sign of DigiCert for'))).toBe(
      'from 19 Jun 2029: the cross-sign of DigiCert for Microsoft TLS RSA Root G2 ends: ' +
        "-1,421 B (4,332 B in 2 certificates), can't tell for openssl@3.0: " +
        'needs --anchor: whether the device holds Microsoft TLS RSA Root G2',
    )
    expect(lines.find((line) => line.includes('issuing CAs of Microsoft'))).toContain(
      'needs the size, key and signature of the successor of Microsoft TLS G2 RSA CA OCSP 04',
    )
  })

  test('post-quantum sizes say of themselves that they are no verdict', () => {
    expect(outlookLines(ahead('openssl')).at(-1)).toMatch(
      /^outlook, no verdict: .*FIPS 204.*ML-DSA-44 about /,
    )
  })

  test('the name of a candidate is escaped', () => {
    const verdict = ahead('openssl', ['a\u001b[2J\u202e.pem'])
    expect(outlookLines(verdict).join('\n')).not.toMatch(/[\u001b\u202e]/)
    expect(outlookLines(verdict)[0]).toBe(
      'candidate a\\x1b[2J\\u{202e}.pem: the same size, fits openssl@3.0, as today',
    )
    expect(formatText([verdict], { color: false, columns: 80 })).not.toMatch(/[\u001b\u202e]/)
  })

  test('JSON has them as an array, and no key where nobody asked', () => {
    const verdict = ahead('nrf9160')
    const json = verdictJson(verdict) as {
      outlook?: { id: string; state: string | null; sentence: string }[]
    }
    expect(json.outlook!.map(({ sentence }) => sentence)).toEqual(outlookLines(verdict))
    expect(json.outlook!.at(-1)).toMatchObject({ id: 'post-quantum', state: null })
    const { outlook, ...today } = verdict
    expect(verdictJson(today)).not.toHaveProperty('outlook')
  })

  test('the text tells the caps on lifetimes in one paragraph, with their ids', () => {
    const text = formatText([ahead('nrf9160')], { color: false, columns: 400 })
    expect(text).toContain(
      'life of the leaf: from 15 Mar 2027 100 days at most, 4 renewals a year or more; from 15 Mar 2029 47 days at most, ' +
        '8 renewals a year or more; this leaf was issued for 180 days',
    )
    expect(text).toContain('[cabf-sc081-100, cabf-sc081-47]')
  })
})

test.each([
  ['2027-03-15', 'effective', 'ahead', 'from 15 Mar 2027'],
  ['2027-02', 'planned', 'ahead', 'from Feb 2027 (planned)'],
  ['2026-Q4', 'planned', 'ahead', 'from Q4 2026 (planned)'],
  ['2029', 'planned', 'ahead', 'from 2029 (planned)'],
  ['2026-05-28', 'first-seen', 'late', 'since 28 May 2026 (first seen), and not yet here'],
  [undefined, 'pending', 'undated', 'without a date yet'],
])('%s, %s, %s', (date, dateKind, timing, words) => {
  const from = date === undefined ? undefined : new Date(0)
  expect(whenWords({ change: { date, dateKind }, timing, from } as Parameters<typeof whenWords>[0])).toBe(
    words,
  )
})

test('sizes and keys of the same certificates are asked for together', () => {
  const of = ['A', 'B']
  expect(
    needsWords([
      { needs: 'sizes', of },
      { needs: 'keys', of },
    ]),
  ).toBe('the size, key and signature of A and B')
  expect(
    needsWords([
      { needs: 'sizes', of: ['A'] },
      { needs: 'keys', of },
    ]),
  ).toBe('the size of A and the key and signature of A and B')
})

test('a cap in force is not said to be waited for', () => {
  const change = { date: '2029-03-15', dateKind: 'effective' }
  const lifetime = { days: 47, daysNow: 180, pinned: false, renewalsAYear: 8 }
  const given = { change, lifetime, timing: 'late', from: new Date(0) }
  expect(whenWords(given as Parameters<typeof whenWords>[0])).toBe('since 15 Mar 2029')
})

test('a leaf that has ended is not said to live', () => {
  const lifetime = { days: 47, daysNow: 731, pinned: false, renewalsAYear: 8 }
  expect(leafWords({ ...lifetime, endedAt: new Date('2020-05-30T00:00:00Z') })).toBe(
    'this leaf, which ended on 2020-05-30, was issued for 731 days',
  )
})

test('of several roots one is enough, and one certificate is no certificates', () => {
  expect(needsWords([{ needs: 'root', of: ['A', 'B'] }])).toBe('A or B on the device')
  const [alone = expect.fail()] = ahead('openssl').outlook!.filter(({ after }) => after !== undefined)
  const one = { ...alone, after: { certificates: 1, bytes: 893, unknown: [] } }
  const [line] = outlookLines({ ...ahead('openssl'), outlook: [one] })
  expect(line).toContain('(893 B in 1 certificate)')
})
