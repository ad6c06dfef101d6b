import type { Device, TrustSemantics } from '../device/device.ts'
import type { FieldRow } from '../device/evidence.ts'
import { findPaths, type TrustPath } from '../trust/path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'

/** What a path asks of a stack beyond following signatures: each is a way in which stacks differ. */
export interface AnchorUse {
  /** The anchor is the leaf, or a certificate of its name and key. */
  readonly atLeaf: boolean
  /** The leaf was issued by another, so that no stack can take it for a root. */
  readonly leafIssued: boolean
  readonly atIntermediate: boolean
  /** The issuers of that intermediate are held beside it, up to a root. */
  readonly issuersHeld: boolean
  /** Position of a certificate sent with the name and key of the anchor, but issued by another. */
  readonly twinIndex: number | undefined
  /** An issuer comes before what it issued, RFC 5246 §7.4.2. */
  readonly outOfOrder: boolean
  /** In order, but one that the path does not need stands between: some stacks skip it, others want the issuer there. */
  readonly hasGap: boolean
  /** The certificate sent that issued the leaf, where the path goes through it; undefined: the anchor issued the leaf. */
  readonly throughIndex: number | undefined
}

export type Standing = 'accepted' | 'refused' | 'unknown'

/** `held`: all that the device holds, the anchor of the path among it. */
export function useOf(
  path: TrustPath,
  sent: readonly (Certificate | undefined)[],
  held: readonly Certificate[] = [],
): AnchorUse {
  const { anchor, indexes } = path
  const leaf = sent[0]
  const outOfOrder = indexes.some((index, i) => i > 0 && index < indexes[i - 1]!)
  const atLeaf = leaf !== undefined && (leaf.sha256 === anchor.sha256 || isTwin(leaf, anchor))
  const atIntermediate = !atLeaf && !anchor.selfIssued
  const twinIndex = sent.findIndex((one, index) => index > 0 && one !== undefined && isTwin(one, anchor))
  return {
    atLeaf,
    leafIssued: leaf !== undefined && !leaf.selfIssued,
    atIntermediate,
    issuersHeld: atIntermediate && leadsToRoot(anchor, held),
    twinIndex: !atLeaf && anchor.selfIssued && twinIndex >= 0 ? twinIndex : undefined,
    outOfOrder,
    hasGap: !outOfOrder && indexes.some((index, i) => index !== i),
    throughIndex: indexes[1],
  }
}

/** What the profile says, and where it is silent what field rows show. */
export function semanticsOf({ trust, evidence }: Device): TrustSemantics {
  const row = trust.crossSignedTwin === undefined ? evidence.find(showsTwin) : undefined
  if (row === undefined) return trust
  const { source, confidence } = row
  return { ...trust, crossSignedTwin: { value: 'accepted', source, confidence } }
}

/**
 * A chain was taken of which the first certificates led to the anchor held, and at least two more followed. The first
 * of those issued the last of the path, so it has the anchor's name and key; another issuer follows it, so it is not
 * the anchor itself but its cross-signed twin.
 */
function showsTwin({ outcome, limit, certificates, readings }: FieldRow): boolean {
  if (outcome !== 'accepted' || limit !== 'chainBytes' || certificates === undefined) return false
  let bytes = 0
  const needed = certificates.findIndex((der) => {
    bytes += der
    return bytes === readings.path
  })
  return needed >= 0 && certificates.length - (needed + 1) >= 2
}

/** Whether the stack follows the path: refused when it refuses any part, unknown when any part is not known. */
export function standingOf(use: AnchorUse, semantics: TrustSemantics): Standing {
  const asked = [
    ...(use.atLeaf && use.leafIssued ? [semantics.leafAnchor] : []),
    ...(endsAtIntermediate(use, semantics) ? [semantics.intermediateAnchor] : []),
    ...(use.twinIndex === undefined ? [] : [semantics.crossSignedTwin]),
    ...(use.outOfOrder ? [semantics.wrongOrder] : []),
    ...(use.hasGap ? [acrossGaps(semantics)] : []),
    // RFC 5246 §7.4.2 has the chain sent to be used: only a stack that is known not to differs.
    ...(use.throughIndex !== undefined && semantics.sentIntermediates !== undefined
      ? [semantics.sentIntermediates]
      : []),
  ]
  if (asked.some((one) => one?.value === 'refused')) return 'refused'
  return asked.some((one) => one === undefined) ? 'unknown' : 'accepted'
}

/** A stack that takes any order takes gaps as well; of one that refuses some, or of which nothing is known, that is open. */
export function acrossGaps({ wrongOrder }: TrustSemantics): TrustSemantics['wrongOrder'] {
  return wrongOrder?.value === 'accepted' ? wrongOrder : undefined
}

/**
 * Whether the path ends at an intermediate as its anchor. One that is stored beside its root is none to a stack that builds
 * its path over what is stored.
 */
export function endsAtIntermediate(use: AnchorUse, { sentIntermediates }: TrustSemantics): boolean {
  return use.atIntermediate && !(use.issuersHeld && sentIntermediates?.value === 'refused')
}

function leadsToRoot(anchor: Certificate, held: readonly Certificate[]): boolean {
  const roots = held.filter(({ selfIssued }) => selfIssued)
  const intermediates = held.filter(({ selfIssued }) => !selfIssued)
  return findPaths([anchor, ...intermediates], roots).paths.length > 0
}

/** Same name and key, but another certificate. */
function isTwin(a: Certificate, b: Certificate): boolean {
  return (
    a.sha256 !== b.sha256 &&
    equalBytes(a.subject.der, b.subject.der) &&
    equalBytes(a.publicKey.spki, b.publicKey.spki)
  )
}
