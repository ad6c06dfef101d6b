import type { Device } from '../device/device.ts'
import { findings as rows } from '../finding/details.ts'
import type { Effect, Finding } from '../finding/finding.ts'
import { isSelfSigned } from '../trust/certificate-role.ts'
import { lacksIntermediate, unknownRootOf } from '../trust/missing-issuer.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { ChainWalk } from '../trust/walk-chain.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Material } from '../x509/material.ts'
import { type MaterialRead, nameOf, type ReadPiece } from './chain-of-material.ts'
import { judgeCredentials } from './credential-material.ts'
import { fixesOrLast } from './last-fixes.ts'
import { missingIntermediate } from './path-failure.ts'
import { type Draft, draft, fix } from './rule.ts'

const msPerDay = 86_400_000
/** Warned of before it happens: renewal of public certificates is due a month before. */
const soonDays = 30

export interface MaterialInput {
  readonly material: Material
  readonly read: MaterialRead
  /** Of `read.chain`; undefined where that is empty. */
  readonly walk: ChainWalk | undefined
  /** The first that was named; undefined: what holds of stacks in general. */
  readonly device: Device | undefined
  readonly known: readonly KnownRoot[]
  readonly now: Date
}

/**
 * What is wrong with certificate material as such, before anything is dialled: what would be stored first, then the
 * chain. Positions in details count within the chain.
 */
export function judgeMaterial(input: MaterialInput): Finding[] {
  const { read, walk } = input
  const chain = read.chain.map((index) => read.certificates[index]!)
  return [
    ...judgeCredentials(input),
    ...judgeAnchors(input),
    ...(walk === undefined ? [] : judgeChain(walk, chain, input)),
    ...judgeSize(input),
  ].map(toFinding)
}

/** A certificate that is no CA, held where a CA should be. */
function judgeAnchors({ read, device, now }: MaterialInput): Draft[] {
  const anchors = read.anchors.map((index) => read.certificates[index]!)
  return anchors.flatMap((one) => {
    const { certificate } = one
    const subject = nameOf(certificate)
    const selfIssued = isSelfSigned(certificate)
    const daysAgo = Math.floor((now.getTime() - certificate.notAfter.getTime()) / msPerDay)
    const expired = certificate.notAfter < now
    const dates = expired
      ? [draft('anchor-expired', 'unknown', { subject, notAfter: certificate.notAfter, daysAgo })]
      : []
    // Version 1 has no basicConstraints: nothing says that it is no CA.
    const isLeaf = !certificate.isCa && certificate.version === 3
    if (!isLeaf || anchors.some((other) => other.certificate.isCa && sameHolder(one, other))) return dates
    const { issuer } = certificate
    const fixes = selfIssued ? [] : [fix('replace-leaf-anchor', { issuer: issuer.commonName ?? issuer.text })]
    const effect = selfIssued ? 'info' : leafEffect(device)
    return [draft('leaf-as-anchor', effect, { subject, selfIssued }, { fixes }), ...dates]
  })
}

function leafEffect(device: Device | undefined): Effect {
  if (device === undefined) return 'risks'
  const taken = device.trust.leafAnchor?.value
  if (taken === undefined) return 'unknown'
  return taken === 'refused' ? 'blocks' : 'risks'
}

/** Both under one variable, one security tag, or both in a plain file. */
function sameHolder(a: ReadPiece, b: ReadPiece): boolean {
  const holder = ({ piece }: ReadPiece) => piece.use?.write?.securityTag ?? piece.use?.variable
  return holder(a) === holder(b)
}

function judgeChain(walk: ChainWalk, chain: readonly ReadPiece[], input: MaterialInput): Draft[] {
  const { material, now } = input
  const bytesOf = (indexes: readonly number[]) =>
    indexes.reduce((sum, index) => sum + chain[index]!.certificate.der.length, 0)
  const superfluous = (indexes: readonly number[], why: 'root' | 'unused' | 'duplicate') =>
    indexes.length === 0 || chain.length === 1
      ? []
      : [
          draft(
            'superfluous-certificates',
            'info',
            { indexes, bytes: bytesOf(indexes), why },
            { fixes: [fix('use-shorter-chain')] },
          ),
        ]
  // A SET OF says nothing of the order in which a server sends.
  const ordered = material.form !== 'pkcs7' && walk.rightOrder !== undefined
  return [
    ...(ordered
      ? [draft('wrong-order', 'risks', { order: walk.rightOrder }, { fixes: [fix('order-chain')] })]
      : []),
    ...judgeTop(walk, chain, input),
    ...superfluous(walk.duplicates, 'duplicate'),
    ...superfluous(walk.rootsSent, 'root'),
    ...superfluous(walk.unused, 'unused'),
    ...judgeIssuers(walk, chain),
    ...chain.flatMap(({ certificate }, index) => judgeDates(certificate, index, now)),
  ]
}

function judgeTop(
  walk: ChainWalk,
  chain: readonly ReadPiece[],
  { material: { session }, known }: MaterialInput,
): Draft[] {
  const last = chain[walk.indexes.at(-1)!]!.certificate
  const root = unknownRootOf(last, walk.indexes.length === 1 && !last.isCa, known)
  if (walk.wrongSignature !== undefined) {
    const index = walk.wrongSignature
    return [draft('bad-chain-signature', 'risks', { index, subject: nameOf(chain[index]!.certificate) })]
  }
  if (walk.top.kind === 'self-signed')
    return [draft('root-unknown', 'unknown', { issuer: nameOf(last), root })]
  if (walk.top.kind !== 'missing') return []
  // s_client without -showcerts shows the leaf only; its list says whether more was sent.
  const notShown = session !== undefined && session.chain.length > chain.length
  if (notShown) return []
  const issuer = walk.top.issuer.commonName ?? walk.top.issuer.text
  if (!lacksIntermediate(last)) return [draft('root-unknown', 'unknown', { issuer, root })]
  // Public CAs issue from intermediates, and log what they issue (SCTs); a private one may issue from its root.
  return [missingIntermediate(last, last.sctCount > 0 ? 'risks' : 'unknown', false)]
}

/** RFC 5280 §4.2.1.9: only what is a CA may have issued another. */
function judgeIssuers(walk: ChainWalk, chain: readonly ReadPiece[]): Draft[] {
  return walk.indexes.slice(1).flatMap((index) => {
    const { certificate } = chain[index]!
    if (certificate.isCa || certificate.version !== 3) return []
    return [draft('not-a-ca', 'risks', { index, subject: nameOf(certificate) })]
  })
}

function judgeDates(certificate: Certificate, index: number, now: Date): Draft[] {
  const subject = nameOf(certificate)
  const { notBefore, notAfter } = certificate
  const days = (notAfter.getTime() - now.getTime()) / msPerDay
  const fixes = [fix('renew-certificate')]
  if (days < 0) {
    const details = { index, subject, notAfter, daysAgo: Math.floor(-days), deviceChecks: 'unknown' } as const
    return [draft('cert-expired', 'unknown', details, { fixes })]
  }
  if (notBefore > now) {
    const inDays = Math.ceil((notBefore.getTime() - now.getTime()) / msPerDay)
    const details = { index, subject, notBefore, inDays, deviceChecks: 'unknown' } as const
    return [draft('cert-not-yet-valid', 'unknown', details)]
  }
  if (days > soonDays) return []
  return [draft('expires-soon', 'info', { index, subject, notAfter, days: Math.floor(days) }, { fixes })]
}

/** The mistake of the first case: the size of a file of text held against a limit for DER. */
function judgeSize({ material, read }: MaterialInput): Draft[] {
  const chain = read.chain.map((index) => read.certificates[index]!)
  const text = chain.filter(({ piece }) => piece.encoding === 'pem')
  if (text.length === 0) return []
  const derBytes = text.reduce((sum, { certificate }) => sum + certificate.der.length, 0)
  const pemBytes = text.reduce((sum, { piece }) => sum + piece.textBytes, 0)
  const { inputBytes } = material
  return [draft('pem-text-size', 'info', { inputBytes, pemBytes, derBytes, certificates: text.length })]
}

function toFinding(one: Draft): Finding {
  const { stage, cause } = rows[one.id]
  return {
    id: one.id,
    cause,
    effect: one.effect,
    stage,
    details: one.details,
    limit: undefined,
    deviceWords: undefined,
    fixes: fixesOrLast(one.id, one.effect, one.fixes),
    reached: true,
    // A draft's details are those of its id, which TypeScript cannot follow through the union.
  } as Finding
}
