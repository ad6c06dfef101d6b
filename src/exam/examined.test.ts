import { expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { Exam } from './exam.ts'
import { examined } from './examined.ts'

const { answers } = examine({ message: 4096 })
const after = (count: number) => new Exam(answers.slice(0, count))
const refuses = (count: number) =>
  new Exam(
    Array.from({ length: count }, () => {
      const [{ probe, outcome }] = answers as [(typeof answers)[number]]
      return { probe, outcome: { ...outcome, reached: 'hello', version: undefined, requests: [] } as const }
    }),
  )
const names = (list: readonly (readonly [string, Exam])[]) => list.map(([device]) => device)

test('beside a device that comes back, what never took the chain or came once is none', () => {
  const { devices, others } = examined(
    new Map([
      ['scanner', after(3)],
      ['browser', refuses(9)],
      ['device', after(30)],
    ]),
  )
  expect(names(devices)).toEqual(['device'])
  expect(names(others)).toEqual(['scanner', 'browser'])
})

test('as long as none took the chain, each that came back may be the device', () => {
  const { devices, others } = examined(
    new Map([
      ['retries', refuses(5)],
      ['came once', refuses(1)],
    ]),
  )
  expect(names(devices)).toEqual(['retries'])
  expect(names(others)).toEqual(['came once'])
})

test('a device that has just begun is told of while nothing else has', () => {
  expect(names(examined(new Map([['device', after(1)]])).devices)).toEqual(['device'])
})
