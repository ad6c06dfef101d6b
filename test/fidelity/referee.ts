import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClientResult, runClient } from '../clients/clients.ts'
import type { Case } from './cases.ts'
import { type Outcome, predict, predictedOutcome, realOutcome } from './outcome.ts'
import type { Player } from './players.ts'
import { type RunningServer, startServer } from './servers.ts'

/** One client before one server. */
export interface Game {
  readonly player: Player
  readonly story: string
  readonly result: ClientResult
  readonly real: Outcome
  /** Undefined where no device stands for the client yet. */
  readonly predicted: Outcome | undefined
}

export interface Played {
  readonly games: readonly Game[]
  /** Cases whose server did not start, with its words. */
  readonly unserved: readonly string[]
}

/** Plays all cases, so many servers at a time. */
export async function playAll(
  cases: readonly Case[],
  clients: ReadonlySet<string>,
  pool = 4,
): Promise<Played> {
  const scratch = mkdtempSync(join(tmpdir(), 'tlsfit-fidelity-'))
  const games: Game[][] = cases.map(() => [])
  const unserved: string[] = []
  let next = 0
  const work = async () => {
    while (next < cases.length) {
      const at = next++
      const { players } = cases[at]!
      const here = players.filter(({ client }) => clients.has(client))
      if (here.length === 0) continue
      const folder = mkdtempSync(join(scratch, 'case-'))
      const played = await playCase({ ...cases[at]!, players: here }, folder)
      if (typeof played === 'string') unserved.push(played)
      else games[at] = played
    }
  }
  await Promise.all(Array.from({ length: pool }, work))
  rmSync(scratch, { recursive: true, force: true })
  return { games: games.flat(), unserved }
}

async function playCase(one: Case, folder: string): Promise<Game[] | string> {
  const { chain, story, players } = one
  const server = await open(one, folder)
  if (typeof server === 'string') return `${story}: ${server}`
  const anchors = join(folder, 'anchors.pem')
  writeFileSync(anchors, chain.anchors.map(({ pem }) => pem).join(''))
  const games: Game[] = []
  try {
    for (const player of players) games.push(await play(one, player, server.port, anchors))
  } finally {
    await server.stop()
  }
  return games
}

async function open({ chain, server, knobs }: Case, folder: string): Promise<RunningServer | string> {
  const key = String(chain.sent[0]!.key.export({ type: 'pkcs8', format: 'pem' }))
  try {
    return await startServer(server, { ...knobs, chain: chain.sent.map(({ pem }) => pem), key }, folder)
  } catch (error) {
    return String(error)
  }
}

async function play(
  { chain, path, story }: Case,
  player: Player,
  port: number,
  anchors: string,
): Promise<Game> {
  const { client, device, mfl, buffer, verify } = player
  const { host } = chain
  const result = await runClient(client, {
    port,
    sni: isIP(host) === 0 ? host : null,
    name: host,
    anchors,
    ...(mfl === undefined ? {} : { mfl }),
    ...(buffer === undefined ? {} : { buffer }),
    ...(verify === undefined ? {} : { verify }),
    ...(path === undefined ? {} : { request: `GET ${path}` }),
  })
  const real = realOutcome(result)
  if (device === undefined) return { player, story, result, real, predicted: undefined }
  const held = chain.anchors.map(({ der }) => der)
  const verdict = await predict({ port, host, device, anchors: held, now: new Date(), path, verify })
  return { player, story, result, real, predicted: predictedOutcome(verdict) }
}
