import { DecodeError } from '../codec/decode-error.ts'
import type { Connection } from '../observe/observation.ts'
import type { KeyExchangeKind } from '../stack/stack.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { isTls13 } from '../tls/versions.ts'
import { findPaths, type PathSearch, type TrustPath } from '../trust/path.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate, equalBytes } from '../x509/decode-certificate.ts'
import { semanticsOf, standingOf, useOf } from './anchor-use.ts'
import { type ChainSizes, keysFit, sizesFit } from './chain-demand.ts'
import { type Checks, readChecks } from './checks.ts'
import type { JudgeInput } from './judge-input.ts'
import { type StackView, viewByStack } from './stack-view.ts'

/** What a rule looks at: the input, and one leg of the way. */
export interface Scene extends JudgeInput {
  readonly leg: Leg
  readonly checks: Checks
  /** What the device's own TLS library makes of the leg; undefined where its rules are not known. */
  readonly stack: StackView | undefined
}

/** What the device does with one host: the first, then one for each host it is redirected to. */
export interface Leg {
  readonly index: number
  readonly host: string | undefined
  /** The device is given the host with a dot at its end, and hands it on so. */
  readonly finalDot: boolean
  /** Those the device would open there, in order. Empty when none came about. */
  readonly connections: readonly Connection[]
  /** Comparisons: other offers, other server names. The device itself would not open them. */
  readonly probes: readonly Connection[]
  /** The connection that shows most of the handshake: the first one. */
  readonly first: Connection | undefined
  readonly chain: ChainRead | undefined
  /** What the key exchange does with the server's key. */
  readonly keyExchange: KeyExchangeKind | undefined
  /** The bit of keyUsage that it needs. */
  readonly keyUsage: string | undefined
}

/** The chain of a leg, read. */
export interface ChainRead extends ChainSizes {
  /** As sent; undefined where the DER cannot be read. */
  readonly certificates: readonly (Certificate | undefined)[]
  readonly unreadable: readonly { readonly index: number; readonly why: string }[]
  readonly leaf: Certificate | undefined
  readonly path: PathView
}

/** The way from the leaf to an anchor. Indexes are those of the certificates sent. */
export interface PathView {
  /** Paths to what the device holds; undefined when that is not known. */
  readonly held: PathSearch | undefined
  /** Paths to public roots of `roots/`. */
  readonly known: PathSearch
  /**
   * The path that this stack takes: the shortest to a held anchor that it follows, or, where none is known to be
   * held, that to the public root it most likely holds. Undefined where there is none, or it refuses them all.
   */
  readonly used: TrustPath | undefined
  /** `used` ends at a public root that the device is not known to hold. */
  readonly assumed: boolean
}

/** What a rule can ask for. */
export type Need =
  | 'lookup'
  | 'tcp'
  | 'connection'
  | 'chain'
  | 'leaf'
  | 'response'
  | 'records'
  | 'mqtt'
  | 'target'

/** One scene for each host, in the order of the device's life; at least one. */
export function openScenes(input: JudgeInput): readonly Scene[] {
  const known = opened.get(input)
  if (known !== undefined) return known
  const checks = readChecks(input)
  const scenes = splitLegs(input).map((leg) => ({
    ...{ ...input, leg, checks },
    stack: viewByStack(input, checks, leg),
  }))
  opened.set(input, scenes)
  return scenes
}

/** What is to come is judged from the same input as today. */
const opened = new WeakMap<JudgeInput, readonly Scene[]>()

export function isThere(need: Need, { observation, leg }: Scene): boolean {
  switch (need) {
    case 'target':
      return true
    case 'lookup':
      return observation.lookup !== undefined
    case 'tcp':
      return observation.tcp.length > 0
    case 'connection':
      return leg.first?.hello !== undefined || leg.first?.negotiated !== undefined
    case 'chain':
      return leg.chain !== undefined && leg.chain.certificates.length > 0
    case 'leaf':
      return leg.chain?.leaf !== undefined
    case 'response':
      return leg.connections.some(({ exchanges }) => exchanges.length > 0)
    case 'records':
      return leg.connections.some(({ records }) => records.length > 0)
    case 'mqtt':
      return leg.connections.some(({ mqtt }) => mqtt !== undefined)
  }
}

/** For details that name the anchor: nobody said that the device holds it. */
export function assumption({ path }: Pick<ChainRead, 'path'>): { readonly assumed?: true } {
  return path.assumed ? { assumed: true } : {}
}

export function knownRootOf(certificate: Certificate, known: readonly KnownRoot[]): KnownRoot | undefined {
  return known.find((root) => root.certificate.sha256 === certificate.sha256)
}

function splitLegs(input: JudgeInput): Leg[] {
  const { observation } = input
  const groups: { host: string | undefined; port: number | undefined; connections: Connection[] }[] = [
    { host: observation.target.host, port: observation.target.port, connections: [] },
  ]
  const probes: Connection[] = []
  for (const connection of observation.connections) {
    const current = groups[groups.length - 1]!
    if (connection.role === 'probe') {
      probes.push(connection)
    } else if (connection.role === 'redirect' && !sameHost(connection.host, current.host)) {
      groups.push({ host: connection.host, port: connection.port, connections: [connection] })
    } else {
      current.connections.push(connection)
    }
  }
  return groups.map(({ host, connections }, index) => ({
    index,
    host,
    finalDot: index === 0 && observation.target.finalDot === true,
    connections,
    probes: probes.filter((probe) => sameHost(probe.host, host) || (index === 0 && probe.host === undefined)),
    first: connections[0],
    chain: readChain(connections, input),
    ...keyExchangeOf(connections[0]),
  }))
}

/** RFC 5246 §7.4.2: what the leaf's key is for. Undefined where nothing was negotiated. */
function keyExchangeOf(first: Connection | undefined): Pick<Leg, 'keyExchange' | 'keyUsage'> {
  if (first?.negotiated === undefined) return { keyExchange: undefined, keyUsage: undefined }
  const { version, cipherSuite } = first.negotiated
  const name = isTls13(version) ? '' : formatCipherSuite(cipherSuite)
  if (name.startsWith('TLS_RSA_')) return { keyExchange: 'encrypted', keyUsage: 'keyEncipherment' }
  if (name.startsWith('TLS_ECDH_')) return { keyExchange: 'static-ecdh', keyUsage: 'keyAgreement' }
  return { keyExchange: 'signed', keyUsage: 'digitalSignature' }
}

function sameHost(a: string | undefined, b: string | undefined): boolean {
  return a?.toLowerCase() === b?.toLowerCase()
}

function readChain(connections: readonly Connection[], input: JudgeInput): ChainRead | undefined {
  const chain = connections.find((connection) => connection.chain !== undefined)?.chain
  if (chain === undefined) return undefined
  const read = chain.certificates.map((der, index) => {
    const one = input.readAs?.get(der) ?? readCertificate(der)
    const signatureClaims = chain.signatureClaims?.[index]
    return typeof one === 'string' || signatureClaims === undefined ? one : { ...one, signatureClaims }
  })
  const certificates = read.map((one) => (typeof one === 'string' ? undefined : one))
  const sizes: ChainSizes = {
    derBytes: chain.certificates.map((der) => der.length),
    sentBytes: chain.certificates.reduce((sum, der) => sum + der.length, 0),
    messageBytes: chain.messageBytes,
  }
  return {
    certificates,
    ...sizes,
    unreadable: read.flatMap((one, index) => (typeof one === 'string' ? [{ index, why: one }] : [])),
    leaf: certificates[0],
    path: viewPath(certificates, sizes, input),
  }
}

/** The reason as text where the DER breaks its format. */
function readCertificate(der: Uint8Array): Certificate | string {
  try {
    return decodeCertificate(der)
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

function viewPath(
  certificates: readonly (Certificate | undefined)[],
  sizes: ChainSizes,
  input: JudgeInput,
): PathView {
  const { trust, device } = input
  const known = search(
    certificates,
    trust.known.map(({ certificate }) => certificate),
  )
  if (trust.held !== undefined) {
    const semantics = semanticsOf(device)
    const anchors = trust.held.map(({ certificate }) => certificate)
    const standing = (path: TrustPath) => standingOf(useOf(path, certificates, anchors), semantics)
    const held = search(certificates, anchors)
    const used =
      held.paths.find((path) => standing(path) === 'accepted') ??
      held.paths.find((path) => standing(path) === 'unknown')
    return { held, known, used: used && firstSent(used, held.paths), assumed: false }
  }
  const likely = likeliest(known.paths, sizes, input)
  const used = likely && firstSent(likely, known.paths)
  return { held: undefined, known, used, assumed: used !== undefined }
}

/** Of certificates of one name and key, as one renewed and one that has ended, stacks meet that first which is sent first. */
function firstSent(path: TrustPath, all: readonly TrustPath[]): TrustPath {
  const same = all.filter(
    ({ anchor, certificates }) =>
      anchor.sha256 === path.anchor.sha256 &&
      certificates.length === path.certificates.length &&
      certificates.every((one, i) => isSameOrTwin(one, path.certificates[i]!)),
  )
  const earlier = (a: TrustPath, b: TrustPath) =>
    a.indexes.map((index, i) => index - b.indexes[i]!).find((difference) => difference !== 0) ?? 0
  return same.reduce((first, one) => (earlier(one, first) < 0 ? one : first), path)
}

function isSameOrTwin(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.subject.der, b.subject.der) && equalBytes(a.publicKey.spki, b.publicKey.spki)
}

/**
 * Best first: one whose root has not ended; that fits the device; whose root is not distrusted; whose root is the
 * oldest, and so held by most devices; that is the shortest.
 */
function likeliest(
  paths: readonly TrustPath[],
  sizes: ChainSizes,
  { trust, device, now }: JudgeInput,
): TrustPath | undefined {
  const rank = (path: TrustPath): number[] => {
    const distrusted = knownRootOf(path.anchor, trust.known)?.distrustedFrom
    return [
      Number(path.anchor.notAfter < now),
      Number(!sizesFit(device, sizes, path) || !keysFit(device, path)),
      Number(distrusted !== undefined && distrusted <= now),
      path.anchor.notBefore.getTime(),
      path.bytes,
    ]
  }
  const ranked = paths.map((path) => ({ path, rank: rank(path) }))
  const first = (a: readonly number[], b: readonly number[]) =>
    a.map((one, i) => one - b[i]!).find((difference) => difference !== 0) ?? 0
  return ranked.sort((a, b) => first(a.rank, b.rank))[0]?.path
}

/** Paths over the certificates that can be read, with indexes of the list as sent. Needs a readable leaf. */
function search(
  certificates: readonly (Certificate | undefined)[],
  anchors: readonly Certificate[],
): PathSearch {
  const readable = certificates.flatMap((certificate, index) => (certificate ? [{ certificate, index }] : []))
  const sent = certificates[0] === undefined ? [] : readable.map(({ certificate }) => certificate)
  const found = findPaths(sent, anchors)
  const asSent = (at: number) => readable[at]!.index
  return {
    ...found,
    paths: found.paths.map((path) => ({ ...path, indexes: path.indexes.map(asSent) })),
    end: found.end && {
      ...found.end,
      index: asSent(found.end.index),
      indexes: found.end.indexes.map(asSent),
    },
    wrongSignatures: found.wrongSignatures.map(({ index, issuerIndex }) => ({
      index: asSent(index),
      issuerIndex: asSent(issuerIndex),
    })),
    wrongAnchors: found.wrongAnchors.map((wrong) => ({ ...wrong, index: asSent(wrong.index) })),
  }
}
