import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type FindingId, findings } from '../finding/details.ts'
import { fixPlaces } from '../finding/place.ts'
import { fixesOrLast, informs, lastFixes } from './last-fixes.ts'

const ids = Object.keys(findings) as FindingId[]

/** Every effect that rules give a finding, as it is written; an expression counts as one that may block. */
const written = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .flatMap((name) => {
    const source = readFileSync(`${import.meta.dirname}/${name}`, 'utf8')
    return [...source.matchAll(/\bdraft\(\s*'([a-z-]+)',\s*([^,]+),/g)].map((match) => ({
      id: match[1] as FindingId,
      effect: match[2]!.trim(),
    }))
  })

/** Findings whose effect is a variable that is never more than `unknown`. */
const neverMore: readonly FindingId[] = ['records-unseen']

describe('the cures that always hold', () => {
  test('the rules are read, and every finding of theirs is one of the vocabulary', () => {
    expect(written.length).toBeGreaterThan(100)
    for (const { id } of written) expect(ids).toContain(id)
  })

  test('a finding that some rule may make block or risk has one', () => {
    const mayHurt = written.filter(({ effect }) => effect !== "'info'" && effect !== "'unknown'")
    expect(new Set(mayHurt.map(({ id }) => id)).size).toBeGreaterThan(50)
    for (const { id } of mayHurt.filter((one) => !neverMore.includes(one.id))) {
      expect(lastFixes[id], id).not.toBe(informs)
    }
  })

  test('one of them is at a server or in firmware', () => {
    for (const id of ids) {
      const last = lastFixes[id]
      if (last === informs) continue
      const places = last.flatMap((one) => [...fixPlaces[one]])
      expect(
        places.some((place) => place !== 'field'),
        id,
      ).toBe(true)
    }
  })

  test('what a rule suggests goes before them, and what hurts nobody gets none', () => {
    const suggested = [{ id: 'load-root', with: {} }] as const
    expect(fixesOrLast('untrusted-root', 'blocks', suggested)).toBe(suggested)
    expect(fixesOrLast('untrusted-root', 'blocks', [])).toEqual([{ id: 'front-small-chain', with: {} }])
    expect(fixesOrLast('untrusted-root', 'info', [])).toEqual([])
    expect(fixesOrLast('clock-needed', 'blocks', undefined)).toEqual([])
  })
})
