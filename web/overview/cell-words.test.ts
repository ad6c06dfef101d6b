import { expect, test } from 'vitest'
import { cellClass, cellFigure, describeCell, nearness, worstClass } from './cell-words.ts'

const row = { id: 'e', name: 'ota', target: 'https://ota.example/', cells: [] }
const fleet = { id: 'f', name: 'Trackers', device: 'nrf9160', count: 38_000 }

test('the shade is of the share that is left; what is not known has none', () => {
  expect([undefined, 0.8, 0.5, 0.3, 0.1, 0.05, 0.049, 0].map(nearness)).toEqual([
    ...(['none', 0, 0, 1, 2, 3, 4, 4] as const),
  ])
})

test('a cell is named by its state, and only what fits is shaded', () => {
  expect(cellClass({ s: 'f', r: 0.03 })).toBe('cell is-fit near-4')
  expect(cellClass({ s: 'f' })).toBe('cell is-fit near-none')
  expect(cellClass({ s: 'b', r: -0.4 })).toBe('cell is-blocked')
  expect(cellClass(null)).toBe('cell is-unseen')
})

test('a row has the sign of its worst cell, and none where all is well or nothing is known', () => {
  expect(worstClass([{ s: 'f' }, null, { s: 'u' }, { s: 'r' }, { s: 'b' }])).toBe('is-blocked')
  expect(worstClass([{ s: 'u' }, { s: 'r' }])).toBe('is-risk')
  expect(worstClass([{ s: 'u' }, null])).toBe('is-open')
  expect(worstClass([{ s: 'f' }, null])).toBe('')
})

test('its figure is short, its label says all', () => {
  expect(cellFigure({ s: 'f', l: 312 })).toBe('312')
  expect(cellFigure({ s: 'b', l: -1465 })).toBe('\u22121,465')
  expect(cellFigure({ s: 'f', l: 11_798 })).toBe('11k')
  expect(cellFigure({ s: 'u' })).toBe('')
  expect(describeCell(row, fleet, { s: 'b', r: -0.12, l: -490, g: 'chain' })).toBe(
    'ota, Trackers (38,000\u00a0devices): blocked at certificate chain, 490\u00a0B over, \u221212% of the limit',
  )
  expect(describeCell(row, fleet, null)).toMatch(/not used, or not seen yet$/)
})
