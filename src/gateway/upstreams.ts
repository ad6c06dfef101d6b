import type { Secured } from '../front/front.ts'
import type { HttpHandler } from '../front/http-connection.ts'
import { InputError } from '../io/input-error.ts'
import { blankUrl } from '../observe/secrets.ts'
import type { CacheCounters, CacheEvent, CacheOptions } from './cache/contract.ts'
import { FirmwareCache } from './cache/firmware-cache.ts'
import type { GatewayFile, HttpsListenerFile, ListenerFile } from './config-schema.ts'
import type { GatewayPlan } from './gateway.ts'
import { pathIn } from './gateway-config.ts'
import type { GatewayLog } from './gateway-log.ts'
import { HttpProxy } from './http/proxy.ts'
import type { Backend } from './listener-service.ts'
import { MqttProxy } from './mqtt/mqtt-proxy.ts'

/**
 * What one configuration has behind its listeners. After the next one has taken its place it lives on until the requests
 * that began with it are over.
 */
export class Upstreams implements Backend {
  readonly #plan: GatewayPlan
  readonly #http: HttpProxy
  /** By listener. */
  readonly #mqtt: ReadonlyMap<string, MqttProxy>
  readonly #cache: OpenCache | undefined
  #inUse = 0
  #successor: Upstreams | undefined

  /**
   * Throws `SecretError`, or the system's error for a file or folder. Takes the cache of `before` over where it is the
   * same one.
   */
  static async open(plan: GatewayPlan, log: GatewayLog, before: Upstreams | undefined): Promise<Upstreams> {
    const wanted = plan.config.cache
    const settings = wanted && JSON.stringify({ ...wanted, folder: pathIn(plan.config, wanted.folder) })
    const kept = before === undefined ? undefined : before.#cache
    const cache = settings === kept?.settings ? kept : wanted && (await openCache(plan, wanted, log))
    return new Upstreams(plan, log, cache)
  }

  private constructor(plan: GatewayPlan, log: GatewayLog, cache: OpenCache | undefined) {
    this.#plan = plan
    this.#cache = cache
    this.#http = new HttpProxy(plan.config, log, cache?.cache)
    const mqtt = plan.config.listeners.flatMap((one) =>
      one.protocol === 'mqtts'
        ? [[one.name, new MqttProxy(plan.config, one, one.upstream, log)] as const]
        : [],
    )
    this.#mqtt = new Map(mqtt)
  }

  get cacheCounters(): CacheCounters | undefined {
    return this.#cache?.cache.counters
  }

  httpHandler(listener: HttpsListenerFile, connection: Secured): HttpHandler {
    return this.#http.handler(listener, connection)
  }

  takeMqtt(listener: ListenerFile, connection: Secured): void {
    const proxy = this.#mqtt.get(listener.name)
    if (proxy === undefined) {
      connection.socket.destroy()
      return
    }
    this.enter()
    connection.socket.once('close', () => this.leave())
    proxy.take(connection)
  }

  directHandshakeBytes(listener: ListenerFile): number | undefined {
    const { directBytes } = this.#plan
    const names =
      listener.protocol === 'mqtts' ? [listener.upstream] : listener.routes.map(({ upstream }) => upstream)
    // Of several the smallest: what is said to be saved was saved at least.
    const known = names.map((name) => directBytes.get(name))
    return known.some((bytes) => bytes === undefined) ? undefined : Math.min(...(known as number[]))
  }

  enter(): void {
    this.#inUse++
  }

  leave(): void {
    this.#inUse--
    if (this.#successor !== undefined && this.#inUse === 0) this.#rest(this.#successor)
  }

  /** Another has taken its place. */
  retire(successor: Upstreams): void {
    this.#successor = successor
    if (this.#inUse === 0) this.#rest(successor)
  }

  /** It never took its place. */
  discard(): void {
    this.#http.close()
    this.drain()
  }

  /** MQTT sessions, which have no end of their own, are ended with a word. */
  drain(): void {
    for (const proxy of this.#mqtt.values()) proxy.close()
  }

  /** Ends what is under way, and asks no more. */
  async close(): Promise<void> {
    this.discard()
    await this.#cache?.cache.close()
  }

  /** Nobody's any more, but for a download into the cache that the successor has taken over. */
  #rest(successor: Upstreams): void {
    this.#http.retire()
    this.drain()
    if (successor.#cache !== this.#cache) void this.#cache?.cache.close()
  }
}

interface OpenCache {
  readonly cache: FirmwareCache
  readonly settings: string
}

async function openCache(
  { config }: GatewayPlan,
  wanted: NonNullable<GatewayFile['cache']>,
  log: GatewayLog,
): Promise<OpenCache> {
  const settings = { ...wanted, folder: pathIn(config, wanted.folder) }
  const cache = await openFolder({
    ...settings,
    log: ({ kind, upstream, url, message }) =>
      log({
        level: quiet.has(kind) ? 'info' : 'warn',
        what: 'cache',
        upstream: upstream === '' ? undefined : upstream,
        message,
        facts: { kind, target: blankUrl(url) },
      }),
  })
  return { cache, settings: JSON.stringify(settings) }
}

/** Throws `InputError` where the folder cannot be made or read. */
async function openFolder(options: CacheOptions): Promise<FirmwareCache> {
  const { folder } = options
  try {
    return await FirmwareCache.open(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    const hint = 'cache.folder: name a folder that this user may write to'
    throw new InputError(
      'folder-unusable',
      `${folder}: the cache cannot be kept there (${code})`,
      hint,
      folder,
    )
  }
}

const quiet: ReadonlySet<CacheEvent['kind']> = new Set(['filled', 'new-version', 'evicted'])
