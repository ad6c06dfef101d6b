import type { Device, LaterVersion } from '../device/device.ts'
import type { Limit } from '../device/limit.ts'
import type { FixSuggested } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import type { TrustPath, WalkEnd } from '../trust/path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { semanticsOf, useOf } from './anchor-use.ts'
import { keysFit, sizesFit } from './chain-demand.ts'
import { lowestFigure } from './margins.ts'
import { lifeOf } from './root-life.ts'
import { fix } from './rule.ts'
import { type ChainRead, knownRootOf, type Scene } from './scene.ts'

/** RFC 5246 §6.2.1: no record holds more plaintext. */
export const MAX_RECORD_BYTES = 16_384

/**
 * Cures for a chain, certificate or message that is too large, best first. A front works with what the device holds
 * already; another root is offered only where the path to it fits.
 */
export function sizeFixes(scene: Scene, chain: ChainRead, limitBytes: number): FixSuggested[] {
  return [
    frontSmallChain(scene, chain, limitBytes),
    ...loadRootThatFits(scene, chain),
    fix('use-shorter-chain'),
    fix('tls-on-application-core'),
    fix('other-module'),
  ]
}

/** A front with a small chain; it must end at an anchor that the device holds now, and that CAs still issue under. */
export function frontSmallChain(
  scene: Scene,
  chain: ChainRead | undefined,
  limitBytes?: number,
): FixSuggested {
  const anchor = issuingAnchor(scene, chain)
  return fix('front-small-chain', {
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(anchor === undefined ? {} : anchorFacts(scene, anchor)),
  })
}

/**
 * The same cures, those that change the chain with the root it must end at: another root is a new fault. `mostBits` is
 * the largest RSA key that is wanted of it.
 */
export function endingAtAnchor(
  scene: Scene,
  fixes: readonly FixSuggested[],
  mostBits?: number,
): readonly FixSuggested[] {
  if (!fixes.some(({ id }) => changesChain.has(id))) return fixes
  const anchor = issuingAnchor(scene, scene.leg.chain, mostBits)
  if (anchor === undefined) return fixes
  return fixes.map((one) =>
    changesChain.has(one.id) ? { ...one, with: { ...anchorFacts(scene, anchor), ...one.with } } : one,
  )
}

/** The anchor to end at; `anchorAssumed` where nobody said that it is held. */
function anchorFacts({ trust }: Scene, anchor: Certificate): FixSuggested['with'] {
  return { anchor: nameOf(anchor), ...(trust.held === undefined ? { anchorAssumed: 'yes' } : {}) }
}

const changesChain: ReadonlySet<FixId> = new Set([
  'front-small-chain',
  'use-shorter-chain',
  'serve-other-key',
])

function issuingAnchor(
  { trust, now }: Scene,
  chain: ChainRead | undefined,
  mostBits = Number.POSITIVE_INFINITY,
): Certificate | undefined {
  const used = chain?.path.used?.anchor
  const held = trust.held?.map(({ certificate }) => certificate) ?? []
  return [...(used === undefined ? [] : [used]), ...held].find((one) => {
    const distrusted = knownRootOf(one, trust.known)?.distrustedFrom
    // Under an anchor that has ended, or the endpoint's own certificate, no CA issues anything.
    if (one.notAfter < now || one.sha256 === chain?.leaf?.sha256) return false
    if (one.publicKey.kind === 'rsa' && one.publicKey.bits > mostBits) return false
    return distrusted === undefined || distrusted > now
  })
}

function nameOf({ subject }: Certificate): string {
  return subject.commonName ?? subject.text
}

/** Not a cure that puts another TLS in place of the device's: whose buffer can be enlarged needs none. */
export function keepsTls({ id }: FixSuggested): boolean {
  return id !== 'tls-on-application-core' && id !== 'other-module'
}

/** A larger buffer, where there is one that is larger and that takes it: TLS has no record above 16,384 bytes. */
export function enlargeBuffer(
  limit: Limit | undefined,
  needed: { readonly messageBytes: number } | { readonly recordBytes: number },
): FixSuggested[] {
  const [bytes] = Object.values(needed) as [number]
  const now = lowestFigure(limit)
  const helps = now !== undefined && now < bytes && bytes <= MAX_RECORD_BYTES
  return helps ? [fix('enlarge-record-buffer', { ...needed })] : []
}

/** The first later version of the modem or stack that has what is missing; nothing where none is known to. */
export function updateThatLifts(device: Device, lifts: (later: LaterVersion) => boolean): FixSuggested[] {
  const later = device.later.find(lifts)
  if (later === undefined) return []
  return [fix('update-firmware', { what: device.layers[0]?.name ?? device.name, version: later.version })]
}

/** An update to a version that sends the server name. */
export function updateThatSendsSni(device: Device): FixSuggested[] {
  return updateThatLifts(device, ({ hello }) => hello.sni !== undefined && hello.sni.value !== 'never')
}

/**
 * The public root to store, where the device does not hold it and can walk the path to it. Where there is more than one, that which leads to the endpoint longest, with the one that it is to be stored instead of.
 */
export function loadRootThatFits(scene: Scene, chain: ChainRead): FixSuggested[] {
  const { trust, now } = scene
  const fitting = chain.path.known.paths.filter(
    (path) =>
      path.anchor.notAfter >= now &&
      knownRootOf(path.anchor, trust.known) !== undefined &&
      !trust.held?.some(({ certificate }) => certificate.sha256 === path.anchor.sha256) &&
      isWalked(scene, chain, path),
  )
  const [first] = fitting
  if (first === undefined) return []
  const lasting = fitting.reduce((best, one) => (endOf(scene, one) > endOf(scene, best) ? one : best), first)
  return [storeRoot(scene, lasting, fitting)]
}

/** Whether the device can walk this path: it passes every size limit, computes with its keys, and meets no copy of its root that is followed instead. */
export function isWalked({ device }: Scene, chain: ChainRead, path: TrustPath): boolean {
  const followsTwin = semanticsOf(device).crossSignedTwin?.value === 'refused'
  if (followsTwin && useOf(path, chain.certificates).twinIndex !== undefined) return false
  return sizesFit(device, chain, path) && keysFit(device, path)
}

/** To store the root of one path; `others` are those that lead to the endpoint as well. */
export function storeRoot(scene: Scene, path: TrustPath, others: readonly TrustPath[]): FixSuggested {
  const { certificate, id } = knownRootOf(path.anchor, scene.trust.known)!
  const shorter = others
    .filter((one) => endOf(scene, one) < endOf(scene, path))
    .sort((a, b) => endOf(scene, b).getTime() - endOf(scene, a).getTime())[0]
  return fix('load-root', {
    root: nameOf(certificate),
    rootId: id,
    sha256: certificate.sha256,
    ...(shorter === undefined
      ? {}
      : {
          otherRoot: nameOf(shorter.anchor),
          otherUntil: endOf(scene, shorter).toISOString().slice(0, 10),
        }),
  })
}

/** Until when the root leads to the endpoint: stores keep it, and no cross-sign on the way to it ends. */
export function endOf({ trust }: Pick<Scene, 'trust'>, path: TrustPath): Date {
  const certificate = path.anchor
  const known = knownRootOf(certificate, trust.known)
  return lifeOf({ certificate, kind: 'root', origin: 'known', known, heldAs: undefined }, [path]).until
}

/** The root of a CA of one's own that the walk ends at: to be stored, with its hash where it was sent. */
export function loadPrivateRoot(scene: Scene, chain: ChainRead, end: WalkEnd | undefined): FixSuggested[] {
  const top = end && chain.certificates[end.index]
  if (end === undefined || top === undefined) return []
  const { known } = scene.trust
  if (known.some(({ certificate }) => equalBytes(certificate.subject.der, end.neededIssuer.der))) return []
  // A certificate that signs itself is its own root, and not part of what the device needs besides.
  const indexes = end.selfSigned && end.indexes.length > 1 ? end.indexes.slice(0, -1) : end.indexes
  const bytes = indexes.reduce((sum, index) => sum + chain.derBytes[index]!, 0)
  if (!sizesFit(scene.device, chain, { bytes })) return loadRootOnTheWay(scene, chain, end)
  const root = end.neededIssuer.commonName ?? end.neededIssuer.text
  return [fix('load-root', { root, ...(end.selfSigned ? { sha256: top.sha256 } : {}) })]
}

/**
 * Where the way to its end is too long for the device, the first root on it: servers send new roots as an older one has
 * signed them, and the same root signed by itself may be stored. That a CA is a root is told by its name alone, as
 * public and private CAs call theirs; an intermediate is no anchor for many a stack.
 */
function loadRootOnTheWay(scene: Scene, chain: ChainRead, { indexes }: WalkEnd): FixSuggested[] {
  if (semanticsOf(scene.device).crossSignedTwin?.value === 'refused') return []
  const at = indexes.findIndex((index, i) => i > 0 && isRootByName(chain.certificates[index]))
  const twin = at < 0 ? undefined : chain.certificates[indexes[at]!]
  if (twin === undefined) return []
  const bytes = indexes.slice(0, at).reduce((sum, index) => sum + chain.derBytes[index]!, 0)
  if (!sizesFit(scene.device, chain, { bytes })) return []
  const signedBy = twin.issuer.commonName ?? twin.issuer.text
  return [fix('load-root', { root: nameOf(twin), signedBy })]
}

function isRootByName(certificate: Certificate | undefined): boolean {
  if (certificate === undefined || !certificate.isCa || certificate.selfIssued) return false
  return /\broot\b/i.test(certificate.subject.commonName ?? '')
}
