import type { ObservationsCapsule } from '../capsule/capsule-file.ts'
import { type ListenOptions, listen } from '../io/listen.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Observation } from '../observe/observation.ts'
import { matchHost } from '../trust/name-match.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { type LabRoot, rekeyChain } from './rekey-chain.ts'
import { replayHttp } from './replay-http.ts'
import { replayMqtt } from './replay-mqtt.ts'
import { type AfterHandshake, planReplay, type ReplayAct } from './replay-plan.ts'
import { acceptAsObserved, openRefusingServer } from './replay-server.ts'
import { type ServerAddress, Servers } from './servers.ts'
import { TwinKeys } from './twin-keys.ts'

/** The observations of a capsule as servers on loopback. */
export interface OpenCapsule {
  readonly replays: readonly Replay[]
  close(): Promise<void>
}

/** One observation, served as far as it can be. */
export interface Replay {
  /** For `check`, with the name that was asked for; undefined where there is nothing to serve. */
  readonly served: Served | undefined
  readonly notReplayed: readonly string[]
  /** What had to be supposed to serve it. */
  readonly supposed: readonly string[]
}

export interface Served {
  readonly target: string
  readonly connect: ServerAddress
  readonly sni: 'none' | undefined
  readonly verify: VerifyMode
  readonly roots: readonly LabRoot[]
  /** DER in the order in which it is sent; empty where the server refuses the hello. */
  readonly sent: readonly Uint8Array[]
}

export interface CapsuleOptions extends ListenOptions {
  readonly knownRoots: readonly KnownRoot[]
}

/** Throws the system's error when a port is not to be had. */
export async function openCapsule(
  { observations }: ObservationsCapsule,
  { hosts, port, knownRoots }: CapsuleOptions,
): Promise<OpenCapsule> {
  const servers = new Servers({ hosts, port })
  const keys = new TwinKeys()
  const replays: Replay[] = []
  for (const observation of observations) {
    replays.push(await openReplay(observation, servers, { keys, knownRoots }))
  }
  return { replays, close: () => servers.close() }
}

type ChainKeys = Parameters<typeof rekeyChain>[1]

async function openReplay(observation: Observation, servers: Servers, keys: ChainKeys): Promise<Replay> {
  const { act, notReplayed } = planReplay(observation)
  if (act.kind === 'nothing') return { served: undefined, notReplayed, supposed: [] }
  if (act.kind === 'refuse') {
    const connect = await servers.add((at) => openRefusingServer(act.refusal, at))
    const named = namedHost(observation, undefined)
    const served = {
      ...addressOf(observation, named.host),
      connect,
      verify: 'full',
      roots: [],
      sent: [],
    } as const
    return { served, notReplayed, supposed: named.supposed }
  }
  return openServing(observation, act, notReplayed, servers, keys)
}

async function openServing(
  observation: Observation,
  { chain, tls, after }: Extract<ReplayAct, { kind: 'serve' }>,
  notReplayed: readonly string[],
  servers: Servers,
  keys: ChainKeys,
): Promise<Replay> {
  const rekeyed = await rekeyChain(chain, keys)
  if (typeof rekeyed === 'string') {
    return { served: undefined, notReplayed: [...notReplayed, `the chain: ${rekeyed}`], supposed: [] }
  }
  const { sent, leafKey, roots } = rekeyed
  const all = [...notReplayed, ...rekeyed.notReplayed]
  let accept: ReturnType<typeof acceptAsObserved>
  try {
    accept = acceptAsObserved({ ...tls, sent, leafKey }, (socket) => attend(socket, after))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!/^ERR_(OSSL|SSL|CRYPTO)/.test(code)) throw error
    const why = `the chain: OpenSSL does not serve it (${code})`
    return { served: undefined, notReplayed: [...all, why], supposed: [] }
  }
  const connect = await servers.add((at) => listen(accept, at))
  const named = namedHost(observation, sent[0])
  const supposed = [
    ...named.supposed,
    ...roots
      .filter((root) => root.supposed)
      .map(({ name }) => `"${name}", which was not sent, is a root: the lab made one of that name`),
    ...rekeyed.issuersMissing.map(
      (name) => `"${name}", which was not sent, is an intermediate: the device does not hold it`,
    ),
  ]
  const served = { ...addressOf(observation, named.host), connect, verify: named.verify, roots, sent }
  return { served, notReplayed: all, supposed }
}

function attend(socket: Parameters<typeof replayHttp>[0], after: AfterHandshake): void {
  switch (after.kind) {
    case 'http':
      replayHttp(socket, after.replay)
      return
    case 'mqtt':
      replayMqtt(socket, after)
      return
    case 'close':
      socket.once('data', () => socket.end())
      return
    case 'listen':
      // Read, and not answered, so that the client's close is seen.
      socket.resume()
  }
}

function addressOf({ target, connections }: Observation, host: string): Pick<Served, 'target' | 'sni'> {
  const { protocol, path } = target
  const [first] = connections
  const port = target.port ?? first?.port ?? 443
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const sni = first?.hello !== undefined && first.hello.sni === undefined ? 'none' : undefined
  if (protocol === 'https') return { target: `https://${authority}${path ?? '/'}`, sni }
  return { target: `${protocol === 'mqtts' ? 'mqtts' : 'tls'}://${authority}`, sni }
}

interface NamedHost {
  readonly host: string
  readonly verify: VerifyMode
  readonly supposed: readonly string[]
}

/** The host that was asked for; where that is not known, one that the leaf names, so that the name is no finding. */
function namedHost({ target, connections }: Observation, leaf: Uint8Array | undefined): NamedHost {
  const known = target.host ?? connections[0]?.host
  if (known !== undefined) return { host: known, verify: 'full', supposed: [] }
  const names = leaf === undefined ? [] : matchHost(decodeCertificate(leaf), 'x').names
  const [name] = names
    .map((one) => one.replace(/^\*\./, 'host.'))
    .filter((one) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(one))
  if (name !== undefined) {
    return { host: name, verify: 'full', supposed: [`the host is ${name}: which was asked for is not known`] }
  }
  const supposed = ['the name is not checked: which host was asked for is not known']
  return { host: 'localhost', verify: 'no-name', supposed: leaf === undefined ? [] : supposed }
}
