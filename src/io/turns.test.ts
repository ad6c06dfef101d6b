import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

/** A clock that goes on when told, and whether an immediate ran while a turn was taken. */
function bench() {
  let nowMs = 0
  const turns = new Turns(() => nowMs)
  const taken = async (othersMs = 0): Promise<boolean> => {
    let ran = false
    const others = setImmediate(() => {
      ran = true
      nowMs += othersMs
    })
    await turns.take()
    clearImmediate(others)
    return ran
  }
  return {
    taken,
    work: (ms: number) => {
      nowMs += ms
    },
  }
}

test('little work goes on at once', async () => {
  const { taken, work } = bench()
  work(9)
  expect(await taken()).toBe(false)
  expect(await taken()).toBe(false)
})

test('after ten milliseconds sockets and timers get their turn', async () => {
  const { taken, work } = bench()
  work(10)
  expect(await taken()).toBe(true)
  work(9)
  expect(await taken()).toBe(false)
  work(1)
  expect(await taken()).toBe(true)
})

test('work may go on for as long as sockets and timers took, and no longer', async () => {
  const { taken, work } = bench()
  work(10)
  expect(await taken(40)).toBe(true)
  work(39)
  expect(await taken()).toBe(false)
  work(1)
  expect(await taken()).toBe(true)
})

test('however long they took, work stops after a tenth of a second', async () => {
  const { taken, work } = bench()
  work(10)
  expect(await taken(60_000)).toBe(true)
  work(99)
  expect(await taken()).toBe(false)
  work(1)
  expect(await taken()).toBe(true)
})
