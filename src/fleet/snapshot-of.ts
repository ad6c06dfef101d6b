import { unlessBroken } from '../codec/decode-error.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import { topIssuer } from '../plan/run-recorder.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatVersion } from '../tls/versions.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { chainDigest } from './chain-digest.ts'
import type { CertificateFacts, ChainFacts, PlanView, Snapshot } from './snapshot.ts'

/** What one distinct hello met, at all addresses. */
export interface PlanSeen {
  readonly plan: string
  readonly observations: readonly Observation[]
}

/** A chain that was met before is not read again; of many endpoints on one host, once for all. */
export interface ChainsRead {
  get(key: string): ChainFacts | undefined
  set(key: string, facts: ChainFacts): unknown
}

/**
 * Undefined where nothing of the endpoint was reached: a round that saw nothing says nothing of it. A hello that got
 * no answer while another did is left out in the same way.
 */
export function snapshotOf(
  seen: readonly PlanSeen[],
  at: Date,
  read: ChainsRead = new Map(),
): Snapshot | undefined {
  const reached = seen
    .map(({ plan, observations }) => ({ plan, observations: observations.filter(isReached) }))
    .filter(({ observations }) => observations.length > 0)
  if (reached.length === 0) return undefined
  const chains = new Map<string, ChainFacts>()
  const views = reached.map(({ plan, observations }) => viewOf(plan, observations, chains, read))
  const looked = reached.flatMap(({ observations }) => observations.flatMap(addressesOf))
  return {
    at: at.toISOString(),
    addresses: ordered(looked),
    views: views.sort((a, b) => byCodeUnit(a.plan, b.plan)),
    chains: [...chains.values()].sort((a, b) => byCodeUnit(a.digest, b.digest)),
  }
}

/** Whether the endpoint itself said something on its first connection: a message of TLS, or an alert. */
export function isReached({ connections }: Pick<Observation, 'connections'>): boolean {
  return connections.some(
    ({ negotiated, chain, messages, alerts }) =>
      negotiated !== undefined ||
      chain !== undefined ||
      messages.some(({ direction }) => direction === 'received') ||
      alerts.some(({ direction }) => direction === 'received'),
  )
}

function viewOf(
  plan: string,
  observations: readonly Observation[],
  chains: Map<string, ChainFacts>,
  read: ChainsRead,
): PlanView {
  const own = observations.flatMap(ownConnections)
  const digests = own.flatMap(({ chain }) => {
    if (chain === undefined || chain.certificates.length === 0) return []
    const facts = chainFacts(chain.certificates, chain.messageBytes, read)
    chains.set(facts.digest, facts)
    return [facts.digest]
  })
  const negotiated = own.flatMap(({ negotiated }) => negotiated ?? [])
  return {
    plan,
    chains: ordered(digests),
    versions: ordered(negotiated.map(({ version }) => formatVersion(version))),
    cipherSuites: ordered(negotiated.map(({ cipherSuite }) => formatCipherSuite(cipherSuite))),
    handshakeRecordBytes: largest(own.flatMap(handshakeRecords)),
    dataRecordBytes: largest(
      own.flatMap(({ records }) => records.map(({ plaintextBytes }) => plaintextBytes)),
    ),
  }
}

/** Those to the endpoint itself: a redirect leads to another, and a probe asks for what the device does not. */
function ownConnections({ connections }: Observation): readonly Connection[] {
  return connections.filter(({ role }) => role === 'first' || role === 'range')
}

function handshakeRecords({ messages, chain, establishedAtMs }: Connection): number[] {
  const sizes = messages.flatMap(({ direction, largestRecordBytes, atMs }) =>
    direction === 'received' && (establishedAtMs === undefined || atMs <= establishedAtMs)
      ? (largestRecordBytes ?? [])
      : [],
  )
  return chain?.largestRecordBytes === undefined ? sizes : [...sizes, chain.largestRecordBytes]
}

/** What the name led to stays the same, whichever addresses answer in this round. */
function addressesOf({ lookup, connections, otherAddresses }: Observation): readonly string[] {
  if (lookup !== undefined && lookup.addresses.length > 0)
    return lookup.addresses.map(({ address }) => address)
  const first = connections.find(({ role }) => role === 'first')?.address
  return [...(first === undefined ? [] : [first]), ...otherAddresses.map(({ address }) => address)]
}

function chainFacts(
  ders: readonly Uint8Array[],
  messageBytes: number,
  read: ChainsRead = new Map(),
): ChainFacts {
  const digest = chainDigest(ders)
  const key = `${digest} ${messageBytes}`
  const known = read.get(key)
  if (known !== undefined) return known
  const certificates = ders.flatMap((der) => readable(der) ?? [])
  const [leaf] = certificates
  const facts: ChainFacts = {
    digest,
    bytes: ders.reduce((sum, der) => sum + der.length, 0),
    messageBytes,
    certificates: certificates.map((certificate, at) => certificateFacts(certificate, at)),
    count: ders.length,
    issuer: leaf === undefined ? '' : nameOf(leaf.issuer),
    root: leaf === undefined ? '' : topIssuer(leaf, certificates),
  }
  read.set(key, facts)
  return facts
}

/** What cannot be read has its own finding. */
function readable(der: Uint8Array): Certificate | undefined {
  return unlessBroken(() => decodeCertificate(der))
}

/** `at`: its place in the chain, 0 the leaf. */
export function certificateFacts(certificate: Certificate, at: number): CertificateFacts {
  const { sha256, subject, issuer, der, notBefore, notAfter, selfIssued } = certificate
  return {
    sha256,
    role: at === 0 ? 'leaf' : selfIssued ? 'root' : 'intermediate',
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    key: keyOf(certificate),
    bytes: der.length,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
  }
}

function keyOf({ publicKey }: Certificate): string {
  switch (publicKey.kind) {
    case 'rsa':
      return `RSA ${publicKey.bits}`
    case 'ec':
      return `EC ${publicKey.curve}`
    case 'ed25519':
      return 'Ed25519'
    case 'ed448':
      return 'Ed448'
    case 'unknown':
      return publicKey.oid
  }
}

/** As people call it. */
export function nameOf({ commonName, text }: Certificate['subject']): string {
  return commonName ?? text
}

function timeOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString()
}

function largest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values)
}

function ordered(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort(byCodeUnit)
}

/** Whatever the language of the machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
