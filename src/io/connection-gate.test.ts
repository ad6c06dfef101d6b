import { expect, test } from 'vitest'
import { ConnectionGate, type GateRule } from './connection-gate.ts'

const rule = (key: string, atOnce: number, gapMs = 0): GateRule => ({ key, atOnce, gapMs })

/** Lets what is ready come in. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function entering(gate: ConnectionGate, rules: readonly GateRule[], names: string[], name: string) {
  return gate.enter(rules, undefined).then((leave) => {
    names.push(name)
    return leave
  })
}

test('as many as the rule allows come in, the next when one leaves, in their order', async () => {
  const gate = new ConnectionGate()
  const names: string[] = []
  const [first] = ['a', 'b', 'c', 'd'].map((name) => entering(gate, [rule('x', 2)], names, name))
  await settled()
  expect(names).toEqual(['a', 'b'])
  const leave = await first!
  leave()
  await settled()
  expect(names).toEqual(['a', 'b', 'c'])
})

test('a connection holds nothing while one of its rules keeps it out', async () => {
  const gate = new ConnectionGate()
  const names: string[] = []
  const leave = await gate.enter([rule('host', 1)], undefined)
  entering(gate, [rule('host', 1), rule('address', 1)], names, 'both')
  entering(gate, [rule('address', 1)], names, 'address alone')
  await settled()
  expect(names).toEqual(['address alone'])
  leave()
  await settled()
  expect(names).toEqual(['address alone'])
})

test('beginnings lie a gap apart', async () => {
  const gate = new ConnectionGate()
  const beganMs: number[] = []
  for (let i = 0; i < 4; i++) {
    await gate.enter([rule('x', 10, 20)], undefined)
    beganMs.push(performance.now())
  }
  for (const [i, atMs] of beganMs.entries()) {
    if (i > 0) expect(atMs - beganMs[i - 1]!).toBeGreaterThanOrEqual(19)
  }
})

test('who is aborted while waiting takes no place', async () => {
  const gate = new ConnectionGate()
  const leave = await gate.enter([rule('x', 1)], undefined)
  const stop = new AbortController()
  const waiting = gate.enter([rule('x', 1)], stop.signal)
  stop.abort(new Error('stop'))
  await expect(waiting).rejects.toThrow('stop')
  await expect(gate.enter([rule('x', 1)], stop.signal)).rejects.toThrow('stop')
  leave()
  await gate.enter([rule('x', 1)], undefined)
})
