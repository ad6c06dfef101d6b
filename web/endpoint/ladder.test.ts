import { expect, test } from 'vitest'
import type { EndpointPage } from '../../src/api/contract.ts'
import type { MarginSummary } from '../../src/fleet/verdict-summary.ts'
import { gridStep, limitRows, scaleOf } from './ladder.ts'

const margin = (limit: string, value: number, limitValue: number, unit: MarginSummary['unit'] = 'bytes') => ({
  ...{ limit, counts: 'sent', value, limitValue, unit },
  left: limitValue - value,
  room: (limitValue - value) / limitValue,
})

function fleet(id: string, vantage: string, margins: MarginSummary[]): EndpointPage['fleets'][number] {
  const verdict = { state: 'fits', addresses: 1, margins, findings: [], missing: [], chains: [] } as const
  return { ...{ id, name: id, device: 'd', count: 1, vantage }, verdict }
}

test('each limit of a fleet stands once, with the least room of any place, least first', () => {
  const rows = limitRows(
    [
      fleet('a', 'x', [margin('chainBytes', 3000, 4096), margin('recordBytes', 1, 2)]),
      fleet('a', 'y', [margin('chainBytes', 4000, 4096)]),
      fleet('b', 'x', [margin('chainBytes', 5000, 4096), margin('chainBytes', 3, 4, 'certificates')]),
    ],
    ['chainBytes'],
  )
  expect(rows.map(({ fleetId, margin }) => [fleetId, margin.left])).toEqual([
    ['b', -904],
    ['a', 96],
  ])
})

test('the scale holds all that is drawn, its lines stand at round numbers', () => {
  expect(scaleOf([])).toBeGreaterThan(0)
  expect(scaleOf([4586, 8192])).toBeGreaterThan(8192)
  expect([100, 4700, 8519, 17_039].map(gridStep)).toEqual([20, 1000, 2000, 5000])
})
