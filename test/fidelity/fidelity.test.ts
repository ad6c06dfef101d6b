import { writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { buildOf } from '../clients/clients.ts'
import { chainOfMessageBytes, knownChains } from './known-chains.ts'
import { configuredPlayer, stockPlayers } from './players.ts'
import { agrees, formatTable, type Game, type Player, play, type Situation, tally, tell } from './referee.ts'
import { isThere, serverKinds } from './servers.ts'

const configured: readonly Player[] = [
  ...[
    'in-4096',
    'in-1500',
    'variable',
    'no-sha512',
    'mpi-256',
    'p256-only',
    'no-time-date',
    'no-ecdsa',
    'intermediates-2',
    'no-mfl',
  ].map((name) => configuredPlayer(`mbedtls-2.28-${name}`)),
  configuredPlayer('mbedtls-2.28-in-4096', 512),
  configuredPlayer('mbedtls-2.28-in-4096', 2048),
]
const players = [...stockPlayers, ...configured]

const now = new Date()
const all: Game[] = []

const known: Situation[] = knownChains(now).map((chain, at) => ({
  chain,
  server: serverKinds[at % serverKinds.length]!,
}))
const framed: Situation[] = [60, 500, 4_096].flatMap((recordBytes) =>
  [true, false].map(
    (merge): Situation => ({
      chain: knownChains(now)[0]!,
      server: 'node',
      wish: { framing: { recordBytes, merge } },
    }),
  ),
)
const sized: Situation[] = [
  1_500, 1_501, 1_820, 1_821, 4_096, 4_097, 4_416, 4_417, 7_000, 16_384, 16_385,
].map((bytes) => ({
  chain: chainOfMessageBytes(bytes, now),
  server: 'node',
}))

test.each([...known, ...framed, ...sized])('$chain.name on $server', {
  timeout: 60_000,
}, async (situation) => {
  const here = players.filter(({ client }) => buildOf(client) !== undefined)
  if (!isThere(situation.server) || here.length === 0) return
  const games = await play(situation, here)
  all.push(...games)
  const wrong = games.filter(({ served, real, predicted }) => served && !agrees(real, predicted))
  expect(wrong.map(tell)).toEqual([])
})

afterAll(() => {
  console.log(formatTable(tally(all)))
  const file = process.env.TLSFIT_FIDELITY_REPORT
  if (file !== undefined) writeFileSync(file, `${all.map(tell).join('\n')}\n`)
})
