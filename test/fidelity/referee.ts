import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runClient } from '../clients/clients.ts'
import type { KnownChain } from './known-chains.ts'
import { HOST } from './known-chains.ts'
import { type Outcome, predict, predictedOutcome, realOutcome } from './outcome.ts'
import { type ServerKind, type ServerWish, startServer } from './servers.ts'

/** A client, the device that stands for it, and what both do. */
export interface Player {
  readonly client: string
  /** Device id, or the path of a profile. */
  readonly device: string
  readonly maxVersion: ServerWish['maxVersion']
  readonly mfl?: number
  readonly buffer?: number
}

export interface Situation {
  readonly chain: KnownChain
  readonly server: ServerKind
  readonly wish?: Pick<ServerWish, 'framing' | 'bodyBytes' | 'minVersion'>
  /** The client asks for this path; undefined: the handshake alone. */
  readonly path?: string
}

export interface Game {
  readonly player: Player
  readonly story: string
  readonly real: Outcome
  readonly predicted: Outcome
  /** The server itself would not have it: nothing is compared. */
  readonly served: boolean
}

const scratch = mkdtempSync(join(tmpdir(), 'tlsfit-fidelity-'))
let games = 0

/** Every player before one server, one after the other. */
export async function play(
  { chain, server, wish, path }: Situation,
  players: readonly Player[],
): Promise<Game[]> {
  const story = [chain.name, server, ...(wish === undefined ? [] : [JSON.stringify(wish)])].join(', ')
  const played: Game[] = []
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const here = players.filter((player) => player.maxVersion === maxVersion)
    if (here.length === 0) continue
    const folder = mkdtempSync(join(scratch, `${++games}-`))
    const key = String(chain.sent[0]!.key.export({ type: 'pkcs8', format: 'pem' }))
    const certificates = chain.sent.map(({ pem }) => pem)
    const running = await startServer(
      server,
      { ...wish, chain: certificates, key, maxVersion },
      folder,
    ).catch(() => undefined)
    if (running === undefined) {
      const none: Outcome = { state: 'undecided', code: undefined, flags: undefined }
      played.push(...here.map((player) => ({ player, story, real: none, predicted: none, served: false })))
      continue
    }
    const file = join(folder, 'anchors.pem')
    writeFileSync(file, chain.anchors.map(({ pem }) => pem).join(''))
    try {
      for (const player of here)
        played.push(await playOne(player, running.port, file, { chain, path, story }))
    } finally {
      await running.stop()
    }
  }
  return played
}

async function playOne(
  player: Player,
  port: number,
  anchors: string,
  { chain, path, story }: { chain: KnownChain; path: string | undefined; story: string },
): Promise<Game> {
  const { client, device, mfl, buffer } = player
  const result = await runClient(client, {
    port,
    sni: HOST,
    anchors,
    ...(mfl === undefined ? {} : { mfl }),
    ...(buffer === undefined ? {} : { buffer }),
    ...(path === undefined ? {} : { request: `GET ${path}` }),
  })
  const held = chain.anchors.map(({ der }) => der)
  const verdict = await predict({
    port,
    host: HOST,
    device,
    anchors: held,
    now: new Date(),
    ...(path === undefined ? {} : { path }),
  })
  return { player, story, real: realOutcome(result), predicted: predictedOutcome(verdict), served: true }
}

export interface Tally {
  readonly name: string
  games: number
  state: number
  code: number
  undecided: number
  falseFits: number
  falseBlocks: number
}

/** By client and device: how often the prediction was the truth. */
export function tally(all: readonly Game[]): Tally[] {
  const rows = new Map<string, Tally>()
  for (const { player, real, predicted, served } of all) {
    if (!served) continue
    const name = nameOf(player)
    const row = rows.get(name) ?? {
      name,
      games: 0,
      state: 0,
      code: 0,
      undecided: 0,
      falseFits: 0,
      falseBlocks: 0,
    }
    rows.set(name, row)
    row.games++
    if (predicted.state === 'undecided') row.undecided++
    else if (predicted.state === real.state) row.state++
    else if (predicted.state === 'takes') row.falseFits++
    else row.falseBlocks++
    if (agrees(real, predicted)) row.code++
  }
  return [...rows.values()]
}

/** The worst: check says that it works, and it does not. */
export function isFalseFit({ served, real, predicted }: Game): boolean {
  return served && predicted.state === 'takes' && real.state === 'refuses'
}

export function nameOf({ client, mfl, buffer, maxVersion }: Player): string {
  const only12 = /-3\.|wolf|openssl|gnutls/.test(client) && maxVersion === 'TLSv1.2'
  return [
    client,
    ...(mfl === undefined ? [] : [`mfl ${mfl}`]),
    ...(buffer === undefined ? [] : [`buffer ${buffer}`]),
    ...(only12 ? ['TLS 1.2 server'] : []),
  ].join(', ')
}

/** State, code and, where the client tells them, flags. */
export function agrees(real: Outcome, predicted: Outcome): boolean {
  const flagged = real.flags === undefined || real.flags === predicted.flags
  return real.state === predicted.state && real.code === predicted.code && flagged
}

export function tell({ player, story, real, predicted }: Game): string {
  const words = ({ state, code, flags }: Outcome) =>
    [state, code, flags].filter((word) => word !== undefined).join(' ')
  return `${nameOf(player)} | ${story} | ${words(real)} | ${words(predicted)}`
}

export function formatTable(rows: readonly Tally[]): string {
  const head = ['client', 'cases', 'state', 'code', 'undecided', 'false fits', 'false blocks']
  const cells = rows.map((row) =>
    [row.name, row.games, row.state, row.code, row.undecided, row.falseFits, row.falseBlocks].map(String),
  )
  const widths = head.map((word, at) => Math.max(word.length, ...cells.map((row) => row[at]!.length)))
  return [head, ...cells]
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
    )
    .join('\n')
}
