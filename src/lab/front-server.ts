import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import type { Listening, ListenOptions } from '../io/listen.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { openHttpsServer } from './tls-server.ts'

/** The endpoint behind the front. */
export interface Upstream {
  /** Host of its URL: server_name, name check and Host header. */
  readonly host: string
  /** Where to open the TCP connection. */
  readonly address: string
  readonly port: number
  /** PEM of the roots it is verified against. */
  readonly ca: string
}

export interface FrontOptions extends ListenOptions {
  /** Leaf first, as small as may be, ending in a root that the devices hold. */
  readonly chain: readonly IssuedCertificate[]
  /** Largest plaintext of an application data record. */
  readonly maxRecordBytes: number
  readonly upstream: Upstream
}

const UPSTREAM_TIMEOUT_MS = 10_000
const passedOn = ['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since'] as const
const passedBack = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
] as const

/**
 * The cure for a chain or records too large for the device: the smallest server that stands between. It
 * takes GET and HEAD with Range, asks the endpoint over verified TLS and hands the bytes through unchanged,
 * with a small head, in records no larger than `maxRecordBytes`. Stores nothing.
 */
export async function openFront(options: FrontOptions): Promise<Listening> {
  const { upstream } = options
  const agent = new Agent({
    keepAlive: true,
    ca: upstream.ca,
    servername: upstream.host,
    minVersion: 'TLSv1.2',
    timeout: UPSTREAM_TIMEOUT_MS,
  })
  const listening = await openHttpsServer({ ...options, answer: forward(upstream, agent) })
  return {
    ...listening,
    close: async () => {
      agent.destroy()
      await listening.close()
    },
  }
}

function forward(upstream: Upstream, agent: Agent): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405)
    const asked = requestHttps({
      agent,
      host: upstream.address,
      port: upstream.port,
      method: request.method,
      path: request.url ?? '/',
      headers: { ...pick(request.headers, passedOn), host: upstream.host },
      timeout: UPSTREAM_TIMEOUT_MS,
    })
    asked.on('response', (answer) => handBack(answer, response))
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.on('error', () => (response.headersSent ? response.destroy() : refuse(response, 502)))
    response.on('close', () => asked.destroy())
    asked.end()
  }
}

function handBack(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, pick(answer.headers, passedBack))
  // A body that breaks off upstream breaks off here: the length announced tells the device.
  pipeline(answer, response, () => {})
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 }).end()
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const kept = names.map((name) => [name, headers[name]] as const)
  return Object.fromEntries(kept.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}
