import { describe, expect, test } from 'vitest'
import { makeDialects } from '../log/dialects.ts'
import { LogReader } from '../log/log-reader.ts'
import { rankCauses } from './causes.ts'

/** A language of a few words, so that the ranking is seen without the real dialects. */
const dialects = makeDialects({
  signs: `signs:
  - { id: connecting, past: dns, kind: progress, says: connecting }
  - { id: served, past: http, kind: progress, says: served }
  - { id: shaken, past: handshake, kind: progress, says: handshake done }
  - { id: searching, stage: network, momentary: true, causes: { no-network: 92 }, says: searching }
  - { id: dns6, stage: dns, causes: { dns-failure: 40 }, herring: IPv4 counts, says: no IPv6 }
  - { id: verify, stage: path, past: hello, causes: { untrusted-root: 48, clock-unset: 20, name-mismatch: 24 }, says: not verified }
  - { id: early, stage: dates, past: hello, causes: { clock-unset: 95 }, certain: clock-unset, says: not yet valid }
  - { id: noroute, stage: tcp, past: dns, causes: { tcp-timeout: 80, tcp-refused: 60 }, says: no route }
  - { id: memory, causes: { out-of-memory: 97 }, certain: out-of-memory, says: no memory }
  - { id: closed, stage: mqtt, past: handshake, causes: { server-closed-after-handshake: 86 }, says: closed }
  - { id: ok, past: http, kind: progress, exchange: answer, says: answered }
  - { id: ended, past: tcp, exchange: close, causes: { server-closed-after-handshake: 70 }, says: ended }
  - { id: summary, kind: summary, causes: { tcp-timeout: 5 }, alone: { untrusted-root: 26, tcp-timeout: 24 }, says: failed }
  - { id: year, kind: context, causes: { clock-unset: 60 }, says: the year is 1970 }
  - { id: synced, kind: context, rulesOut: [clock-unset], says: the clock was set }
`,
  codes: new Map(),
  dialects: new Map([
    [
      'words.yaml',
      `id: words
name: words
sources: { s: here }
lines:
${[
  'connecting',
  'searching',
  'served',
  'shaken',
  'dns6',
  'verify',
  'early',
  'noroute',
  'memory',
  'closed',
  'ok',
  'ended',
  'summary',
  'year',
  'synced',
]
  .map((word) => `  - { format: 'say ${word}', sign: ${word}, source: s }`)
  .join('\n')}
`,
    ],
    [
      'server.yaml',
      `id: server
name: server
side: server
sources: { s: here }
lines:
  - { format: 'refused early', sign: early, source: s }
  - { format: 'sent the file', sign: ok, source: s }
`,
    ],
  ]),
})

function rankLines(...lines: string[]) {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(lines.join('\n')))
  return rankCauses(reader.finish())
}

/** One word a line; `+408` before it is its time in milliseconds. */
function rank(...words: string[]) {
  let atMs = 0
  const reader = new LogReader(dialects)
  const lines = words.map((word) => {
    const [, step, said] = /^(?:\+(\d+) )?(.*)$/.exec(word) ?? []
    atMs += Number(step ?? 0)
    return `I (${atMs}) x: say ${said}`
  })
  reader.push(Buffer.from(lines.join('\n')))
  return rankCauses(reader.finish())
}

const ids = (ranking: ReturnType<typeof rank>) => ranking.causes.map(({ id }) => id)

describe('the causes of a log', () => {
  test('none, where nothing failed', () => {
    expect(rank('connecting', 'shaken', 'served')).toMatchObject({
      causes: [],
      decided: false,
      failed: false,
    })
  })

  test('a failed look-up that is followed by a connect is a false trail', () => {
    const ranking = rank('dns6', 'connecting', 'verify')
    expect(ids(ranking)).not.toContain('dns-failure')
    expect(ranking.herrings.map(({ why }) => why)).toEqual(['IPv4 counts'])
  })

  test('a general failure is a ranked list, never decided', () => {
    const ranking = rank('connecting', 'verify', 'summary')
    expect(ids(ranking).slice(0, 3)).toEqual(['untrusted-root', 'name-mismatch', 'clock-unset'])
    expect(ranking.decided).toBe(false)
  })

  test('a summary that stands alone is a list of what it may be; the same line twice says no more', () => {
    expect(ids(rank('connecting', 'summary'))).toEqual(['untrusted-root', 'tcp-timeout'])
    expect(rank('connecting', 'summary', 'summary')).toMatchObject({
      causes: [{ id: 'untrusted-root', weight: expect.closeTo(0.26), confidence: 'possible' }, {}],
      decided: false,
    })
    expect(ids(rank('connecting', 'summary', 'memory'))).toEqual(['out-of-memory'])
  })

  test('the end of a connection around an answer is no failure, whichever is printed first', () => {
    expect(rank('connecting', 'ok', 'ended').failed).toBe(false)
    expect(rank('connecting', 'ended', 'ok').failed).toBe(false)
    expect(rank('connecting', 'ended').failed).toBe(true)
    expect(rank('connecting', 'ended', 'connecting', 'ok').causes).not.toEqual([])
  })

  test('of a server, a client without an answer decides nothing where another one was answered', () => {
    const scanner = 'refused early, client: 185.191.171.7, server: x'
    const answered = 'sent the file, client: 10.20.0.14'
    expect(rankLines(scanner)).toMatchObject({ decided: true })
    expect(rankLines('sent the file, client: 185.191.171.7', scanner)).toMatchObject({ decided: true })
    for (const log of [
      [scanner, answered],
      [answered, scanner, scanner],
      ['I (1) x: say ok', scanner],
    ]) {
      expect(rankLines(...log)).toMatchObject({
        causes: [{ id: 'clock-unset', weight: expect.closeTo(0.475), confidence: 'possible' }],
        decided: false,
        failed: true,
      })
    }
    const own = 'I (9) x: say memory'
    expect(ids(rankLines(scanner, answered, own))).toEqual(['out-of-memory'])
    expect(rankLines(scanner, answered, own).herrings[0]?.why).toContain('185.191.171.7')
  })

  test('a specific failure explains the general one beside it, and decides where its source admits no other', () => {
    const ranking = rank('connecting', 'verify', 'early')
    expect(ranking.causes[0]).toMatchObject({ id: 'clock-unset', confidence: 'certain' })
    expect(ranking.decided).toBe(true)
  })

  test('what a handshake passed fails in another one: the log went on to another connection', () => {
    expect(rank('connecting', 'shaken', 'early')).toMatchObject({
      causes: [{ id: 'clock-unset', confidence: 'certain' }],
      decided: true,
    })
  })

  test('is not decided where the attempt holds a failure that the cause does not explain', () => {
    expect(rank('connecting', 'closed', 'memory').decided).toBe(false)
  })

  test('is not decided by an attempt that a later one overcame', () => {
    expect(rank('connecting', 'early', 'connecting', 'shaken', 'served').decided).toBe(false)
  })

  test('a circumstance adds to what a failure speaks for, and makes no failure alone', () => {
    expect(ids(rank('year', 'connecting', 'verify'))[0]).toBe('clock-unset')
    expect(rank('year', 'connecting').causes).toEqual([])
  })

  test('a state that may pass, seen once and alone, is possible; seen again or beside a failure it is likely', () => {
    const confidence = (...lines: readonly string[]) => rank(...lines).causes[0]
    expect(confidence('say searching')).toMatchObject({ id: 'no-network', confidence: 'possible' })
    expect(confidence('say searching', 'x', 'say searching')).toMatchObject({ confidence: 'likely' })
    expect(confidence('say searching', 'say summary')).toMatchObject({
      id: 'no-network',
      confidence: 'likely',
    })
  })

  test('what the log rules out goes down', () => {
    expect(ids(rank('synced', 'connecting', 'verify'))).not.toContain('clock-unset')
  })

  test('the last attempt counts most', () => {
    expect(ids(rank('connecting', 'verify', 'connecting', '+3000 noroute'))[0]).toBe('tcp-timeout')
  })

  test('what fails again and again after each success is no false trail', () => {
    const round = ['connecting', 'shaken', 'served', 'closed']
    expect(ids(rank(...round, ...round, ...round, 'connecting', 'served'))[0]).toBe(
      'server-closed-after-handshake',
    )
  })

  test('a failure some hundred milliseconds after the connect speaks against a refused port', () => {
    const weight = (...words: string[]) =>
      rank(...words).causes.find(({ id }) => id === 'tcp-refused')?.weight ?? 0
    expect(weight('connecting', '+408 noroute')).toBeLessThan(weight('connecting', '+40 noroute'))
  })

  test('takes the end of a connection behind an answer for no failure, unless something else failed there', () => {
    expect(rank('connecting', 'shaken', 'ok', 'ended')).toMatchObject({ causes: [], failed: false })
    expect(rank('connecting', 'shaken', 'ok', 'ended').herrings).toHaveLength(1)
    expect(rank('connecting', 'shaken', 'ended').causes[0]?.id).toBe('server-closed-after-handshake')
    expect(rank('connecting', 'ok', 'ended', 'summary').causes[0]?.id).toBe('server-closed-after-handshake')
  })
})
