import type { Effect, FixSuggested } from '../finding/finding.ts'
import { lacksIntermediate, unknownRootOf } from '../trust/missing-issuer.ts'
import type { TrustPath } from '../trust/path.ts'
import { judgeStored } from './anchor-storage.ts'
import { type AnchorUse, acrossGaps, endsAtIntermediate, semanticsOf, useOf } from './anchor-use.ts'
import { subjectAt } from './chain-size.ts'
import { endOf, frontSmallChain, isWalked, loadPrivateRoot, loadRootThatFits, storeRoot } from './fixes.ts'
import { missing } from './missing.ts'
import { judgeUntrusted, missingIntermediate, rootNeeded } from './path-failure.ts'
import { type Draft, draft, fix, type Judged, type Rule } from './rule.ts'
import { assumption, type ChainRead, knownRootOf, type Scene } from './scene.ts'

/** path: whether what the device holds leads it to the leaf, by the rules of its own stack. */
export const pathRules: readonly Rule[] = [
  {
    stage: 'path',
    needs: ['chain', 'leaf'],
    judge(scene) {
      const chain = scene.leg.chain!
      const trust = judgeTrust(scene, chain)
      return {
        findings: [...judgeOff(scene), ...(trust.findings ?? []), ...judgeStored(scene, chain)],
        missing: trust.missing ?? [],
        basis: chain.path.assumed ? 'assumed' : undefined,
      }
    },
  },
]

/** What a failed trust decision does on this device: nothing, where verification is off. */
export function trustEffect({ checks }: Scene): Effect {
  if (checks.peer.state === 'unchecked') return 'info'
  return checks.peer.state === 'checked' ? 'blocks' : 'unknown'
}

function judgeOff({ checks }: Scene): Draft[] {
  const { by } = checks.peer
  if (by === undefined) return []
  return [
    draft(
      'verification-off',
      'risks',
      { by, mode: checks.peerMode },
      { fixes: [fix('restore-verification')] },
    ),
  ]
}

function judgeTrust(scene: Scene, chain: ChainRead): Judged {
  const { held, used } = chain.path
  if (held === undefined) return judgeAssumed(scene, chain)
  if (scene.trust.held!.length === 0) {
    const details = { peer: scene.checks.peerMode }
    const fixes = [...loadRootThatFits(scene, chain), ...loadPrivateRoot(scene, chain, held.end)]
    return { findings: [draft('no-trust-anchor', trustEffect(scene), details, { fixes })] }
  }
  const path = used ?? held.paths[0]
  if (path === undefined) return { findings: judgeUntrusted(scene, chain, held) }
  const anchors = scene.trust.held!.map(({ certificate }) => certificate)
  const findings = judgeUse(scene, chain, path, useOf(path, chain.certificates, anchors))
  const open = findings.some(({ effect }) => effect === 'unknown')
  const asked = missing(
    'measured-limit',
    'how this stack treats such an anchor or order is not known',
    'trust',
  )
  return { findings, missing: open ? [asked] : [] }
}

/** Nothing is known to be held: the verdict says which public root it would take. */
function judgeAssumed(scene: Scene, chain: ChainRead): Judged {
  const asked = missing('anchor', 'which roots the device holds is not known')
  const path = chain.path.used
  if (path === undefined) {
    const found = judgeUnknown(scene, chain)
    return { findings: [found], missing: found.effect === 'blocks' ? [] : [asked] }
  }
  const { id, certificate } = knownRootOf(path.anchor, scene.trust.known)!
  const root = certificate.subject.commonName ?? certificate.subject.text
  const details = { root, rootId: id, sha256: certificate.sha256 }
  const stored = storeRoot(scene, lastingPath(scene, chain, path), [path])
  const assumed = draft('root-assumed', 'info', details, { fixes: [stored] })
  const use = useOf(path, chain.certificates)
  const findings = [assumed, ...judgeThrough(scene, chain, path), ...judgeOrder(scene, path, use)]
  return { findings, missing: [asked] }
}

/** What is stored today should last: of the paths that fit, if any does, that whose root leads here longest. */
function lastingPath(scene: Scene, chain: ChainRead, assumed: TrustPath): TrustPath {
  const { paths } = chain.path.known
  const walked = paths.filter((path) => isWalked(scene, chain, path))
  // Where sizes stand against all of them, they stand against none more than another.
  return (walked.length > 0 ? walked : paths).reduce(
    (best, path) => (endOf(scene, path) > endOf(scene, best) ? path : best),
    assumed,
  )
}

/** No way to a public root: the server leaves out an intermediate, or the root is not known here. */
function judgeUnknown(scene: Scene, chain: ChainRead): Draft {
  const at = chain.path.known.end?.index ?? 0
  const top = chain.certificates[at] ?? chain.leaf!
  const effect: Effect = scene.checks.peer.state === 'unchecked' ? 'info' : 'unknown'
  if (lacksIntermediate(top)) {
    const { intermediateAnchor, leafAnchor } = semanticsOf(scene.device)
    // Only who logs is known to be a public CA: a private one may name where its own root can be fetched.
    const isPublic = top.sctCount > 0
    const nothingElse = intermediateAnchor?.value === 'refused' && leafAnchor?.value === 'refused'
    return missingIntermediate(top, isPublic && nothingElse ? trustEffect(scene) : effect, false)
  }
  const issuer = top.issuer.commonName ?? top.issuer.text
  return draft('root-unknown', effect, { issuer, root: unknownRootOf(top, at === 0, scene.trust.known) })
}

/** What this stack makes of a path that exists: of its anchor's kind, of a twin sent, of the order. */
function judgeUse(scene: Scene, chain: ChainRead, path: TrustPath, use: AnchorUse): Draft[] {
  const trust = semanticsOf(scene.device)
  const found: Draft[] = []
  const { anchor } = path
  if (use.atLeaf) {
    const leaf = chain.leaf!
    const details = { subject: leaf.subject.commonName ?? leaf.subject.text, selfIssued: leaf.selfIssued }
    const effect = use.leafIssued ? semanticEffect(scene, trust.leafAnchor?.value, 'risks') : 'info'
    found.push(
      draft('leaf-as-anchor', effect, details, { fixes: use.leafIssued ? [replaceLeaf(scene, chain)] : [] }),
    )
  }
  if (endsAtIntermediate(use, trust)) {
    const effect = semanticEffect(scene, trust.intermediateAnchor?.value, undefined)
    const held = [anchor.subject.commonName ?? anchor.subject.text]
    const fixes = loadRootThatFits(scene, chain)
    const needed = rootNeeded(scene, chain, fixes, chain.path.known.end?.neededIssuer ?? anchor.issuer)
    if (effect) found.push(draft('untrusted-root', effect, { ...needed, held }, { fixes }))
  }
  if (use.twinIndex !== undefined) {
    const effect = semanticEffect(scene, trust.crossSignedTwin?.value, undefined)
    const { issuer } = chain.certificates[use.twinIndex]!
    const details = {
      subject: subjectAt(chain, use.twinIndex),
      presentedIssuer: issuer.commonName ?? issuer.text,
      heldIssuer: anchor.issuer.commonName ?? anchor.issuer.text,
    }
    const fixes = [...loadRootThatFits(scene, chain), fix('use-shorter-chain'), frontSmallChain(scene, chain)]
    if (effect) found.push(draft('cross-sign-path', effect, details, { fixes }))
  }
  found.push(...judgeThrough(scene, chain, path))
  return [...found, ...judgeIssuers(scene, chain, path), ...judgeOrder(scene, path, use)]
}

/** RFC 5246 §7.4.2 has clients build the path over what is sent; a stack that does not needs each issuer stored. */
function judgeThrough(scene: Scene, chain: ChainRead, { anchor, indexes }: TrustPath): Draft[] {
  if (scene.device.trust.sentIntermediates?.value !== 'refused') return []
  const held = [anchor.subject.commonName ?? anchor.subject.text]
  const effect = chain.path.assumed && trustEffect(scene) === 'blocks' ? 'unknown' : trustEffect(scene)
  const [neededIssuer, ...besides] = indexes.slice(1).map((index) => subjectAt(chain, index))
  if (neededIssuer === undefined) return []
  const { sha256 } = chain.certificates[indexes[1]!]!
  const more = besides.length === 0 ? {} : { besides: besides.join(', ') }
  const fixes = [fix('load-root', { root: neededIssuer, sha256, ...more })]
  const needed = { neededIssuer, ...(besides.length === 0 ? {} : { besides }) }
  return [draft('untrusted-root', effect, { ...needed, held, ...assumption(chain) }, { fixes })]
}

/** RFC 5280 §4.2.1.9: without cA, "the certified public key MUST NOT be used to verify certificate signatures". */
function judgeIssuers(scene: Scene, chain: ChainRead, path: TrustPath): Draft[] {
  return path.indexes
    .slice(1)
    .filter((index) => chain.certificates[index]?.isCa === false)
    .map((index) => {
      // Version 1 has no such extension, and stacks differ over it.
      const effect =
        chain.certificates[index]!.version === 3
          ? trustEffect(scene)
          : semanticEffect(scene, undefined, 'info')
      const details = { index, subject: subjectAt(chain, index) }
      return draft('not-a-ca', effect, details, {
        fixes: [fix('serve-sound-chain'), frontSmallChain(scene, chain)],
      })
    })
}

/** RFC 5246 §7.4.2: "Each following certificate MUST directly certify the one preceding it." */
function judgeOrder(scene: Scene, path: TrustPath, use: AnchorUse): Draft[] {
  if (!use.outOfOrder && !use.hasGap) return []
  const semantics = semanticsOf(scene.device)
  const taken = use.hasGap ? acrossGaps(semantics) : semantics.wrongOrder
  const effect = semanticEffect(scene, taken?.value, 'info')
  return [draft('wrong-order', effect, { order: path.indexes }, { fixes: [fix('order-chain')] })]
}

/** `refused` does what a failed check does, `accepted` what is given, and not knowing is unknown. */
function semanticEffect<Accepted extends Effect | undefined>(
  scene: Scene,
  value: 'accepted' | 'refused' | undefined,
  accepted: Accepted,
): Effect | Accepted {
  const failed = trustEffect(scene)
  if (value === 'accepted') return accepted
  return value === 'refused' || failed === 'info' ? failed : 'unknown'
}

/** The issuing CA or a public root in place of a server's certificate. */
export function replaceLeaf(scene: Scene, chain: ChainRead): FixSuggested {
  const { issuer } = chain.leaf!
  const root = loadRootThatFits(scene, chain)[0]
  return fix('replace-leaf-anchor', { issuer: issuer.commonName ?? issuer.text, ...root?.with })
}
