import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerLines, Part } from '../bench/part.ts'
import type { FrontRules } from '../src/front/front.ts'
import { Gateway } from '../src/gateway/gateway.ts'
import { parseGatewayConfig } from '../src/gateway/gateway-config.ts'
import { seededBytes } from '../src/issue/seeded-bytes.ts'
import { chanceFrom } from '../test/support/chance.ts'
import { frontName, GatewayPki, upstreamName } from '../test/support/gateway-range.ts'
import { type ClientPlace, clients } from './clients.ts'
import { bytesUnder } from './on-disk.ts'
import { takeSample } from './sample.ts'
import { type Load, type SoakOptions, soak } from './soak.ts'

const FILES = 12
const FILE_BYTES = 200_000
/** Less than all files take, so that the cache has to make room. */
const CACHE_BYTES = 1_000_000

/** The gateway in a process of its own; the upstream, which fails at times, and the clients in this one. */
export async function soakGateway(options: SoakOptions): Promise<boolean> {
  const pki = new GatewayPki()
  const chance = chanceFrom(options.seed)
  const files = new Map(
    Array.from(
      { length: FILES },
      (_, at) => [`${at}.bin`, seededBytes(`firmware ${at}`, FILE_BYTES)] as const,
    ),
  )
  const upstream = await pki.openUpstream(failingNowAndThen(files, chance))
  mkdirSync(join(pki.folder, 'cache'), { recursive: true })
  pki.write('identities.json', JSON.stringify(pki.identities))
  pki.write('gateway.yaml', configOf(upstream.port))
  const part = new Part([pki.folder], 'serve-gateway')
  try {
    const { port } = (await part.ask('port')) as { port: number }
    const place = { port, host: frontName, ca: pki.ecdsa.root.pem, files }
    return await soak('gateway', part, load(place, options, chance), options)
  } finally {
    await part.end()
    await upstream.close()
    pki.remove()
  }
}

function load(place: ClientPlace, options: SoakOptions, chance: () => number): Load {
  const counts = new Map<string, number>()
  const kinds = Object.entries(clients)
  return {
    run: async (until) => {
      const lane = async () => {
        while (!until.aborted) {
          const [name, act] = kinds[Math.floor(chance() * kinds.length)]!
          const outcome = `${name}: ${await act(place, chance)}`
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
          await sleep(5 + 40 * chance())
        }
      }
      await Promise.all(Array.from({ length: options.load }, lane))
    },
    told: () => {
      const rows = [...counts].sort(([a], [b]) => a.localeCompare(b))
      return rows.map(([outcome, count]) => `${outcome} ${count}`).join('; ')
    },
  }
}

function failingNowAndThen(files: ReadonlyMap<string, Uint8Array>, chance: () => number): RequestListener {
  return (request, response) => {
    const content = files.get(request.url?.slice('/files/'.length) ?? '')
    if (content === undefined) return void response.writeHead(404).end()
    const luck = chance()
    if (luck < 0.02) return void response.destroy()
    if (luck < 0.04) return void response.writeHead(503, { 'content-length': 0 }).end()
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const first = Number(range?.[1] ?? 0)
    const last = Math.min(Number(range?.[2] || content.length - 1), content.length - 1)
    const body = content.subarray(first, last + 1)
    response.setHeader('ETag', `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`)
    response.setHeader('Content-Length', body.length)
    if (range !== null) response.setHeader('Content-Range', `bytes ${first}-${last}/${content.length}`)
    response.writeHead(range === null ? 200 : 206)
    if (luck < 0.06) {
      response.write(body.subarray(0, body.length >> 1))
      return void setTimeout(() => response.destroy(), 20)
    }
    // Says nothing until the gateway gives up.
    if (luck < 0.07) return void response.flushHeaders()
    response.end(body)
  }
}

function configOf(upstreamPort: number): string {
  const upstreams = ['pass', 'cached'].map(
    (name) =>
      `  ${name}: { protocol: https, url: 'https://${upstreamName}/files', connect: 127.0.0.1:${upstreamPort}, ca: roots.pem, timeoutSeconds: 2, cache: ${name === 'cached'} }`,
  )
  return `listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    maxRecordBytes: 1024
    certificate: { own: { names: [${frontName}] } }
    limits: { headSeconds: 2, idleSeconds: 4 }
    routes:
      - { host: ${frontName}, path: /pass/*, upstream: pass, to: / }
      - { host: ${frontName}, path: /cached/*, upstream: cached, to: / }
upstreams:
${upstreams.join('\n')}
cache: { folder: cache, maxBytes: ${CACHE_BYTES} }
`
}

/** Of the gateway's events, those that say that something went wrong. */
const failed: ReadonlySet<string> = new Set([
  ...['handshake-failed', 'refused-head', 'denied', 'upstream-failed', 'fault'],
])

/** The process that is looked at: `port`, `sample`. */
export async function serveGateway(folder: string): Promise<void> {
  const identities: FrontRules['identities'] = JSON.parse(
    readFileSync(join(folder, 'identities.json'), 'utf8'),
  )
  const file = join(folder, 'gateway.yaml')
  const config = parseGatewayConfig(readFileSync(file, 'utf8'), file)
  let operations = 0
  let failures = 0
  const gateway = await Gateway.open(
    { config, identities: new Map([['fota', identities]]), directBytes: new Map() },
    ({ what }) => {
      if (what === 'secured' || what === 'handshake-failed') operations++
      if (failed.has(what)) failures++
    },
  )
  await answerLines(async ([act]) => {
    if (act === 'sample') {
      return takeSample({ operations, failures, storeBytes: bytesUnder(join(folder, 'cache')) })
    }
    const [address = ''] = gateway.addresses.values()
    return { port: Number(address.slice(address.lastIndexOf(':') + 1)) }
  })
  await gateway.stop(0)
}
