import type { Certificate } from '../x509/certificate.ts'
import type { Name } from '../x509/name.ts'
import { hasNameAndKeyOf, isSelfSigned, knownRoot } from './certificate-role.ts'
import { findPaths, type TrustPath } from './path.ts'
import type { HeldAnchor, KnownRoot } from './trust-store.ts'

/** A chain as it was given, and how a device would walk it. Indexes are positions in the list given. */
export interface ChainWalk {
  /** Where the walk starts: the first that is no CA, else the first. */
  readonly leafIndex: number
  /** From the leaf up, as far as it goes: of several ways the one with the fewest bytes. */
  readonly indexes: readonly number[]
  /** DER of these. */
  readonly bytes: number
  readonly top: WalkTop
  /** Every known root that some way ends at, that with the fewest bytes first; each once. */
  readonly roots: readonly RootReached[]
  /** The order in which the certificates of the walk should come; undefined: they do. */
  readonly rightOrder: readonly number[] | undefined
  readonly duplicates: readonly number[]
  /** Self-signed certificates above the leaf: a device has to hold them anyway. */
  readonly rootsSent: readonly number[]
  /** On no way to any root, and not of the walk. */
  readonly unused: readonly number[]
  /** Issuer by name, but not by key. */
  readonly wrongSignature: number | undefined
}

/** What the last certificate of the walk was issued by. */
export type WalkTop =
  | { readonly kind: 'anchor'; readonly anchor: HeldAnchor } // one that the user gave
  | { readonly kind: 'known-root'; readonly root: KnownRoot }
  | { readonly kind: 'self-signed' } // itself, and it is no known root
  | { readonly kind: 'missing'; readonly issuer: Name }

export interface RootReached {
  readonly root: KnownRoot
  readonly indexes: readonly number[]
  readonly bytes: number
  /** A certificate of its name and key, issued by another root, is on the list: stacks differ over it. */
  readonly besideTwin: boolean
}

/** `certificates`: at least one. `anchors`: those that the user gave, if any. */
export function walkChain(
  certificates: readonly Certificate[],
  known: readonly KnownRoot[],
  anchors: readonly HeldAnchor[] = [],
): ChainWalk {
  const leafIndex = firstLeaf(certificates)
  const order = [leafIndex, ...certificates.keys()].filter((index, at) => at === 0 || index !== leafIndex)
  const sent = order.map((index) => certificates[index]!)
  const given = findPaths(
    sent,
    anchors.map(({ certificate }) => certificate),
  )
  const search = findPaths(
    sent,
    known.map(({ certificate }) => certificate),
  )
  const back = (indexes: readonly number[]) => indexes.map((index) => order[index]!)
  const best = given.paths[0] ?? search.paths[0]
  const walked = back(best?.indexes ?? search.end?.indexes ?? [0])
  const roots = rootsOf(search.paths, known, certificates, back)
  const duplicates = duplicatesOf(certificates)
  const onSomeWay = new Set([...walked, ...search.paths.flatMap(({ indexes }) => back(indexes))])
  const isRoot = (index: number) => index !== leafIndex && isSelfSigned(certificates[index]!)
  const rest = [...certificates.keys()].filter((index) => !duplicates.includes(index))
  const wrong = search.wrongSignatures.find(({ index }) => order[index] === walked.at(-1))
  return {
    leafIndex,
    indexes: walked,
    bytes: walked.reduce((sum, index) => sum + certificates[index]!.der.length, 0),
    top: topOf(best, certificates[walked.at(-1)!]!, known, anchors),
    roots,
    rightOrder: walked.some((index, at) => at > 0 && index < walked[at - 1]!) ? walked : undefined,
    duplicates,
    rootsSent: rest.filter(isRoot),
    unused: rest.filter((index) => !onSomeWay.has(index) && !isRoot(index)),
    wrongSignature: best === undefined && wrong !== undefined ? order[wrong.index] : undefined,
  }
}

function firstLeaf(certificates: readonly Certificate[]): number {
  return Math.max(
    0,
    certificates.findIndex(({ isCa, selfIssued }) => !isCa && !selfIssued),
  )
}

function topOf(
  path: TrustPath | undefined,
  last: Certificate,
  known: readonly KnownRoot[],
  anchors: readonly HeldAnchor[],
): WalkTop {
  if (path !== undefined) {
    const anchor = anchors.find(({ certificate }) => certificate.sha256 === path.anchor.sha256)
    if (anchor !== undefined) return { kind: 'anchor', anchor }
    const root = knownRoot(path.anchor, known)
    if (root !== undefined) return { kind: 'known-root', root }
  }
  return isSelfSigned(last) ? { kind: 'self-signed' } : { kind: 'missing', issuer: last.issuer }
}

function rootsOf(
  paths: readonly TrustPath[],
  known: readonly KnownRoot[],
  certificates: readonly Certificate[],
  back: (indexes: readonly number[]) => number[],
): RootReached[] {
  const reached = new Map<string, RootReached>()
  for (const { anchor, indexes, bytes } of paths) {
    const root = knownRoot(anchor, known)
    if (root === undefined || reached.has(root.id)) continue
    const besideTwin = certificates.some(
      (each) => each.sha256 !== anchor.sha256 && !each.selfIssued && hasNameAndKeyOf(each, anchor),
    )
    reached.set(root.id, { root, indexes: back(indexes), bytes, besideTwin })
  }
  return [...reached.values()]
}

function duplicatesOf(certificates: readonly Certificate[]): number[] {
  const seen = new Set<string>()
  return [...certificates.entries()].flatMap(([index, { sha256 }]) => {
    if (seen.has(sha256)) return [index]
    seen.add(sha256)
    return []
  })
}
