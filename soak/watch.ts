import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttp, type Server as HttpServer } from 'node:http'
import { createServer as createHttps, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerLines, Part } from '../bench/part.ts'
import { defaultThresholds, retentionOf } from '../src/fleet/watch-parts.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { type LabChain, makeNewBlobChain, makeOldBlobChain } from '../src/lab/chains.ts'
import { processKeys } from '../src/lab/keys.ts'
import { tlsIdentity } from '../src/lab/tls-server.ts'
import { openStore } from '../src/store/open-store.ts'
import type { LoadedWatch } from '../src/watch/load-watch.ts'
import { WatchService } from '../src/watch/watch-service.ts'
import { chanceFrom } from '../test/support/chance.ts'
import { bytesUnder } from './on-disk.ts'
import { takeSample } from './sample.ts'
import { type Load, type SoakOptions, soak } from './soak.ts'

const EVERY_SECONDS = 1
const HANGS_MS = 1_500
const FAILING_CHANNEL = 0.3

/** The watch in a process of its own; endpoints that change and fail, and a channel that does, in this one. */
export async function soakWatch(options: SoakOptions): Promise<boolean> {
  const chance = chanceFrom(options.seed)
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-soak-'))
  const made = { keys: processKeys, now: new Date() }
  const chains = [await makeOldBlobChain(made), await makeNewBlobChain(made)] as const
  const endpoints = await Promise.all(
    Array.from({ length: options.load }, () => RestlessEndpoint.open(chains, chance)),
  )
  const channel = await openChannel(chance)
  const part = new Part([join(folder, 'store')], 'serve-watch')
  try {
    await part.ask('watch', ...endpoints.map(({ port }) => port), channel.port)
    return await soak('watch', part, loadOf(part, endpoints, channel), options)
  } finally {
    await part.end()
    for (const endpoint of endpoints) await endpoint.down()
    await closed(channel.server)
    rmSync(folder, { recursive: true, force: true })
  }
}

function loadOf(part: Part, endpoints: readonly RestlessEndpoint[], channel: Channel): Load {
  return {
    run: async (until) => {
      await part.ask('go')
      while (!until.aborted) {
        for (const endpoint of endpoints) await endpoint.mayChange()
        await sleep(500)
      }
      await part.ask('pause')
    },
    told: () => `${channel.told} messages to the channel, of which ${channel.failed} were turned down`,
  }
}

/** A server whose chain changes, that is down at times, and at times lets a handshake hang. */
class RestlessEndpoint {
  readonly #chains: readonly LabChain[]
  readonly #chance: () => number
  #server: Server | undefined
  #port = 0
  #hangs = false

  static async open(chains: readonly LabChain[], chance: () => number): Promise<RestlessEndpoint> {
    const endpoint = new RestlessEndpoint(chains, chance)
    await endpoint.#up()
    return endpoint
  }

  private constructor(chains: readonly LabChain[], chance: () => number) {
    this.#chains = chains
    this.#chance = chance
  }

  get port(): number {
    return this.#port
  }

  async mayChange(): Promise<void> {
    const luck = this.#chance()
    this.#hangs = luck > 0.97
    if (this.#server === undefined) {
      if (luck < 0.3) await this.#up()
    } else if (luck < 0.02) await this.down()
    else if (luck < 0.06) this.#server.setSecureContext(this.#identity)
  }

  get #identity() {
    return tlsIdentity(this.#chains[Math.floor(this.#chance() * this.#chains.length)]!.sent)
  }

  async #up(): Promise<void> {
    const server = createHttps(this.#identity, (_request, response) => response.end('ok'))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    server.prependListener('connection', (socket: Socket) => {
      if (!this.#hangs) return
      socket.pause()
      setTimeout(() => socket.destroy(), HANGS_MS)
    })
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    await closed(server)
  }
}

interface Channel {
  readonly server: HttpServer
  readonly port: number
  told: number
  failed: number
}

async function openChannel(chance: () => number): Promise<Channel> {
  const server = createHttp((request, response) => {
    request.resume()
    request.on('end', () => {
      channel.told++
      const luck = chance()
      if (luck >= FAILING_CHANNEL) return void response.end()
      channel.failed++
      if (luck < FAILING_CHANNEL / 2) response.writeHead(503).end()
      else response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const channel: Channel = { server, port: (server.address() as AddressInfo).port, told: 0, failed: 0 }
  return channel
}

function closed(server: Server | HttpServer): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

/** The process that is looked at: `watch PORT... CHANNEL`, `go`, `pause`, `sample`. */
export async function serveWatch(store: string): Promise<void> {
  const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots() }
  const database = await openStore(store, new Date())
  const counted = { probes: 0, failures: 0 }
  const service = await WatchService.open({
    ...{ ...data, database, now: () => new Date(), env: {}, version: 'soak' },
    ...{ vantage: 'local', plans: true, privateTargets: true },
    log: { note: (event) => void (/failed/.test(event) && counted.failures++) },
  })
  let ports: number[] = []
  await answerLines(async ([act, ...args]) => {
    if (act === 'watch') {
      ports = args.map(Number)
      await service.sync(configOf(ports))
      service.start()
    }
    if (act === 'go' || act === 'pause') {
      const due = act === 'go' ? 'now()' : `now() + interval '1 day'`
      await database.query(`update endpoint set every_seconds = $1, due_at = ${due}`, [
        act === 'go' ? EVERY_SECONDS : 86_400,
      ])
      await service.settingsChanged()
    }
    if (act !== 'sample') return {}
    const [row] = await database.query<{ count: number }>('select count(*)::int as count from probe')
    const counts = { operations: row?.count ?? 0, failures: counted.failures, storeBytes: bytesUnder(store) }
    return takeSample(counts, store)
  })
  await service.stop()
  await database.close()
}

function configOf(ports: readonly number[]): LoadedWatch {
  const clock = { kind: 'right' as const }
  return {
    endpoints: ports.slice(0, -1).map((port, at) => ({
      ...{ id: `e${at}`, name: `Endpoint ${at}`, target: `https://localhost:${port}/`, headers: [] },
      ...{ connect: `127.0.0.1:${port}`, everySeconds: EVERY_SECONDS, vantages: ['local'] },
      thresholds: defaultThresholds,
    })),
    fleets: ['nrf9160@1.3.7+ncs@2.7.0', 'esp-idf@5.2'].map((device, at) => ({
      ...{ id: `f${at}`, name: device, device, count: 100, verify: 'full' as const, clock },
    })),
    channels: [
      { id: 'ops', name: 'ops', kind: 'webhook', url: `http://127.0.0.1:${ports.at(-1)}/`, from: 'warning' },
    ],
    ...{ vantages: ['local'], thresholds: defaultThresholds, maintenance: [] },
    retries: { count: 1, afterSeconds: 1 },
    retention: retentionOf({}),
  }
}
