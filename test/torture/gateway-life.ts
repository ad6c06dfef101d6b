import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { Gateway, type GatewayPlan } from '../../src/gateway/gateway.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { seededBytes } from '../../src/issue/seeded-bytes.ts'
import { frontName, type GatewayPki, upstreamName } from '../support/gateway-range.ts'

/** Two blocks of the cache. */
export const firmware = Buffer.from(seededBytes('torture', 70_000))
const etag = `"${createHash('sha256').update(firmware).digest('hex').slice(0, 16)}"`

/** An upstream of one file under every path, with ranges and conditions; what is posted comes back. */
export const firmwareHost: RequestListener = (message, response) => {
  const { range, 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = message.headers
  if (message.method === 'POST') {
    const parts: Buffer[] = []
    message.on('data', (part: Buffer) => parts.push(part))
    message.on('end', () => response.end(Buffer.concat(parts)))
    return
  }
  if (ifMatch !== undefined && ifMatch !== etag) return void response.writeHead(412).end()
  response.setHeader('ETag', etag)
  if (ifNoneMatch === etag) return void response.writeHead(304).end()
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  const first = Number(asked?.[1] ?? 0)
  const last = Math.min(Number(asked?.[2] || firmware.length - 1), firmware.length - 1)
  const body = firmware.subarray(first, last + 1)
  if (asked !== null) response.setHeader('Content-Range', `bytes ${first}-${last}/${firmware.length}`)
  // Without a length, so that the gateway has to gather it or to end the connection.
  if (!message.url?.includes('unmeasured')) response.setHeader('Content-Length', body.length)
  response.writeHead(asked === null ? 200 : 206).end(body)
}

/** What a device has got: the whole of an answer, less than it, or nothing; `left`: it went away itself. */
export interface Outcome {
  readonly how: 'whole' | 'cut' | 'closed' | 'left'
  readonly status: number
  readonly body: Buffer
}

export interface LifeOptions {
  readonly pki: GatewayPki
  readonly upstreamPort: number
  readonly cacheFolder: string
  /** Every request goes by the cache. */
  readonly onlyCached?: boolean
  /** How long the gateway waits for the upstream, and for each step of a device. */
  readonly upstreamSeconds?: number
  readonly deviceSeconds?: number
}

/** Of a gateway that nobody keeps waiting: longer than any act may take, also on a machine that stands still for seconds. */
const PATIENT_SECONDS = 30

/** A gateway from its start to its end, and a device's requests to it, each on a connection of its own. */
export class GatewayLife {
  readonly events: GatewayEvent[] = []
  readonly #options: LifeOptions
  #gateway!: Gateway

  static async open(options: LifeOptions): Promise<GatewayLife> {
    const life = new GatewayLife(options)
    life.#gateway = await Gateway.open(life.#plan(), (event) => life.events.push(event))
    return life
  }

  private constructor(options: LifeOptions) {
    this.#options = options
  }

  get port(): number {
    const [address = ''] = this.#gateway.addresses.values()
    return Number(address.slice(address.lastIndexOf(':') + 1))
  }

  get connections(): number {
    return this.#gateway.connections
  }

  reload(): Promise<void> {
    return this.#gateway.reload(this.#plan())
  }

  close(): Promise<void> {
    return this.#gateway.stop(0)
  }

  /** `leave`: aborted where the device goes away. Through `port`, where that is not the gateway's own. */
  ask(
    path: string,
    {
      body,
      range,
      leave,
      port = this.port,
    }: { body?: Buffer; range?: string; leave?: AbortSignal; port?: number } = {},
  ): Promise<Outcome> {
    const headers = { host: frontName, connection: 'close', ...(range && { range }) }
    return new Promise((resolve) => {
      const parts: Buffer[] = []
      let status = 0
      const over = (how: Outcome['how']) => {
        asked.destroy()
        resolve({ how: leave?.aborted ? 'left' : how, status, body: Buffer.concat(parts) })
      }
      const method = body === undefined ? 'GET' : 'POST'
      const ca = this.#options.pki.ecdsa.root.pem
      const asked = request(
        {
          ...{ host: '127.0.0.1', port, servername: frontName, ca, agent: false },
          ...{ method, path, headers },
          ...(leave && { signal: leave }),
        },
        (answer) => {
          status = answer.statusCode ?? 0
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('error', () => {})
          answer.on('close', () => over(answer.complete ? 'whole' : 'cut'))
        },
      )
      asked.on('error', () => over(status === 0 ? 'closed' : 'cut'))
      asked.end(body)
    })
  }

  #plan(): GatewayPlan {
    const { pki, upstreamPort, cacheFolder, onlyCached = false } = this.#options
    const { upstreamSeconds = PATIENT_SECONDS, deviceSeconds = PATIENT_SECONDS } = this.#options
    const upstream = (more: string) =>
      `{ protocol: https, url: 'https://${upstreamName}', connect: 127.0.0.1:${upstreamPort}, ca: roots.pem, timeoutSeconds: ${upstreamSeconds}, ${more} }`
    const limits = ['handshake', 'head', 'idle', 'stall'].map((what) => `${what}Seconds: ${deviceSeconds}`)
    const text = `listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    certificate: { own: { names: [${frontName}] } }
    limits: { ${limits.join(', ')} }
    routes:
      - { path: /cached/*, upstream: cached }
${onlyCached ? '' : '      - { path: /pass/*, upstream: pass }'}
upstreams:
  cached: ${upstream('cache: true')}
${onlyCached ? '' : `  pass: ${upstream('writeMethods: [POST], writePaths: [/pass/*]')}`}
cache: { folder: ${cacheFolder} }
`
    const config = parseGatewayConfig(text, join(pki.folder, 'gateway.yaml'))
    return {
      config,
      identities: new Map([['fota', { ecdsa: pki.ecdsa.identity }]]),
      directBytes: new Map(),
    }
  }
}

/** Events that say what became of a request that was not answered in full, or not at all. */
const named: ReadonlySet<string> = new Set(['cache', 'upstream-failed', 'handshake-failed', 'refused-head'])

/**
 * What is wrong with what a device has got, or with what the log says of it; undefined where it is the file, the device
 * left, or it was told that it is not to be had. `expected`: what it asked for.
 */
export function faultOf(
  { how, status, body }: Outcome,
  expected: Buffer,
  events: readonly GatewayEvent[],
): string | undefined {
  if (events.some(({ what }) => what === 'fault')) return 'a fault of the gateway'
  const isOk = status === 200 || status === 206
  if (isOk && !body.equals(expected.subarray(0, body.length))) return 'wrong bytes'
  if (isOk && how === 'whole') return body.length === expected.length ? undefined : 'less than the whole'
  if (how === 'left') return undefined
  if (!isOk && status !== 0 && status !== 502 && status !== 504) return `status ${status}`
  if (!events.some(({ what }) => named.has(what))) return `${how} ${status}, and no event says why`
  return undefined
}
