import { describe, expect, test } from 'vitest'
import { openDialects } from '../../src/io/dialect-files.ts'
import { type CauseRanking, rankCauses } from '../../src/judge/causes.ts'
import { LogReader } from '../../src/log/log-reader.ts'

const dialects = openDialects()

function rank(...lines: readonly string[]): CauseRanking {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(lines.join('\n')))
  return rankCauses(reader.finish())
}

/** Results of which the manual says that 0 alone is success, up to the number. */
const results = [
  '+QIOPEN: 1,',
  '+QSSLOPEN: 4,',
  '+QSSLOPEN: 1,4,',
  '+QMTOPEN: 0,',
  '+QHTTPGET: ',
  '+CIPOPEN: 0,',
  '+CAOPEN: 0,',
  '+CCHOPEN: 0,',
  '+CMQTTCONNECT: 0,',
  '+UUSOCO: 0,',
  '+SQNHTTPCONNECT: 0,',
] as const

describe('the result of an AT command', () => {
  test.each(results)('%s with a number that no table has is a failure, and decides nothing', (head) => {
    for (const number of [579, 7777, 31_999]) {
      const { failed, decided, causes } = rank(`${head}${number}`)
      expect({ failed, decided, any: causes.length > 0 }).toEqual({ failed: true, decided: false, any: true })
    }
  })

  test.each(results)('%s0 is none', (head) => {
    expect(rank(`${head}0`).failed).toBe(false)
  })

  test('a number that the table has keeps its own meaning', () => {
    expect(rank('+QIOPEN: 1,565').causes[0]?.id).toBe('dns-failure')
  })
})
