import { createHash, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { FragmentLength } from '../judge/fragment-length.ts'
import type { ConnectPlan } from '../mqtt/connect.ts'
import type {
  Connection,
  FragmentLengthSeen,
  Lookup,
  Observation,
  OtherAddress,
  ServerNameSeen,
  TcpAttempt,
  Withheld,
} from '../observe/observation.ts'
import type { ParsedTarget } from '../observe/target.ts'
import type { ClientCredential } from '../tls/client.ts'
import type { ClientOffer } from '../tls/client-offer.ts'
import { sameName } from '../trust/name-match.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { DEFAULT_BYTE_LIMIT, MAX_ADDRESSES } from './bounds.ts'
import type { Progress } from './check-request.ts'
import { askWith, compareFragmentLengths, compareServerNames } from './comparisons.ts'
import { type Dialled, Dialler, type DialSettings } from './dialler.ts'
import { type DownloadPlan, download } from './http-download.ts'
import type { KeyLog } from './key-log.ts'
import { type Network, RunNetwork } from './network.ts'
import {
  closedOnHello,
  helloRefused,
  isLiteral,
  showsAnotherHost,
  wideOffer,
  withServerName,
} from './probes.ts'
import { contrast, isLoopback } from './tcp.ts'

/** One endpoint, seen with one hello and one client's requests. */
export interface EndpointRequest {
  /** Not a file. */
  readonly target: ParsedTarget
  /** Where TCP connects instead of the target's host and port. */
  readonly connect: { readonly host: string; readonly port: number } | undefined
  /** The ClientHello for a host: the target's own (`hop` 0), or that of a redirect. */
  offer(host: string, hop: number): ClientOffer
  readonly http: HttpRequests | undefined
  readonly mqtt: Pick<ConnectPlan, 'protocolLevel' | 'keepAliveSeconds'> | undefined
  readonly credential: ClientCredential | undefined
  readonly sendSecrets: boolean
  /** Shared with other requests of the run; its own where undefined. */
  readonly network?: Network | undefined
  /**
   * Attempts at addresses that TCP did not reach, by address: read, and added to. Whether a port answers has nothing to
   * do with the hello, so that requests for one endpoint share it.
   */
  readonly unreached?: Map<string, readonly TcpAttempt[]> | undefined
  /** Takes the secrets of every connection. */
  readonly keyLog?: KeyLog | undefined
  /** The lengths of max_fragment_length worth asking for, once the host was seen at that address; none by default. */
  readonly fragmentLengths?: FragmentLengthsToAsk | undefined
  /** Asks again with other server names. */
  readonly compareSni?: boolean | undefined
  /** Body bytes at most; undefined: `DEFAULT_BYTE_LIMIT`. */
  readonly byteLimit: number | undefined
  readonly timeoutMs: number
  /** Roots that count for standard verification of what was sent. */
  readonly standardAnchors: DialSettings['standardAnchors']
  /** Shared by the hellos of one target. */
  readonly decoded?: DecodedOnce | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly signal: AbortSignal | undefined
}

export type FragmentLengthsToAsk = (
  connections: readonly Connection[],
  address: string,
) => readonly FragmentLength[]

export type HttpRequests = Pick<
  DownloadPlan,
  'method' | 'deviceLines' | 'headers' | 'rangeBytes' | 'followRedirects'
>

type NetworkedRequest = EndpointRequest & { readonly network: Network }

interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * One observation for each address of the host, in the order of the look-up: at least one, also where nothing
 * answers. An address that only this machine cannot use (its loopback, a missing IPv6 route) is listed under
 * `otherAddresses` and gets no observation of its own where another one answers. Rejects only when aborted.
 */
export async function observeEndpoint(asked: EndpointRequest): Promise<Observation[]> {
  const network = asked.network ?? new RunNetwork({ polite: false }).forTarget()
  const request: NetworkedRequest = { ...asked, network }
  const { target, port: targetPort } = endpointOf(request)
  const host = request.connect?.host ?? target
  const port = request.connect?.port ?? targetPort
  const startedAt = new Date()
  const lookup = await lookUp(request, host)
  const base = { source: 'dial', target: request.target.target, lookup } as const
  const found = lookup ? lookup.addresses : [literal(host)]
  if (found.length === 0) {
    return [{ ...base, startedAt, tcp: [], connections: [], otherAddresses: [], withheld: undefined }]
  }
  const seen: { address: Address; observation: Observation }[] = []
  for (const address of found.slice(0, MAX_ADDRESSES)) {
    const visitStartedAt = new Date()
    const visit = await visitOnce(request, address.address, () =>
      new Visit(request, target, targetPort, address, port).run(),
    )
    seen.push({ address, observation: { ...base, startedAt: visitStartedAt, ...visit, otherAddresses: [] } })
  }
  const answered = seen.some(({ observation }) => isConnected(observation))
  return seen
    .filter(({ observation }) => isConnected(observation) || !answered || !isOursAlone(observation))
    .map((one) => ({
      ...one.observation,
      otherAddresses: seen.filter((other) => other !== one).map(otherAddress),
    }))
}

/** An address that TCP did not reach for an earlier hello is not dialled again. */
async function visitOnce(
  { unreached }: EndpointRequest,
  address: string,
  visit: () => Promise<Visited>,
): Promise<Visited> {
  const known = unreached?.get(address)
  if (known !== undefined) return { tcp: known, connections: [], withheld: undefined }
  const visited = await visit()
  const [first] = visited.tcp
  if (first !== undefined && first.outcome !== 'connected') unreached?.set(address, visited.tcp)
  return visited
}

type Visited = Pick<Observation, 'tcp' | 'connections' | 'withheld' | 'fragmentLengths' | 'serverNames'>

function endpointOf({ target }: EndpointRequest): { target: string; port: number } {
  const { host, port } = target.target
  if (host === undefined || port === undefined) throw new RangeError('target: a file is not dialled')
  return { target: host, port }
}

async function lookUp(request: NetworkedRequest, host: string): Promise<Lookup | undefined> {
  const { network, timeoutMs, signal } = request
  tell(request, 'look-up', undefined)
  return network.resolve(host, { timeoutMs, signal })
}

function literal(host: string): Address {
  return { address: host, family: isIP(host.split('%')[0]!) === 6 ? 6 : 4 }
}

function isConnected({ tcp }: Observation): boolean {
  return tcp[0]?.outcome === 'connected'
}

/** A failure that says something of this machine only. */
function isOursAlone({ tcp }: Observation): boolean {
  const first = tcp[0]
  return first?.outcome === 'unreachable' || (first !== undefined && isLoopback(first.address))
}

function otherAddress({
  address,
  observation,
}: {
  address: Address
  observation: Observation
}): OtherAddress {
  const chain = observation.connections[0]?.chain
  return {
    address: address.address,
    outcome: observation.tcp[0]?.outcome ?? 'failed',
    chainSha256: chain?.certificates.map((der) => createHash('sha256').update(der).digest('hex')),
    chainBytes: chain?.certificates.reduce((sum, der) => sum + der.length, 0),
  }
}

function tell(
  { onProgress, target }: EndpointRequest,
  act: Progress['act'],
  address: string | undefined,
  bytes = 0,
  totalBytes?: number,
): void {
  onProgress?.({ target: target.target.text, act, address, bytes, totalBytes })
}

/** Everything that is done at one address. */
class Visit {
  readonly #request: NetworkedRequest
  readonly #host: string
  readonly #targetPort: number
  readonly #address: Address
  readonly #port: number
  readonly #settings: DialSettings
  readonly #dialler: Dialler
  #hops = 0
  #fragmentLengths: FragmentLengthSeen[] | undefined
  #serverNames: ServerNameSeen[] | undefined

  constructor(request: NetworkedRequest, host: string, targetPort: number, address: Address, port: number) {
    this.#request = request
    this.#host = host
    this.#targetPort = targetPort
    this.#address = address
    this.#port = port
    this.#settings = {
      network: request.network,
      timeoutMs: request.timeoutMs,
      signal: request.signal,
      byteLimit: request.byteLimit ?? DEFAULT_BYTE_LIMIT,
      standardAnchors: request.standardAnchors,
      decoded: request.decoded ?? new DecodedOnce(),
      credential: request.credential,
      sendSecrets: request.sendSecrets,
      keyLog: request.keyLog,
    }
    this.#dialler = new Dialler(this.#settings)
  }

  async run(): Promise<Visited> {
    try {
      await this.#live()
    } finally {
      this.#dialler.close()
    }
    return {
      tcp: this.#dialler.attempts,
      connections: this.#dialler.connections,
      withheld: this.#dialler.withheld,
      fragmentLengths: this.#fragmentLengths,
      serverNames: this.#serverNames,
    }
  }

  async #live(): Promise<void> {
    const offer = this.#request.offer(this.#host, 0)
    tell(this.#request, 'connect', this.#address.address)
    const dialled = await this.#dial('first', offer, 'established')
    const failed = this.#dialler.attempts[0]
    if (failed && failed.outcome !== 'connected') {
      const { network } = this.#request
      this.#dialler.addAttempts(
        await contrast(failed, this.#request, (...where) => network.open(this.#host, ...where)),
      )
    } else {
      if (dialled) await this.#ask(dialled, offer)
      const seen = this.#dialler.connections
      await this.#probeHello(offer, seen[0])
      await this.#compare(offer, seen)
    }
  }

  /** Facts of the endpoint that another hello brings to light; only of a server that answers ours. */
  async #compare(offer: ClientOffer, seen: readonly Connection[]): Promise<void> {
    const [first] = seen
    if (first?.negotiated === undefined || this.#request.signal?.aborted) return
    const ask = askWith(this.#settings, {
      host: this.#host,
      address: this.#address.address,
      port: this.#port,
    })
    const ownHost = seen.filter(({ role, host }) => role !== 'probe' && host === first.host)
    const lengths = this.#request.fragmentLengths?.(ownHost, this.#address.address) ?? []
    if (lengths.length > 0) this.#fragmentLengths = await compareFragmentLengths(lengths, offer, ask)
    if (this.#request.compareSni) this.#serverNames = await compareServerNames(offer, this.#host, ask)
  }

  #dial(
    role: 'first' | 'range' | 'probe',
    offer: ClientOffer,
    until: 'server-flight' | 'established',
  ): Promise<Dialled | undefined> {
    tell(this.#request, 'handshake', this.#address.address)
    const { address } = this.#address
    return this.#dialler.dial({ role, host: this.#host, address, port: this.#port, offer, until })
  }

  async #ask(dialled: Dialled, offer: ClientOffer): Promise<void> {
    const { http, mqtt } = this.#request
    if (http) return this.#download(dialled, http)
    if (mqtt) return this.#connectMqtt(dialled, mqtt, offer)
    dialled.session.close()
  }

  #download(dialled: Dialled, http: HttpRequests): Promise<void> {
    const { target, byteLimit, timeoutMs } = this.#request
    const { address } = this.#address
    const plan: DownloadPlan = {
      ...http,
      path: target.requestPath ?? '/',
      secretQuery: target.secretQuery,
      host: this.#host,
      port: this.#targetPort,
      byteLimit: byteLimit ?? DEFAULT_BYTE_LIMIT,
      timeoutMs,
      onBody: (bytes, total) => tell(this.#request, 'download', address, bytes, total),
    }
    return download(dialled, plan, {
      open: (role, host, port) => this.#open(role, host, port),
      mayReceive: (connection, what) => this.#dialler.mayReceive(connection, what),
    })
  }

  /** A further connection of a download; the target's own host is found where it was found before. */
  async #open(role: 'range' | 'redirect', host: string, port: number): Promise<Dialled | undefined> {
    if (role === 'redirect') this.#hops++
    const offer = this.#request.offer(host, this.#hops)
    if (host === this.#host && port === this.#targetPort) {
      const { address } = this.#address
      const before = this.#dialler.attempts.length
      const goal = { role, host, address, port: this.#port, offer, until: 'established' } as const
      const dialled = await this.#dialler.dial(goal)
      const attempt = this.#dialler.attempts[before]
      if (attempt !== undefined && attempt.outcome !== 'connected') this.#dialler.noteUnreached(goal)
      return dialled
    }
    const lookup = await lookUp(this.#request, host)
    const addresses = lookup ? lookup.addresses : [literal(host)]
    for (const { address } of addresses.slice(0, MAX_ADDRESSES)) {
      const before = this.#dialler.attempts.length
      const goal = { role, host, address, port, offer, until: 'established' } as const
      const dialled = await this.#dialler.dial(goal)
      const attempt = this.#dialler.attempts[before]
      // A device goes on to the next address where TCP fails, not where TLS does.
      if (dialled || attempt?.outcome === 'connected') return dialled
    }
    this.#dialler.noteUnreached({ role, host, address: addresses[0]?.address, port })
    return undefined
  }

  async #connectMqtt(
    dialled: Dialled,
    mqtt: NonNullable<EndpointRequest['mqtt']>,
    offer: ClientOffer,
  ): Promise<void> {
    const plan: ConnectPlan = {
      ...mqtt,
      clientId: `tlsfit-${randomBytes(6).toString('hex')}`,
      userName: this.#request.target.userinfo?.user,
      password: this.#request.target.userinfo?.password,
    }
    await this.#tryMqtt(dialled, plan)
    const [first] = this.#dialler.connections
    const closedOnUs = first?.mqtt?.error === 'closed'
    const sent = first?.hello?.sni
    if (!closedOnUs || isLiteral(this.#host) || sameName(sent, this.#host)) return
    const probe = await this.#dial('probe', withServerName(offer, this.#host), 'established')
    if (probe) await this.#tryMqtt(probe, plan)
  }

  async #tryMqtt(dialled: Dialled, plan: ConnectPlan): Promise<void> {
    const secrets: Withheld['what'] =
      plan.userName === undefined && plan.password === undefined ? [] : ['mqtt-password']
    if (this.#dialler.mayReceive(dialled, secrets)) {
      const { connectMqtt } = await import('./mqtt-connect.ts')
      dialled.observer.mqtt(await connectMqtt(dialled.session, plan, this.#request.timeoutMs))
    }
    dialled.session.close()
  }

  /**
   * What the judge needs to tell reasons apart: which version and suite the server speaks when it turned the hello
   * down, and what it makes of a hello that names the host when ours did not, or named another one to no avail.
   */
  async #probeHello(offer: ClientOffer, first: Connection | undefined): Promise<void> {
    if (!first) return
    // A connection that broke in place of an answer may have broken for any reason: only a hello that ends so again
    // was turned down.
    if (closedOnHello(first)) {
      await this.#dial('probe', offer, 'server-flight')
      if (this.#dialler.connections.at(-1)?.negotiated !== undefined) return
    }
    const name = isLiteral(this.#host) ? undefined : this.#host
    const sent = first.hello?.sni
    const asked = name === undefined || sameName(sent, name) || first.mqtt?.error === 'closed'
    if (!asked && (sent === undefined || helloRefused(first) || showsAnotherHost(first, name))) {
      await this.#dial('probe', withServerName(offer, name), 'server-flight')
      // Under its own name the server answers: nothing but the name is to be told apart.
      if (this.#dialler.connections.at(-1)?.negotiated !== undefined) return
    }
    if (!helloRefused(first)) return
    const sni = name ?? sent
    await this.#dial('probe', wideOffer(sni, false), 'server-flight')
    if (this.#dialler.connections.at(-1)?.negotiated === undefined) {
      await this.#dial('probe', wideOffer(sni, true), 'server-flight')
    }
  }
}
