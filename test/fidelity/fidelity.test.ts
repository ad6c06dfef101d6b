import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildOf } from '../clients/clients.ts'
import { differs, formatTable, isFalseFit, tally, tell, tellObserved } from './agreement.ts'
import { knownCases } from './cases.ts'
import { parseKnownDifferences, speaksOf } from './known-differences.ts'
import { players } from './players.ts'
import { type Played, playAll } from './referee.ts'

/** Fewer would show little. */
const LEAST_GAMES = 400
const PLAY_MS = 600_000

const clients = new Set(players.map(({ client }) => client))
const here = new Set([...clients].filter((client) => buildOf(client) !== undefined))
const missing = [...clients].filter((client) => !here.has(client))
test.skipIf(missing.length === 0)(`clients that are not installed: ${missing.join(', ')}`, () => {})

const listed = parseKnownDifferences(
  readFileSync(join(import.meta.dirname, '../../docs/fidelity.md'), 'utf8'),
)

let played: Played = { games: [], unserved: [] }
beforeAll(async () => {
  played = await playAll(knownCases(new Date()), here)
}, PLAY_MS)

describe.skipIf(here.size === 0)('real stacks before real servers', () => {
  test('every server takes its chain', () => {
    expect(played.unserved).toEqual([])
  })

  for (const { name, client, device } of players) {
    test.skipIf(!here.has(client) || device === undefined)(`${name}: never fits where it fails`, () => {
      expect(gamesOf(name).filter(isFalseFit).map(tell)).toEqual([])
    })

    test.skipIf(!here.has(client) || device === undefined)(`${name}: differs only as listed`, () => {
      const unlisted = gamesOf(name).filter(
        (game) => differs(game) && !listed.some((row) => speaksOf(row, game)),
      )
      expect(unlisted.map(tell)).toEqual([])
    })
  }
})

describe.skipIf(missing.length > 0)('the list of known differences', () => {
  for (const row of listed) {
    test(`${row.client}: ${row.situation.join('; ')}: differs each time`, () => {
      const games = played.games.filter((game) => speaksOf(row, game))
      expect(games.length).toBeGreaterThan(0)
      expect(games.filter((game) => !differs(game)).map(tell)).toEqual([])
    })
  }

  test(`stands beside at least ${LEAST_GAMES} predictions`, () => {
    const judged = played.games.filter(({ predicted }) => predicted !== undefined)
    expect(judged.length).toBeGreaterThanOrEqual(LEAST_GAMES)
  })
})

afterAll(() => {
  console.log(`\n${formatTable(tally(played.games))}\n`)
  const folder = process.env.TLSFIT_FIDELITY_REPORT
  if (folder === undefined) return
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  write('fidelity-observed.txt', played.games.map(tellObserved))
  write('fidelity-disagree.txt', [
    formatTable(tally(played.games)),
    '',
    ...played.games.filter(differs).map(tell),
    ...played.unserved,
  ])
})

function gamesOf(name: string): Played['games'] {
  return played.games.filter(({ player }) => player.name === name)
}
