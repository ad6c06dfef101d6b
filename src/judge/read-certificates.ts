import type { Device } from '../device/device.ts'
import type { Finding } from '../finding/finding.ts'
import { type CertificateRole, knownRoot, roleOf } from '../trust/certificate-role.ts'
import { identifyStored, type StoredForm } from '../trust/stored-forms.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import { type ChainWalk, walkChain } from '../trust/walk-chain.ts'
import { issuerUrls } from '../x509/authority-info.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CertificatePiece, Material } from '../x509/material.ts'
import type { StoredCredential } from '../x509/modem-credentials.ts'
import { judgeMaterial } from './certificate-material.ts'
import { type MaterialRead, nameOf, readMaterial } from './chain-of-material.ts'

/** What certificate material says by itself. */
export interface CertificatesRead {
  readonly material: Material
  readonly read: MaterialRead
  /** In the order of the input. */
  readonly rows: readonly CertificateRow[]
  readonly sizes: MaterialSizes
  /** Over the chain; undefined where there is none. */
  readonly walk: ChainWalk | undefined
  /** Certificates of the chain, in its order. */
  readonly chain: readonly Certificate[]
  readonly stored: readonly StoredIdentified[]
  readonly missing: readonly MissingPart[]
  readonly findings: readonly Finding[]
}

export interface CertificateRow {
  readonly certificate: Certificate
  readonly piece: CertificatePiece
  readonly role: CertificateRole
  /** Of `roots/`, by its hash. */
  readonly knownRoot: KnownRoot | undefined
  /** Position in the chain; undefined: not of it. */
  readonly chainIndex: number | undefined
  readonly anchor: boolean
}

export interface MaterialSizes {
  readonly inputBytes: number
  /** Text from BEGIN to END of what is PEM. */
  readonly pemBytes: number
  /** Of every certificate that can be read. */
  readonly derBytes: number
  readonly chainBytes: number
  /** The Certificate message of TLS 1.2 that would carry the chain, RFC 5246 §7.4.2. */
  readonly messageBytes: number
}

export interface StoredIdentified extends StoredCredential {
  readonly is: { readonly name: string; readonly sha256: string; readonly form: StoredForm } | undefined
}

/** What is not there, and would be needed to say more. */
export type MissingPart =
  | {
      readonly needs: 'intermediate'
      readonly subject: string
      readonly issuer: string
      readonly urls: readonly string[]
    }
  | { readonly needs: 'root'; readonly issuer: string; readonly urls: readonly string[] }
  | { readonly needs: 'showcerts'; readonly listed: number; readonly shown: number }
  | { readonly needs: 'device' }

export interface CertificatesInput {
  readonly material: Material
  /** As the user wrote it. */
  readonly name: string
  readonly known: readonly KnownRoot[]
  readonly anchors: readonly HeldAnchor[] | undefined
  readonly devices: readonly Device[]
  readonly now: Date
}

/** Pure but for the clock and the roots, which are arguments. */
export function readCertificates(input: CertificatesInput): CertificatesRead {
  const { material, name, known, anchors, devices, now } = input
  const read = readMaterial(material, name)
  const all = read.certificates.map(({ certificate }) => certificate)
  const chain = read.chain.map((index) => all[index]!)
  const walk =
    chain.length === 0 ? undefined : walkChain(chain, known, [...(anchors ?? []), ...ownAnchors(read)])
  const rows = read.certificates.map(({ certificate, piece }, index) => {
    const chainIndex = read.chain.indexOf(index)
    return {
      certificate,
      piece,
      role: roleOf(certificate, all, known),
      knownRoot: knownRoot(certificate, known),
      chainIndex: chainIndex < 0 ? undefined : chainIndex,
      anchor: read.anchors.includes(index),
    }
  })
  const candidates = [
    ...all,
    ...(material.stored.length === 0 ? [] : known.map(({ certificate }) => certificate)),
  ]
  return {
    material,
    read,
    rows,
    sizes: sizesOf(material, chain, rows),
    walk,
    chain,
    stored: material.stored.map((stored) => ({ ...stored, is: identified(stored, candidates) })),
    missing: missingOf(walk, chain, material, devices),
    findings: judgeMaterial({ material, read, walk, device: devices[0], known, now }),
  }
}

/** What the same source holds as anchor is where its chain may end. */
function ownAnchors({ anchors, bundle, certificates }: MaterialRead): HeldAnchor[] {
  if (bundle) return []
  return anchors.map((index) => {
    const { certificate } = certificates[index]!
    return { certificate, label: nameOf(certificate) }
  })
}

function sizesOf(
  { inputBytes }: Material,
  chain: readonly Certificate[],
  rows: readonly CertificateRow[],
): MaterialSizes {
  const text = rows.filter(({ piece }) => piece.encoding === 'pem')
  return {
    inputBytes,
    pemBytes: sum(text.map(({ piece }) => piece.textBytes)),
    derBytes: sum(rows.map(({ certificate }) => certificate.der.length)),
    chainBytes: sum(chain.map(({ der }) => der.length)),
    messageBytes: chain.length === 0 ? 0 : 7 + sum(chain.map(({ der }) => 3 + der.length)),
  }
}

function identified(
  { sha256 }: StoredCredential,
  candidates: readonly Certificate[],
): StoredIdentified['is'] {
  const found = sha256 === undefined ? undefined : identifyStored(sha256, candidates)
  if (found === undefined) return undefined
  const { certificate, form } = found
  return { name: nameOf(certificate), sha256: certificate.sha256, form }
}

function missingOf(
  walk: ChainWalk | undefined,
  chain: readonly Certificate[],
  { session }: Material,
  devices: readonly Device[],
): MissingPart[] {
  const device: MissingPart[] = devices.length === 0 && chain.length > 0 ? [{ needs: 'device' }] : []
  if (session !== undefined && session.chain.length > chain.length) {
    return [{ needs: 'showcerts', listed: session.chain.length, shown: chain.length }, ...device]
  }
  if (walk?.top.kind !== 'missing') return device
  const last = chain[walk.indexes.at(-1)!]!
  const issuer = walk.top.issuer.commonName ?? walk.top.issuer.text
  const urls = issuerUrls(last)
  const part: MissingPart =
    last.isCa || (last.sctCount === 0 && urls.length === 0)
      ? { needs: 'root', issuer, urls }
      : { needs: 'intermediate', subject: nameOf(last), issuer, urls }
  return [part, ...device]
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
