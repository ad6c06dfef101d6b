import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeldBudget, MAX_HELD_BYTES, TcpStream } from './tcp-stream.ts'

const sent = Buffer.from(Array.from({ length: 200 }, (_, at) => at))

describe('one direction in order', () => {
  test('any segments that cover the stream give it whole, whatever their order and overlap, at any sequence number', () => {
    const pieces = fc.array(fc.tuple(fc.nat(199), fc.integer({ min: 1, max: 60 })), { maxLength: 60 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: -1_000, max: 1_000 }), (parts, start) => {
        const { stream, heard } = listen(start)
        const cover = [0, 50, 100, 150].map((at) => [at, 50] as const)
        for (const [at, length] of [...parts, ...cover]) {
          const end = Math.min(at + length, sent.length)
          stream.receive((start + at) | 0, sent, at, end, end - at)
        }
        stream.finish()
        expect(heard()).toEqual({ bytes: [...sent], holes: [] })
      }),
    )
  })

  test('the byte that came first wins, also among those that wait', () => {
    const { stream, heard } = listen(0)
    stream.receive(2, Buffer.from('cd'), 0, 2, 2)
    stream.receive(1, Buffer.from('BCDE'), 0, 4, 4)
    stream.receive(0, Buffer.from('aX'), 0, 2, 2)
    expect(Buffer.from(heard().bytes).toString()).toBe('aXcdE')
  })

  test('what is missing at the end is a hole between, and one after the last byte where FIN tells of more', () => {
    const { stream, heard } = listen(0)
    stream.receive(0, sent, 0, 10, 10)
    stream.receive(15, sent, 15, 20, 5)
    stream.finAt(25)
    stream.finish()
    expect(heard()).toEqual({ bytes: [...sent.subarray(0, 10), ...sent.subarray(15, 20)], holes: [5, 5] })
  })

  test('what the snap length took is a hole at once', () => {
    const { stream, heard } = listen(0)
    stream.receive(0, sent, 0, 6, 10)
    stream.receive(10, sent, 10, 14, 4)
    expect(heard()).toEqual({ bytes: [...sent.subarray(0, 6), ...sent.subarray(10, 14)], holes: [4] })
  })

  test('a number far away is passed over', () => {
    const { stream, heard } = listen(0)
    stream.receive(1_500_000_000, sent, 0, 10, 10)
    stream.finish()
    expect(heard()).toEqual({ bytes: [], holes: [] })
  })

  test('waiting is bounded, and what was lent is given back', () => {
    const { stream, heard, budget } = listen(0)
    const large = Buffer.alloc(60_000)
    for (let at = 1; at < 6_000_000; at += large.length)
      stream.receive(at, large, 0, large.length, large.length)
    expect(heard().holes).toEqual([1])
    stream.finish()
    expect(budget.left).toBe(MAX_HELD_BYTES)
  })
})

function listen(start: number) {
  const bytes: number[] = []
  const holes: number[] = []
  const budget = new HeldBudget()
  const sink = {
    bytes: (chunk: Buffer, from: number, to: number) => {
      for (let at = from; at < to; at++) bytes.push(chunk[at]!)
    },
    hole: (count: number) => void holes.push(count),
  }
  const stream = new TcpStream(start, sink, budget, { frame: 1, timeMs: 0 })
  return { stream, budget, heard: () => ({ bytes, holes }) }
}
