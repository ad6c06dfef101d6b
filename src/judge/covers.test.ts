import { describe, expect, test } from 'vitest'
import { findCovers, MAX_COVERS } from './covers.ts'

const of = (...sets: readonly (readonly number[])[]) => sets.map((set) => new Set(set))

describe('covers', () => {
  test('are all the sets that cover everything and hold nothing superfluous', () => {
    const { sets, bounded } = findCovers(3, of([0, 1], [1, 2], [2], [0, 1, 2]))
    expect(sets.map((set) => set.join()).sort()).toEqual(['0,1', '0,2', '3'])
    expect(bounded).toBe(false)
  })

  test('there are none where something is covered by nothing', () => {
    expect(findCovers(2, of([0], [0])).sets).toEqual([])
  })

  test('of nothing are the empty set', () => {
    expect(findCovers(0, of([]))).toEqual({ sets: [[]], bounded: false })
  })

  test('are searched within a bound, and that is said', () => {
    const twins = Array.from({ length: 40 }, (_, i) => [Math.floor(i / 2)])
    const { sets, bounded } = findCovers(20, of(...twins))
    expect(bounded).toBe(true)
    expect(sets.length).toBe(MAX_COVERS)
  })
})
