import type { Device, DeviceLimits } from '../device/device.ts'
import { certificateMessageBytes } from '../observe/from-pem.ts'
import { cipherSuites } from '../tls/cipher-suites.ts'
import { hasNameAndKeyOf } from '../trust/certificate-role.ts'
import type { IssuedChain } from '../trust/issuing.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { semanticsOf } from './anchor-use.ts'
import { compareWithDevice, type Demand, exactly, type Reading } from './limits.ts'

/** What a device that holds these anchors could be served with. */
export interface HeldChains {
  /** Ending in an anchor that is held: those that fit first, then by size. */
  readonly chains: readonly HeldChain[]
  /** Known chains that end elsewhere. */
  readonly elsewhere: readonly IssuedChain[]
  /** Anchors held in which none of the known chains ends. */
  readonly without: readonly HeldWithout[]
}

export interface HeldWithout extends HeldAnchor {
  /** Entry of `roots/`. */
  readonly known: KnownRoot | undefined
  /** Another has issued it, so what is issued under it is not told by the roots known here. */
  readonly intermediate: boolean
}

export interface HeldChain {
  readonly issued: IssuedChain
  readonly root: KnownRoot
  /** What is held: the root, or another certificate of its name and key, such as one cross-signed. */
  readonly anchor: HeldAnchor
  readonly state: 'fits' | 'undecided' | 'blocked'
  /** What blocks it, or leaves it open; of one that fits, what is near its limit. */
  readonly because: readonly HeldReason[]
  /** DER of the leaf, and of all above it; undefined where a part is not known. */
  readonly sentBytes: number | undefined
  readonly pathBytes: number | undefined
  /** The first end of the root, of its trust, and of a bridge on the way. */
  readonly until: Date
  readonly by: 'expiry' | 'distrust' | 'cross-sign'
}

export type HeldReason =
  | {
      readonly kind: 'limit'
      readonly limit: keyof DeviceLimits
      readonly value: number
      readonly max: number | undefined
    }
  | { readonly kind: 'signature'; readonly algorithm: string }
  | { readonly kind: 'no-suite'; readonly key: string }
  | { readonly kind: 'intermediates' } // those that are sent are not used
  | { readonly kind: 'twin' } // the anchor is sent cross-signed
  | { readonly kind: 'anchor-issued' } // the anchor held is no root: another has issued it
  | { readonly kind: 'ended'; readonly on: Date }
  | { readonly kind: 'not-known'; readonly what: string }

/**
 * Turned round: which chains of known CAs end in what the device holds already, and fit it. Judged by figures alone,
 * there being no such certificate at hand: the gateway judges the real one before it serves it.
 */
export function findHeldChains(
  held: readonly HeldAnchor[],
  issued: readonly IssuedChain[],
  device: Device,
  known: readonly KnownRoot[],
  now: Date,
): HeldChains {
  const roots = known.flatMap((root) => {
    const anchor = heldFor(root, held)
    return anchor === undefined ? [] : [{ ...root, anchor }]
  })
  const chains = issued.flatMap((chain) =>
    chain.roots.flatMap(({ id, needs }) => {
      const root = roots.find((one) => one.id === id)
      return root === undefined ? [] : [judgeIssued(chain, needs, root, root.anchor, device, now)]
    }),
  )
  const order = ['fits', 'undecided', 'blocked']
  const size = (chain: HeldChain) => chain.pathBytes ?? Number.POSITIVE_INFINITY
  return {
    chains: chains.sort(
      (a, b) =>
        order.indexOf(a.state) - order.indexOf(b.state) ||
        Number(a.issued.issuedTo !== 'anyone') - Number(b.issued.issuedTo !== 'anyone') ||
        size(a) - size(b),
    ),
    elsewhere: issued.filter((chain) => !chain.roots.some(({ id }) => roots.some((root) => root.id === id))),
    without: held
      .filter(({ certificate }) => !chains.some(({ root }) => hasNameAndKeyOf(root.certificate, certificate)))
      .map((anchor) => ({
        ...anchor,
        known: known.find(({ certificate }) => certificate.sha256 === anchor.certificate.sha256),
        intermediate: anchor.certificate.isCa && !anchor.certificate.selfIssued,
      })),
  }
}

/**
 * The root itself, or a certificate of its name and key: what a chain is verified by is the same, and whether a stack takes
 * one that another has issued is for its profile to say.
 */
function heldFor({ certificate }: KnownRoot, held: readonly HeldAnchor[]): HeldAnchor | undefined {
  const same = held.find((anchor) => anchor.certificate.sha256 === certificate.sha256)
  return same ?? held.find((one) => one.certificate.isCa && hasNameAndKeyOf(one.certificate, certificate))
}

/** What speaks against a chain: what blocks it, what leaves it open, what is near a limit. */
interface Reasons {
  readonly blocked: HeldReason[]
  readonly open: HeldReason[]
  readonly near: HeldReason[]
}

function judgeIssued(
  issued: IssuedChain,
  needs: number,
  root: KnownRoot,
  anchor: HeldAnchor,
  device: Device,
  now: Date,
): HeldChain {
  const parts = [issued.leaf, ...issued.sent]
  const path = parts.slice(0, needs + 1)
  const sizes = parts.map(({ derBytes }) => derBytes)
  const { until, by } = endOf(issued, needs, { ...root, certificate: anchor.certificate })
  const found = [limitReasons(issued, needs, root, device), trustReasons(issued, needs, anchor, device)]
  const blocked = found.flatMap((reasons) => reasons.blocked)
  const open = found.flatMap((reasons) => reasons.open)
  const near = found.flatMap((reasons) => reasons.near)
  if (until <= now) blocked.push({ kind: 'ended', on: until })
  if (sizes.includes(undefined) && limitsSizes(device))
    open.push({ kind: 'not-known', what: unknownParts(issued) })
  const whole = (list: readonly (number | undefined)[]) =>
    list.includes(undefined) ? undefined : list.reduce<number>((sum, one) => sum + one!, 0)
  return {
    issued,
    root,
    anchor,
    state: blocked.length > 0 ? 'blocked' : open.length > 0 ? 'undecided' : 'fits',
    because: distinct([blocked, open, near].find((reasons) => reasons.length > 0) ?? []),
    sentBytes: whole(sizes),
    pathBytes: whole(path.map(({ derBytes }) => derBytes)),
    until,
    by,
  }
}

/** Sizes, counts and RSA keys against the limits of the device. */
function limitReasons({ leaf, sent }: IssuedChain, needs: number, root: KnownRoot, device: Device): Reasons {
  const parts = [leaf, ...sent]
  const path = parts.slice(0, needs + 1)
  const sizes = parts.map(({ derBytes }) => derBytes)
  const reasons: Reasons = { blocked: [], open: [], near: [] }
  // A leaf that is modelled has one short name: a longer one may pass what is left.
  const places = { over: 'blocked', open: 'open', near: leaf.known === 'modelled' ? 'open' : 'near' } as const
  const compare = (limit: keyof DeviceLimits, demand: Demand, value: number) => {
    const { outcome, high } = compareWithDevice(device, limit, demand)
    if (outcome === 'over' || outcome === 'open' || outcome === 'near')
      reasons[places[outcome]].push({ kind: 'limit', limit, value, max: high })
  }
  const total = rangeOf(sizes)
  const message = messageOf(sizes)
  compare(
    'chainBytes',
    { sent: total, path: rangeOf(path.map(({ derBytes }) => derBytes)), message },
    total.least,
  )
  compare('handshakeMessageBytes', { message }, message.least)
  const count = exactly(parts.length)
  compare('chainCertificates', { items: count, sent: count, path: count }, parts.length)
  for (const size of sizes)
    if (size !== undefined) compare('certificateBytes', { certificate: exactly(size) }, size)
  for (const bits of rsaBits([...path.map(({ key }) => key), keyOf(root.certificate)])) {
    compare('rsaKeyBits', { bits: exactly(bits) }, bits)
    const least = device.limits.rsaKeyBitsMin?.value
    if (typeof least === 'number' && bits < least) {
      reasons.blocked.push({ kind: 'limit', limit: 'rsaKeyBitsMin', value: bits, max: least })
    }
  }
  return reasons
}

/** Whether the stack verifies what signs the chain, and takes such an anchor. */
function trustReasons(
  { leaf, sent }: IssuedChain,
  needs: number,
  anchor: HeldAnchor,
  device: Device,
): Reasons {
  const blocked = algorithmReasons([leaf, ...sent.slice(0, needs)], device)
  const open: HeldReason[] = []
  const semantics = semanticsOf(device)
  if (needs > 0 && semantics.sentIntermediates?.value === 'refused') blocked.push({ kind: 'intermediates' })
  const anchorIssued = !anchor.certificate.selfIssued
  if (anchorIssued) {
    const standing = semantics.intermediateAnchor?.value
    if (standing === 'refused') blocked.push({ kind: 'anchor-issued' })
    if (standing === undefined) open.push({ kind: 'anchor-issued' })
  }
  if (needs < sent.length && sent[needs]?.bridge === true) {
    // The one that is sent may be the very one that is held.
    const refused = anchorIssued ? undefined : 'refused'
    const value = semantics.crossSignedTwin?.value
    const twin = value === 'refused' ? refused : value
    if (twin === 'refused') blocked.push({ kind: 'twin' })
    if (twin === undefined) open.push({ kind: 'twin' })
  }
  return { blocked, open, near: [] }
}

/** Largest DER that a part of unknown size is taken to have: over it a size is unusual (`endpoints/ordinary.yaml`). */
const largestPart = 2_600

function rangeOf(sizes: readonly (number | undefined)[]): Reading {
  const known = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  const unknown = sizes.filter((size) => size === undefined).length
  return { least: known, most: known + unknown * largestPart }
}

function messageOf(sizes: readonly (number | undefined)[]): Reading {
  const { least, most } = rangeOf(sizes)
  const heads = certificateMessageBytes(sizes.map(() => new Uint8Array(0)))
  return { least: least + heads, most: most + heads }
}

function limitsSizes({ limits }: Device): boolean {
  return [limits.chainBytes, limits.certificateBytes, limits.handshakeMessageBytes].some(
    (limit) => limit !== undefined && limit.value !== 'unlimited',
  )
}

function unknownParts({ leaf, sent }: IssuedChain): string {
  const parts = sent.filter(({ derBytes }) => derBytes === undefined).map(({ subject }) => subject)
  return [...(leaf.derBytes === undefined ? ['the leaf'] : []), ...parts].join(', ')
}

function rsaBits(keys: readonly (string | undefined)[]): number[] {
  return keys.flatMap((key) => (key?.startsWith('RSA ') === true ? [Number(key.slice(4))] : []))
}

function keyOf({ publicKey }: Certificate): string | undefined {
  return publicKey.kind === 'rsa' ? `RSA ${publicKey.bits}` : undefined
}

function algorithmReasons(
  path: readonly { readonly key?: string | undefined; readonly signature: string | undefined }[],
  device: Device,
): HeldReason[] {
  const taken = device.verification.certificateSignatures?.value
  const reasons: HeldReason[] = path.flatMap(({ signature }) =>
    taken === undefined || signature === undefined || taken.includes(signature)
      ? []
      : [{ kind: 'signature', algorithm: signature } as const],
  )
  const suites = device.hello.cipherSuites?.value
  const leafKey = path[0]?.key
  if (suites === undefined || leafKey === undefined) return reasons
  const auth = leafKey.startsWith('EC') ? 'ecdsa' : 'rsa'
  const rows = suites.flatMap(
    (name) => Object.entries(cipherSuites).find(([each]) => each === name)?.[1] ?? [],
  )
  const serves = rows.some((suite) => suite.auth === auth || suite.auth === 'any')
  return serves ? reasons : [...reasons, { kind: 'no-suite', key: leafKey }]
}

function endOf(
  { sent }: IssuedChain,
  needs: number,
  { certificate, distrustedFrom }: KnownRoot,
): Pick<HeldChain, 'until' | 'by'> {
  const ends: Pick<HeldChain, 'until' | 'by'>[] = [{ until: certificate.notAfter, by: 'expiry' }]
  if (distrustedFrom !== undefined) ends.push({ until: distrustedFrom, by: 'distrust' })
  for (const { until, bridge } of sent.slice(0, needs)) {
    if (bridge && until !== undefined) ends.push({ until, by: 'cross-sign' })
  }
  return ends.sort((a, b) => a.until.getTime() - b.until.getTime())[0]!
}

function distinct(reasons: readonly HeldReason[]): HeldReason[] {
  return [...new Map(reasons.map((one) => [JSON.stringify(one), one])).values()]
}
