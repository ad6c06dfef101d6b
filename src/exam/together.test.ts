import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../test/support/model-device.ts'
import { Exam } from './exam.ts'
import { plainServing } from './serving-of.ts'
import { AskedTogether, type Aspect } from './together.ts'
import type { Answer } from './topic.ts'

const aspectsOf = (slots: readonly string[], each: number): Aspect[] =>
  slots.flatMap((slot) =>
    Array.from({ length: each }, (_, index) => ({
      id: `${slot}${index}`,
      slot,
      applied: (serving) => serving,
    })),
  )

/** Asks until nothing is open; `isBad` tells of each connection whether the device is in a bad mood. */
function ask(aspects: readonly Aspect[], lacks: readonly string[], isBad = (_at: number) => false) {
  const answers: Answer[] = []
  for (; answers.length < 200; ) {
    const exam = new Exam([...answers])
    const asked = new AskedTogether(exam, aspects, answers, ({ outcome }) =>
      outcome.alerts.length > 0 ? 'fails' : 'passes',
    )
    const next = asked.next(plainServing, () => true)
    if (next === undefined) return { asked, connections: answers.length }
    const refused = isBad(answers.length) || next.key.split('+').some((id) => lacks.includes(id))
    const outcome = { ...outcomeOf({}, next.serving), alerts: refused ? [40] : [] }
    answers.push({ probe: { topic: 'keys', ...next }, outcome })
  }
  throw new Error('it does not end')
}

const aspects = aspectsOf(['key', 'hash', 'group'], 5)

describe('what is asked together', () => {
  test('takes as many connections as the longest slot has, when all is taken', () => {
    const { asked, connections } = ask(aspects, [])
    expect(connections).toBe(5)
    expect(aspects.map(({ id }) => asked.told(id))).toEqual(aspects.map(() => 'passes'))
  })

  test('blames none for what another lacks', () => {
    fc.assert(
      fc.property(fc.subarray(aspects.map(({ id }) => id)), (lacks) => {
        const { asked, connections } = ask(aspects, lacks)
        for (const { id } of aspects) expect(asked.told(id), id).toBe(lacks.includes(id) ? 'fails' : 'passes')
        expect(connections).toBeLessThanOrEqual(aspects.length + 5)
      }),
    )
  })

  test('one connection that breaks off costs a question, and no verdict, where it broke off together', () => {
    const { asked } = ask(aspects, [], (at) => at === 2)
    for (const { id } of aspects) expect(asked.told(id)).toBe('passes')
  })
})
