import type { DeviceLimits } from '../device/device.ts'
import type { Limit } from '../device/limit.ts'
import type { Finding } from '../finding/finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import type { Certificate } from '../x509/certificate.ts'
import { DecodedOnce } from '../x509/decoded-once.ts'
import { escapeText } from './escape.ts'

/** Address that was judged; undefined for a file, or when no connection was tried. */
export function judgedAddress(observation: Observation): string | undefined {
  const tried = observation.tcp.find((attempt) => attempt.purpose === 'target')
  return observation.connections[0]?.address ?? tried?.address
}

/** The connections that lead to another host each: the first, then those of redirect hops. */
export function legsOf(observation: Observation): Connection[] {
  return observation.connections.filter((each) => each.role === 'first' || each.role === 'redirect')
}

/** The leg a finding was met at; `on` a connection that is known, or the leg it went on from. */
export function legOf(finding: Finding, observation: Observation, on?: Connection): Connection | undefined {
  const legs = legsOf(observation)
  if (on !== undefined) {
    const until = observation.connections.slice(0, observation.connections.indexOf(on) + 1)
    return until.findLast((each) => legs.includes(each)) ?? legs[0]
  }
  const at = finding.host === undefined ? undefined : legs.findLast((leg) => leg.host === finding.host)
  return at ?? legs[0]
}

/** DER of the certificates needed to reach the anchor, as the judge counted them. */
export function pathBytes(verdict: Verdict): number | undefined {
  const margin = verdict.margins.find((each) => each.limit === 'chainBytes' && each.counts === 'path')
  if (margin !== undefined) return margin.value
  for (const { details } of verdict.findings) {
    if ('pathBytes' in details && 'sentBytes' in details && details.pathBytes !== undefined) {
      return details.pathBytes
    }
  }
  return undefined
}

export function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}

/** Undefined where the DER cannot be read. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  return decoded.get(der)
}

const decoded = new DecodedOnce()

/** The limit a margin or a finding speaks of, by its key. */
export function limitOf(verdict: Verdict, key: string): Limit | undefined {
  const { limits } = verdict.device
  const tls = Object.hasOwn(limits, key) ? limits[key as keyof DeviceLimits] : undefined
  if (tls !== undefined) return tls
  const { http } = verdict.device
  if (key === 'responseHeadBytes' || key === 'pathBytes' || key === 'hostBytes' || key === 'requestBytes') {
    return http?.[key]
  }
  return undefined
}

/**
 * The number to draw: the documented value, else the lowest that is known to hold. Of two readings of a figure the lower
 * one, where `demand` is within it: that is the room there is for certain.
 */
export function limitNumber(limit: Limit | undefined, demand?: number): number | undefined {
  const least = limit?.atLeast
  if (least !== undefined && demand !== undefined && demand <= least) return least
  return typeof limit?.value === 'number' ? limit.value : limit?.atLeast
}

/** `nrf9160@1.3.7`: the layer the limits hang on. */
export function lowestLayer(verdict: Verdict): string {
  const layer = verdict.device.layers[0]
  return escapeText(layer === undefined ? verdict.device.id : `${layer.family}@${layer.version}`, {
    maxChars: 30,
  })
}

/** The name that the first leaf is for: its common name where the SAN has it, else the first of the SAN. */
export function certificateName({ connections }: Observation): string | undefined {
  const der = connections[0]?.chain?.certificates[0]
  const leaf = der === undefined ? undefined : readCertificate(der)
  const names = leaf?.subjectAltNames.flatMap((name) => (name.kind === 'dns' ? [name.value] : [])) ?? []
  const common = leaf?.subject.commonName
  return common !== undefined && names.includes(common) ? common : names[0]
}
