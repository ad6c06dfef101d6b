import type { LookupAddress } from 'node:dns'
import { isIPv6 } from 'node:net'
import type { Lookup } from '../observe/observation.ts'
import { CONNECTION_GAP_MS, CONNECTIONS_PER_ADDRESS, CONNECTIONS_PER_HOST } from './bounds.ts'
import { ConnectionGate, type GateRule } from './connection-gate.ts'
import { lookUpAll, type ResolveOptions, resolveHost } from './resolve.ts'
import { isLoopback, openTcp, type TcpOpened, type TcpOptions } from './tcp.ts'
import { Traffic, type TrafficCount } from './traffic.ts'

/** The way to the network that the connections of one target take. */
export interface Network {
  /** As `resolveHost`; a host is asked for once, also where that fails. */
  resolve(host: string, options: Pick<ResolveOptions, 'timeoutMs' | 'signal'>): Promise<Lookup | undefined>
  /** As `openTcp`, when it is this connection's turn; its time begins then. `host`: whose address it is. */
  open(host: string, address: string, port: number, options: TcpOptions): Promise<TcpOpened>
}

export interface RunNetworkOptions {
  /** Whether connections wait for each other: of several targets, which may share hosts and addresses. */
  readonly polite: boolean
  /** Asks again for a host after so long: of a service, which goes on for months. Undefined: once a run. */
  readonly rememberLookupsMs?: number | undefined
  /** Asks the system; for tests. */
  readonly lookup?: ((host: string) => Promise<LookupAddress[]>) | undefined
}

export interface TargetBounds {
  /**
   * Of the address that would be connected to, so that neither a redirect nor a name that leads elsewhere by now gets
   * around it. Undefined: any.
   */
  readonly mayOpen?: ((address: string) => boolean) | undefined
}

/** `errorCode` of an attempt that `mayOpen` refused: nothing was sent. */
export const NOT_PUBLIC = 'ADDRESS_NOT_PUBLIC'

/**
 * The network of one run: one look-up a host, few connections at once to one host and to one address, and all of it
 * counted. On loopback every port is an endpoint of its own, and only that is guarded.
 */
export class RunNetwork {
  readonly #polite: boolean
  readonly #lookup: (host: string) => Promise<LookupAddress[]>
  readonly #rememberLookupsMs: number
  readonly #lookups = new Map<
    string,
    { readonly asked: Promise<Lookup | undefined>; readonly atMs: number }
  >()
  readonly #lookupGate = new ConnectionGate()
  readonly #gate = new ConnectionGate()
  readonly #traffic = new Traffic()

  constructor({ polite, lookup, rememberLookupsMs }: RunNetworkOptions) {
    this.#polite = polite
    this.#rememberLookupsMs = rememberLookupsMs ?? Infinity
    this.#lookup = lookup ?? lookUpAll
  }

  get traffic(): TrafficCount {
    return this.#traffic.count()
  }

  /** The network of one target, with a count of its own. */
  forTarget({ mayOpen }: TargetBounds = {}): Network & { readonly traffic: TrafficCount } {
    const traffic = new Traffic()
    return {
      get traffic() {
        return traffic.count()
      },
      resolve: (host, options) => this.#resolve(host, options),
      open: async (host, address, port, options) => {
        if (mayOpen?.(address) === false) return refused(address, port, options)
        const opened = await this.#open(host, address, port, options)
        if (opened.socket !== undefined) {
          this.#traffic.watch(opened.socket)
          traffic.watch(opened.socket)
        }
        return opened
      },
    }
  }

  #resolve(host: string, options: Pick<ResolveOptions, 'timeoutMs' | 'signal'>): Promise<Lookup | undefined> {
    const key = `${host} ${options.timeoutMs}`
    const atMs = performance.now()
    const known = this.#lookups.get(key)
    if (known !== undefined && atMs - known.atMs < this.#rememberLookupsMs) return known.asked
    const asked = this.#askFor(host, options)
    this.#lookups.set(key, { asked, atMs })
    asked.catch(() => this.#lookups.delete(key)) // aborted: nothing was learnt
    return asked
  }

  /** A look-up holds its place until the system has answered, however late: its queue must not count as slowness. */
  async #askFor(
    host: string,
    options: Pick<ResolveOptions, 'timeoutMs' | 'signal'>,
  ): Promise<Lookup | undefined> {
    const leave = await this.#lookupGate.enter([lookupRule], options.signal)
    let asked: Promise<unknown> | undefined
    const lookup = (name: string) => {
      const answer = this.#lookup(name)
      asked = answer
      return answer
    }
    try {
      return await resolveHost(host, { ...options, lookup })
    } finally {
      if (asked === undefined) leave()
      else asked.then(leave, leave)
    }
  }

  async #open(host: string, address: string, port: number, options: TcpOptions): Promise<TcpOpened> {
    if (!this.#polite) return openTcp(address, port, options)
    const leave = await this.#gate.enter(rulesOf(host, address, port), options.signal)
    try {
      const opened = await openTcp(address, port, options)
      if (opened.socket === undefined) leave()
      else opened.socket.once('close', leave)
      return opened
    } catch (error) {
      leave()
      throw error
    }
  }
}

function refused(address: string, port: number, { purpose }: TcpOptions): TcpOpened {
  const family = isIPv6(address.split('%')[0]!) ? 6 : 4
  const attempt = {
    address,
    family,
    port,
    purpose,
    outcome: 'failed',
    errorCode: NOT_PUBLIC,
    durationMs: 0,
  } as const
  return { attempt, socket: undefined, startedMs: performance.now() }
}

function rulesOf(host: string, address: string, port: number): GateRule[] {
  if (isLoopback(address)) {
    return [{ key: `${address} ${port}`, atOnce: CONNECTIONS_PER_HOST, gapMs: 0 }]
  }
  return [
    { key: `host ${host}`, atOnce: CONNECTIONS_PER_HOST, gapMs: 0 },
    { key: `address ${address}`, atOnce: CONNECTIONS_PER_ADDRESS, gapMs: CONNECTION_GAP_MS },
  ]
}

/** As many as the system's resolver answers side by side: libuv gives it half of its threads. */
const lookupRule: GateRule = { key: 'look-up', atOnce: lookupsAtOnce(), gapMs: 0 }

function lookupsAtOnce(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
  return Number.isInteger(threads) && threads > 1 ? Math.floor((threads + 1) / 2) : 1
}
