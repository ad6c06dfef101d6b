import { describe, expect, test } from 'vitest'
import { exitCodeOf, exitCodeOfRun, isBlockedSoon } from './exit-code.ts'

const of = (...states: ('fits' | 'at-risk' | 'blocked' | 'undecided')[]) => states.map((state) => ({ state }))

test('1 beats 3 beats 2 beats 0', () => {
  expect(exitCodeOf(of('fits', 'undecided', 'at-risk', 'blocked'), true)).toBe(1)
  expect(exitCodeOf(of('fits', 'undecided', 'at-risk'), true)).toBe(3)
  expect(exitCodeOf(of('fits', 'at-risk'), true)).toBe(2)
  expect(exitCodeOf(of('fits'), true)).toBe(0)
})

test('at risk is 0 unless strict', () => {
  expect(exitCodeOf(of('at-risk'), false)).toBe(0)
})

describe('a forecast', () => {
  const now = new Date('2027-01-01T00:00:00Z')
  const ahead = (rest: object) => ({ outlook: [{ state: 'blocked', timing: 'ahead', ...rest }] as never })

  test('that is blocked within 90 days, or late, wants doing now', () => {
    expect(isBlockedSoon(ahead({ from: new Date('2027-04-01') }), now)).toBe(true)
    expect(isBlockedSoon(ahead({ from: new Date('2026-05-28'), timing: 'late' }), now)).toBe(true)
  })

  test('of a later day, without a day, not blocked, or of a candidate does not', () => {
    expect(isBlockedSoon(ahead({ from: new Date('2027-04-02') }), now)).toBe(false)
    expect(isBlockedSoon(ahead({ timing: 'undated' }), now)).toBe(false)
    expect(isBlockedSoon(ahead({ from: now, state: 'undecided' }), now)).toBe(false)
    expect(isBlockedSoon(ahead({ from: now, candidate: 'mine.pem' }), now)).toBe(false)
    expect(isBlockedSoon({}, now)).toBe(false)
  })

  test('counts as a risk with --strict, and never without', () => {
    const states = { fits: 1, 'at-risk': 0, blocked: 0, undecided: 0 }
    expect(exitCodeOfRun({ states, failed: 0, faults: 0, interrupted: false, soon: true }, true)).toBe(2)
    expect(exitCodeOfRun({ states, failed: 0, faults: 0, interrupted: false, soon: true }, false)).toBe(0)
  })
})

test('an interrupt beats a fault of ours, that beats blocked, that beats a target that cannot be read', () => {
  const states = { fits: 1, 'at-risk': 0, blocked: 1, undecided: 1 }
  const ends = { states, failed: 1, faults: 1, interrupted: true }
  expect(exitCodeOfRun(ends, false)).toBe(130)
  expect(exitCodeOfRun({ ...ends, interrupted: false }, false)).toBe(70)
  expect(exitCodeOfRun({ ...ends, interrupted: false, faults: 0 }, false)).toBe(1)
  const unread = { states: { ...states, blocked: 0 }, failed: 1, faults: 0, interrupted: false }
  expect(exitCodeOfRun(unread, false)).toBe(65)
})
