import type { Secured } from '../../front/front.ts'
import type { HttpHandler } from '../../front/http-connection.ts'
import type { HttpExchange } from '../../front/http-exchange.ts'
import { blankUrl } from '../../observe/secrets.ts'
import type { Found, RefusedReason } from '../cache/contract.ts'
import type { HttpsListenerFile, HttpsUpstreamFile } from '../config-schema.ts'
import { type GatewayConfig, routesInOrder } from '../gateway-config.ts'
import type { GatewayLog } from '../gateway-log.ts'
import { type Admitted, admit, type Denied } from './access.ts'
import { type AnswerHead, CachedAnswers, type CacheLookup } from './cached-answer.ts'
import { passThrough } from './pass-through.ts'
import { UpstreamClient } from './upstream-client.ts'

/** A device's requests, answered from the cache or by the upstreams. One for all listeners of a process. */
export class HttpProxy {
  readonly #config: GatewayConfig
  readonly #log: GatewayLog
  readonly #clients = new Map<string, UpstreamClient>()
  readonly #cache: CacheLookup | undefined

  /** Throws `SecretError` for a credential that is not there, the system's error for a file. */
  constructor(config: GatewayConfig, log: GatewayLog, cache: CacheLookup | undefined) {
    this.#config = config
    this.#log = log
    this.#cache = cache
    for (const [name, upstream] of Object.entries(config.upstreams)) {
      if (upstream.protocol === 'https') this.#clients.set(name, new UpstreamClient(config, name, upstream))
    }
  }

  /** Answers the requests of one connection. */
  handler(
    listener: HttpsListenerFile,
    { id, remoteAddress, clientCertificate }: ConnectionFacts,
  ): HttpHandler {
    const routes = routesInOrder(listener.routes)
    const verified = clientCertificate?.verified === true
    const answers = new CachedAnswers(listener.responseHead)
    return (exchange) => {
      const told = { listener: listener.name, connection: id, remote: remoteAddress }
      const place = admit(exchange.head, routes, this.#config.upstreams, verified)
      if ('status' in place) {
        this.#deny(exchange, place, told)
        return
      }
      const cache = this.#cacheFor(place)
      if (cache === undefined) {
        this.#pass(exchange, place, { listener, told })
        return
      }
      const request = answers.requestOf(this.#client(place), exchange.head, place, this.#checksum(place))
      const admits = (answer: AnswerHead) => cache.admits(request, answer)
      const context = { listener, told, answers, admits }
      const found = cache.find(request)
      // What lies in memory is answered in this very turn.
      if (!(found instanceof Promise)) {
        this.#answer(exchange, found, place, context)
        return
      }
      found.then(
        (later) => this.#answer(exchange, later, place, context),
        (error) => this.#fault(exchange, error, told),
      )
    }
  }

  /** Connections to upstreams end with the requests at hand. */
  retire(): void {
    for (const client of this.#clients.values()) client.retire()
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }

  #answer(exchange: HttpExchange, found: Found, place: Admitted, context: CachedContext): void {
    if (exchange.over) return
    const { listener, told, answers } = context
    if (found.kind === 'version') answers.send(exchange, found.version, this.#client(place).urlOf(place))
    else if (found.kind === 'pass') this.#pass(exchange, place, context)
    else this.#refuse(exchange, found.status, found.why, place, { listener, told })
  }

  #refuse(
    exchange: HttpExchange,
    status: number,
    why: RefusedReason,
    place: Admitted,
    context: Context,
  ): void {
    const { listener, told } = context
    const facts = { target: blankUrl(exchange.head.target), status, why }
    const upstream = place.route.upstream
    this.#log({ level: 'warn', what: 'cache', ...told, upstream, message: refusedWords[why], facts })
    exchange.respond({ status, fields: [], mode: listener.responseHead }, '')
  }

  #pass(exchange: HttpExchange, place: Admitted, context: Context & Partial<CachedContext>): void {
    const { listener, told, admits } = context
    // A file that is to be verified is never passed on as it comes.
    if (admits === undefined && this.#checksum(place) !== undefined) {
      this.#refuse(exchange, 502, 'not-verifiable', place, context)
      return
    }
    const own = this.#upstream(place).credentials === undefined
    passThrough(exchange, this.#client(place), { place, own, mode: listener.responseHead, admits }, (error) =>
      this.#log({
        level: 'warn',
        what: 'upstream-failed',
        ...told,
        upstream: place.route.upstream,
        message: error.message,
        facts: { target: blankUrl(exchange.head.target), code: error.code },
      }),
    ).catch((error) => this.#fault(exchange, error, told))
  }

  #deny(exchange: HttpExchange, { status, why }: Denied, told: Told): void {
    const { method, target } = exchange.head
    const facts = { method, target: blankUrl(target), status, why }
    this.#log({ level: 'info', what: 'denied', ...told, message: deniedWords[why], facts })
    // What was not read of a refused body would be taken for the next request.
    if (exchange.head.body.kind !== 'none') exchange.keepAlive = false
    exchange.respond({ status, fields: status === 405 ? [['Allow', 'GET, HEAD']] : [] }, '')
  }

  #fault(exchange: HttpExchange, error: unknown, told: Told): void {
    const message = error instanceof Error ? error.message : 'unknown'
    this.#log({ level: 'error', what: 'fault', ...told, message })
    exchange.fail()
  }

  #cacheFor(place: Admitted): CacheLookup | undefined {
    const reads = place.method === 'GET' || place.method === 'HEAD'
    return reads && !place.private && this.#upstream(place).cache ? this.#cache : undefined
  }

  #upstream({ route }: Admitted): HttpsUpstreamFile {
    return this.#config.upstreams[route.upstream] as HttpsUpstreamFile
  }

  #client({ route }: Admitted): UpstreamClient {
    return this.#clients.get(route.upstream) as UpstreamClient
  }

  #checksum(place: Admitted): string | undefined {
    return this.#upstream(place).sha256[place.path]
  }
}

export type ConnectionFacts = Pick<Secured, 'id' | 'remoteAddress' | 'clientCertificate'>

interface Context {
  readonly listener: HttpsListenerFile
  readonly told: Told
}

interface CachedContext extends Context {
  readonly answers: CachedAnswers
  readonly admits: (answer: AnswerHead) => Promise<boolean>
}

interface Told {
  readonly listener: string
  readonly connection: number
  readonly remote: string
}

const deniedWords: { readonly [W in Denied['why']]: string } = {
  'no-route': 'no route for that path: add one, or mend the path in the device',
  host: 'another host than those of the routes: this is no proxy',
  method: 'that method is not open here: writeMethods of the upstream names more than GET and HEAD',
  path: 'that path is not among readPaths or writePaths of the upstream',
  'path-form': 'a path with dots, empty segments or encoded separators',
  query: 'a query beside credentials of the gateway, which could ask for anything',
  'client-certificate-needed': 'writing with credentials of the gateway needs a verified client certificate',
  'body-of-get': 'GET or HEAD with a body',
}

const refusedWords: { readonly [R in RefusedReason]: string } = {
  unreachable: 'the upstream cannot be reached, and nothing that may be served is in the cache',
  'older-version': 'the upstream shows a version that is older than one that was served before',
  'etag-reused': 'the upstream gives one entity tag to two files',
  checksum: 'what came is not what its checksum says; nothing of it was served',
  incomplete: 'the upstream broke off before the end, several times over',
  'not-verifiable':
    'a SHA-256 is configured for this path, and the answer cannot be held until it is verified',
  'version-gone': 'the version that this device began with is no longer to be had; it must begin anew',
}
