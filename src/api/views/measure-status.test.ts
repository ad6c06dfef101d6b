import { expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { SESSION_SCHEMA, type SessionHeader } from '../../exam/session.ts'
import { measureStatus } from './measure-status.ts'

const header: SessionHeader = {
  schema: SESSION_SCHEMA,
  ...{ hosts: ['fw.example'], port: 8443, mqttPort: 8883, caSha256: '00' },
  ...{ startedAt: new Date('2026-11-21T10:00:00Z'), version: '0' },
}
const { answers } = examine({ message: 4096, joins: false })
const statusOf = (count: number) =>
  measureStatus({
    header,
    recorded: answers.slice(0, count).map((answer) => ({ device: '192.0.2.9 abcdef0123', answer })),
  })

test('in the middle of a search it tells the question, what is left, and bounds that hold the limit', () => {
  const { devices, url } = statusOf(24)
  expect(url).toBe('https://fw.example:8443/')
  const [device] = devices
  expect(device).toMatchObject({ name: '192.0.2.9 (hello abcdef)', connections: 24 })
  expect(device?.question).toBeDefined()
  expect(device?.left).toMatch(/^at most \d+ connections left/)
  expect(device?.answers.map(({ number }) => number)).toEqual([
    24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
  ])
  const steps = device?.searches.flatMap((search) => search.steps) ?? []
  expect(steps.length).toBeGreaterThan(3)
  for (const { from, to, at } of steps) {
    expect(from).toBeLessThanOrEqual(to)
    for (const share of [from, to, at]) {
      expect(share).toBeGreaterThanOrEqual(0)
      expect(share).toBeLessThanOrEqual(1)
    }
  }
})

test('at the end nothing is asked, and the limit is told to the byte', () => {
  const [device] = statusOf(answers.length).devices
  expect(device?.question).toBeUndefined()
  expect(device?.left).toBe('all is asked')
  expect(device?.searches[0]?.found).toContain('4,096')
})
