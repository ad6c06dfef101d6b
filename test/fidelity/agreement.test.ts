import { expect, test } from 'vitest'
import { differs, formatTable, isFalseFit, isUndecided, tally } from './agreement.ts'
import type { Outcome } from './outcome.ts'
import type { Game } from './referee.ts'

const none = { stage: undefined, code: undefined, flags: undefined }
const takes: Outcome = { state: 'takes', ...none }
const open: Outcome = { state: 'undecided', ...none }
const refuses = (stage: string, code: string, flags?: string): Outcome => ({
  state: 'refuses',
  stage,
  code,
  flags,
})

function game(real: Outcome, predicted: Outcome | undefined): Game {
  return { player: { name: 'a client' }, story: 'a case', real, predicted } as Game
}

const agreeing = game(refuses('verify', '-0x2700', '0x8'), refuses('path', '-0x2700', '0x8'))
const falseFit = game(refuses('verify', '-0x2700', '0x8'), takes)
const falseBlock = game(takes, refuses('path', '-0x2700', '0x8'))
const otherFlags = game(refuses('verify', '-0x2700', '0x8'), refuses('path', '-0x2700', '0x4'))
const otherStage = game(refuses('data', '-0x7100'), refuses('chain', '-0x7100'))
const undecided = game(takes, open)

test('a game differs in state, stage, code or flags, and an open one in nothing', () => {
  expect([takes, open].map((one) => differs(game(takes, one)))).toEqual([false, false])
  expect([falseFit, falseBlock, otherFlags, otherStage].map(differs)).toEqual([true, true, true, true])
  expect(differs(agreeing)).toBe(false)
  expect(isUndecided(undecided)).toBe(true)
})

test('a false fit is a prediction that it works where it does not, and no other', () => {
  expect([falseFit, falseBlock, undecided, agreeing].map(isFalseFit)).toEqual([true, false, false, false])
})

test('what is not predicted is not counted, and what is open agrees with nothing', () => {
  const games = [agreeing, falseFit, falseBlock, otherFlags, otherStage, undecided, game(takes, undefined)]
  expect(tally(games, ['nobody', 'a client'])).toEqual([
    { name: 'a client', cases: 6, state: 3, stage: 2, code: 2, undecided: 1, falseFits: 1, falseBlocks: 1 },
  ])
})

test('the table has its numbers below each other', () => {
  const [head, row] = formatTable(tally([agreeing], ['a client'])).split('\n')
  expect(head!.length).toBe(row!.length)
  expect(row).toMatch(/^a client +1 +1 +1 +1 +0 +0 +0$/)
})
