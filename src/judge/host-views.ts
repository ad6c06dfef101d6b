import { unlessBroken } from '../codec/decode-error.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

/** One host on the way of some target, with every chain that it showed. */
export interface HostView {
  /** Name or IP literal; of a file without a host its name. */
  readonly host: string
  readonly port: number | undefined
  readonly chains: readonly HostChain[]
  /** Looks in which no certificate was seen. */
  readonly unseen: readonly Observation[]
}

/** A chain that a host showed, at one or more addresses. */
export interface HostChain {
  readonly addresses: readonly string[]
  /** As sent; what cannot be read is left out. */
  readonly certificates: readonly Certificate[]
  /** Each look at it, as if the device went to this host alone. */
  readonly observations: readonly Observation[]
}

/** Every host of the observations, redirect hops included, in the order in which they were met. */
export function viewHosts(observations: readonly Observation[]): HostView[] {
  const groups = new Map<string, Observation[]>()
  for (const one of observations.flatMap(splitByHost)) {
    const { host, port, text } = one.target
    const key = host === undefined ? `file ${text}` : `${host.toLowerCase()} ${port ?? ''}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map(viewOf)
}

function viewOf(observations: readonly Observation[]): HostView {
  const { host, port, text } = observations[0]!.target
  const chains = new Map<string, Observation[]>()
  const unseen: Observation[] = []
  for (const one of observations) {
    const ders = chainOf(one)
    if (ders === undefined || ders.length === 0) {
      unseen.push(one)
      continue
    }
    const key = ders.map((der) => Buffer.from(der).toString('base64')).join()
    chains.set(key, [...(chains.get(key) ?? []), one])
  }
  return {
    host: host ?? text,
    port,
    chains: [...chains.values()].map((looks) => ({
      addresses: [...new Set(looks.flatMap(({ connections }) => connections[0]?.address ?? []))],
      certificates: chainOf(looks[0]!)!.flatMap(readable),
      observations: looks,
    })),
    unseen,
  }
}

function chainOf({ connections }: Observation): readonly Uint8Array[] | undefined {
  return connections.find((connection) => connection.chain !== undefined && connection.role !== 'probe')
    ?.chain?.certificates
}

function readable(der: Uint8Array): Certificate[] {
  return unlessBroken(() => [decodeCertificate(der)]) ?? []
}

/** One observation for each host of the way: a redirect's becomes a target of its own. */
function splitByHost(observation: Observation): Observation[] {
  const { target } = observation
  const legs: Connection[][] = [[]]
  let host = target.host?.toLowerCase()
  const probes: Connection[] = []
  for (const connection of observation.connections) {
    const here = connection.host?.toLowerCase()
    if (connection.role === 'probe') probes.push(connection)
    else if (connection.role === 'redirect' && here !== host) {
      host = here
      legs.push([connection])
    } else legs.at(-1)!.push(connection)
  }
  const probesOf = (name: string | undefined) =>
    probes.filter((probe) => probe.host === undefined || probe.host.toLowerCase() === name?.toLowerCase())
  return legs.map((connections, index) => {
    if (index === 0) return { ...observation, connections: [...connections, ...probesOf(target.host)] }
    const [first, ...rest] = connections
    const { address, port } = first!
    return {
      ...observation,
      target: {
        text: `${target.protocol}://${first!.host}:${port}`,
        protocol: target.protocol,
        host: first!.host,
        port,
        path: undefined,
        pathBytes: undefined,
      },
      lookup: undefined,
      tcp: observation.tcp.filter((attempt) => attempt.address === address && attempt.port === port),
      connections: [{ ...first!, role: 'first' as const }, ...rest, ...probesOf(first!.host)],
      otherAddresses: [],
      fragmentLengths: undefined,
      serverNames: undefined,
    }
  })
}
