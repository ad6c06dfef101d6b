import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildOf } from '../clients/clients.ts'
import { differs, formatTable, isFalseFit, isUndecided, tally, tell, tellObserved } from './agreement.ts'
import { knownCases } from './cases.ts'
import { parseKnownRows, speaksOf } from './known-differences.ts'
import { players } from './players.ts'
import { type Played, playAll } from './referee.ts'
import { isThere, serverKinds } from './servers.ts'

/** Fewer would show little. */
const LEAST_PREDICTIONS = 400
const PLAY_MS = 600_000

/** TLSFIT_CLIENT=openssl runs the clients of one name alone, to look at them. */
const only = process.env.TLSFIT_CLIENT
const wanted = players.filter(({ client }) => only === undefined || client.startsWith(only))
const clients = new Set(wanted.map(({ client }) => client))
const here = new Set([...clients].filter((client) => buildOf(client) !== undefined))
const missing = [...clients].filter((client) => !here.has(client))
test.skipIf(missing.length === 0)(`clients that are not installed: ${missing.join(', ')}`, () => {})

const page = readFileSync(join(import.meta.dirname, '../../docs/fidelity.md'), 'utf8')
const listed = parseKnownRows(page)
const lacking = serverKinds.filter((kind) => !isThere(kind))

let played: Played = { games: [], unserved: [] }
beforeAll(async () => {
  played = await playAll(knownCases(new Date()), here)
}, PLAY_MS)

describe.skipIf(here.size === 0)('real stacks before real servers', () => {
  test('every server takes its chain', () => {
    expect(played.unserved).toEqual([])
  })

  for (const { name, client, device } of wanted) {
    test.skipIf(!here.has(client) || device === undefined)(`${name}: never fits where it fails`, () => {
      expect(gamesOf(name).filter(isFalseFit).map(tell)).toEqual([])
    })

    test.skipIf(!here.has(client) || device === undefined)(`${name}: differs only as listed`, () => {
      const different = gamesOf(name).filter(differs)
      const known = (game: Played['games'][number]) => listed.differences.some((row) => speaksOf(row, game))
      expect(different.filter((game) => !known(game)).map(tell)).toEqual([])
    })

    test.skipIf(!here.has(client) || device === undefined)(`${name}: leaves open only what is listed`, () => {
      const left = gamesOf(name).filter(isUndecided)
      const known = (game: Played['games'][number]) => listed.open.some((row) => speaksOf(row, game))
      expect(left.filter((game) => !known(game)).map(tell)).toEqual([])
    })
  }
})

describe.skipIf(missing.length > 0 || only !== undefined)('what docs/fidelity.md lists', () => {
  for (const row of listed.differences) {
    test(`${row.client}: ${row.situation.join('; ')}: differs each time`, () => {
      const games = played.games.filter((game) => speaksOf(row, game))
      expect(games.length).toBeGreaterThan(0)
      expect(games.filter((game) => !differs(game)).map(tell)).toEqual([])
    })
  }

  for (const row of listed.open) {
    test(`${row.situation.join('; ')}: is left open`, () => {
      expect(played.games.filter((game) => speaksOf(row, game)).some(isUndecided)).toBe(true)
    })
  }

  test.skipIf(lacking.length > 0)('is the agreement table of this run', () => {
    expect(page).toContain(`\n${table()}\n`)
  })

  test(`stands beside at least ${LEAST_PREDICTIONS} predictions`, () => {
    const judged = played.games.filter(({ predicted }) => predicted !== undefined)
    expect(judged.length).toBeGreaterThanOrEqual(LEAST_PREDICTIONS)
  })
})

afterAll(() => {
  console.log(`\n${table()}\n`)
  const folder = process.env.TLSFIT_FIDELITY_REPORT
  if (folder === undefined) return
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  write('fidelity-observed.txt', played.games.map(tellObserved))
  const odd = played.games.filter((game) => differs(game) || isUndecided(game)).map(tell)
  write('fidelity-disagree.txt', [table(), '', ...odd, ...played.unserved])
})

function table(): string {
  const names = wanted.map(({ name }) => name)
  return formatTable(tally(played.games, names))
}

function gamesOf(name: string): Played['games'] {
  return played.games.filter(({ player }) => player.name === name)
}
