import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextDue } from './schedule.ts'

const start = new Date('2026-11-21T12:00:00Z').getTime()
const ids = fc.string({ minLength: 1, maxLength: 40 })
const every = fc.integer({ min: 1, max: 30 * 86_400 })

test('the next slot is between half an interval and one and a half ahead, and then one interval after the other', () => {
  fc.assert(
    fc.property(ids, every, fc.integer({ min: 0, max: 10 ** 9 }), (id, everySeconds, ms) => {
      const now = new Date(start + ms)
      const first = nextDue(id, everySeconds, now)
      const ahead = (first.getTime() - now.getTime()) / (everySeconds * 1_000)
      expect(ahead).toBeGreaterThan(0.49)
      expect(ahead).toBeLessThan(1.51)
      const second = nextDue(id, everySeconds, first)
      expect(Math.abs(second.getTime() - first.getTime() - everySeconds * 1_000)).toBeLessThanOrEqual(2)
    }),
  )
})

test('a thousand endpoints of one hour are spread over it', () => {
  const minutes = new Map<number, number>()
  for (let at = 0; at < 1_000; at++) {
    const minute = Math.floor(nextDue(`endpoint-${at}`, 3_600, new Date(start)).getTime() / 60_000)
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
  }
  expect(minutes.size).toBeGreaterThan(50)
  expect(Math.max(...minutes.values())).toBeLessThan(50)
})
