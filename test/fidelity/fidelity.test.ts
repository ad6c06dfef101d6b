import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildOf } from '../clients/clients.ts'
import { chainOfMessageBytes, knownChains } from './known-chains.ts'
import { players } from './players.ts'
import {
  agrees,
  formatTable,
  type Game,
  isFalseFit,
  nameOf,
  play,
  type Situation,
  tally,
  tell,
} from './referee.ts'
import { isThere, serverKinds } from './servers.ts'

/** Fewer would show little. */
const LEAST_GAMES = 400

const now = new Date()
const chains = knownChains(now)
const plain = chains[0]!

const known: Situation[] = chains.map((chain, at) => ({
  chain,
  server: serverKinds[at % serverKinds.length]!,
}))
const framed: Situation[] = [60, 500, 4_096].flatMap((recordBytes) =>
  [true, false].map(
    (merge): Situation => ({ chain: plain, server: 'node', wish: { framing: { recordBytes, merge } } }),
  ),
)
const sized: Situation[] = [
  1_500, 1_501, 1_820, 1_821, 4_096, 4_097, 4_416, 4_417, 4_444, 4_445, 4_464, 4_465, 7_000, 16_384, 16_385,
].map((bytes) => ({ chain: chainOfMessageBytes(bytes, now), server: 'node' }))
const downloads: Situation[] = [100, 1_300, 3_990, 4_200, 16_000, 60_000].map((bodyBytes) => ({
  chain: plain,
  server: 'node',
  wish: { bodyBytes },
  path: '/fw.bin',
}))
const situations = [...known, ...framed, ...sized, ...downloads]

/** TLSFIT_CLIENT=openssl runs one client alone, to look at it. */
const only = process.env.TLSFIT_CLIENT
const wanted = players.filter(({ client }) => only === undefined || client.startsWith(only))
const here = wanted.filter(({ client }) => buildOf(client) !== undefined)
const missing = wanted.filter((player) => !here.includes(player)).map(({ client }) => client)
test.skipIf(missing.length === 0)(
  `clients that are not installed: ${[...new Set(missing)].join(', ')}`,
  () => {},
)

const all: Game[] = []
const listed = readDifferences()
const met = new Set<number>()

describe('real stacks do what check says', () => {
  for (const situation of situations) {
    test.skipIf(!isThere(situation.server) || here.length === 0)(
      titleOf(situation),
      { timeout: 120_000 },
      async () => {
        const games = await play(situation, here)
        all.push(...games)
        expect(games.filter(isFalseFit).map(tell)).toEqual([])
        const wrong = games.filter((game) => game.served && !agrees(game.real, game.predicted))
        expect(wrong.filter((game) => !isListed(game)).map(tell)).toEqual([])
      },
    )
  }
})

describe('the list of known differences', () => {
  test.skipIf(only !== undefined)('holds none that is no difference any more', () => {
    expect(listed.filter((_, at) => !met.has(at))).toEqual([])
  })

  test.skipIf(missing.length > 0 || only !== undefined)(`stands beside at least ${LEAST_GAMES} games`, () => {
    expect(all.filter(({ served }) => served).length).toBeGreaterThanOrEqual(LEAST_GAMES)
  })
})

afterAll(() => {
  console.log(`\n${formatTable(tally(all))}\n`)
  const file = process.env.TLSFIT_FIDELITY_REPORT
  if (file !== undefined) writeFileSync(file, `${all.map(tell).join('\n')}\n`)
})

function titleOf({ chain, server, wish }: Situation): string {
  return [chain.name, server, ...(wish === undefined ? [] : [JSON.stringify(wish)])].join(', ')
}

interface Difference {
  readonly client: string
  readonly situation: string
  readonly cause: string
}

function isListed(game: Game): boolean {
  const at = listed.findIndex(
    ({ client, situation }) => client === nameOf(game.player) && game.story.includes(situation),
  )
  if (at >= 0) met.add(at)
  return at >= 0
}

/** The table of docs/fidelity.md. */
function readDifferences(): Difference[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/fidelity.md'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| client ') && !line.startsWith('| ---'))
    .map((line) => {
      const [, client = '', situation = '', cause = ''] = line.split('|').map((cell) => cell.trim())
      return { client, situation, cause }
    })
}
