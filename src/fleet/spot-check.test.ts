import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chainOf, connection, dial, negotiated, refused } from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import { chooseSpots, type HelloSeen, isThoroughDue } from './spot-check.ts'

const azure = chainOf(realChain('chain-edge-microsoft-com-g2'))
const amazon = chainOf(realChain('chain-aws-s3-eu-west-1'))
const suite12 = negotiated(0x0303, 0xc02f)
const suite13 = negotiated(0x0304, 0x1301)

function hello(plan: string, devices: number, ...connections: Parameters<typeof connection>[0][]): HelloSeen {
  return { plan, devices, observations: connections.map((one) => dial([connection(one)])) }
}

const plans = (seen: readonly HelloSeen[]) => chooseSpots(seen)?.map(({ plan }) => plan)

describe('the hellos of a round between', () => {
  const others = ['w', 'x', 'y', 'z'].map((plan) => hello(plan, 1, { chain: azure, negotiated: suite12 }))

  test('are one where all met the same: that of the most devices', () => {
    const most = hello('m', 900, { chain: azure, negotiated: suite12 })
    expect(plans([...others, most])).toEqual(['m'])
  })

  test('are one for each chain and version', () => {
    const heavy = hello('heavy', 1, { chain: amazon, negotiated: suite12 })
    const newer = hello('newer', 1, { chain: azure, negotiated: suite13 })
    expect(plans([...others, heavy, newer])?.sort()).toEqual(['heavy', 'newer', 'w'])
  })

  test('are one for each address that answers differently', () => {
    const [one, two] = ['192.0.2.1', '192.0.2.2']
    const both = hello(
      'both',
      1,
      { address: one, chain: azure, negotiated: suite12 },
      { address: two, chain: azure, negotiated: suite12 },
    )
    const single = others.map((other) => other.plan)
    const seen = [
      ...single.map((plan) => hello(plan, 5, { address: one, chain: azure, negotiated: suite12 })),
      both,
    ]
    expect(plans(seen)).toEqual(['both'])
  })

  test('are one that was turned down, where all were', () => {
    const seen = ['a', 'b', 'c', 'd'].map((plan, at) => ({
      plan,
      devices: at,
      observations: [dial([refused(40)])],
    }))
    expect(plans(seen)).toEqual(['d'])
  })

  test('are all of them, where that are three or fewer', () => {
    expect(chooseSpots(others.slice(0, 3))).toBeUndefined()
  })

  test('meet together all that was met', () => {
    const answer = fc.constantFrom(
      { chain: azure, negotiated: suite12 },
      { chain: azure, negotiated: suite13 },
      { chain: amazon, negotiated: suite12 },
      { chain: amazon, negotiated: suite13 },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(answer, fc.nat(9)), { minLength: 4, maxLength: 12 }), (drawn) => {
        const seen = drawn.map(([one, devices], at) => hello(`${at}`, devices, one))
        const kinds = (some: readonly HelloSeen[]) =>
          new Set(
            some.map(({ observations: [first] }) => {
              const [one] = first?.connections ?? []
              return `${one?.negotiated?.version} ${one?.chain?.messageBytes}`
            }),
          )
        const chosen = chooseSpots(seen)
        const all = kinds(seen)
        expect(kinds(chosen ?? seen)).toEqual(all)
        expect((chosen ?? []).length).toBeLessThanOrEqual(all.size)
      }),
    )
  })
})

describe('a thorough round', () => {
  const hour = 3_600
  const endpoint = fc.record({
    everySeconds: fc.integer({ min: 1, max: 2 * 86_400 }),
    thoroughSeconds: fc.integer({ min: 1, max: 10 * 86_400 }),
  })

  test('comes within its interval, whatever the place and the rounds', () => {
    fc.assert(
      fc.property(
        endpoint,
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.nat(10 ** 9),
        (one, place, start) => {
          const everyMs = one.everySeconds * 1_000
          const seen = new Date(start * 1_000)
          const spanRounds = Math.floor((one.thoroughSeconds * 1_000) / everyMs)
          // The last round within the interval is thorough, unless one before it was.
          const last = new Date(seen.getTime() + Math.max(1, spanRounds) * everyMs)
          const before = new Date(last.getTime() - everyMs)
          const isDue =
            isThoroughDue(one, seen, last, place) ||
            (spanRounds > 1 && isThoroughDue(one, seen, before, place))
          expect(isDue).toBe(true)
        },
      ),
    )
  })

  test('is one in a day of hourly rounds, each endpoint at a time of its own', () => {
    const one = { everySeconds: hour, thoroughSeconds: 24 * hour }
    const hours = [0.1, 0.5, 0.9].map((place) => {
      let seen = new Date(0)
      const thorough: number[] = []
      for (let at = 1; at <= 24 * 7; at++) {
        const slot = new Date(at * hour * 1_000)
        if (!isThoroughDue(one, seen, slot, place)) continue
        thorough.push(at)
        seen = slot
      }
      return thorough
    })
    for (const thorough of hours) {
      expect(thorough.length).toBeLessThanOrEqual(8)
      expect(Math.max(...thorough.map((at, index) => at - (thorough[index - 1] ?? 0)))).toBeLessThanOrEqual(
        24,
      )
    }
    expect(new Set(hours.map(([first]) => first)).size).toBe(3)
  })
})
