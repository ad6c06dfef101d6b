import { describe, expect, test } from 'vitest'
import { type InOrderOptions, inOrder, type Outcome } from './in-order.ts'

const plain: InOrderOptions<number> = {
  sideBySide: 3,
  ahead: 5,
  groupOf: () => undefined,
  perGroup: 1,
  signal: undefined,
}

/** Work that ends when the test says so. */
class Desk {
  readonly begun: number[] = []
  readonly #ends = new Map<number, { resolve(text: string): void; reject(error: unknown): void }>()

  work = (item: number): Promise<string> => {
    this.begun.push(item)
    return new Promise((resolve, reject) => this.#ends.set(item, { resolve, reject }))
  }

  async end(...items: number[]): Promise<void> {
    for (const item of items) this.#ends.get(item)?.resolve(`done ${item}`)
    await settled()
  }

  async fail(item: number): Promise<void> {
    this.#ends.get(item)?.reject(new Error(`no ${item}`))
    await settled()
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Receives all of it, without delay. */
function received(outcomes: AsyncGenerator<Outcome<string>>): { list: unknown[]; ended: Promise<void> } {
  const list: unknown[] = []
  const run = async () => {
    for await (const one of outcomes) list.push('error' in one ? String(one.error) : one.value)
  }
  return { list, ended: run() }
}

describe('inOrder', () => {
  test('what ends early waits for those before it', async () => {
    const desk = new Desk()
    const { list, ended } = received(inOrder(numbers(4), desk.work, plain))
    await settled()
    await desk.end(2, 1)
    expect(list).toEqual([])
    await desk.end(0)
    expect(list).toEqual(['done 0', 'done 1', 'done 2'])
    await desk.end(3)
    await ended
    expect(list).toHaveLength(4)
  })

  test('no more run at once than were asked for, and none beyond the window of a slow one', async () => {
    const desk = new Desk()
    const { list } = received(inOrder(numbers(20), desk.work, plain))
    await settled()
    expect(desk.begun).toEqual([0, 1, 2])
    await desk.end(1, 2)
    expect(desk.begun).toEqual([0, 1, 2, 3, 4])
    await desk.end(3, 4)
    expect(desk.begun).toHaveLength(5)
    await desk.end(0)
    expect(list).toHaveLength(5)
    expect(desk.begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('a receiver that is slow stops what is begun, not what runs', async () => {
    const desk = new Desk()
    const outcomes = inOrder(numbers(20), desk.work, plain)
    const first = outcomes.next()
    await settled()
    for (let at = 0; at < 20; at++) await desk.end(at)
    expect((await first).value).toMatchObject({ value: 'done 0' })
    expect(desk.begun).toEqual([0, 1, 2, 3, 4])
  })

  test('an item of a group that is full lets others of the window go first', async () => {
    const desk = new Desk()
    const groupOf = (item: number) => (item < 3 ? 'a' : 'b')
    received(inOrder(numbers(5), desk.work, { ...plain, groupOf }))
    await settled()
    expect(desk.begun).toEqual([0, 3])
    await desk.end(3)
    expect(desk.begun).toEqual([0, 3, 4])
    await desk.end(0)
    expect(desk.begun).toEqual([0, 3, 4, 1])
  })

  test('work that fails is an outcome in its place', async () => {
    const desk = new Desk()
    const { list, ended } = received(inOrder(numbers(3), desk.work, plain))
    await settled()
    await desk.fail(1)
    await desk.end(0, 2)
    await ended
    expect(list).toEqual(['done 0', 'Error: no 1', 'done 2'])
  })

  test('once aborted nothing begins, and what is done is handed over around the gaps', async () => {
    const desk = new Desk()
    const stop = new AbortController()
    const { list, ended } = received(inOrder(numbers(9), desk.work, { ...plain, signal: stop.signal }))
    await settled()
    await desk.end(1, 2)
    stop.abort(new Error('stop'))
    await ended
    expect(list).toEqual(['done 1', 'done 2'])
    const begun = desk.begun.length
    await desk.fail(0)
    expect(desk.begun).toHaveLength(begun)
  })

  test('no items are no outcomes', async () => {
    const { list, ended } = received(inOrder([], new Desk().work, plain))
    await ended
    expect(list).toEqual([])
  })
})
