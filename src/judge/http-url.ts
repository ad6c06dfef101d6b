import type { Limit } from '../device/limit.ts'
import { hopsOf } from './http-redirect.ts'
import { compareWithLimit, type Demand, exactly } from './limits.ts'
import { lowestFigure, marginsOf } from './margins.ts'
import { type Draft, draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'
import type { Margin } from './verdict.ts'

/** Lengths of the URL are known before anything is sent. */
export function judgeUrl({ device, observation }: Scene): Judged {
  const { http } = device
  const { host, pathBytes, protocol } = observation.target
  if (http === undefined || protocol !== 'https') return {}
  const hostBytes = host?.length
  const margins: Margin[] = []
  if (pathBytes !== undefined) margins.push(...marginsOf('pathBytes', http.pathBytes, asText(pathBytes)))
  if (hostBytes !== undefined) margins.push(...marginsOf('hostBytes', http.hostBytes, asText(hostBytes)))
  return { findings: overLong(http, { pathBytes, hostBytes }), margins }
}

/** What a redirect leads to has to fit the same room, for a client that goes there. */
export function judgeHopUrls({ device, leg }: Scene): Judged {
  const { http } = device
  if (http?.redirects === undefined || http.redirects.value === 'refused') return {}
  for (const { status, target, pathBytes } of hopsOf(leg.connections)) {
    if (target === undefined || pathBytes === undefined) continue
    const findings = overLong(http, { pathBytes, hostBytes: target.host.length, status })
    if (findings.length > 0) return { findings }
  }
  return {}
}

interface UrlLengths {
  readonly pathBytes: number | undefined
  readonly hostBytes: number | undefined
  /** Of the redirect that leads there. */
  readonly status?: number
}

function overLong(
  http: NonNullable<Scene['device']['http']>,
  { pathBytes, hostBytes, status }: UrlLengths,
): Draft[] {
  const findings: Draft[] = []
  const fixes = [fix('raise-path-limit'), fix('shorten-url')]
  const by = status === undefined ? {} : { status }
  const path = overText(http.pathBytes, pathBytes)
  if (path !== undefined && pathBytes !== undefined) {
    const details = { pathBytes, limitBytes: figureOf(http.pathBytes), ...by }
    findings.push(draft('path-too-long', path, details, { limit: http.pathBytes, fixes }))
  }
  const name = overText(http.hostBytes, hostBytes)
  if (name !== undefined && hostBytes !== undefined) {
    const details = { hostBytes, limitBytes: figureOf(http.hostBytes), ...by }
    findings.push(draft('host-too-long', name, details, { limit: http.hostBytes, fixes }))
  }
  return findings
}

export function overText(
  limit: Limit | undefined,
  value: number | undefined,
): 'blocks' | 'unknown' | undefined {
  if (limit === undefined || value === undefined) return undefined
  const { outcome } = compareWithLimit(limit, asText(value))
  return outcome === 'over' ? 'blocks' : outcome === 'open' ? 'unknown' : undefined
}

/** Lengths of text, however the profile names that way of counting. */
export function asText(value: number): Demand {
  return { text: exactly(value), items: exactly(value), stored: exactly(value), record: exactly(value) }
}

export function figureOf(limit: Limit | undefined): number {
  return typeof limit?.value === 'number' ? limit.value : (lowestFigure(limit) ?? 0)
}
