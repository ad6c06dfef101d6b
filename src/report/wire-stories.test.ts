import { expect, test } from 'vitest'
import { azureVerdict, liveObservation } from '../../test/support/verdict-fixture.ts'
import { wireStories } from './wire-stories.ts'

const names = ['Trackers', 'Meters']
const seen = () =>
  azureVerdict({ observation: liveObservation('https://ota.acme-iot.example/', '203.0.113.20') })

test('two fleets that stop at the same message are told in one story, and one row', () => {
  const verdict = seen()
  const twin = { ...verdict }
  const { stories, hidden } = wireStories([verdict, twin], (one) => names[one === twin ? 1 : 0] ?? '')
  expect(hidden).toBe(0)
  const [story] = stories
  expect(story?.who).toEqual(names)
  const stops = story?.rows.filter((row) => row.kind === 'stop') ?? []
  expect(stops).toHaveLength(1)
  expect(stops[0]).toMatchObject({ who: names, certain: true, stage: verdict.stage })
})

test('what the server says behind the stop is marked so, and what lies before it is not', () => {
  const [story] = wireStories([seen()], () => 'Trackers').stories
  const rows = story?.rows ?? []
  const stop = rows.findIndex((row) => row.kind === 'stop')
  expect(stop).toBeGreaterThan(0)
  const after = (from: number, to?: number) =>
    rows.slice(from, to).flatMap((row) => (row.kind === 'arrow' ? [row.after] : []))
  expect(new Set(after(0, stop))).toEqual(new Set([false]))
  expect(new Set(after(stop))).toEqual(new Set([true]))
})

test('a story says nothing that JSON would lose', () => {
  const told = wireStories([seen()], () => 'Trackers')
  expect(JSON.parse(JSON.stringify(told))).toEqual(told)
})
