import { createHash } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import type { Name } from '../x509/name.ts'
import { checkSignature } from './check-signature.ts'

/** Bounds of one search, for chains made to keep us busy. */
const MAX_PATH_CERTIFICATES = 20
const MAX_PATH_STEPS = 10_000
const MAX_SIGNATURE_CHECKS = 200
const MAX_PATHS = 100

/** A way from the leaf to an anchor over certificates that were sent. */
export interface TrustPath {
  /** Positions in the list sent, leaf first. The anchor is not among them. */
  readonly indexes: readonly number[]
  readonly certificates: readonly Certificate[]
  readonly anchor: Certificate
  /** DER of `certificates`: what a device needs that has the anchor. */
  readonly bytes: number
}

/** Where a walk upwards ends without an anchor. */
export interface WalkEnd {
  /** Positions in the list sent, leaf first. */
  readonly indexes: readonly number[]
  /** Position of the last one. */
  readonly index: number
  /** Name of the issuer that was neither sent nor held. */
  readonly neededIssuer: Name
  /** The last one signs itself: a root that is sent, but not held. */
  readonly selfSigned: boolean
}

/** What was found between the leaf and the anchors held. */
export interface PathSearch {
  /** Fewest bytes first. Dates, key usage and the CA flag are not looked at. */
  readonly paths: readonly TrustPath[]
  /** The leaf is held itself (`identical`), or a certificate of its name and key is (`same-key`). */
  readonly anchoredAtLeaf: 'identical' | 'same-key' | undefined
  /** The longest walk that met no anchor; undefined when every walk met one, or nothing was sent. */
  readonly end: WalkEnd | undefined
  /** Issuers by name, among those sent, whose key did not make the signature. */
  readonly wrongSignatures: readonly { readonly index: number; readonly issuerIndex: number }[]
  /** Anchors with the name that a certificate sent asks for, but another key. */
  readonly wrongAnchors: readonly { readonly index: number; readonly anchor: Certificate }[]
  /** The search met one of its bounds: there may be more. */
  readonly bounded: boolean
}

/**
 * All paths from `sent[0]` to any anchor, RFC 4158 in small: issuer and subject equal byte by byte, the signature
 * verified, any order, cross-signs and superfluous certificates allowed. An anchor ends a path when its name and key
 * verify the last certificate; it is not counted, also where a certificate of the same name and key was sent.
 */
export function findPaths(sent: readonly Certificate[], anchors: readonly Certificate[]): PathSearch {
  return new Search(sent, anchors).run()
}

class Search {
  readonly #sent: readonly Certificate[]
  /** By hash of the subject. */
  readonly #anchors: ReadonlyMap<string, readonly Anchor[]>
  readonly #issuers: ReadonlyMap<string, readonly number[]>
  /** Hash of the issuer's name, and of own name and key, of each certificate sent. */
  readonly #issuerNames: readonly string[]
  readonly #identities: readonly string[]
  readonly #paths: TrustPath[] = []
  readonly #wrongSignatures = new Map<string, { index: number; issuerIndex: number }>()
  readonly #wrongAnchors = new Map<string, { index: number; anchor: Certificate }>()
  readonly #checked = new Set<string>()
  #end: WalkEnd | undefined
  #steps = 0
  #bounded = false

  constructor(sent: readonly Certificate[], anchors: readonly Certificate[]) {
    this.#sent = sent
    this.#anchors = groupBy(
      anchors.map((certificate) => ({ certificate, identity: digestsOf(certificate).identity })),
      ({ certificate }) => digestsOf(certificate).subject,
    )
    // A certificate sent twice is walked over once.
    const first = new Map(sent.map(({ sha256 }, index) => [sha256, index] as const).reverse())
    const indexes = [...first.values()].sort((a, b) => a - b)
    this.#issuers = groupBy(indexes, (index) => digestsOf(sent[index]!).subject)
    this.#issuerNames = sent.map((certificate) => digestsOf(certificate).issuer)
    this.#identities = sent.map((certificate) => digestsOf(certificate).identity)
  }

  run(): PathSearch {
    const [leaf] = this.#sent
    const atLeaf = leaf === undefined ? undefined : this.#leafAnchor(leaf)
    if (leaf !== undefined && atLeaf !== undefined) this.#addPath([0], atLeaf.anchor)
    if (leaf !== undefined) this.#walk([0], atLeaf !== undefined)
    return {
      paths: this.#paths.sort(byBytes),
      anchoredAtLeaf: atLeaf?.by,
      end: this.#end,
      wrongSignatures: [...this.#wrongSignatures.values()],
      wrongAnchors: [...this.#wrongAnchors.values()],
      bounded: this.#bounded,
    }
  }

  #leafAnchor(leaf: Certificate): { by: 'identical' | 'same-key'; anchor: Certificate } | undefined {
    const named = this.#anchors.get(digestsOf(leaf).subject) ?? []
    const identical = named.find(({ certificate }) => certificate.sha256 === leaf.sha256)
    if (identical !== undefined) return { by: 'identical', anchor: identical.certificate }
    const sameKey = named.find(({ identity }) => identity === this.#identities[0])
    return sameKey === undefined ? undefined : { by: 'same-key', anchor: sameKey.certificate }
  }

  /** Depth first; `indexes` is the walk so far, `met` says whether it passed an anchor. */
  #walk(indexes: readonly number[], met: boolean): void {
    const index = indexes[indexes.length - 1]!
    const anchors = this.#anchorsOver(index, indexes)
    for (const anchor of anchors) this.#addPath(indexes, anchor)
    const anchored = met || anchors.length > 0
    if (indexes.length === MAX_PATH_CERTIFICATES) this.#bounded = true
    const issuers = indexes.length < MAX_PATH_CERTIFICATES ? this.#issuersOver(index, indexes) : []
    if (!anchored && issuers.length === 0) this.#noteEnd(indexes)
    for (const issuer of issuers) {
      if (!this.#step()) return
      this.#walk([...indexes, issuer], anchored)
    }
  }

  /** Anchors that sign this one; none that stands in the walk itself, where the path ended below it. */
  #anchorsOver(index: number, walked: readonly number[]): Certificate[] {
    const certificate = this.#sent[index]!
    const named = this.#anchors.get(this.#issuerNames[index]!) ?? []
    return named
      .filter(({ identity }) => !this.#passed(identity, walked))
      .map((anchor) => anchor.certificate)
      .filter((anchor) => {
        const signed = this.#signed(certificate, anchor)
        if (signed === false) this.#wrongAnchors.set(`${index} ${anchor.sha256}`, { index, anchor })
        return signed === true
      })
  }

  /** Positions of the issuers sent, those whose key id fits first. */
  #issuersOver(index: number, walked: readonly number[]): number[] {
    const certificate = this.#sent[index]!
    const named = this.#issuers.get(this.#issuerNames[index]!) ?? []
    const issuers = named.filter((candidate) => {
      if (!this.#step()) return false
      const issuer = this.#sent[candidate]!
      // Same name and key as one below: to walk over both would be a loop.
      if (this.#passed(this.#identities[candidate]!, walked)) return false
      const signed = this.#signed(certificate, issuer)
      if (signed === false) {
        this.#wrongSignatures.set(`${index} ${candidate}`, { index, issuerIndex: candidate })
      }
      return signed === true
    })
    const fits = (at: number) => Number(this.#sent[at]!.subjectKeyId === certificate.authorityKeyId)
    return issuers.sort((a, b) => fits(b) - fits(a) || a - b)
  }

  /** Undefined: could not be checked. */
  #signed(certificate: Certificate, issuer: Certificate): boolean | undefined {
    const pair = certificate.sha256 + issuer.sha256
    if (!this.#checked.has(pair) && this.#checked.size >= MAX_SIGNATURE_CHECKS) {
      this.#bounded = true
      return undefined
    }
    this.#checked.add(pair)
    const result = checkSignature(certificate, issuer)
    return result === 'unchecked' ? undefined : result === 'valid'
  }

  #passed(identity: string, walked: readonly number[]): boolean {
    return walked.some((at) => this.#identities[at] === identity)
  }

  #step(): boolean {
    if (this.#steps++ < MAX_PATH_STEPS) return true
    this.#bounded = true
    return false
  }

  #addPath(indexes: readonly number[], anchor: Certificate): void {
    if (this.#paths.some((path) => path.anchor.sha256 === anchor.sha256 && equalLists(path.indexes, indexes)))
      return
    if (this.#paths.length >= MAX_PATHS) {
      this.#bounded = true
      return
    }
    const certificates = indexes.map((index) => this.#sent[index]!)
    const bytes = certificates.reduce((sum, { der }) => sum + der.length, 0)
    this.#paths.push({ indexes, certificates, anchor, bytes })
  }

  #noteEnd(indexes: readonly number[]): void {
    if (this.#end !== undefined && this.#end.indexes.length >= indexes.length) return
    const index = indexes[indexes.length - 1]!
    const top = this.#sent[index]!
    const selfSigned = top.selfIssued && this.#signed(top, top) === true
    this.#end = { indexes, index, neededIssuer: top.issuer, selfSigned }
  }
}

/** Hostile names may be long; they are compared by their hash. DER says itself where one part ends. */
function digest(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('base64')
}

interface Anchor {
  readonly certificate: Certificate
  readonly identity: string
}

interface Digests {
  readonly subject: string
  readonly issuer: string
  /** Name and key: what a cross-signed twin shares. */
  readonly identity: string
}

/** Facts of the bytes, so they are kept as long as the certificate is: a store of anchors is searched for every chain. */
function digestsOf(certificate: Certificate): Digests {
  const { subject, issuer, publicKey } = certificate
  const known = digests.get(certificate) ?? {
    subject: digest(subject.der),
    issuer: digest(issuer.der),
    identity: digest(subject.der, publicKey.spki),
  }
  digests.set(certificate, known)
  return known
}

const digests = new WeakMap<Certificate, Digests>()

function byBytes(a: TrustPath, b: TrustPath): number {
  return a.bytes - b.bytes || a.indexes.length - b.indexes.length
}

function equalLists(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [item])
    else group.push(item)
  }
  return groups
}
