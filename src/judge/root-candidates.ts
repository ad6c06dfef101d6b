import { hasNameAndKeyOf, isSelfSigned } from '../trust/certificate-role.ts'
import { findPaths } from '../trust/path.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { HostChain } from './host-views.ts'

/** Where anchors may come from. */
export interface AnchorSources {
  /** Of `roots/`. */
  readonly known: readonly KnownRoot[]
  /** Public roots that a store beside `roots/` has. */
  readonly store: readonly Certificate[]
  /** Roots that the user named: a CA of their own. */
  readonly given: readonly HeldAnchor[]
  /** Anchors that the device holds already. */
  readonly held: readonly HeldAnchor[]
  /** Issuers fetched from where certificates name them; undefined where nothing was fetched. */
  readonly fetched: readonly Certificate[]
}

/** An anchor that a device could be given. */
export interface Candidate {
  readonly certificate: Certificate
  /** `intermediate`: another has issued it; `self-signed-leaf`: the server's own certificate, its own root. */
  readonly kind: 'root' | 'intermediate' | 'self-signed-leaf'
  /** `wire`: sent by the server, in no store; `fetched`: likewise, from the URL of a certificate. */
  readonly origin: 'known' | 'store' | 'given' | 'held' | 'wire' | 'fetched'
  /** Entry of `roots/`. */
  readonly known: KnownRoot | undefined
  /** Where the device has it already. */
  readonly heldAs: string | undefined
}

/** A name for people: the common name, else the whole one. */
export function nameOf({ subject }: Certificate): string {
  return subject.commonName ?? subject.text
}

/**
 * Every anchor that some way of the chain ends at, each once, public ones first. A leaf that another has issued is none:
 * with its renewal every device that holds it would be cut off.
 */
export function candidatesFor(chain: HostChain, sources: AnchorSources): Candidate[] {
  const { certificates } = chain
  const [leaf] = certificates
  if (leaf === undefined) return []
  const sent = [...certificates, ...sources.fetched]
  const fromWire = certificates.slice(1).filter(({ isCa, selfIssued }) => isCa || selfIssued)
  const pool: readonly [Candidate['origin'], readonly Certificate[]][] = [
    ['held', sources.held.map(({ certificate }) => certificate)],
    ['known', sources.known.map(({ certificate }) => certificate)],
    ['store', sources.store],
    ['given', sources.given.map(({ certificate }) => certificate)],
    ['wire', fromWire],
    ['fetched', sources.fetched.filter(({ isCa, selfIssued }) => isCa || selfIssued)],
  ]
  const origins = new Map<string, Candidate['origin']>()
  const anchors: Certificate[] = []
  for (const [origin, list] of pool) {
    for (const certificate of list) {
      if (origins.has(certificate.sha256) || isLeafOfAnother(certificate, leaf)) continue
      origins.set(certificate.sha256, origin)
      anchors.push(certificate)
    }
  }
  const found = new Map<string, Candidate>()
  const selfSigned = isSelfSigned(leaf)
  if (selfSigned) found.set(leaf.sha256, candidate(leaf, 'wire', sources, leaf))
  for (const { anchor } of findPaths(sent, anchors).paths) {
    if (found.has(anchor.sha256)) continue
    found.set(anchor.sha256, candidate(anchor, origins.get(anchor.sha256)!, sources, leaf))
  }
  return [...found.values()]
}

/** The leaf itself, or a certificate of its name and key, where another has issued it. */
function isLeafOfAnother(certificate: Certificate, leaf: Certificate): boolean {
  return !certificate.isCa && !certificate.selfIssued && hasNameAndKeyOf(certificate, leaf)
}

function candidate(
  certificate: Certificate,
  origin: Candidate['origin'],
  sources: AnchorSources,
  leaf: Certificate,
): Candidate {
  const known = sources.known.find((root) => root.certificate.sha256 === certificate.sha256)
  const held = sources.held.find((anchor) => anchor.certificate.sha256 === certificate.sha256)
  const inStore = sources.store.some(({ sha256 }) => sha256 === certificate.sha256)
  const public_ = known !== undefined ? 'known' : inStore ? 'store' : origin
  return {
    certificate,
    kind: kindOf(certificate, leaf, public_),
    origin: public_,
    known,
    heldAs: held?.label,
  }
}

/** What `openssl req -x509` makes is marked as CA, and is the server's own certificate all the same. */
function kindOf(certificate: Certificate, leaf: Certificate, origin: Candidate['origin']): Candidate['kind'] {
  if (!isSelfSigned(certificate)) return 'intermediate'
  const isPublic = origin === 'known' || origin === 'store'
  return certificate.sha256 === leaf.sha256 && !isPublic ? 'self-signed-leaf' : 'root'
}
