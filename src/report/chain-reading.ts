import type { FindingId } from '../finding/details.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Chain } from '../observe/observation.ts'
import type { Certificate } from '../x509/certificate.ts'
import { limitNumber, limitOf, lowestLayer, pathBytes, readCertificate, sum } from './reading.ts'

/** One chain as a picture of it needs it, for the verdicts that speak of it. */
export interface ChainReading {
  /** DER bytes of each certificate, in the order sent. */
  readonly sizes: readonly number[]
  readonly sentBytes: number
  /** Undefined where the DER cannot be read. */
  readonly certificates: readonly (Certificate | undefined)[]
  /** Those needed to reach the anchor; empty where that is not known of this chain. */
  readonly onPath: ReadonlySet<number>
}

/** Of a chain that is not known to lead to any root. */
const leadsNowhere: ReadonlySet<FindingId> = new Set(['root-unknown', 'missing-intermediate'] as const)

export function readChain(verdicts: readonly Verdict[], chain: Chain): ChainReading {
  const sizes = chain.certificates.map((der) => der.length)
  const certificates = chain.certificates.map(readCertificate)
  const leading = verdicts.filter(({ findings }) => !findings.some(({ id }) => leadsNowhere.has(id)))
  const needed = leading.map(pathBytes).find((bytes) => bytes !== undefined)
  // After a redirect the path counted may be that of the other host; then nothing is marked.
  const onPath = needed === undefined ? new Set<number>() : pathIndexes(certificates, sizes, needed)
  return { sizes, sentBytes: sum(sizes), certificates, onPath }
}

export function subjectOf(certificate: Certificate | undefined): string {
  if (certificate === undefined) return '(not readable)'
  return certificate.subject.commonName ?? (certificate.subject.text || '(no subject)')
}

export interface DrawnLimit {
  readonly key: 'chainBytes' | 'certificateBytes' | 'handshakeMessageBytes'
  readonly value: number
  readonly label: string
}

/** The limit that a chain meets first on this device, in the order of how directly it bounds the chain. */
export function drawnLimit(verdict: Verdict): DrawnLimit | undefined {
  for (const key of ['chainBytes', 'certificateBytes', 'handshakeMessageBytes'] as const) {
    const demands = verdict.margins.filter(({ limit }) => limit === key).map((margin) => margin.value)
    const value = limitNumber(limitOf(verdict, key), demands.length === 0 ? undefined : Math.max(...demands))
    if (value !== undefined) return { key, value, label: lowestLayer(verdict) }
  }
  return undefined
}

/** From the leaf along the issuers, until their bytes are those the judge counted. */
function pathIndexes(
  certificates: readonly (Certificate | undefined)[],
  sizes: readonly number[],
  needed: number,
): Set<number> {
  const onPath = new Set<number>()
  let at = certificates[0] === undefined ? -1 : 0
  let bytes = 0
  while (at >= 0 && !onPath.has(at) && bytes < needed) {
    onPath.add(at)
    bytes += sizes[at] ?? 0
    const issuer = certificates[at]?.issuer.text
    at = certificates.findIndex((each, index) => !onPath.has(index) && each?.subject.text === issuer)
  }
  return bytes === needed ? onPath : new Set()
}
