import { unlessBroken } from '../codec/decode-error.ts'
import type { Chain } from '../observe/observation.ts'
import { findPaths } from '../trust/path.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

export interface EvidenceReport {
  readonly chain: Chain
  readonly outcome: 'works' | 'fails'
  /** The device's lowest layer, as `nrf9160@1.3.7`. */
  readonly layer: string
  readonly knownRoots: readonly KnownRoot[]
  /** ISO day of the report. */
  readonly day: string
}

/**
 * A row of `evidence/*.yaml`. Where the device took the chain, it took it in every way of counting; where it refused
 * it, the row is held against the chain's size only, and for a person to confirm before it is merged.
 */
export function formatEvidenceRow({ chain, outcome, layer, knownRoots, day }: EvidenceReport): string {
  const [family = '', version = 'any'] = layer.split('@')
  const sizes = chain.certificates.map((der) => der.length)
  const sent = sizes.reduce((sum, bytes) => sum + bytes, 0)
  const certificates = chain.certificates.flatMap((der, index) => readOne(der, chain, index))
  const path = shortestPath(certificates, knownRoots)
  const counted = path === undefined ? `{ sent: ${sent} }` : `{ sent: ${sent}, path: ${path} }`
  const id = `${family}-report-${day}-${sent}-${outcome}`
  const lines = [
    `  - id: ${id}`,
    `    heldFor: { ${family}: ${quoted(version)} }`,
    `    endpoint: chain of ${sizes.length} certificates, from a capsule`,
    `    seen: '${day}'`,
    `    certificates: [${sizes.join(', ')}]`,
    `    outcome: ${outcome === 'works' ? 'accepted' : 'refused'}`,
    '    limits:',
    `      chainBytes: ${counted}`,
  ]
  if (outcome === 'works') {
    lines.push(
      `      certificateBytes: { certificate: ${Math.max(...sizes)} }`,
      `      handshakeMessageBytes: { message: ${chain.messageBytes} }`,
      `      chainCertificates: { items: ${sizes.length} }`,
    )
  }
  lines.push(
    '    confidence: inferred',
    `    source: 'report of a user, ${day}, made from a capsule; not confirmed'`,
  )
  return `${lines.join('\n')}\n`
}

/** A version such as 1.10 is text. */
function quoted(version: string): string {
  return /^\d+(\.\d+)?$/.test(version) ? `'${version}'` : version
}

function readOne(der: Uint8Array, { signatureClaims }: Chain, index: number): Certificate[] {
  const certificate = unlessBroken(() => decodeCertificate(der))
  return certificate === undefined ? [] : [{ ...certificate, signatureClaims: signatureClaims?.[index] }]
}

/** Undefined where the chain reaches several roots over paths of different size: which one is held is not known. */
function shortestPath(
  certificates: readonly Certificate[],
  knownRoots: readonly KnownRoot[],
): number | undefined {
  const { paths } = findPaths(
    certificates,
    knownRoots.map(({ certificate }) => certificate),
  )
  const sizes = new Set(paths.map(({ bytes }) => bytes))
  return sizes.size === 1 ? [...sizes][0] : undefined
}
