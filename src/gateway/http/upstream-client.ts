import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { checkServerIdentity, createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { isRedirect, resolveLocation } from '../../http/redirect.ts'
import { SecretError } from '../../io/secret-files.ts'
import { parseIp } from '../../x509/ip-address.ts'
import type { HttpsUpstreamFile } from '../config-schema.ts'
import { type GatewayConfig, listenAddress, pathIn } from '../gateway-config.ts'
import { type Signer, signerOf } from './injected-credentials.ts'

/** A request to an upstream. */
export interface UpstreamRequest {
  readonly method: string
  /** Path below the upstream's URL, and query with its question mark. */
  readonly path: string
  readonly query: string
  /** End-to-end fields; Host and the gateway's credentials are added. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Length of a body that will be written; undefined where there is none or it is not known. */
  readonly bodyBytes?: number | undefined
  readonly body?: Readable | undefined
}

/** Why there is no answer. `message` is for the log, and holds no secret. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly code:
    | 'unreachable'
    | 'not-verified'
    | 'timeout'
    | 'redirect-refused'
    | 'redirect-loop'
    | 'broken'
    | 'credentials'
  readonly status: 502 | 504

  constructor(code: UpstreamError['code'], message: string) {
    super(message)
    this.code = code
    this.status = code === 'timeout' ? 504 : 502
  }
}

/** Where a request goes. `target` is sent as it is: a signature may cover its very bytes. */
interface Place {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** As in the Host field. */
  readonly authority: string
  readonly target: string
}

function placeOf(host: string, port: number): Omit<Place, 'target'> {
  const name = host.includes(':') ? `[${host}]` : host
  return { host, port, authority: port === 443 ? name : `${name}:${port}` }
}

const MAX_REDIRECTS = 5
const MAX_HEAD_BYTES = 32_768
const MAX_SOCKETS = 256

/**
 * One upstream, over TLS that is always verified. Redirects of GET and HEAD are followed here, to listed hosts only,
 * and never shown to the device; credentials, the device's or the gateway's, go to the upstream's own host only.
 */
export class UpstreamClient {
  readonly #name: string
  readonly #upstream: HttpsUpstreamFile
  readonly #own: Omit<Place, 'target'>
  /** Of the upstream's URL, without the slash at its end. */
  readonly #path: string
  readonly #signer: Signer | undefined
  readonly #agent: Agent
  #isClosed = false
  readonly #connect: { readonly host: string; readonly port: number } | undefined

  /** Throws `SecretError`, also where `ca` cannot be read. */
  constructor(config: GatewayConfig, name: string, upstream: HttpsUpstreamFile) {
    this.#name = name
    this.#upstream = upstream
    const { hostname, port, pathname } = new URL(upstream.url)
    this.#own = placeOf(hostname.replace(/^\[|\]$/g, ''), Number(port || 443))
    this.#path = pathname.replace(/\/$/, '')
    this.#signer = signerOf(config, upstream)
    this.#connect = upstream.connect === undefined ? undefined : listenAddress(upstream.connect)
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      // One for all connections: reading the public roots for each takes longer than its handshake.
      secureContext: contextOf(upstream.ca === undefined ? undefined : pathIn(config, upstream.ca)),
      rejectUnauthorized: true,
    })
  }

  /** The answer's head, its body still to be read; redirects are done. Throws `UpstreamError`. */
  async send(request: UpstreamRequest, signal?: AbortSignal): Promise<IncomingMessage> {
    const { authority } = this.#own
    const first = this.#sign(request, authority, `${this.#path}${request.path}`)
    let place: Place = { ...this.#own, target: first.target }
    let answer = await this.#ask(request, place, first.fields, signal)
    const reads = request.method === 'GET' || request.method === 'HEAD'
    for (
      let hops = 0;
      reads && isRedirect(answer.statusCode ?? 0) && answer.headers.location !== undefined;
      hops++
    ) {
      if (hops === MAX_REDIRECTS) throw this.#error('redirect-loop', `more than ${MAX_REDIRECTS} redirects`)
      place = this.#redirected(answer.headers.location, place)
      answer.resume()
      const foreign = place.authority !== authority
      const fields = foreign
        ? request.fields.filter(([name]) => harmlessAbroad.has(name.toLowerCase()))
        : request.fields
      answer = await this.#ask({ ...request, fields }, place, [], signal)
    }
    return answer
  }

  /** Where a request goes, without credentials of the gateway: what a cached file is known by. */
  urlOf({ path, query }: Pick<UpstreamRequest, 'path' | 'query'>): string {
    return `https://${this.#own.authority}${this.#path}${path}${query}`
  }

  /** What still asks gets a connection of its own, which ends with it. */
  retire(): void {
    this.#agent.maxFreeSockets = 0
    for (const idle of Object.values(this.#agent.freeSockets))
      for (const socket of idle ?? []) socket.destroy()
  }

  /** Ends what is under way, and asks no more: an agent that is destroyed would open the next connection all the same. */
  close(): void {
    this.#isClosed = true
    this.#agent.destroy()
  }

  #sign(request: UpstreamRequest, host: string, path: string) {
    const plain = { target: `${path}${request.query}`, fields: [] }
    if (this.#signer === undefined) return plain
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    try {
      const fields = new Map(request.fields.map(([name, value]) => [name.toLowerCase(), value] as const))
      const signed = this.#signer({ method, host, path, fields }, new Date())
      // Only `headers` leaves a query to the device, see `admit`.
      return this.#upstream.credentials?.headers ? { ...signed, target: plain.target } : signed
    } catch (error) {
      throw this.#error('credentials', error instanceof Error ? error.message : 'no credentials')
    }
  }

  #redirected(location: string, from: Place): Place {
    const to = resolveLocation(location, { host: from.host, port: from.port, path: from.target })
    if (to === undefined || to.scheme !== 'https') {
      throw this.#error('redirect-refused', 'a redirect that leads to no https:// URL')
    }
    const place = { ...placeOf(to.host, to.port), target: to.path }
    const own = place.authority === this.#own.authority
    if (!own && !this.#upstream.redirectHosts.some((pattern) => matchesHost(pattern, place.host))) {
      const mend = `add it to redirectHosts of ${this.#name}, if it is right`
      throw this.#error('redirect-refused', `a redirect to ${place.host}, which is not listed: ${mend}`)
    }
    return place
  }

  async #ask(
    request: UpstreamRequest,
    place: Place,
    added: readonly (readonly [string, string])[],
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    for (;;) {
      try {
        return await this.#askOnce(request, place, added, signal)
      } catch (error) {
        // Each one met is one less that is kept: the last is new.
        if (!(error instanceof StaleConnection)) throw error
      }
    }
  }

  #askOnce(
    { method, fields, body, bodyBytes }: UpstreamRequest,
    { host, port, authority, target }: Place,
    added: readonly (readonly [string, string])[],
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const own = authority === this.#own.authority
    const where = own && this.#connect !== undefined ? this.#connect : { host, port }
    if (this.#isClosed) throw this.#error('unreachable', 'the gateway has stopped')
    const headers = [['Host', authority], ...fields, ...added].flat()
    const reads = (method === 'GET' || method === 'HEAD') && body === undefined
    headers.push(...framing(method, bodyBytes, body !== undefined))
    return new Promise((resolve, reject) => {
      const asked = requestHttps({
        agent: this.#agent,
        ...where,
        servername: parseIp(host) === undefined ? host : '',
        // Node would take the address that TCP goes to, where the URL names an address.
        checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
        method,
        path: target,
        headers,
        setHost: false,
        maxHeaderSize: MAX_HEAD_BYTES,
        timeout: this.#upstream.timeoutSeconds * 1_000,
        ...(signal === undefined ? {} : { signal }),
      })
      asked.once('response', resolve)
      asked.once('timeout', () =>
        asked.destroy(this.#error('timeout', `no answer in ${this.#upstream.timeoutSeconds} s`)),
      )
      asked.once('error', (error) =>
        reject(reads && asked.reusedSocket && isClosed(error) ? new StaleConnection() : this.#told(error)),
      )
      if (body === undefined) asked.end()
      else body.on('error', (error) => asked.destroy(error)).pipe(asked)
    })
  }

  #told(error: Error): UpstreamError {
    if (error instanceof UpstreamError) return error
    const code = 'code' in error ? String(error.code) : error.name
    if (/^(CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_TLS_CERT|HOSTNAME)/.test(code)) {
      return this.#error('not-verified', `its certificate is not trusted (${code})`)
    }
    const early = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code)
    return this.#error(
      early ? 'unreachable' : 'broken',
      `${early ? 'cannot be reached' : 'broke off'} (${code})`,
    )
  }

  #error(code: UpstreamError['code'], what: string): UpstreamError {
    return new UpstreamError(code, `${this.#name} (${this.#own.authority}): ${what}`)
  }
}

/**
 * A kept connection ended as the request went out: the upstream had closed it already, and has not seen it. What reads is
 * asked again, RFC 9110 §9.2.2.
 */
class StaleConnection extends Error {}

function isClosed(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/**
 * How the body is framed, always in so many words: left to itself Node writes the body of a DELETE after its head without
 * a length, and the upstream would take it for the next request.
 */
function framing(method: string, bodyBytes: number | undefined, hasBody: boolean): string[] {
  if (bodyBytes !== undefined) return ['Content-Length', String(bodyBytes)]
  if (hasBody) return ['Transfer-Encoding', 'chunked']
  // RFC 9110 §8.6; services refuse a chunked body of nothing.
  return ['POST', 'PUT', 'PATCH', 'MERGE'].includes(method) ? ['Content-Length', '0'] : []
}

/** Public roots and those of the file. Throws `SecretError`. */
function contextOf(caFile: string | undefined): SecureContext {
  const minVersion = 'TLSv1.2'
  // Without `ca` Node shares one store of its roots between all contexts.
  if (caFile === undefined) return createSecureContext({ minVersion })
  const own = readRoots(caFile)
  try {
    return createSecureContext({ minVersion, ca: [...rootCertificates, own] })
  } catch {
    throw new SecretError(
      `${caFile}: holds a certificate that cannot be read: roots in PEM are expected there`,
    )
  }
}

function readRoots(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new SecretError(`${path}: cannot be read (${code}): roots in PEM are expected there`)
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new SecretError(`${path}: holds no certificate: roots in PEM are expected there`)
}

const harmlessAbroad = new Set([
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'accept',
  'accept-encoding',
  'user-agent',
])

/** `*.example.com` stands for one label or more before it. */
export function matchesHost(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), host.toLowerCase()]
  return wanted.startsWith('*.')
    ? given.endsWith(wanted.slice(1)) && given.length > wanted.length - 1
    : given === wanted
}
