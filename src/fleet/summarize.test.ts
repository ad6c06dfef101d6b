import { describe, expect, test } from 'vitest'
import { device, limit, noLimits } from '../../test/support/judge-devices.ts'
import { attempt, chainOf, connection, dial, judged, pemOf } from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import type { Outlook } from '../judge/outlook.ts'
import { bareOutlook } from '../judge/outlook-of.ts'
import { formatSentence } from '../report/words.ts'
import { chainDigest } from './chain-digest.ts'
import { fleetForecasts } from './fleet-forecast.ts'
import { overTurns, summarize } from './summarize.ts'
import type { VerdictSummary } from './verdict-summary.ts'

const azure = realChain('chain-edge-microsoft-com-g2')
const amazon = realChain('chain-aws-s3-eu-west-1')
const bytesOf = (chain: typeof azure) => chain.reduce((sum, { der }) => sum + der.length, 0)
const summaryOf = (...verdicts: Parameters<typeof summarize>[0]) => summarize(verdicts, formatSentence)

describe('a summary of verdicts', () => {
  test('says where it stops, how far over the nearest limit it is, and what cures it', () => {
    const summary = summaryOf(judged(dial([connection({ chain: chainOf(azure) })])))
    expect(summary).toMatchObject({ state: 'blocked', stage: 'chain', addresses: 1, address: '192.0.2.1' })
    expect(summary?.nearest?.limit).toBe('chainBytes')
    expect(summary?.nearest?.left).toBeLessThan(0)
    expect(summary?.room).toBe(summary?.nearest?.room)
    expect(summary?.findings[0]).toMatchObject({ id: 'chain-too-large', effect: 'blocks', reached: true })
    expect(summary?.findings[0]?.sentence).toContain('5,753')
    expect(summary?.findings[0]?.fixes.length).toBeGreaterThan(0)
    expect(summary?.chains).toEqual([chainDigest(azure.map(({ der }) => der))])
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })

  test('of several addresses the worst counts, with its address', () => {
    const at = (address: string, chain: typeof azure) =>
      judged(dial([connection({ address, chain: chainOf(chain) })]))
    const good = { ...at('192.0.2.1', amazon), state: 'fits' as const, margins: [] }
    const bad = at('192.0.2.2', azure)
    expect(summaryOf(good, bad)).toMatchObject({ state: 'blocked', address: '192.0.2.2', addresses: 2 })
    expect(summaryOf(good, bad)?.nearest).toEqual(summaryOf(bad)?.nearest)
  })

  test('an address that was not reached does not count, and nothing reached is no summary', () => {
    const unreached = judged(dial([], { tcp: [attempt({ outcome: 'timeout', errorCode: 'ETIMEDOUT' })] }))
    expect(summaryOf(unreached)).toBeUndefined()
    const seen = judged(dial([connection({ chain: chainOf(azure) })]))
    expect(summaryOf(unreached, seen)).toMatchObject({ addresses: 1, state: 'blocked' })
  })

  test('the nearest limit is one of bytes: all certificates that may be sent is no alarm', () => {
    const limits = {
      ...noLimits,
      chainBytes: limit({ value: 20_000, counts: 'sent' }),
      chainCertificates: limit({ value: azure.length, counts: 'items' }),
    }
    const verdict = judged(pemOf('chain-edge-microsoft-com-g2'), { device: device({ limits }) })
    const summary = summaryOf(verdict)
    expect(summary?.margins.map(({ limit }) => limit)).toContain('chainCertificates')
    expect(summary?.nearest).toMatchObject({ limit: 'chainBytes', left: 20_000 - bytesOf(azure) })
  })

  test('a device of which no limit is known has no room to tell', () => {
    const summary = summaryOf(judged(pemOf('chain-edge-microsoft-com-g2'), { device: device() }))
    expect(summary?.margins).toEqual([])
    expect(summary?.nearest).toBeUndefined()
    expect(summary?.room).toBeUndefined()
  })
})

describe('over chains by turns', () => {
  const base = { addresses: 1, findings: [], missing: [] }
  const margin = (left: number) => ({
    ...{ limit: 'chainBytes', counts: 'path', unit: 'bytes' as const, limitValue: 4_096 },
    ...{ value: 4_096 - left, left, room: left / 4_096 },
  })
  const heavy: VerdictSummary = {
    ...base,
    state: 'blocked',
    stage: 'chain',
    margins: [margin(-369)],
    chains: ['heavy'],
  }
  const light: VerdictSummary = { ...base, state: 'fits', margins: [margin(1_000)], chains: ['light'] }

  test('the worse chain stays what is said while it comes again', () => {
    expect(overTurns(heavy, light, new Set(['heavy']))).toMatchObject({
      ...{ state: 'blocked', stage: 'chain', held: true, chains: ['heavy', 'light'] },
      nearest: { left: -369 },
    })
    const held = overTurns(heavy, light, new Set(['heavy']))
    expect(overTurns(held, light, new Set(['heavy']))).toEqual(held)
  })

  test('once it comes no more, what is met counts', () => {
    expect(overTurns(heavy, light, new Set())).toBe(light)
    expect(overTurns({ ...heavy, held: true, chains: ['heavy', 'light'] }, light, new Set())).toBe(light)
    expect(overTurns(undefined, light, new Set(['heavy']))).toBe(light)
  })

  test('of two that fit the lesser room counts', () => {
    const tight = { ...light, margins: [margin(200)], chains: ['tight'] }
    expect(overTurns(tight, light, new Set(['tight']))).toMatchObject({
      state: 'fits',
      nearest: { left: 200 },
    })
    expect(overTurns(light, tight, new Set(['light']))).toMatchObject({
      state: 'fits',
      nearest: { left: 200 },
    })
  })
})

describe('a forecast for fleets', () => {
  const seen = dial([connection({ chain: chainOf(amazon) })])
  const today = { ...judged(seen), state: 'fits' as const }
  const blockedThen = judged(dial([connection({ chain: chainOf(azure) })])).findings
  const outlook = (rest: Partial<Outlook>): Outlook => ({
    ...bareOutlook({ kind: 'reissue', id: 'gen-y', timing: 'ahead' }),
    ...{ from: new Date('2027-05-13T00:00:00Z'), state: 'blocked', findings: blockedThen },
    before: { certificates: 3, bytes: 3_000, unknown: [] },
    after: { certificates: 4, bytes: 4_465, unknown: [] },
    ...rest,
  })
  const fleet = (id: string, count: number, ...outlooks: Outlook[]) => ({
    fleet: { id, device: 'nrf9160@1.3.7', count },
    verdicts: [{ ...today, outlook: outlooks }],
  })
  const shorter = { id: 'short', ca: 'CA', name: 'Short chain', bytes: 2_500 }
  const longer = { id: 'long', ca: 'CA', name: 'Long chain', bytes: 3_500 }

  test('adds up the devices of all fleets that a change stops, and keeps what avoids it for all of them', () => {
    const [forecast, ...more] = fleetForecasts(
      [
        fleet('a', 38_000, outlook({ avoidedBy: [shorter, longer] })),
        fleet('b', 500, outlook({ avoidedBy: [shorter] })),
      ],
      formatSentence,
    )
    expect(more).toEqual([])
    expect(forecast).toMatchObject({
      ...{ entry: 'gen-y', deviceCount: 38_500, certain: true, from: '2027-05-13T00:00:00.000Z' },
      ...{ bytesBefore: 3_000, bytesAfter: 4_465, avoidedBy: ['Short chain'] },
      fleets: [{ fleetId: 'a', finding: { id: 'chain-too-large' } }, { fleetId: 'b' }],
    })
    expect(JSON.parse(JSON.stringify(forecast))).toEqual(forecast)
  })

  test('leaves out what changes nothing, and tells what is only likely as that', () => {
    const none = fleet(
      'a',
      1,
      outlook({ asToday: true }),
      outlook({ state: 'fits' }),
      outlook({ state: 'undecided' }),
    )
    expect(fleetForecasts([none], formatSentence)).toEqual([])
    const likely = fleet('a', 1, outlook({ state: 'undecided', leans: 'blocked' }))
    expect(fleetForecasts([likely], formatSentence)).toMatchObject([{ certain: false }])
    const stopped = { ...none, verdicts: [{ ...today, state: 'blocked' as const, outlook: [outlook({})] }] }
    expect(fleetForecasts([stopped], formatSentence)).toEqual([])
  })

  test('the soonest stands first, what has no date last', () => {
    const dated = (id: string, from: Date | undefined) => outlook({ id, from })
    const all = fleet(
      'a',
      1,
      dated('none', undefined),
      dated('late', new Date('2028-01-01Z')),
      dated('soon', new Date('2027-01-01Z')),
    )
    expect(fleetForecasts([all], formatSentence).map(({ entry }) => entry)).toEqual(['soon', 'late', 'none'])
  })
})
